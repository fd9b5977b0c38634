// Reading frames, waiting between attempts, clocks, dates and words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kFirstDelayMs, kLongestDelayMs, reconnect_delay_ms } from "../../net/page/src/backoff";
import { clock_text, seconds } from "../../net/page/src/countdown";
import { digits_of } from "../../net/page/src/digits";
import { kErrorCodes, read_frame } from "../../net/page/src/protocol";
import { texts } from "../../net/page/src/texts";
import { day_text } from "../../net/page/src/when";

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
