// What the page does with a server that does as it is told: refusals, the queue, the office's states,
// losses at the worst moment, the ends of a selection. The whole way is walked in real.test.mjs.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { push, server, stand_at_pick, vehicle_of, walk, walker, with_browser } from "./walking.mjs";

describe("the page", () => {
  with_browser();
  losses();
  time();
  office_and_queue();
  refusals();
  eyes_and_fingers();
  ends();
});

function losses() {
  walk("a lost connection comes back to the same plates, and says that it costs no draw", async () => {
    await stand_at_pick(2);
    await walker.draw(1);
    const before_it = await walker.batch();
    server.world.next_refusals.push(["enter", "overloaded", { retry_in_ms: 300 }]);
    server.drop_all();
    await walker.text("断线不扣次数").waitFor();
    await walker.text(walker.words.lost).waitFor();
    await walker.assert_accessible("broken");
    await walker.usable("换一批").waitFor();
    assert.deepEqual(await walker.batch(), before_it);
    assert.equal(await walker.draws_left(), 4);
  });

  walk("an outcome whose answer is lost is shown only once the server tells it", async () => {
    const mine = await stand_at_pick(3);
    await walker.draw(1);
    await walker.shortlist(1);
    server.world.answers_are_lost = true;
    await walker.usable(walker.words.confirm).click();
    await walker.usable(walker.words.confirm_yes).click();
    await walker.page.waitForTimeout(400);
    assert.equal(mine.step, "done", "the server has confirmed");
    assert.equal(await walker.heading(walker.words.done).count(), 0);
    assert.equal(await walker.usable(walker.words.draw_next).count(), 0, "nothing else is asked");
    server.world.answers_are_lost = false;
    server.drop_all();
    await walker.heading(walker.words.done).waitFor();
  });

  walk("a draw whose answer is lost is drawn once", async () => {
    const mine = await stand_at_pick(4);
    server.world.answers_are_lost = true;
    await walker.usable(walker.words.draw_first).click();
    await walker.page.waitForTimeout(300);
    server.world.answers_are_lost = false;
    server.drop_all();
    await walker.wait_for_batch(1);
    assert.equal(mine.draw, 1);
    assert.equal(await walker.draws_left(), 4);
  });

  walk("what another device does is shown", async () => {
    const mine = await stand_at_pick(9);
    server.world.draw(mine);
    server.push_application(mine);
    await walker.wait_for_batch(1);
    server.world.reserve(mine, "粤BD00001", false);
    server.push_application(mine);
    await walker.heading(walker.words.done).waitFor();
  });
}

function time() {
  walk("the last draw is warned of, and its first plate confirms itself", async () => {
    Object.assign(server.world.settings, {
      draws: 2,
      batch_size: 3,
      batch_hold_ms: 1_500,
      shortlist_hold_ms: 1_500,
    });
    await stand_at_pick(30);
    await walker.draw(1);
    await walker.usable("换一批").click();
    await walker.page.getByRole("dialog").getByText("将自动确认为您的号牌").waitFor();
    await walker.page.getByRole("dialog").getByText("黑名单 2 年").waitFor();
    await walker.assert_accessible("last draw");
    await walker.usable("使用最后一次").click();
    await walker.text("次数已用完").waitFor();
    const [first] = await walker.batch();
    await walker.text(`将自动确认 ${first}`).waitFor();
    await walker.heading(walker.words.done).waitFor();
    await walker.text("由系统自动确认").waitFor();
    assert.deepEqual(await walker.plates_in("main"), [first]);
  });

  walk("a batch that is over leaves its shortlisted plate", async () => {
    server.world.settings.batch_hold_ms = 1_500;
    await stand_at_pick(31);
    await walker.draw(1);
    await walker.shortlist(1);
    await walker.text("本批已到时").waitFor();
    assert.equal((await walker.shortlisted()).length, 1);
    assert.deepEqual(await walker.batch(), []);
  });

  walk("plates grow pale a round trip before their time is over", async () => {
    const mine = await stand_at_pick(32);
    await walker.draw(1);
    // The server is late with its word; the page does not wait for it to stop offering plates.
    mine.batch.until += 60_000;
    server.push_all({ event: "application", application: { ...server.world.shown(mine), version: 99,
      batch: { plates: mine.batch.plates, expires_in_ms: 900 } } });
    await walker.choice(0).and(walker.page.locator("[aria-disabled=true]")).waitFor();
    await walker.text("到时，以服务器为准").waitFor();
    assert.equal((await walker.batch()).length, 10, "only the server takes them away");
  });

  walk("countdowns are announced at 60, 30 and 10 seconds", async () => {
    const mine = await stand_at_pick(33);
    for (const [draw, seconds] of [60, 30, 10].entries()) {
      server.world.settings.batch_hold_ms = seconds * 1_000 + 700;
      await walker.draw(draw + 1);
      const said = walker.page.locator("[data-heard=time]");
      await said.and(walker.page.getByText(`随机号牌栏还有 ${seconds} 秒`)).waitFor();
    }
    assert.equal(mine.draw, 3);
  });

  walk("the tab's title counts down", async () => {
    await stand_at_pick(34);
    await walker.draw(1);
    await walker.page.waitForFunction(() => /^1:[0-3]\d 预选号牌/.test(document.title));
  });
}

