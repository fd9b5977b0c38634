// An owner at a browser: opens the page on one device and does, in one language, what owners do.
// Tests and pictures are made of these verbs. The browser is Debian's Chromium (PLATED_BROWSER names
// another).

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const kPackages = createRequire(
  fileURLToPath(new URL("../../net/page/package.json", import.meta.url)),
);
const { chromium } = kPackages("playwright-core");
const axe_source = await readFile(kPackages.resolve("axe-core/axe.min.js"), "utf8");

const kBrowser = process.env.PLATED_BROWSER ?? "/usr/bin/chromium";
const kArguments =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";
const kWaitMs = 10_000;
// What axe looks for.
const kRules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const kDevices = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  small_phone: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  desk: { viewport: { width: 1280, height: 900 } },
};

export const kWords = {
  zh: {
    locale: "zh-CN",
    login: "所有人",
    enter: "进入",
    vehicles: "选择机动车",
    submit_step: "确认信息",
    agree: "我已阅读并同意业务须知",
    send_code: "获取验证码",
    sent: "已发送至",
    code: "短信验证码",
    submit: "确认并提交",
    notice_step: "选号服务说明",
    verify: "核验并开始选号",
    pick_step: "预选号牌",
    without4: "不含 4",
    draw_first: "随机选号",
    draw_next: "换一批",
    last_draw: "使用最后一次",
    confirm: "确认此号",
    confirm_yes: "确认选号",
    confirm_no: "再想想",
    done: "预选成功",
    voucher: "打印凭证",
    lost: "连接已断开",
    offline: "您的设备没有连上网络",
    slow: "网络较慢",
    back: "全部车辆",
  },
  en: {
    locale: "en-GB",
    login: "所有人",
    enter: "进入",
    vehicles: "Choose a vehicle",
    submit_step: "Your details",
    agree: "I have read and accept the terms",
    send_code: "Send code",
    sent: "Sent to",
    code: "SMS code",
    submit: "Confirm and submit",
    notice_step: "How it works",
    verify: "Verify and start",
    pick_step: "Choose a plate",
    without4: "Without 4",
    draw_first: "Draw plates",
    draw_next: "Draw again",
    last_draw: "Use the last draw",
    confirm: "Take this one",
    confirm_yes: "Confirm plate",
    confirm_no: "Not yet",
    done: "Your plate is reserved",
    voucher: "print the voucher",
    lost: "Connection lost",
    offline: "Your device is offline",
    slow: "The network is slow",
    back: "All vehicles",
  },
};

