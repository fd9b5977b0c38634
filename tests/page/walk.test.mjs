// Walks through the page in a real browser, as a phone shows it. Without further ado against the
// fake server; with PLATED_URL against a real one started with --demo, where only the walk itself
// runs. PLATED_SCREENSHOTS names a directory for pictures of every step.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { start_fake_server } from "./fake_server.mjs";

const kPackages = createRequire(
  fileURLToPath(new URL("../../net/page/package.json", import.meta.url)),
);
const { chromium } = kPackages("playwright-core");
const axe_source = await readFile(kPackages.resolve("axe-core/axe.min.js"), "utf8");

const kRealUrl = process.env.PLATED_URL ?? null;
const kPictures = process.env.PLATED_SCREENSHOTS ?? null;
const kBrowser = process.env.PLATED_BROWSER ?? "/usr/bin/chromium";
const kArguments =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";
const kPhone = { viewport: { width: 360, height: 740 }, locale: "zh-CN", hasTouch: true };
const kWaitMs = 10_000;

let browser;
let server;
let context;
let page;
let complaints;

// A test with a browser and, unless the server is a real one, a fake server of its own.
function walk(name, body, { mode = "demo" } = {}) {
  test(name, async () => {
    server = kRealUrl === null ? await start_fake_server({ mode }) : null;
    try {
      await open_browser();
      await body();
      assert.deepEqual(complaints, [], "the browser complains of nothing");
    } finally {
      await context?.close();
      context = null;
      await server?.close();
    }
  });
}

async function open_browser(options = {}) {
  await context?.close();
  context = await browser.newContext({ ...kPhone, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(kWaitMs);
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    // A refused upgrade or a lost server is no fault of the page.
    const expected = /WebSocket|401|426|ERR_/.test(text);
    if (message.type() === "error" && !expected) complaints.push(text);
  });
}

const url = () => kRealUrl ?? server.url;
const button = (name) => page.getByRole("button", { name });
const heading = (name) => page.getByRole("heading", { level: 1, name });
const drawn_in = (where) =>
  page.locator(`${where} [data-plate]`).evaluateAll((all) => all.map((each) => each.dataset.plate));
const batch_plates = () => drawn_in(".plates");

async function picture(name) {
  if (kPictures === null) return;
  await page.screenshot({ path: join(kPictures, `${name}.png`), fullPage: true });
}

// Nothing that a machine can find against the page: names, contrast, order, and no sideways scroll.
async function assert_accessible(name) {
  await page.evaluate(axe_source);
  const found = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"] }),
  );
  const words = found.violations.map((each) => `${each.id}: ${each.nodes[0].html}`);
  assert.deepEqual(words, [], name);
  const too_wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  assert.equal(too_wide, false, `${name} scrolls sideways`);
}

async function login(owner) {
  await page.goto(`${url()}/login`);
  await page.getByLabel("所有人").fill(owner);
  await button("进入").click();
  await heading("选择机动车").waitFor();
}

async function enter_code() {
  await button("获取验证码").click();
  await page.getByText("验证码已发送至").waitFor();
  await page.getByLabel("短信验证码").fill("000000");
}

async function submit() {
  await page.getByRole("list").getByRole("link").first().click();
  await heading("确认信息").waitFor();
  await page.getByLabel("我已阅读并同意业务须知").check();
  await enter_code();
  await picture("2-submit");
  await assert_accessible("submit");
  await button("确认并提交").click();
  await heading("选号服务说明").waitFor();
}

async function verify() {
  await enter_code();
  await picture("3-notice");
  await assert_accessible("notice");
  await button("开始选号").click();
  await heading("预选号牌").waitFor();
}

async function walk_to_pick(owner) {
  await login(owner);
  await submit();
  await verify();
}

async function draw(number, name = number === 1 ? "随机选号" : "换一批") {
  await button(name).click();
  await page.getByText(`第 ${number} 批`).waitFor();
}

async function shortlist(at) {
  const choice = page.locator(".plates button").nth(at);
  await choice.click();
  await page.locator(`.plates li:nth-child(${at + 1}) button[aria-pressed=true]`).waitFor();
}

// Presses Tab until a button whose name begins with `name` has the focus.
async function tab_to(name) {
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? "");
    if (focused.startsWith(name)) return;
  }
  assert.fail(`Tab does not reach ${name}`);
}

