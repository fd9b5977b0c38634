// The page against the real server: the whole way on a phone and on a desk, in both languages, with a
// reload at every step; and what a city does to it: a server killed, clocks that are hours off, no
// network, a silent one, two tabs, an operator's word. Finds the binaries in PLATED_BIN.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RealServer } from "./real_server.mjs";
import { Relay } from "./relay.mjs";
import { launch_browser, Walker } from "./walker.mjs";
import { until } from "./walking.mjs";

let browser;
let server;
let number = 1_000;

const vehicle_of = (owner) => `RHRSL${owner.slice(2).padStart(12, "0")}`;
const seconds_of = (digits) => digits.split(":").reduce((sum, each) => sum * 60 + Number(each), 0);

// A test with an owner of its own and a browser profile.
function walk(name, body, options = {}) {
  test(name, async () => {
    number += 1;
    const owner = `r-${number}`;
    const walker = await Walker.open(browser, server.url, options);
    await body(walker, owner);
    await walker.close();
  });
}

// Lets `body` do to the walker's network what it likes.
async function through_a_relay(walker, body) {
  const relay = await Relay.start(server.port);
  walker.url = relay.url;
  try {
    await body(relay);
  } finally {
    await relay.close();
  }
}

// The same owner makes draw `number` on another device; gives its plates.
async function draw_elsewhere(owner, number) {
  const desk = await Walker.open(browser, server.url, { device: "desk" });
  await desk.login(owner);
  await desk.page.locator(".vehicles a").first().click();
  await desk.draw(number);
  const plates = await desk.batch();
  await desk.close();
  return plates;
}

// The third step, reached without the page.
async function open_at_pick(walker, owner) {
  await server.stand_at_pick(owner);
  await enter_pick(walker, owner);
}

async function enter_pick(walker, owner) {
  await walker.login(owner);
  await walker.page.locator(".vehicles a").first().click();
  await walker.heading(walker.words.pick_step).waitFor();
}

const ring = (walker, where) =>
  walker.page.locator(`${where} .ring b`).innerText().then(seconds_of);

describe("the page and the real server", () => {
  before(async () => {
    browser = await launch_browser();
    server = await RealServer.start("--demo");
  });
  after(async () => {
    await browser.close();
    await server.close();
  });
  the_whole_way();
  losses();
  describe("over a bad network", { concurrency: true }, networks);
  clocks();
  operators();
  one_device_for_many();
});

// Every step looked at by axe, light and dark, and reloaded.
async function walk_the_whole_way(walker, owner) {
  const { words, page } = walker;
  const again = async (name, landmark) => {
    await walker.assert_accessible(name);
    await page.reload();
    await landmark().waitFor();
  };
  await page.goto(`${server.url}/login`);
  await walker.assert_accessible("login");
  await walker.login(owner);
  await again("vehicles", () => page.locator(".vehicles a"));
  await walker.choose_vehicle();
  await again("submit", () => walker.heading(words.submit_step));
  await page.locator(".terms").waitFor();
  assert.doesNotMatch(await page.locator("body").innerText(), /[两0-9] ?年|years/, "an office's own numbers");
  await walker.submit();
  await again("notice", () => walker.heading(words.notice_step));
  await walker.verify();
  await again("pick", () => walker.heading(words.pick_step));
  await page.getByLabel(words.without4).check();
  await walker.draw(1);
  const batch = await walker.batch();
  assert.equal(batch.length, 10);
  assert.equal(batch.some((plate) => plate.includes("4")), false);
  await walker.shortlist(2);
  await walker.shortlist(3);
  assert.deepEqual(await walker.shortlisted(), [batch[3]], "another plate swaps the first");
  await walker.draw(2);
  await walker.shortlist(0);
  const [shown, kept] = [await walker.batch(), await walker.shortlisted()];
  await again("batch", () => walker.choice(9));
  assert.deepEqual([await walker.batch(), await walker.shortlisted()], [shown, kept]);
  assert.equal(kept.length, 2);
  await walker.usable(words.confirm).first().click();
  await page.getByRole("dialog").waitFor();
  await walker.assert_accessible("confirm");
  await walker.button(words.confirm_no).click();
  await walker.confirm(0);
  await again("done", () => walker.heading(words.done));
  assert.deepEqual(await walker.plates_in("main"), [kept[0]]);
  const { plate, state } = await server.admin("GET", `/v1/plates/${kept[0]}`);
  assert.deepEqual([plate, state], [kept[0], "reserved"], "the server says the same");
  const voucher = await page.getByRole("link", { name: words.voucher }).getAttribute("href");
  assert.equal((await walker.context.request.get(server.url + voucher)).status(), 200);
  await page.goto(server.url + voucher);
  await page.getByRole("button", { name: "打印" }).waitFor();
  await walker.assert_accessible("voucher");
  await page.goto(`${server.url}${voucher}?paper=receipt`);
  await walker.assert_accessible("receipt");
}

