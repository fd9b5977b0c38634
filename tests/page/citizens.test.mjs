// What new users ran into: closed offices, losses, slow networks, by ear, on old phones.

import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  assert_in_sight,
  open_question,
  push,
  server,
  stand_at_pick,
  until,
  vehicle_of,
  walk,
  walker,
  with_browser,
} from "./walking.mjs";

describe("a citizen", () => {
  with_browser();
  closed_offices();
  losses();
  presence();
  ears();
  as_the_official_service();
  old_phones();
});

function closed_offices() {
  walk("a closed office says when it opens, at once and after a reload", async () => {
    await stand_at_pick(110);
    server.world.opens_at = Date.now() + (26 * 60 + 5) * 60_000 - 30_000;
    const when = new Intl.DateTimeFormat("zh-CN", { dateStyle: "long", timeStyle: "short" });
    const words = `将于 ${when.format(server.world.opens_at)} 开放`;
    server.set_office("closed");
    await walker.text(words).waitFor();
    await walker.text("距开放还有 1 天 2 小时 5 分").waitFor();
    await walker.page.reload();
    await walker.text(words).waitFor();
    await walker.text("距开放还有 1 天 2 小时 5 分").waitFor();
    await walker.assert_accessible("closed");
    server.set_office("open");
    await walker.text("将于").waitFor({ state: "detached" });
  });

  walk("a draw that a closed office refuses says when it opens", async () => {
    await stand_at_pick(111);
    server.world.next_refusals.push(["draw", "not_open", { until: 1_860_000_000_000 }]);
    await walker.usable("随机选号").click();
    await walker.page.getByText("将于 2028年12月").waitFor();
  });
}

function losses() {
  walk("a shortlist whose time ran out is told as that", async () => {
    server.world.settings.batch_hold_ms = 900;
    server.world.settings.shortlist_hold_ms = 1_500;
    await stand_at_pick(120);
    await walker.draw(1);
    await walker.shortlist(1);
    await walker.page.locator(".dock").getByText("备选已到时，备选的号牌已放回号池").waitFor();
    server.world.settings.batch_hold_ms = 90_000;
    await walker.draw(2);
    await walker.page.locator(".dock").getByText("备选已到时").waitFor({ state: "detached" });
  });

  walk("whoever is blacklisted while choosing is told so, and until when", async () => {
    const mine = await stand_at_pick(121);
    await walker.draw(1);
    push(mine, { batch: null, shortlist: null, blacklisted_until: 1_860_000_000_000 });
    await walker.heading("暂时不能网上选号").waitFor();
    await walker.text("您已被列入黑名单").waitFor();
    await walker.text("2028年12月").waitFor();
    assert.equal(await walker.page.getByText("本批已到时").count(), 0);
    await walker.assert_accessible("barred");
    push(mine, { blacklisted_until: null });
    await walker.heading(walker.words.pick_step).waitFor();
  });

  walk("a batch that the pool could not fill says so", async () => {
    server.world.settings.batch_size = 3;
    await stand_at_pick(122);
    await walker.draw(1);
    await walker.text("本批只有 3 个").waitFor();
  });

  walk("an office of small batches is not called short", async () => {
    server.world.settings.batch_size = server.world.notice.batch_size = 3;
    await stand_at_pick(123);
    await walker.draw(1);
    await walker.page.waitForTimeout(500);
    assert.equal(await walker.page.getByText("本批只有").count(), 0);
  });

  walk("on a slow network the page says what it waits for", async () => {
    await stand_at_pick(124);
    await walker.draw(1);
    await walker.shortlist(0);
    const [plate] = await walker.shortlisted();
    server.world.delay_ms = 2_500;
    await walker.usable(walker.words.confirm).first().click();
    await walker.usable(walker.words.confirm_yes).click();
    const waits = walker.page.locator(".link").getByText(`正在确认 ${plate}`);
    await waits.waitFor();
    await assert_in_sight(waits, "what is waited for");
    await walker.text("不算确认成功").waitFor();
    await walker.heading(walker.words.done).waitFor();
    await waits.waitFor({ state: "detached" });
  });

  walk("a connection lost while confirming says that the outcome is not known", async () => {
    await stand_at_pick(125);
    await walker.draw(1);
    await walker.shortlist(0);
    const [plate] = await walker.shortlisted();
    server.world.answers_are_lost = true;
    await walker.usable(walker.words.confirm).first().click();
    await walker.usable(walker.words.confirm_yes).click();
    await walker.page.waitForTimeout(300);
    await walker.context.setOffline(true);
    server.drop_all();
    await walker.text(`刚才确认 ${plate} 还没有得到答复`).waitFor();
    await walker.text("您的设备没有连上网络").waitFor();
    server.world.answers_are_lost = false;
    await walker.context.setOffline(false);
    await walker.heading(walker.words.done).waitFor();
  });

  walk("who does not want to wait reconnects at once", async () => {
    await stand_at_pick(126);
    await walker.draw(1);
    await walker.page.evaluate(() => (Math.random = () => 0.99));
    await walker.context.setOffline(true);
    server.drop_all();
    // After some vain attempts the next one is seconds away.
    await walker.page.getByText(/[4-8] 秒后自动重连/).waitFor();
    await walker.page.evaluate(() => {
      window.addEventListener("online", (event) => event.stopImmediatePropagation(), true);
    });
    await walker.context.setOffline(false);
    await walker.button("立即重连").click();
    await walker.page.locator(".link .callout").waitFor({ state: "detached", timeout: 1_500 });
  });
}