function office_and_queue() {
  walk("a pause stops the countdown and the buttons, and resuming starts both", async () => {
    await stand_at_pick(5);
    await walker.draw(1);
    server.set_office("paused");
    await walker.text("选号已暂停").waitFor();
    await walker.text("已暂停计时").waitFor();
    await walker.button("换一批").and(walker.page.locator("[aria-disabled=true]")).waitFor();
    const digits = walker.page.locator(".batch .ring b");
    const before_it = await digits.innerText();
    await walker.page.waitForTimeout(1_200);
    assert.equal(await digits.innerText(), before_it);
    await walker.assert_accessible("paused");
    server.set_office("open");
    await walker.text("选号已暂停").waitFor({ state: "detached" });
    await walker.draw(2);
  });

  const place = {
    office: "粤B",
    position: 812,
    ahead: 811,
    eta_low_ms: 60_000,
    eta_high_ms: 180_000,
    admitted_per_minute: 640,
  };
  const admitted = { event: "admitted", office: "粤B", act_within_ms: 120_000 };

  walk("the waiting room shows place, range and rate, and goes on by itself", async () => {
    await stand_at_pick(6);
    server.world.next_refusals.push(["draw", "waiting", place]);
    await walker.usable("随机选号").click();
    await walker.heading("正在排队").waitFor();
    await walker.text("1 分钟到 3 分钟").waitFor();
    for (const figure of ["812", "811", "640"]) await walker.text(figure).waitFor();
    await walker.page.waitForFunction(() => document.title.startsWith("(812)"));
    await walker.assert_accessible("waiting");
    const soon = { ...place, position: 12, ahead: 11, eta_low_ms: 9_000, eta_high_ms: 20_000 };
    server.push_all({ event: "waiting", ...soon });
    await walker.text("大约还需 半分钟").waitFor();
    server.push_all({ event: "waiting", ...soon, eta_low_ms: null, eta_high_ms: null });
    await walker.text("还不能估计需要多久").waitFor();
    server.push_all(admitted);
    await walker.wait_for_batch(1);
  });

  walk("the lobby says how many are there and how long it is, and a place is given up", async () => {
    const mine = await stand_at_pick(62);
    mine.place = { office: "粤B", opens_at: Date.now() + 10 * 60_000, lobby: 4321 };
    server.world.next_refusals.push(["draw", "waiting", mine.place]);
    await walker.usable("随机选号").click();
    await walker.heading("已进入等候厅").waitFor();
    await walker.text("4,321").waitFor();
    await walker.text("距开放还有 10 分").waitFor();
    await walker.assert_accessible("lobby");
    await walker.usable("放弃排队").click();
    await walker.usable("继续等候").click();
    assert.notEqual(mine.place, null, "nothing was given up yet");
    await walker.usable("放弃排队").click();
    await walker.usable("确定放弃").click();
    await walker.usable("随机选号").waitFor();
    assert.equal(mine.place, null);
    assert.equal(mine.draw, 0);
  });

  walk("the place in the queue survives a reload, a loss and a sleep", async () => {
    const mine = await stand_at_pick(60);
    server.world.next_refusals.push(["draw", "waiting", place]);
    mine.place = place;
    await walker.usable("随机选号").click();
    await walker.heading("正在排队").waitFor();
    let position = place.position;
    for (const interrupt of [
      () => walker.page.reload(),
      () => server.drop_all(),
      // A sleep is seen by the clocks, which part.
      () => walker.page.evaluate(() => (Date.now = () => performance.timeOrigin + 1e9)),
    ]) {
      position -= 1;
      mine.place = { ...place, position, ahead: position - 1 };
      await interrupt();
      await walker.heading("正在排队").waitFor();
      await walker.text(String(position)).first().waitFor();
    }
    assert.equal(mine.draw, 0, "it was asked for and never drawn");
    mine.place = null;
    server.push_all(admitted);
    await walker.wait_for_batch(1);
    await walker.page.reload();
    await walker.wait_for_batch(1);
    assert.equal(mine.draw, 1, "what was waited for is not asked again");
  });

  walk("what another device drew while this one waited is not drawn again", async () => {
    const mine = await stand_at_pick(61);
    server.world.next_refusals.push(["draw", "waiting", place]);
    await walker.usable("随机选号").click();
    await walker.heading("正在排队").waitFor();
    server.world.draw(mine);
    await walker.page.reload();
    await walker.wait_for_batch(1);
    await walker.page.waitForTimeout(500);
    assert.equal(mine.draw, 1);
  });
}

