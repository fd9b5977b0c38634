// Pictures of every step, to be looked at: `npm run pictures -- DIRECTORY [LOOK…]`. Each is made on a
// phone in Chinese, light and dark, and in English, on a small phone, and on a desk. The steps of the
// whole way come from the real server (PLATED_BIN), what cannot be brought about there in a moment
// from the scripted one. `npm run pictures -- --readme` makes the README's anew, in screenshots/ of
// the page. Wants a Chinese font, as Debian's fonts-noto-cjk.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { start_fake_server } from "./fake_server.mjs";
import { RealServer } from "./real_server.mjs";
import { launch_browser, Walker } from "./walker.mjs";

const kLooks = {
  phone: { device: "phone", language: "zh", deviceScaleFactor: 2 },
  dark: { device: "phone", language: "zh", colorScheme: "dark", deviceScaleFactor: 2 },
  english: { device: "phone", language: "en" },
  small: { device: "small_phone", language: "zh" },
  desk: { device: "desk", language: "zh" },
  "desk-dark": { device: "desk", language: "en", colorScheme: "dark" },
};

const kInReadme = ["phone-05-pick", "phone-08-done", "dark-07-confirm", "desk-05-pick"];
const kReadmePictures = fileURLToPath(new URL("../../net/page/screenshots", import.meta.url));

const [place = "pictures", ...looks] = process.argv.slice(2);
const for_readme = place === "--readme";
const directory = for_readme ? await mkdtemp(join(tmpdir(), "plated-")) : resolve(place);
const wanted = for_readme ? ["phone", "dark", "desk"] : looks;

async function picture(walker, look, name, { whole = true } = {}) {
  // Nothing moves in a picture, and what is pale for a moment is not any more.
  await walker.page.waitForTimeout(500);
  const path = join(directory, `${look}-${name}.png`);
  await walker.page.screenshot({ path, fullPage: whole, animations: "disabled" });
}

// A day that stands on one of `plates`, or one that most likely does not.
function day_on(plates) {
  const days = plates.map((plate) => /(0[1-9]|1[0-2])(0[1-9]|[12]\d)/.exec(plate)?.[0]);
  return days.find((day) => day !== undefined) ?? "0512";
}

// The whole way against the real server.
async function walk(walker, look, owner) {
  const take = (name, options) => picture(walker, look, name, options);
  await walker.page.goto(`${walker.url}/login`);
  await take("00-login");
  await walker.login(owner);
  await take("01-vehicles");
  await walker.choose_vehicle();
  await walker.agree();
  await walker.enter_code();
  await take("02-submit");
  await walker.button(walker.words.submit).click();
  await walker.heading(walker.words.notice_step).waitFor();
  await take("03-notice");
  await walker.verify();
  await take("04-pick-first", { whole: false });
  await walker.draw(1);
  await walker.shortlist(3);
  await walker.draw(2);
  await walker.page.locator("#day").fill(day_on(await walker.batch()));
  await walker.shortlist(6);
  await walker.usable(walker.words.draw_next).waitFor();
  await walker.page.evaluate(() => window.scrollTo(0, 0));
  await take("05-pick", { whole: false });
  await take("05-pick-whole");
  await walker.button(/放大对比|Compare/).click();
  await take("06-compare", { whole: false });
  await walker.button(/关闭|Close/).click();
  await walker.usable(walker.words.confirm).first().click();
  await take("07-confirm", { whole: false });
  await walker.usable(walker.words.confirm_yes).click();
  await walker.heading(walker.words.done).waitFor();
  await take("08-done", { whole: false });
  await take("08-done-whole");
}