function presence() {
  walk("a page that its reader has left hears of nothing, so its connection ends", async () => {
    const mine = await stand_at_pick(127);
    await walker.draw(1);
    await walker.page.evaluate(() => {
      window.seen = "this very page";
      const look = () => (window.alarmed ??= document.querySelector(".link .callout")?.innerText);
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
    });
    assert.equal(server.connections(), 1);
    await walker.page.goto(`${server.url}/accessibility`);
    await until(() => server.connections() === 0, "the server hears that nobody is there");
    server.world.draw(mine);
    server.world.upgrade_delay_ms = 400;
    await walker.page.goBack({ waitUntil: "commit" });
    await walker.wait_for_batch(2);
    const seen = await walker.page.evaluate(() => window.seen);
    assert.equal(seen, "this very page", "it came from the browser's cache");
    assert.equal(server.connections(), 1);
    const alarmed = await walker.page.evaluate(() => window.alarmed);
    assert.equal(alarmed, undefined, "whoever comes back is not told of a loss");
    await walker.draw(3);
  });
}

function ears() {
  const heard = (what) => walker.page.locator(`[data-heard=${what}]`);

  walk("draws, shortlisting and expiry are heard", async () => {
    server.world.settings.batch_hold_ms = 4_000;
    server.world.settings.shortlist_hold_ms = 6_000;
    await stand_at_pick(130);
    assert.equal(await heard("news").innerText(), "", "the region stands before its words");
    await walker.draw(1);
    const plates = await walker.batch();
    assert.equal(await heard("news").innerText(), `第 1 批：${plates.join("，")}。`);
    await walker.shortlist(2);
    assert.equal(await heard("news").innerText(), `${plates[2]} 已加入备选。`);
    await heard("news").and(walker.page.getByText("本批已到时")).waitFor();
    await heard("news").and(walker.page.getByText("备选已到时")).waitFor();
  });

  walk("the countdowns of both are heard at 60, 30 and 10 seconds, also in the question", async () => {
    await walker.page.clock.install();
    server.world.settings.batch_hold_ms = 60_000_000;
    await stand_at_pick(131);
    await walker.draw(1);
    await walker.shortlist(0);
    await walker.page.clock.pauseAt(await walker.page.evaluate(() => Date.now() + 1_000));
    const left = async () => {
      const digits = await walker.page.locator(".kept .ring b").innerText();
      return digits.split(":").reduce((sum, each) => 60 * sum + Number(each), 0);
    };
    for (const s of [60, 30, 10]) {
      await walker.page.clock.runFor(((await left()) - s) * 1_000);
      await heard("time").first().and(walker.page.getByText(`备选号牌栏还有 ${s} 秒`)).waitFor();
      await walker.page.clock.runFor(4_000);
      assert.equal(await heard("time").first().innerText(), "", "and then no more");
    }
  });

  walk("a number key that comes with the new batch is not answered for the old one", async () => {
    const asked = [];
    walker.page.on("websocket", (socket) =>
      socket.on("framesent", ({ payload }) => {
        const request = JSON.parse(String(payload));
        if (request.op === "shortlist") asked.push(request.plate);
      }),
    );
    await stand_at_pick(132);
    await walker.draw(1);
    await walker.usable(walker.words.draw_next).waitFor();
    await walker.page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (!/ 2 /.test(document.getElementById("batch")?.textContent ?? "")) return;
        observer.disconnect();
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "1", bubbles: true }));
      }).observe(document.getElementById("page"), { subtree: true, childList: true, characterData: true });
    });
    await walker.draw(2);
    await walker.page.waitForTimeout(400);
    const [first] = await walker.batch();
    assert.deepEqual(asked, [first]);
  });
}

