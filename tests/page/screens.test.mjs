// Where things are on small screens and with large text: measured, not looked at.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { look_at_all_states } from "./states.mjs";
import {
  assert_in_sight,
  open_question,
  push,
  server,
  stand_at_pick,
  walk,
  walker,
  with_browser,
} from "./walking.mjs";

describe("on any screen", () => {
  with_browser();
  the_question();
  small_screens();
  all_states();
});

function all_states() {
  for (const language of ["zh", "en"]) {
    walk(
      `nothing stands in anybody's way in any state, in ${language}`,
      async () => {
        // The dark is the same in both.
        const dark = language === "zh";
        await look_at_all_states(walker, server, 180, (name) =>
          walker.assert_accessible(name, { dark }),
        );
      },
      { language, mode: "real", platform: { name: "交管12123", url: "https://platform.example/" } },
    );
  }
}

function the_question() {
  const kScreens = [
    ["a small phone", { width: 375, height: 553 }, false],
    ["a phone held sideways", { width: 664, height: 375 }, false],
    ["large text", { width: 375, height: 667 }, true],
    ["large text, held sideways", { width: 664, height: 375 }, true],
    ["320 pixels", { width: 320, height: 568 }, false],
  ];
  for (const [name, viewport, large] of kScreens) {
    walk(
      `the question shows plate, deadline and answers at once: ${name}`,
      async () => {
        await stand_at_pick(101);
        if (large) await walker.enlarge_text();
        await open_question();
        const dialog = walker.page.getByRole("dialog");
        await assert_in_sight(dialog.locator("[data-plate]"), "the plate");
        await assert_in_sight(dialog.getByText("须在12月2日前办理"), "the deadline");
        await assert_in_sight(dialog.getByRole("button", { name: "确认选号" }), "yes");
        await assert_in_sight(dialog.getByRole("button", { name: "再想想" }), "no");
      },
      { viewport },
    );
  }

  walk("the question says the office's own numbers", async () => {
    server.world.settings.blacklist_years = 7;
    server.world.deadline = "2027-01-05";
    await stand_at_pick(102);
    await open_question();
    const dialog = walker.page.getByRole("dialog");
    await dialog.getByText("须在1月5日前办理").waitFor();
    await dialog.getByText("黑名单 7 年").waitFor();
    await walker.assert_accessible("the question");
    assert.doesNotMatch(await walker.page.locator("body").innerText(), /两年|2 年/);
    await walker.usable(walker.words.confirm_yes).click();
    await walker.heading(walker.words.done).waitFor();
    await walker.text("黑名单 7 年").waitFor();
    await walker.text("2027年1月5日").waitFor();
  });

  walk("an office that bars nobody threatens nobody", async () => {
    server.world.settings.blacklist_years = 0;
    await stand_at_pick(103);
    await open_question();
    await walker.page.getByRole("dialog").getByText("号牌收回").waitFor();
    assert.doesNotMatch(await walker.page.locator("body").innerText(), /黑名单/);
  });
}

async function assert_dock_in_sight() {
  const dock = walker.page.locator(".dock");
  for (const [what, part] of [
    ["the batch's time", dock.getByRole("timer").first()],
    ["the shortlist's time", dock.getByRole("timer").last()],
    ["the next draw", dock.getByRole("button", { name: walker.words.draw_next })],
    ["the way to confirm", dock.getByRole("button", { name: "去确认" })],
  ]) {
    await assert_in_sight(part, what);
  }
}

// A dock that is high does not stand over the plates.
async function assert_dock_leaves_room() {
  const { position, height } = await walker.page.locator(".dock").evaluate((dock) => ({
    position: getComputedStyle(dock).position,
    height: dock.offsetHeight,
  }));
  const half = walker.page.viewportSize().height / 2;
  assert.equal(height <= half || position === "static", true, `${position}, ${height} pixels high`);
}