function refusals() {
  walk("a refusal says what to do and costs nothing", async () => {
    await stand_at_pick(7);
    server.world.next_refusals.push(["draw", "all_held", { retry_in_ms: 4_000 }]);
    await walker.usable("随机选号").click();
    await walker.text("次数没有减少").waitFor();
    await walker.text("秒后可以再试").waitFor();
    await walker.assert_accessible("refused");
    await walker.draw(1);
    await walker.text("次数没有减少").waitFor({ state: "detached" });
  });

  walk("terms must be seen to their end, and a wrong code can be mended", async () => {
    await walker.login("r-8");
    await walker.choose_vehicle();
    const tick = walker.page.getByLabel(walker.words.agree);
    await tick.click({ force: true });
    assert.equal(await tick.isChecked(), false);
    await walker.page.locator(".terms:focus").waitFor();
    await walker.page.keyboard.press("End");
    await walker.page.getByText("请先把须知滑到末尾").waitFor({ state: "detached" });
    await tick.check();
    await walker.button("获取验证码").click();
    await walker.page.getByLabel("短信验证码").fill("１２３４５６");
    await walker.usable("确认并提交").click();
    await walker.text("验证码不对").waitFor();
    await walker.page.getByLabel("短信验证码").fill("000000");
    await walker.usable("确认并提交").click();
    await walker.heading("选号服务说明").waitFor();
  });

  walk("the identity check waits until its rules could be read", async () => {
    Object.assign(server.world.application(vehicle_of(80)), { step: "notice", draws_left: 5 });
    await walker.login("r-80");
    await walker.page.locator(".vehicles a").first().click();
    await walker.enter_code();
    await walker.text("请先阅读说明").waitFor();
    await walker.press_verify();
  });

  walk("the blacklisted are told until when, and what they can do", async () => {
    await walker.login("r-11");
    server.world.next_refusals.push(["enter", "blacklisted", { until: 1_860_000_000_000 }]);
    await walker.page.locator(".vehicles a").first().click();
    await walker.heading("暂时不能网上选号").waitFor();
    await walker.text("2028年12月").waitFor();
    await walker.text("车管所窗口").waitFor();
    await walker.assert_accessible("blacklisted");
  });

  walk("maintenance is waited for", async () => {
    await walker.login("r-12");
    server.world.next_refusals.push(["enter", "maintenance", { retry_in_ms: 1_000 }]);
    await walker.page.locator(".vehicles a").first().click();
    await walker.heading("系统维护中").waitFor();
    await walker.assert_accessible("maintenance");
    await walker.heading(walker.words.submit_step).waitFor();
  });
}