function as_the_official_service() {
  walk("each step shows what it is about", async () => {
    await walker.login("r-150");
    await walker.choose_vehicle();
    const facts = ["张*", "粤B·12345", "深圳车管所（粤B）", "龙井路 1 号", "0755-83333333"];
    for (const words of facts) await walker.text(words).waitFor();
    await walker.page.reload();
    for (const words of facts) await walker.text(words).waitFor();
    await walker.submit();
    await walker.text(vehicle_of(150)).waitFor();
    await walker.page.locator(".facts").getByText("粤B·12345").waitFor();
    await walker.page.reload();
    await walker.page.locator(".facts").getByText("粤B·12345").waitFor();
    await walker.verify();
    await walker.draw(1);
    await walker.shortlist(0);
    await walker.confirm();
    await walker.text("龙井路 1 号").waitFor();
    await walker.page.locator('a[href="tel:0755-83333333"]').waitFor();
  });

  walk("an owner of whom no name is known is not called by one", async () => {
    server.world.owner_name = "";
    await walker.login("r-154");
    await walker.choose_vehicle();
    await walker.page.locator(".facts").getByText("粤B·12345").waitFor();
    assert.equal(await walker.page.locator(".facts").getByText("机动车所有人").count(), 0);
  });

  walk("of forty vehicles the one in view shows its own plate after a reload", async () => {
    await walker.login("r-40");
    await walker.page.goto(`${server.url}/#${vehicle_of(40_035)}`);
    await walker.page.reload();
    await walker.heading(walker.words.submit_step).waitFor();
    await walker.page.locator(".facts").getByText("粤B·12345").waitFor();
    await walker.page.getByRole("link", { name: walker.words.back }).click();
    await walker.page.locator(".vehicles li").nth(29).waitFor();
    assert.equal(await walker.page.locator(".vehicles li").count(), 30, "the list is whole");
  });

  walk("a vehicle that may not choose is told before it is chosen", async () => {
    server.world.present_plate = "粤BD12345";
    await walker.login("r-151");
    await walker.text("暂不符合网上选号条件").waitFor();
    assert.equal(await walker.page.locator(".vehicles a").count(), 0);
    await walker.assert_accessible("not eligible");
  });

  walk("the pool notice opens at the office in view, in the language that was chosen", async () => {
    await walker.login("r-152");
    const pools = walker.page.locator("footer").getByRole("link", { name: "号池公示" });
    assert.equal(await pools.getAttribute("href"), "/pools?lang=zh");
    await walker.button("English").click();
    await walker.page.locator('footer a[href="/pools?lang=en"]').waitFor();
    await walker.page.locator(".vehicles a").first().click();
    const of_office = `/pools?lang=en&office=${encodeURIComponent("粤B")}`;
    await walker.page.locator(`footer a[href="${of_office}"]`).waitFor();
  });

  walk(
    "nobody signed in gets the platform's name and a link to it",
    async () => {
      await walker.page.goto(server.url);
      await walker.text("请从交管12123登录后进入本页").waitFor();
      const way = walker.page.getByRole("link", { name: "去交管12123" });
      assert.equal(await way.getAttribute("href"), "https://platform.example/");
      await walker.assert_accessible("to the platform");
    },
    { mode: "real", platform: { name: "交管12123", url: "https://platform.example/" } },
  );

  walk("a code is valid for as long as the server says", async () => {
    await walker.login("r-153");
    await walker.choose_vehicle();
    await walker.button(walker.words.send_code).click();
    await walker.text("5 分钟内有效").waitFor();
  });
}