// With the back/forward cache, which Playwright switches off and nobody's own browser does.
export function launch_browser() {
  return chromium.launch({
    executablePath: kBrowser,
    args: kArguments.split(" "),
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
}

export class Walker {
  complaints = [];

  // A new browser profile on `device` that reads `language`; `options` are Playwright's.
  static async open(browser, url, { device = "phone", language = "zh", ...options } = {}) {
    const walker = new Walker();
    walker.url = url;
    walker.device = device;
    walker.language = language;
    walker.words = kWords[language];
    const { locale } = walker.words;
    walker.context = await browser.newContext({ ...kDevices[device], locale, ...options });
    await walker.new_tab();
    return walker;
  }

  // Another tab of the same profile becomes the one that is walked in; gives the tab before.
  async new_tab() {
    const before = this.page;
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(kWaitMs);
    this.page.on("pageerror", (error) => this.complaints.push(String(error)));
    this.page.on("console", (message) => {
      const text = message.text();
      // A refused upgrade, or a server that is lost or still starts, is no fault of the page.
      const expected = /WebSocket|401|426|503|ERR_/.test(text);
      if (message.type() === "error" && !expected) this.complaints.push(text);
    });
    return before;
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.complaints, [], "the browser complains of nothing");
  }

  button(name) {
    return this.page.getByRole("button", { name });
  }

  usable(name) {
    return this.button(name).and(this.page.locator("[aria-disabled=false]"));
  }

  heading(name) {
    return this.page.getByRole("heading", { level: 1, name, exact: true });
  }

  text(words) {
    return this.page.getByText(words).first();
  }

  async login(owner) {
    await this.page.goto(`${this.url}/login`);
    await this.page.getByLabel(this.words.login).fill(owner);
    await this.button(this.words.enter).click();
    await this.heading(this.words.vehicles).waitFor();
  }

  async choose_vehicle() {
    await this.page.locator(".vehicles a").first().click();
    await this.heading(this.words.submit_step).waitFor();
  }

  async agree() {
    const terms = this.page.locator(".terms");
    await terms.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await this.page.getByLabel(this.words.agree).check();
  }

  async enter_code(code = "000000") {
    await this.button(this.words.send_code).click();
    await this.text(this.words.sent).waitFor();
    await this.page.getByLabel(this.words.code).fill(code);
  }

  async submit() {
    await this.agree();
    await this.enter_code();
    await this.button(this.words.submit).click();
    await this.heading(this.words.notice_step).waitFor();
  }

  async verify() {
    await this.enter_code();
    await this.press_verify();
  }

  // The button waits until the rules could be read.
  async press_verify() {
    await this.usable(this.words.verify).click();
    await this.heading(this.words.pick_step).waitFor();
  }

  async walk_to_pick(owner) {
    await this.login(owner);
    await this.choose_vehicle();
    await this.submit();
    await this.verify();
  }

  async wait_for_batch(number) {
    await this.page.locator(`#batch:text-matches("\\\\b${number}\\\\b")`).waitFor();
  }

  async draw(number) {
    const { draw_first, draw_next } = this.words;
    await this.usable(number === 1 ? draw_first : draw_next).click();
    await this.wait_for_batch(number);
  }

  choice(at) {
    return this.page.locator(".plates li").nth(at).getByRole("button");
  }

  async shortlist(at) {
    await this.choice(at).click();
    await this.choice(at).and(this.page.locator("[aria-pressed=true]")).waitFor();
  }

  // Asks to confirm the shortlisted plate at `at`, and answers the question.
  async confirm(at = 0) {
    await this.usable(this.words.confirm).nth(at).click();
    await this.usable(this.words.confirm_yes).click();
    await this.heading(this.words.done).waitFor();
  }

  // The plates drawn inside of `where`, in their order.
  plates_in(where) {
    return this.page
      .locator(`${where} [data-plate]`)
      .evaluateAll((all) => all.map((each) => each.dataset.plate));
  }

  batch() {
    return this.plates_in(".plates");
  }

  shortlisted() {
    return this.plates_in(".shortlist");
  }

  async draws_left() {
    return Number(await this.page.locator(".draws").first().getAttribute("data-left"));
  }

  // Presses Tab until what has the focus begins with `name`.
  async tab_to(name) {
    for (let i = 0; i < 60; ++i) {
      await this.page.keyboard.press("Tab");
      const focused = await this.page.evaluate(() => document.activeElement?.textContent ?? "");
      if (focused.startsWith(name)) return;
    }
    assert.fail(`Tab does not reach ${name}`);
  }

  // Nothing that a machine can find against the page, light or dark: names, contrast, order, targets;
  // and nothing that has to be scrolled sideways, as it is or as narrow as 320 pixels.
  async assert_accessible(name, { dark = true } = {}) {
    if (dark) {
      await this.page.emulateMedia({ colorScheme: "dark" });
      await this.#assert_no_findings(`${name}, dark`, { type: "rule", values: ["color-contrast"] });
    }
    await this.page.emulateMedia({ colorScheme: "light" });
    await this.#assert_no_findings(`${name}, light`, { type: "tag", values: kRules });
    const { width, height } = kDevices[this.device].viewport;
    await this.#assert_not_sideways(name);
    await this.page.setViewportSize({ width: 320, height });
    await this.#assert_not_sideways(`${name}, narrow`);
    await this.page.setViewportSize({ width, height });
  }

  // Text twice as large, as a reader sets it.
  async enlarge_text() {
    await this.page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  }

  // Nothing stands out of the screen at its right edge, nor out of the box that it belongs to.
  async assert_fits(name) {
    const wide = await this.page.evaluate(() => {
      const all = [...document.querySelectorAll("body *:not(.heard, .heard *, .skip, svg *)")];
      const over = all.filter((each) => {
        const { right } = each.getBoundingClientRect();
        const box = each.closest(".card, .pool, dialog, section")?.getBoundingClientRect().right;
        return right > Math.min(innerWidth, box ?? innerWidth) + 1;
      });
      return over.map((each) => each.outerHTML.slice(0, 80));
    });
    assert.deepEqual(wide, [], name);
  }

  async #assert_no_findings(name, rules) {
    if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(axe_source);
    const found = await this.page.evaluate((runOnly) => axe.run(document, { runOnly }), rules);
    const words = found.violations.map(
      (each) => `${each.id}: ${each.nodes[0].html} ${each.nodes[0].failureSummary}`,
    );
    assert.deepEqual(words, [], name);
  }

  async #assert_not_sideways(name) {
    const too_wide = await this.page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    assert.equal(too_wide, false, `${name} scrolls sideways`);
  }
}