function the_whole_way() {
  for (const [device, language] of [
    ["phone", "zh"],
    ["desk", "en"],
  ]) {
    walk(
      `an owner walks from the login to a plate, on a ${device}, in ${language}`,
      walk_the_whole_way,
      { device, language },
    );
  }

  for (const language of ["zh", "en"]) {
    walk(
      `pages that need no script stand in nobody's way, in ${language}`,
      async (walker) => {
        for (const path of [
          "/accessibility",
          "/login",
          `/pools?lang=${language}`,
          `/pools?lang=${language}&office=粤B`,
          `/v1/voucher/${"0".repeat(32)}`,
        ]) {
          await walker.page.goto(server.url + path);
          await walker.assert_accessible(path);
          await walker.enlarge_text();
          await walker.assert_fits(`${path}, large text`);
        }
        assert.match(walker.complaints.shift(), /404/, "there is no such voucher");
      },
      { language },
    );
  }
}

function losses() {
  walk("a server killed in the middle comes back with the same plates", async (walker, owner) => {
    await open_at_pick(walker, owner);
    await walker.draw(1);
    await walker.shortlist(4);
    const shown = [await walker.batch(), await walker.shortlisted()];
    await server.kill();
    await walker.text(walker.words.lost).waitFor();
    await walker.text("断线不扣次数").waitFor();
    assert.equal(await walker.usable(walker.words.draw_next).count(), 0, "nothing is promised");
    const left = await ring(walker, ".batch");
    await walker.page.waitForTimeout(6_000);
    const ran_since = Date.now();
    await server.run();
    await walker.usable(walker.words.draw_next).waitFor({ timeout: 30_000 });
    assert.deepEqual([await walker.batch(), await walker.shortlisted()], shown);
    assert.equal(await walker.draws_left(), 4, "no draw was used");
    // Six seconds stood still; to within a second after a crash, and one for the eye.
    const now_left = await ring(walker, ".batch");
    const run_s = (Date.now() - ran_since) / 1_000;
    assert.equal(now_left >= left - run_s - 2, true, `${left} s, ran ${run_s} s, ${now_left} s`);
    await walker.confirm(0);
    assert.deepEqual(await walker.plates_in("main"), shown[1]);
  });

  walk("a draw at the moment of a kill is there wholly or not at all", async (walker, owner) => {
    await open_at_pick(walker, owner);
    await walker.usable(walker.words.draw_first).click({ noWaitAfter: true });
    await server.kill();
    await server.run();
    await walker.page.locator(".link .callout").waitFor({ state: "detached", timeout: 30_000 });
    await walker.button(/随机选号|换一批/).and(walker.page.locator("[aria-disabled=false]")).waitFor();
    const drawn = 5 - (await walker.draws_left());
    assert.equal((await walker.batch()).length, drawn * 10);
    await walker.draw(drawn + 1);
    assert.equal(await walker.draws_left(), 4 - drawn);
  });

  walk("two tabs stay in step", async (walker, owner) => {
    await open_at_pick(walker, owner);
    const first_tab = await walker.new_tab();
    await walker.page.goto(`${server.url}/#${vehicle_of(owner)}`);
    await walker.draw(1);
    await walker.shortlist(5);
    const second_tab = walker.page;
    const kept = await walker.shortlisted();
    walker.page = first_tab;
    await walker.page.locator(".shortlist li").waitFor();
    assert.deepEqual(await walker.shortlisted(), kept);
    await walker.confirm(0);
    walker.page = second_tab;
    await walker.heading(walker.words.done).waitFor();
    assert.deepEqual(await walker.plates_in("main"), kept);
  });
}

