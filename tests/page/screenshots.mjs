// Pictures of every step, to be looked at: `npm run pictures -- DIRECTORY [LOOK…]`. Each is made on a
// phone in Chinese, light and dark, and in English, on small phones, sideways, and on a desk. The
// steps of the whole way come from the real server (PLATED_BIN), what cannot be brought about there in
// a moment from the scripted one (states.mjs). `npm run pictures -- --readme` makes the README's anew,
// in screenshots/ of the page. Wants a Chinese font, as Debian's fonts-noto-cjk.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { start_fake_server } from "./fake_server.mjs";
import { RealServer } from "./real_server.mjs";
import { look_at_all_states } from "./states.mjs";
import { launch_browser, Walker } from "./walker.mjs";

const kLooks = {
  phone: { device: "phone", language: "zh", deviceScaleFactor: 2 },
  dark: { device: "phone", language: "zh", colorScheme: "dark", deviceScaleFactor: 2 },
  english: { device: "phone", language: "en" },
  small: { device: "small_phone", language: "zh", deviceScaleFactor: 2 },
  low: { device: "phone", language: "en", viewport: { width: 375, height: 553 } },
  sideways: { device: "phone", language: "zh", viewport: { width: 664, height: 375 } },
  desk: { device: "desk", language: "zh" },
  "desk-dark": { device: "desk", language: "en", colorScheme: "dark" },
};

const kInReadme = ["phone-05-pick", "phone-08-done", "dark-07-confirm", "small-05-pick", "desk-05-pick"];
const kReadmePictures = fileURLToPath(new URL("../../net/page/screenshots", import.meta.url));

const kPlatform = { name: "交管12123", url: "https://platform.example/" };
// As an operator describes an office.
const kOffice = {
  name: "深圳市车管所",
  address: "南山区龙井路 1 号",
  telephone: "0755-83333333",
  hours: "周一至周五 9:00–17:00",
};

const [place = "pictures", ...looks] = process.argv.slice(2);
const for_readme = place === "--readme";
const directory = for_readme ? await mkdtemp(join(tmpdir(), "plated-")) : resolve(place);
const wanted = for_readme ? ["phone", "dark", "small", "desk"] : looks;

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
  // On a small phone a draw scrolls its plates into sight, and they are what is looked at.
  await walker.page.evaluate(() => {
    if (innerHeight > 700) window.scrollTo(0, 0);
    else document.querySelector(".batch").scrollIntoView();
  });
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
  if (for_readme) return;
  const voucher = await walker.page.getByRole("link", { name: walker.words.voucher }).getAttribute("href");
  for (const [name, path] of [
    ["09-voucher", voucher],
    ["09-receipt", `${voucher}?paper=receipt`],
    ["09-pools", `/pools?lang=${walker.language}&office=粤B`],
    ["09-accessibility", "/accessibility"],
  ]) {
    await walker.page.goto(walker.url + path);
    await take(name);
  }
}

// What only a script brings about.
async function walk_states(look, options) {
  const fake = await start_fake_server({ mode: "real", platform: kPlatform });
  const walker = await Walker.open(browser, fake.url, options);
  let at = 10;
  await look_at_all_states(walker, fake, number, (name, options) =>
    picture(walker, look, `${at++}-${name}`, options),
  );
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
  await real.admin("PUT", "/v1/offices/粤B", kOffice);
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