function small_screens() {
  const kPhone = { viewport: { width: 390, height: 664 } };

  walk(
    "all ten plates of a draw are in sight on a phone, with both countdowns and the way to confirm",
    async () => {
      await stand_at_pick(140);
      await walker.draw(1);
      await walker.shortlist(2);
      await walker.usable(walker.words.draw_next).waitFor();
      for (let at = 0; at < 10; ++at) await assert_in_sight(walker.choice(at), `plate ${at + 1}`);
      const dock = walker.page.locator(".dock");
      await assert_in_sight(dock.getByRole("timer", { name: "随机号牌栏" }), "the batch's time");
      await assert_in_sight(dock.getByRole("timer", { name: "备选号牌栏" }), "the shortlist's time");
      await dock.getByRole("button", { name: "去确认" }).click();
      const dialog = walker.page.getByRole("dialog");
      assert.deepEqual(await walker.plates_in("dialog"), await walker.shortlisted());
      await dialog.getByRole("button", { name: "再想想" }).click();
      await walker.draw(2);
      await walker.shortlist(4);
      for (let at = 0; at < 10; ++at) await assert_in_sight(walker.choice(at), `plate ${at + 1}`);
      await dock.getByRole("button", { name: "去确认 (2)" }).click();
      await assert_in_sight(walker.page.locator("#shortlist"), "the shortlist");
    },
    kPhone,
  );

  walk(
    "six digits of a code are all to be seen at 320 pixels",
    async () => {
      await walker.login("r-141");
      await walker.choose_vehicle();
      for (const large of [false, true]) {
        if (large) await walker.enlarge_text();
        const field = walker.page.getByLabel(walker.words.code);
        await field.fill("000000");
        const clipped = await field.evaluate((input) => input.scrollWidth > input.clientWidth);
        assert.equal(clipped, false, large ? "with large text" : "as it is");
      }
    },
    { device: "small_phone" },
  );

  walk(
    "text twice as large overflows nowhere",
    async () => {
      await walker.login("r-142");
      await walker.enlarge_text();
      await walker.assert_fits("vehicles");
      const plate = walker.page.locator(".ordinary");
      const lines = await plate.evaluate((it) => it.offsetHeight / parseFloat(getComputedStyle(it).fontSize));
      assert.equal(lines < 2.4, true, "a plate stands in one line");
      await walker.choose_vehicle();
      await walker.assert_fits("submit");
      // A line of the band holds at least half of the title's words, not one character a line.
      const title = await walker.page.locator(".title").boundingBox();
      assert.equal(title.width >= 120, true, `the title is ${title.width} wide`);
      await walker.submit();
      await walker.assert_fits("notice");
      await walker.verify();
      await walker.draw(1);
      await walker.shortlist(0);
      await walker.assert_fits("pick");
      await assert_dock_leaves_room();
      await walker.draw(2);
      await walker.shortlist(1);
      await walker.button("放大对比").click();
      await walker.assert_fits("compare");
      await walker.button("关闭").click();
      await walker.confirm();
      await walker.assert_fits("done");
    },
    kPhone,
  );

  walk(
    "on a phone held sideways ten plates, both countdowns and both deeds are in sight",
    async () => {
      for (const number of [1, 2]) {
        if (number === 1) await stand_at_pick(144);
        await walker.draw(number);
        await walker.shortlist(number);
        for (let at = 0; at < 10; ++at) await assert_in_sight(walker.choice(at), `plate ${at + 1}`);
        await assert_dock_in_sight();
      }
    },
    { viewport: { width: 664, height: 375 } },
  );

  for (const [width, height] of [
    [375, 553],
    [320, 568],
  ]) {
    walk(
      `on a phone of ${width} by ${height} the countdowns and the way to confirm come into sight`,
      async () => {
        const mine = await stand_at_pick(145);
        await walker.draw(1);
        for (let at = 0; at < 10; ++at) await assert_in_sight(walker.choice(at), `plate ${at + 1}`);
        server.world.next_refusals.push(["shortlist", "expired", {}]);
        await walker.choice(0).click();
        await assert_in_sight(walker.page.locator("[data-code=expired]"), "what went wrong");
        await walker.shortlist(1);
        await assert_dock_in_sight();
        push(mine, { draws_left: 0, fallback: mine.batch.plates[0] });
        await walker.button(walker.words.draw_next).waitFor({ state: "detached" });
        await assert_in_sight(walker.button("去确认"), "the way to confirm");
      },
      { viewport: { width, height } },
    );
  }

  for (const language of ["zh", "en"]) {
    walk(
      `the band is one line at 320 pixels, and plates are compared by whole words, in ${language}`,
      async () => {
        await stand_at_pick(146);
        const band = await walker.page.locator(".masthead .row").boundingBox();
        assert.equal(band.height < 70, true, `the band is ${band.height} high`);
        for (const number of [1, 2]) {
          await walker.draw(number);
          await walker.shortlist(number);
        }
        await walker.button(/放大对比|Compare/).click();
        const heights = await walker.page
          .locator(".comparison dd")
          .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
        assert.equal(heights.length, 6);
        assert.equal(Math.max(...heights) < 30, true, `one line each: ${heights}`);
      },
      { device: "small_phone", language },
    );
  }

  walk("a countdown of more than ten minutes fits its place", async () => {
    server.world.settings.batch_hold_ms = 1_181_000;
    server.world.settings.shortlist_hold_ms = 36_000_000;
    await stand_at_pick(143);
    await walker.draw(1);
    await walker.shortlist(0);
    for (const where of [".batch", ".kept"]) {
      const ring = walker.page.locator(`${where} .ring`);
      const over = await ring.evaluate((element) => {
        const digits = element.querySelector("b").getBoundingClientRect();
        const drawn = element.querySelector("svg").getBoundingClientRect();
        const apart = digits.left >= drawn.right || digits.right <= drawn.left;
        return { apart, inside: digits.right <= element.getBoundingClientRect().right + 1 };
      });
      assert.deepEqual(over, { apart: true, inside: true }, where);
    }
    assert.match(await walker.page.locator(".kept .ring b").innerText(), /^9:59:\d\d$|^10:00:00$/);
  });
}