describe("the page", () => {
  before(async () => {
    browser = await chromium.launch({ executablePath: kBrowser, args: kArguments.split(" ") });
  });
  after(() => browser.close());

  walk("an owner walks from the login to a reserved plate", async () => {
    const owner = `r-${process.env.PLATED_OWNER ?? 100_000 + Math.floor(Math.random() * 1e9)}`;
    await page.goto(`${url()}/login`);
    await picture("0-login");
    await assert_accessible("login");
    await login(owner);
    await page.getByText("演练").first().waitFor();
    await picture("1-vehicles");
    await assert_accessible("vehicles");
    await submit();
    await verify();
    await picture("4-pick-first");
    await assert_accessible("pick");

    await page.getByLabel("不含 4").check();
    await draw(1);
    assert.equal((await batch_plates()).length, 10);
    await shortlist(2);
    await shortlist(3);
    assert.equal(await page.locator(".shortlist li").count(), 1, "another plate swaps the first");
    await draw(2);
    await shortlist(0);
    assert.equal(await page.locator(".shortlist li").count(), 2);
    await picture("5-pick");
    await assert_accessible("batch");

    const before = await batch_plates();
    await page.reload();
    await page.getByText("第 2 批").waitFor();
    assert.deepEqual(await batch_plates(), before, "reloading loses nothing");

    const [wanted] = await drawn_in(".shortlist");
    await button("确认此号").first().click();
    await page.getByRole("dialog").waitFor();
    await picture("6-confirm");
    await assert_accessible("confirm");
    await button("再想想").click();
    await button("确认此号").first().click();
    await button("确认选号").click();
    await heading("完成号牌预选").waitFor();
    assert.deepEqual(await drawn_in("main"), [wanted]);
    await page.getByText("由您确认").waitFor();
    await picture("7-done");
    await assert_accessible("done");

    await button("English").click();
    await heading("Plate reserved").waitFor();
    await picture("8-done-english");
    const voucher = await page.getByRole("link", { name: "voucher" }).getAttribute("href");
    assert.equal((await context.request.get(url() + voucher)).status(), 200);
  });

  if (kRealUrl === null) with_a_server_that_does_as_it_is_told();
});

