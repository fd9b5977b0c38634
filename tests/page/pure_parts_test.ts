// Reading frames, waiting between attempts, clocks, dates and words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement } from "../../net/page/src/announcement";
import {
  kFirstDelayMs,
  kLongestDelayMs,
  kLongestWhileHeldMs,
  reconnect_delay_ms,
} from "../../net/page/src/backoff";
import { clock_text, kNoCountdowns, said_seconds, seconds } from "../../net/page/src/countdown";
import { may_choose } from "../../net/page/src/eligibility";
import { digits_of } from "../../net/page/src/digits";
import { kErrorCodes, read_frame } from "../../net/page/src/protocol";
import type { Application, Vehicle } from "../../net/page/src/protocol";
import { texts } from "../../net/page/src/texts";
import { day_text, long_time_text, short_day_text } from "../../net/page/src/when";

test("what is no message of the protocol is none", () => {
  for (const text of ["", "{", "null", "7", "[]", "{}", '{"event":"news"}']) {
    assert.equal(read_frame(text), null, text);
  }
});

test("an error code of a newer server still has words", () => {
  const frame = read_frame('{"id":1,"error":{"code":"moon_phase"}}');
  assert.equal(frame?.kind === "answer" && frame.answer.error?.code, "internal");
});

test("attempts spread out and come ever less often, up to a limit", () => {
  assert.equal(reconnect_delay_ms(0, 0, 0.999) <= kFirstDelayMs, true);
  assert.equal(reconnect_delay_ms(3, 0, 0.5) > reconnect_delay_ms(0, 0, 0.5), true);
  assert.equal(reconnect_delay_ms(50, 0, 0.999) <= kLongestDelayMs, true);
  assert.notEqual(reconnect_delay_ms(5, 0, 0.1), reconnect_delay_ms(5, 0, 0.9));
});

test("a server that says when to come back is never visited earlier", () => {
  for (const chance of [0, 0.5, 0.999]) {
    assert.equal(reconnect_delay_ms(0, 5_000, chance) >= 5_000, true);
  }
});

test("a clock shows 0 only when nothing is left", () => {
  assert.equal(seconds(1), 1);
  assert.equal(seconds(0), 0);
  assert.equal(clock_text(95_000), "1:35");
  assert.equal(clock_text(59_001), "1:00");
  assert.equal(clock_text(9_000), "0:09");
  assert.equal(clock_text(1_181_000), "19:41");
  assert.equal(clock_text(36_000_000), "10:00:00");
});

test("a code may be typed with full-width digits and blanks", () => {
  assert.equal(digits_of("１２３ 45-67"), "123456");
});

test("a deadline is the office's day wherever the reader is", () => {
  assert.equal(day_text("2026-11-26", "zh"), "2026年11月26日星期四");
  assert.match(day_text("2026-11-26", "en"), /26 November 2026/);
});

test("every error code has a sentence in both languages", () => {
  for (const code of kErrorCodes) {
    for (const language of ["zh", "en"] as const) {
      assert.match(texts(language).errors[code], /[.。]$/, `${language} ${code}`);
    }
  }
});

test("while plates are held, many attempts fit into the minute and a half of a hold", () => {
  let passed_ms = 0;
  let attempts = 0;
  for (; passed_ms < 90_000; ++attempts) {
    passed_ms += reconnect_delay_ms(attempts, 0, 0.999, kLongestWhileHeldMs);
  }
  assert.equal(attempts >= 12, true, `${attempts} attempts in ${passed_ms} ms`);
});

test("a countdown is told at 60, 30 and 10 seconds, for a moment each", () => {
  const running = { ...kNoCountdowns, batch_ms: 90_000 };
  const told = (left: number) => said_seconds(running, "batch_ms", 90_000 - left);
  assert.deepEqual([61_000, 60_000, 58_000, 57_000].map(told), [null, 60, 60, null]);
  assert.deepEqual([30_000, 27_000, 10_000, 7_000, 0].map(told), [30, null, 10, null, null]);
  assert.equal(said_seconds({ ...running, frozen: true }, "batch_ms", 30_000), null);
  assert.equal(said_seconds(running, "shortlist_ms", 30_000), null);
});

test("what happened to a selection is told in a sentence, and nothing is told twice", () => {
  const t = texts("zh");
  const hold = (...plates: string[]) => ({ plates, expires_in_ms: 90_000 });
  const picking = (changes: Partial<Application>) =>
    ({ step: "pick", draw: 1, batch: null, shortlist: null, ...changes }) as Application;
  const none = picking({ draw: 0 });
  const drawn = picking({ batch: hold("粤BD10000", "粤BD20000") });
  const kept = picking({ ...drawn, shortlist: hold("粤BD20000") });
  assert.equal(announcement(none, drawn, t), "第 1 批：粤BD10000，粤BD20000。");
  assert.equal(announcement(drawn, kept, t), "粤BD20000 已加入备选。");
  assert.equal(announcement(kept, picking({ shortlist: kept.shortlist }), t), t.batch_over);
  assert.equal(announcement(kept, picking({}), t), `${t.batch_over} ${t.shortlist_over}`);
  assert.equal(announcement(kept, { ...kept, version: 9 }, t), "");
});

test("a vehicle with a new-energy plate, or with none, may not choose", () => {
  const choosing = (plate: string) => may_choose({ plate } as Vehicle);
  assert.deepEqual(["粤B12345", "粤BD1234", "演练"].map(choosing), [true, true, true]);
  assert.deepEqual(["", "粤BD12345", "粤BDA2345", "粤B12345D"].map(choosing), [false, false, false, false]);
});

test("how long it is until something is said in days, hours and minutes", () => {
  const t = texts("zh");
  assert.equal(long_time_text(26 * 3_600_000 + 240_001, t), "1 天 2 小时 5 分");
  assert.equal(long_time_text(3_600_000, t), "1 小时");
  assert.equal(long_time_text(1, t), "1 分");
  assert.equal(long_time_text(0, t), "");
  assert.equal(short_day_text("2026-12-02", "zh"), "12月2日");
  assert.equal(short_day_text("2026-12-02", "en"), "2 December");
});

test("years come from the office: none, one, several", () => {
  for (const [years, zh, en] of [[0, /收回。$/, /taken back\.$/], [1, /1 年/, /for 1 year:/], [7, /7 年/, /for 7 years:/]] as const) {
    assert.match(texts("zh").blacklist_warning(years), zh);
    assert.match(texts("en").blacklist_warning(years), en);
  }
});

test("patterns are called as plates are talked about", () => {
  const { patterns } = texts("zh");
  assert.equal(patterns.same("1111"), "四同号 1111");
  assert.equal(patterns.same("777"), "三同号 777");
  assert.equal(patterns.run("345"), "连号 345");
  assert.equal(patterns.pairs("1122"), "AABB 1122");
});