// At the same time, since most of it is waiting.
function networks() {
  walk("in a tunnel and back: the same plates, and the truth of meanwhile", async (walker, owner) => {
    await through_a_relay(walker, async (relay) => {
      await open_at_pick(walker, owner);
      await walker.draw(1);
      const first = await walker.batch();
      relay.silence();
      await walker.context.setOffline(true);
      await walker.text(walker.words.offline).waitFor();
      assert.deepEqual(await walker.batch(), first, "what was acknowledged is still shown");
      const elsewhere = await draw_elsewhere(owner, 2);
      relay.mend();
      await walker.context.setOffline(false);
      await walker.wait_for_batch(2);
      assert.deepEqual(await walker.batch(), elsewhere);
    });
  });

  walk("a network that goes silent is found out, and nothing is lost", async (walker, owner) => {
    await through_a_relay(walker, async (relay) => {
      await open_at_pick(walker, owner);
      await walker.draw(1);
      relay.silence();
      await walker.choice(3).click();
      await walker.text(walker.words.slow).waitFor();
      assert.equal(await walker.page.locator(".shortlist li").count(), 0, "nothing is promised");
      const elsewhere = await draw_elsewhere(owner, 2);
      await walker.text(walker.words.lost).waitFor({ timeout: 20_000 });
      relay.mend();
      await walker.wait_for_batch(2);
      assert.deepEqual(await walker.batch(), elsewhere);
      assert.equal(await walker.draws_left(), 3, "two draws cost two");
      await walker.shortlist(3);
      await walker.confirm(0);
      assert.deepEqual(await walker.plates_in("main"), [elsewhere[3]]);
    });
  });

  walk("a network that cuts off the answer to a confirmation: the page learns of it", async (walker, owner) => {
    await through_a_relay(walker, async (relay) => {
      await open_at_pick(walker, owner);
      await walker.draw(1);
      await walker.shortlist(3);
      const [plate] = await walker.shortlisted();
      relay.deafen();
      await walker.usable(walker.words.confirm).first().click();
      await walker.usable(walker.words.confirm_yes).click();
      const is_reserved = async () =>
        (await server.admin("GET", `/v1/plates/${plate}`)).state === "reserved";
      await until(is_reserved, "the server has heard it");
      relay.cut();
      await walker.text(`刚才确认 ${plate} 还没有得到答复`).waitFor();
      assert.equal(await walker.heading(walker.words.done).count(), 0, "nothing is promised");
      relay.mend();
      await walker.heading(walker.words.done).waitFor();
      assert.deepEqual(await walker.plates_in("main"), [plate]);
    });
  });
}

function clocks() {
  for (const hours of [-7, 5]) {
    walk(`a device whose clock is ${hours} hours off counts like all others`, async (walker, owner) => {
      await walker.context.addInitScript((ms) => {
        const now = Date.now.bind(Date);
        window.clock_is_off_by = ms;
        Date.now = () => now() + window.clock_is_off_by;
      }, hours * 3_600_000);
      await open_at_pick(walker, owner);
      await walker.draw(1);
      const seconds = await ring(walker, ".batch");
      assert.equal(seconds > 80 && seconds <= 90, true, String(seconds));
      await walker.page.evaluate(() => (window.clock_is_off_by += 7_200_000));
      await walker.page.waitForTimeout(700);
      const later = await ring(walker, ".batch");
      assert.equal(later > 70 && later <= seconds, true, "its owner set it meanwhile");
      await walker.usable(walker.words.draw_next).waitFor();
    });
  }
}