// What only a script brings about: the last draw, the office's states, refusals, the queue, the ends.
async function states(walker, look, server, number) {
  const take = (name, options) => picture(walker, look, name, options);
  const { world } = server;
  Object.assign(world.settings, { draws: 2, batch_hold_ms: 12_000, shortlist_hold_ms: 60_000 });
  await walker.walk_to_pick(`r-${number}`);
  world.next_refusals.push(["draw", "waiting", {}]);
  await walker.usable(walker.words.draw_first).click();
  const eta = { eta_ms: 90_000, eta_low_ms: 60_000, eta_high_ms: 180_000 };
  server.push_all({ event: "waiting", position: 812, ahead: 811, ...eta, admitted_per_minute: 600 });
  await take("10-waiting");
  server.push_all({ event: "admitted" });
  await walker.wait_for_batch(1);
  await walker.shortlist(1);
  await take("11-urgent", { whole: false });
  server.set_office("paused");
  await take("12-paused", { whole: false });
  server.set_office("open");
  world.next_refusals.push(["draw", "all_held", { retry_in_ms: 9_000 }]);
  world.settings.batch_hold_ms = 90_000;
  await walker.usable(walker.words.draw_next).click();
  await walker.usable(walker.words.last_draw).waitFor();
  await take("13-last-draw", { whole: false });
  await walker.usable(walker.words.last_draw).click();
  await walker.page.locator("[data-code=all_held]").waitFor();
  await take("14-refused", { whole: false });
  await walker.usable(walker.words.draw_next).click();
  await walker.usable(walker.words.last_draw).click();
  await walker.wait_for_batch(2);
  await take("15-fallback", { whole: false });
  world.next_refusals.push(["enter", "overloaded", { retry_in_ms: 4_000 }]);
  server.drop_all();
  await walker.text(walker.words.lost).waitFor();
  await take("16-broken", { whole: false });
  await ends(walker, look, server, number);
}

async function ends(walker, look, server, number) {
  const take = (name) => picture(walker, look, name);
  const mine = server.world.application(`RHRSL${String(number).padStart(12, "0")}`);
  await walker.usable(walker.words.confirm).first().waitFor();
  server.world.reserve(mine, "粤BD88866", true);
  server.push_application(mine);
  await walker.heading(walker.words.done).waitFor();
  await take("17-done-automatic");
  mine.step = "issued";
  mine.version += 1;
  server.push_application(mine);
  await walker.heading(/已办理|Issued/).waitFor();
  await take("18-issued");
  Object.assign(mine, { step: "lapsed", reservation: null, blacklisted_until: 1_860_000_000_000 });
  mine.version += 1;
  server.push_application(mine);
  await walker.heading(/已逾期|Lapsed/).waitFor();
  await take("19-lapsed");
  server.world.next_refusals.push(["enter", "blacklisted", { until: 1_860_000_000_000 }]);
  await walker.page.reload();
  await walker.page.locator("[data-code=blacklisted]").waitFor();
  await take("20-blacklisted");
  server.world.next_refusals.push(["enter", "maintenance", { retry_in_ms: 30_000 }]);
  await walker.page.reload();
  await walker.page.locator("[data-code=maintenance]").waitFor();
  await take("21-maintenance");
}

async function walk_states(look, options) {
  const fake = await start_fake_server();
  const walker = await Walker.open(browser, fake.url, options);
  await states(walker, look, fake, number);
  await walker.close();
  await fake.close();
}

// As WebP, which the browser writes: a third of the size.
async function keep_for_readme() {
  await mkdir(kReadmePictures, { recursive: true });
  const page = await browser.newPage();
  for (const name of kInReadme) {
    const png = (await readFile(join(directory, `${name}.png`))).toString("base64");
    const webp = await page.evaluate(async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", 0.9).split(",")[1];
    }, `data:image/png;base64,${png}`);
    await writeFile(join(kReadmePictures, `${name}.webp`), Buffer.from(webp, "base64"));
  }
  await rm(directory, { recursive: true });
}

await mkdir(directory, { recursive: true });
const browser = await launch_browser();
const real = await RealServer.start();
let number = 70_000;
try {
  for (const [look, options] of Object.entries(kLooks)) {
    if (wanted.length > 0 && !wanted.includes(look)) continue;
    number += 1;
    const walker = await Walker.open(browser, real.url, options);
    await walk(walker, look, `r-${number}`);
    await walker.close();
    if (!for_readme) await walk_states(look, options);
    console.log(look);
  }
  if (for_readme) await keep_for_readme();
} finally {
  await real.close();
  await browser.close();
}