function with_a_server_that_does_as_it_is_told() {
  walk("a lost connection comes back to the same plates", async () => {
    await walk_to_pick("r-2");
    await draw(1);
    const before = await batch_plates();
    server.world.next_refusals.push(["enter", "overloaded", { retry_in_ms: 300 }]);
    server.drop_all();
    await page.getByText("断线不扣次数").first().waitFor();
    await button("换一批").and(page.locator("[aria-disabled=false]")).waitFor();
    assert.deepEqual(await batch_plates(), before);
    assert.equal(await page.locator(".draw .count b").innerText(), "4");
  });

  walk("the last draw is warned of, and its first plate confirms itself", async () => {
    server.world.settings = {
      draws: 2,
      batch_size: 3,
      batch_hold_ms: 1_500,
      shortlist_hold_ms: 1_500,
    };
    await walk_to_pick("r-3");
    await draw(1);
    await button("换一批").click();
    await button("使用最后一次").waitFor();
    await picture("9-last-draw");
    await assert_accessible("last draw");
    await button("使用最后一次").click();
    await page.getByText("次数已用完").waitFor();
    const [first] = await batch_plates();
    await page.getByText(`将自动确认 ${first}`).waitFor();
    await picture("9-fallback");
    await heading("完成号牌预选").waitFor();
    await page.getByText("由系统自动确认").waitFor();
    assert.deepEqual(await drawn_in("main"), [first]);
  });

  walk("a batch that is over leaves its shortlisted plate", async () => {
    server.world.settings.batch_hold_ms = 1_500;
    await walk_to_pick("r-4");
    await draw(1);
    await shortlist(1);
    await page.getByText("本批号牌已到时").waitFor();
    assert.equal(await page.locator(".shortlist li").count(), 1);
  });

  walk("a pause stops the countdown and the buttons, and resuming starts both", async () => {
    await walk_to_pick("r-5");
    await draw(1);
    server.set_office("paused");
    await page.getByText("选号已暂停").waitFor();
    await page.getByText("倒计时已暂停").waitFor();
    await button("换一批").and(page.locator("[aria-disabled=true]")).waitFor();
    const before = await page.locator(".clock b").first().innerText();
    await page.waitForTimeout(1_200);
    assert.equal(await page.locator(".clock b").first().innerText(), before);
    await picture("9-paused");
    await assert_accessible("paused");
    server.set_office("open");
    await page.getByText("选号已暂停").waitFor({ state: "detached" });
    await draw(2);
  });

  walk("the waiting room shows the place and goes on by itself", async () => {
    await walk_to_pick("r-6");
    server.world.next_refusals.push(["draw", "waiting", {}]);
    await button("随机选号").click();
    await heading("正在排队").waitFor();
    const eta = { eta_ms: 90_000, eta_low_ms: 60_000, eta_high_ms: 180_000 };
    server.push_all({ event: "waiting", position: 812, ahead: 811, ...eta });
    await page.getByText("第 812 位").waitFor();
    await page.getByText("1 分钟到 3 分钟").waitFor();
    await picture("9-waiting");
    await assert_accessible("waiting");
    server.push_all({ event: "admitted" });
    await page.getByText("第 1 批").waitFor();
  });

  walk("a refusal says what to do and costs nothing", async () => {
    await walk_to_pick("r-7");
    server.world.next_refusals.push(["draw", "all_held", { retry_in_ms: 4_000 }]);
    await button("随机选号").click();
    await page.getByText("次数没有减少").waitFor();
    await page.getByText("秒后可以再试").waitFor();
    await picture("9-refused");
    await assert_accessible("refused");
    await draw(1);
    await page.getByText("次数没有减少").waitFor({ state: "detached" });
  });

  walk("a wrong code is refused and the right one goes on", async () => {
    await login("r-8");
    await page.getByRole("list").getByRole("link").first().click();
    await page.getByLabel("我已阅读并同意业务须知").check();
    await button("获取验证码").click();
    await page.getByLabel("短信验证码").fill("１２３４５６");
    await button("确认并提交").click();
    await page.getByText("验证码不对").waitFor();
    await page.getByLabel("短信验证码").fill("000000");
    await button("确认并提交").click();
    await heading("选号服务说明").waitFor();
  });

  walk("what another device does is shown", async () => {
    await walk_to_pick("r-9");
    const mine = server.world.application("RHRSL000000000009");
    server.world.draw(mine);
    server.push_application(mine);
    await page.getByText("第 1 批").waitFor();
    server.world.reserve(mine, "粤BD00001", false);
    server.push_application(mine);
    await heading("完成号牌预选").waitFor();
  });

  walk("lapsed says until when, issued says so", async () => {
    await walk_to_pick("r-10");
    const mine = server.world.application("RHRSL000000000010");
    server.world.reserve(mine, "粤BD00002", false);
    mine.step = "issued";
    server.push_application(mine);
    await heading("已办理").waitFor();
    await picture("9-issued");
    Object.assign(mine, { step: "lapsed", blacklisted_until: 1_860_000_000_000 });
    mine.version += 1;
    server.push_application(mine);
    await heading("已逾期").waitFor();
    await page.getByText("2028年12月").waitFor();
    await picture("9-lapsed");
    await assert_accessible("lapsed");
  });

  walk("the blacklisted are told until when", async () => {
    await login("r-11");
    server.world.next_refusals.push(["enter", "blacklisted", { until: 1_860_000_000_000 }]);
    await page.getByRole("list").getByRole("link").first().click();
    await page.getByText("您在黑名单内").waitFor();
    await page.getByText("2028年12月").waitFor();
  });

  walk("a long list of vehicles comes by pages, and the way back leads to it", async () => {
    await login("r-40");
    await page.locator(".vehicles li").first().waitFor();
    assert.equal(await page.locator(".vehicles li").count(), 30);
    await button("显示更多").click();
    await page.locator(".vehicles li").nth(39).waitFor();
    await page.locator(".vehicles a").nth(35).click();
    await heading("确认信息").waitFor();
    await page.goBack();
    await heading("选择机动车").waitFor();
  });

  walk("nobody signed in is sent to the login of a demonstration", async () => {
    await page.goto(url());
    await page.waitForURL("**/login");
  });

  walk("everything can be done by keyboard", async () => {
    await walk_to_pick("r-12");
    await tab_to("随机选号");
    await page.keyboard.press("Enter");
    await page.getByText("第 1 批").waitFor();
    await page.locator(".plates button").first().focus();
    await page.keyboard.press("Space");
    await page.locator(".shortlist li").waitFor();
    await tab_to("确认此号");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("Enter");
    await tab_to("确认选号");
    await page.keyboard.press("Enter");
    await heading("完成号牌预选").waitFor();
  });

  walk("dark, and as wide as a desk", async () => {
    await open_browser({ colorScheme: "dark" });
    await walk_to_pick("r-13");
    await draw(1);
    await shortlist(4);
    await picture("9-dark");
    await assert_accessible("dark");
    await page.setViewportSize({ width: 1280, height: 900 });
    await picture("9-desk");
  });

  walk(
    "nobody signed in is told where to enter, and no rehearsal is announced",
    async () => {
      await page.goto(url());
      await heading("请先登录").waitFor();
      assert.equal(await page.getByText("演练").count(), 0);
      await picture("9-no-ticket");
      await assert_accessible("no ticket");
    },
    { mode: "real" },
  );
}