// What browsers got after those that the build promises: Chrome 80, Safari 14.1, Firefox 78.
const kNewer = [
  "Element.prototype.replaceChildren",
  "Document.prototype.replaceChildren",
  "DocumentFragment.prototype.replaceChildren",
  "HTMLDialogElement.prototype.showModal",
  "HTMLDialogElement.prototype.show",
  "HTMLDialogElement.prototype.close",
  "HTMLElement.prototype.showPopover",
  "Element.prototype.checkVisibility",
  "Array.prototype.at",
  "Array.prototype.findLast",
  "Array.prototype.findLastIndex",
  "Array.prototype.toSorted",
  "Array.prototype.toReversed",
  "Array.prototype.toSpliced",
  "Array.prototype.with",
  "Array.prototype.group",
  "Array.fromAsync",
  "String.prototype.at",
  "String.prototype.replaceAll",
  "String.prototype.isWellFormed",
  "Object.hasOwn",
  "Object.groupBy",
  "Map.groupBy",
  "Set.prototype.union",
  "Promise.any",
  "Promise.withResolvers",
  "Promise.try",
  "AbortSignal.timeout",
  "AbortSignal.any",
  "Crypto.prototype.randomUUID",
  "structuredClone",
  "WeakRef",
  "FinalizationRegistry",
  "AggregateError",
  "reportError",
  "scheduler",
  "CSSStyleSheet.prototype.replaceSync",
  "CSS.registerProperty",
  "Intl.Segmenter",
  "Intl.ListFormat",
  "Intl.DurationFormat",
  "Intl.DateTimeFormat.prototype.formatRange",
  "Intl.Locale.prototype.getWeekInfo",
];

function delete_newer(names) {
  for (const name of names) {
    const path = name.split(".");
    const last = path.pop();
    const holder = path.reduce((at, each) => at?.[each], globalThis);
    if (holder && last in holder) delete holder[last];
  }
}

function old_phones() {
  walk(
    "an old phone walks to the plate, and the question stands over the page",
    async () => {
      await walker.page.addInitScript(delete_newer, kNewer);
      await stand_at_pick(160);
      assert.equal(
        await walker.page.evaluate(() => "showModal" in HTMLDialogElement.prototype),
        false,
      );
      await open_question();
      const dialog = walker.page.getByRole("dialog");
      await assert_in_sight(dialog.locator("[data-plate]"), "the plate");
      await assert_in_sight(dialog.getByRole("button", { name: "确认选号" }), "yes");
      for (let i = 0; i < 6; ++i) {
        await walker.page.keyboard.press("Tab");
        const inside = await dialog.evaluate((it) => it.contains(document.activeElement));
        assert.equal(inside, true, "the focus stays in the question");
      }
      await walker.page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      const back = await walker.page.evaluate(() => document.activeElement?.textContent);
      assert.match(back, /确认此号/, "the focus is back where it was");
      await walker.confirm();
    },
    { viewport: { width: 390, height: 844 } },
  );

  walk("an old phone sends codes, reads terms and compares", async () => {
    await walker.page.addInitScript(delete_newer, kNewer);
    await walker.walk_to_pick("r-161");
    await walker.draw(1);
    await walker.shortlist(0);
    await walker.draw(2);
    await walker.shortlist(1);
    await walker.button("放大对比").click();
    await walker.page.getByRole("dialog").getByRole("button", { name: "关闭" }).click();
    server.drop_all();
    await walker.usable(walker.words.draw_next).waitFor();
    await walker.confirm();
  });
}