function operators() {
  walk("used up and unconfirmed, the first plate of the last draw confirms itself", async (walker, owner) => {
    await server.settings({ draws: 1, batch_hold_ms: 2_500, shortlist_hold_ms: 2_500 });
    try {
      await open_at_pick(walker, owner);
      await walker.usable(walker.words.draw_first).click();
      await walker.usable(walker.words.last_draw).click();
      await walker.wait_for_batch(1);
      const [first] = await walker.batch();
      await walker.text(`将自动确认 ${first}`).waitFor();
      await walker.heading(walker.words.done).waitFor();
      await walker.text("由系统自动确认").waitFor();
      assert.deepEqual(await walker.plates_in("main"), [first]);
      await server.admin("POST", `/v1/reservations/${first}/issue`, {});
      await walker.heading("已办理").waitFor();
    } finally {
      await server.settings({ draws: 5, batch_hold_ms: 90_000, shortlist_hold_ms: 180_000 });
    }
  });

  walk("an owner who needs more time gets it", async (walker, owner) => {
    await server.stand_at_pick(owner);
    const times = { times: 3, reason: "reads with a screen reader" };
    await server.admin("PUT", `/v1/owners/${owner}/countdowns`, times);
    await enter_pick(walker, owner);
    await walker.draw(1);
    const seconds = await ring(walker, ".batch");
    assert.equal(seconds > 255 && seconds <= 270, true, String(seconds));
  });

  walk("closed, paused and in maintenance: each says so, and it goes on", async (walker, owner) => {
    await open_at_pick(walker, owner);
    await walker.draw(1);
    for (const [word, title] of [
      ["close", "现在不在选号时间"],
      ["pause", "选号已暂停"],
      ["maintenance", "系统维护中"],
    ]) {
      await server.office(word);
      await walker.text(title).waitFor();
    }
    await walker.page.reload();
    await walker.heading("系统维护中").waitFor();
    await server.office("resume");
    await walker.button("再试一次").click();
    await walker.text("现在不在选号时间").waitFor();
    await walker.usable(walker.words.draw_next).click();
    await walker.page.locator("[data-code=not_open]").waitFor();
    await server.office("open");
    await walker.text("现在不在选号时间").first().waitFor({ state: "detached" });
    await walker.draw(2);
  });

  walk("the blacklisted are told until when", async (walker, owner) => {
    await server.stand_at_pick(owner);
    await server.admin("POST", "/v1/blacklist", { owner, reason: "a test of the page" });
    await walker.login(owner);
    await walker.page.locator(".vehicles a").first().click();
    await walker.heading("暂时不能网上选号").waitFor();
    await walker.text("至 20").waitFor();
  });
}

// A device that several owners use, one after the other.
function one_device_for_many() {
  walk("whoever signs out is out, in the other tab too", async (walker, owner) => {
    await walker.login(owner);
    const first = await walker.new_tab();
    await walker.page.goto(`${server.url}/`);
    await walker.heading(walker.words.vehicles).waitFor();
    const sign_out = walker.page.getByRole("button", { name: "退出", exact: true });
    await sign_out.focus();
    await walker.page.keyboard.press("Enter");
    await walker.page.waitForURL("**/login");
    await first.getByRole("heading", { name: "请先登录" }).waitFor();
    assert.deepEqual(await walker.context.cookies(), []);
  });

  walk("another owner is named before they are replaced", async (walker, owner) => {
    await walker.login(owner);
    const kept = await walker.context.cookies();
    const enter_as = async (number) => {
      await walker.page.goto(`${server.url}/login?owner=r-${number}`);
      await walker.page.getByRole("heading", { name: "要换一位所有人吗" }).waitFor();
    };
    await enter_as(700_001);
    await walker.assert_accessible("another owner");
    await walker.page.getByRole("link", { name: "保持" }).click();
    await walker.heading(walker.words.vehicles).waitFor();
    assert.equal((await walker.context.cookies())[0].value, kept[0].value);
    await enter_as(700_001);
    await walker.page.getByRole("link", { name: "改为" }).click();
    await walker.heading(walker.words.vehicles).waitFor();
    assert.notEqual((await walker.context.cookies())[0].value, kept[0].value);
  });
}
