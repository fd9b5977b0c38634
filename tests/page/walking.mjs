// A test with a scripted server and a browser of its own, and the first things that most of them do.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start_fake_server } from "./fake_server.mjs";
import { launch_browser, Walker } from "./walker.mjs";

// Those of the test that runs.
export let server;
export let walker;
let browser;

export const vehicle_of = (number) => `RHRSL${String(number).padStart(12, "0")}`;

// One browser for the tests of a `describe`.
export function with_browser() {
  before(async () => {
    browser = await launch_browser();
  });
  after(() => browser.close());
}

// `mode` and `platform` go into the page; other options are Walker's.
export function walk(name, body, { mode = "demo", platform, ...options } = {}) {
  test(name, async () => {
    server = await start_fake_server({ mode, ...(platform && { platform }) });
    try {
      walker = await Walker.open(browser, server.url, options);
      await body();
      await walker.close();
    } finally {
      await server.close();
    }
  });
}

// Owner `number` stands at the third step, verified. Gives their selection as the server has it.
export async function stand_at_pick(number) {
  const mine = server.world.application(vehicle_of(number));
  Object.assign(mine, { step: "pick", draws_left: server.world.settings.draws });
  await walker.login(`r-${number}`);
  await walker.page.locator(".vehicles a").first().click();
  await walker.heading(walker.words.pick_step).waitFor();
  return mine;
}

// Draws, shortlists, and asks to confirm.
export async function open_question() {
  await walker.draw(1);
  await walker.shortlist(3);
  await walker.usable(walker.words.confirm).first().click();
  await walker.page.getByRole("dialog").waitFor();
}

// Changes the server's truth and tells the page of it.
export function push(mine, changes) {
  Object.assign(mine, changes);
  mine.version += 1;
  server.push_application(mine);
}

// Waits until `is_so`, for a second or two; `what` says what was promised.
export async function until(is_so, what) {
  for (let tries = 0; !(await is_so()); ++tries) {
    assert.equal(tries < 80, true, what);
    await new Promise((looked) => setTimeout(looked, 25));
  }
}

// Where `locator` is on the screen: it has to be all in sight, and nothing may lie over its middle.
export async function assert_in_sight(locator, what) {
  const seen = await locator.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    const free = over !== null && (element.contains(over) || over.contains(element));
    return { inside, free, where: [left, top, right, bottom].map(Math.round), of: [innerWidth, innerHeight] };
  });
  assert.equal(seen.inside && seen.free, true, `${what} is in sight: ${JSON.stringify(seen)}`);
}