function eyes_and_fingers() {
  walk("everything can be done by keyboard", async () => {
    await stand_at_pick(13);
    await walker.tab_to("随机选号");
    await walker.page.keyboard.press("Enter");
    await walker.wait_for_batch(1);
    await walker.page.keyboard.press("4");
    await walker.choice(3).and(walker.page.locator("[aria-pressed=true]")).waitFor();
    await walker.page.keyboard.press("0");
    await walker.choice(9).and(walker.page.locator("[aria-pressed=true]")).waitFor();
    assert.equal((await walker.shortlisted()).length, 1, "another plate swaps the first");
    await walker.tab_to("确认此号");
    await walker.page.keyboard.press("Enter");
    await walker.page.getByRole("dialog").waitFor();
    await walker.page.keyboard.press("1");
    await walker.page.keyboard.press("Escape");
    await walker.page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal((await walker.shortlisted())[0], (await walker.batch())[9], "a question is no list");
    await walker.page.keyboard.press("Enter");
    await walker.tab_to("确认选号");
    await walker.page.keyboard.press("Enter");
    await walker.heading(walker.words.done).waitFor();
  });

  walk(
    "the number keys can be switched off, and stay so",
    async () => {
      await stand_at_pick(14);
      await walker.draw(1);
      await walker.page.getByLabel("键盘 1 至 0").uncheck();
      await walker.page.reload();
      await walker.wait_for_batch(1);
      await walker.page.keyboard.press("1");
      await walker.page.waitForTimeout(300);
      assert.deepEqual(await walker.shortlisted(), []);
    },
    { device: "desk" },
  );

  walk("a birthday is pointed out and never leaves the page", async () => {
    const sent = [];
    walker.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => sent.push(String(payload))),
    );
    walker.page.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
    const mine = await stand_at_pick(15);
    await walker.draw(1);
    push(mine, { batch: { ...mine.batch, plates: ["粤BD20314", "粤BD77712", "粤BD90281"] } });
    await walker.text("三同号 777").waitFor();
    await walker.page.locator("#day").fill("1977-03-14");
    await walker.text("生日 0314").waitFor();
    await walker.shortlist(2);
    await walker.draw(2);
    assert.equal(sent.some((text) => text.includes('"draw"')), true);
    assert.deepEqual(sent.filter((text) => /0314|1977/.test(text)), []);
    const kept = await walker.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.doesNotMatch(kept, /0314|1977/);
  });

  walk("shortlisted plates can be compared side by side", async () => {
    await stand_at_pick(16);
    await walker.draw(1);
    await walker.shortlist(0);
    await walker.draw(2);
    await walker.shortlist(5);
    await walker.button("放大对比").click();
    const dialog = walker.page.getByRole("dialog");
    await dialog.waitFor();
    assert.deepEqual(await walker.plates_in(".comparison"), await walker.shortlisted());
    await walker.assert_accessible("comparison");
    await dialog.getByRole("button", { name: "关闭" }).click();
    await dialog.waitFor({ state: "detached" });
  });

  walk("a second tap in haste does not cost a second draw", async () => {
    const mine = await stand_at_pick(17);
    await walker.button("随机选号").dblclick();
    await walker.wait_for_batch(1);
    await walker.button("换一批").click({ force: true });
    await walker.page.waitForTimeout(300);
    assert.equal(mine.draw, 1);
  });

  walk("nothing moves for those who asked for that", async () => {
    await walker.page.emulateMedia({ reducedMotion: "reduce" });
    await stand_at_pick(18);
    server.world.next_refusals.push(["draw", "waiting", { office: "粤B", position: 2, ahead: 1 }]);
    await walker.usable("随机选号").click();
    await walker.heading("正在排队").waitFor();
    const moving = await walker.page.evaluate(() => document.getAnimations().length);
    assert.equal(moving, 0);
  });
}

function ends() {
  for (const language of ["zh", "en"]) {
    walk(`whoever signs out leaves nothing behind, by keyboard too (${language})`, async () => {
      await stand_at_pick(60);
      const words = {
        zh: ["退出", "请先登录", "尚未退出"],
        en: ["Sign out", "Please sign in first", "You are still signed in"],
      }[language];
      const sign_out = walker.page.getByRole("button", { name: words[0], exact: true });
      server.world.leaves_fail = true;
      await sign_out.focus();
      await walker.page.keyboard.press("Enter");
      await walker.page.getByRole("alert").getByText(words[2]).waitFor();
      await walker.heading(walker.words.pick_step).waitFor();
      server.world.leaves_fail = false;
      await walker.page.keyboard.press("Enter");
      await walker.heading(words[1]).waitFor();
      assert.equal(await sign_out.count(), 0);
      assert.equal(new URL(walker.page.url()).hash, "", "no vehicle stands in the address");
      await walker.page.goBack();
      await walker.heading(words[1]).waitFor();
      assert.equal(await walker.text(vehicle_of(60)).count(), 0);
      await walker.assert_accessible("signed out");
    }, { language, mode: "real" });
  }

  walk("issued says so, lapsed says until when", async () => {
    const mine = await stand_at_pick(10);
    server.world.reserve(mine, "粤BD00002", false);
    push(mine, { step: "issued" });
    await walker.heading("已办理").waitFor();
    await walker.assert_accessible("issued");
    push(mine, { step: "lapsed", reservation: null, blacklisted_until: 1_860_000_000_000 });
    await walker.heading("已逾期").waitFor();
    await walker.text("2028年12月").waitFor();
    await walker.assert_accessible("lapsed");
  });

  walk("a long list of vehicles comes by pages, and the way back leads to it", async () => {
    await walker.login("r-40");
    await walker.page.locator(".vehicles li").first().waitFor();
    assert.equal(await walker.page.locator(".vehicles li").count(), 30);
    await walker.button("显示更多").click();
    await walker.page.locator(".vehicles li").nth(39).waitFor();
    await walker.page.locator(".vehicles a").nth(35).click();
    await walker.heading("确认信息").waitFor();
    await walker.page.goBack();
    await walker.heading("选择机动车").waitFor();
  });

  walk("nobody signed in is sent to the login of a demonstration", async () => {
    await walker.page.goto(server.url);
    await walker.page.waitForURL("**/login");
  });

  walk(
    "nobody signed in is told where to enter, and no rehearsal is announced",
    async () => {
      await walker.page.goto(server.url);
      await walker.heading("请先登录").waitFor();
      assert.equal(await walker.page.getByText("演练").count(), 0);
      await walker.assert_accessible("no ticket");
    },
    { mode: "real" },
  );
}
