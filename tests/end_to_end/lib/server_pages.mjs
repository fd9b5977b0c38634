// The pages that a server writes itself, as a browser shows and prints them:
//
//     node server_pages.mjs --url http://127.0.0.1:8080 --voucher /v1/voucher/CODE [--pictures DIR]
//
// Each is looked at on a phone of 320 pixels and on a desk, light and dark (for pictures, each in
// both), without scripts: it has nothing that axe-core finds, breaks no content policy and does not
// scroll sideways. The voucher is printed on both of its papers; what its QR code says is read back
// from the PDF. The answer is one JSON object: {"a4": {"pages", "width_mm", "height_mm", "qr"},
// "receipt": …}. Needs the page's packages, Debian's chromium and poppler-utils.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const kPackages = createRequire(new URL("../../../net/page/package.json", import.meta.url));
const { chromium } = kPackages("playwright-core");
const jsqr = kPackages("jsqr");
const axe_source = readFileSync(kPackages.resolve("axe-core/axe.min.js"), "utf8");

const kBrowser = process.env.PLATED_BROWSER ?? "/usr/bin/chromium";
const kArguments =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";
const kDotsPerInch = 300;
const kPapers = { a4: "", receipt: "?paper=receipt" };
const kLooks = [
  { name: "phone", viewport: { width: 320, height: 640 }, colorScheme: "light" },
  { name: "desk-dark", viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
];
const kMoreLooks = [
  { name: "phone-dark", viewport: { width: 320, height: 640 }, colorScheme: "dark" },
  { name: "desk", viewport: { width: 1280, height: 900 }, colorScheme: "light" },
];

const { values: given } = parseArgs({
  options: { url: { type: "string" }, voucher: { type: "string" }, pictures: { type: "string" } },
});

// Pages by name: where they are, and with which status they answer.
const kPages = {
  pools: ["/pools", 200],
  "pools-en": ["/pools?lang=en", 200],
  login: ["/login", 200],
  "no-ticket": ["/enter?ticket=x", 401],
  nothing: ["/nothing", 404],
  "no-voucher": [`/v1/voucher/${"0".repeat(32)}`, 404],
  voucher: [given.voucher, 200],
  receipt: [given.voucher + kPapers.receipt, 200],
};

async function assert_accessible(page, name) {
  await page.evaluate(axe_source);
  const found = await page.evaluate(() =>
    axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  const words = found.violations.map((each) => `${each.id}: ${each.nodes[0].html}`);
  assert.deepEqual(words, [], name);
  const too_wide = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  assert.equal(too_wide, false, `${name} scrolls sideways`);
}

async function look(browser, { name: look_name, ...look }) {
  const context = await browser.newContext({ ...look, locale: "zh-CN" });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    // That a page answers 404 is what is looked at, and no complaint.
    if (!/status of 4/.test(message.text())) complaints.push(message.text());
  });
  for (const [page_name, [path, status]] of Object.entries(kPages)) {
    const name = `${page_name}-${look_name}`;
    const response = await page.goto(given.url + path);
    assert.equal(response.status(), status, name);
    // But for the one that shows a voucher's print button.
    const scripts = await page.locator("script").evaluateAll((all) => all.map((one) => one.src));
    assert.ok(scripts.every((source) => /^(voucher|receipt)/.test(page_name) && /\/print-[^/]+\.js$/.test(source)),
              `${name} needs no scripts: ${scripts}`);
    if (given.pictures) {
      await page.screenshot({ path: join(given.pictures, `${name}.png`), fullPage: true });
    }
    await assert_accessible(page, name);
  }
  assert.deepEqual(complaints, [], "the browser complains of nothing");
  await context.close();
}

// A binary grey picture of netpbm's: width, height and its bytes.
function read_pgm(bytes) {
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 64).toString("latin1"));
  assert.ok(head, "pdftoppm writes a PGM");
  return { width: Number(head[1]), height: Number(head[2]), grey: bytes.subarray(head[0].length) };
}

// What the QR code on the first page of a PDF says.
function qr_of(pdf, scratch) {
  const out = join(scratch, "page");
  execFileSync("pdftoppm", ["-gray", "-singlefile", "-r", String(kDotsPerInch), pdf, out]);
  const { width, height, grey } = read_pgm(readFileSync(`${out}.pgm`));
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < width * height; ++at) pixels.fill(grey[at], 4 * at, 4 * at + 3);
  return jsqr(pixels, width, height)?.data ?? null;
}

async function print(browser, paper) {
  const scratch = mkdtempSync(join(tmpdir(), "plated-print-"));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(given.url + given.voucher + kPapers[paper]);
    const pdf = join(given.pictures ?? scratch, `voucher-${paper}.pdf`);
    writeFileSync(pdf, await page.pdf({ preferCSSPageSize: true, printBackground: false }));
    const info = execFileSync("pdfinfo", [pdf], { encoding: "utf8" });
    const [, wide, high] = /^Page size:\s+([\d.]+) x ([\d.]+) pts/m.exec(info);
    const millimetres = (points) => Math.round((Number(points) * 25.4) / 72);
    return {
      pages: Number(/^Pages:\s+(\d+)/m.exec(info)[1]),
      width_mm: millimetres(wide),
      height_mm: millimetres(high),
      qr: qr_of(pdf, scratch),
    };
  } finally {
    await context.close();
    rmSync(scratch, { recursive: true });
  }
}

const browser = await chromium.launch({
  executablePath: kBrowser,
  args: kArguments.split(" "),
});
try {
  const looks = given.pictures ? [...kLooks, ...kMoreLooks] : kLooks;
  for (const each of looks) await look(browser, each);
  const printed = {};
  for (const paper of Object.keys(kPapers)) printed[paper] = await print(browser, paper);
  console.log(JSON.stringify(printed));
} finally {
  await browser.close();
}
