// From the login to the voucher in the other two families of browsers, by taps and keys, against the
// real server. In the long form only (PLATED_LONG): these browsers are large, and tools/install has
// them in a group of their own. PLATED_PICTURES names a directory for a picture of each step.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Firefox } from "./firefox.mjs";
import { RealServer } from "./real_server.mjs";
import { kWords } from "./walker.mjs";
import { WebKit } from "./webkit.mjs";

const kWaitMs = 20_000;
const kPollMs = 100;
const words = kWords.zh;

// An owner's eyes and hands at a browser that knows only addresses, expressions, taps and keys.
class Visitor {
  constructor(browser, url) {
    this.browser = browser;
    this.url = url;
    this.pictures = 0;
  }

  // Waits until `expression` is true, or anything but nothing; gives it.
  async until(expression, what = expression) {
    const end = Date.now() + kWaitMs;
    for (;;) {
      const value = await this.browser.evaluate(expression);
      if (value) return value;
      if (Date.now() > end) await this.#lost(what);
      await new Promise((waited) => setTimeout(waited, kPollMs));
    }
  }

  async #lost(what) {
    const text = await this.browser.evaluate("document.body.innerText");
    assert.fail(`${this.browser.name} does not come to ${what}; it shows:\n${text}`);
  }

  async heading(text) {
    await this.until(
      `document.querySelector("h1")?.innerText.startsWith(${JSON.stringify(text)})`,
      `the heading ${text}`,
    );
    await this.#take_picture();
  }

  async #take_picture() {
    if (!process.env.PLATED_PICTURES) return;
    this.pictures += 1;
    const file = `${this.browser.name}-${String(this.pictures).padStart(2, "0")}.png`;
    await writeFile(join(process.env.PLATED_PICTURES, file), await this.browser.picture(), "base64");
  }

  // Taps the first element of `selector` whose text has `text`, once it can be used.
  async tap(selector, text = "") {
    const find = `[...document.querySelectorAll(${JSON.stringify(selector)})].find((each) =>
      each.innerText.includes(${JSON.stringify(text)}) && each.getAttribute("aria-disabled") !== "true")`;
    const middle = `((found) => {
      if (!found) return null;
      found.scrollIntoView({ block: "center" });
      const { left, top, width, height } = found.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      const over = document.elementFromPoint(x, y);
      return over && (found.contains(over) || over.contains(found)) ? [x, y] : null;
    })(${find})`;
    const [x, y] = await this.until(middle, `${selector} ${text}, free to be tapped`);
    await this.browser.tap(x, y);
  }

  async enter_code() {
    await this.tap("button", words.send_code);
    await this.until(`document.body.innerText.includes(${JSON.stringify(words.sent)})`, words.sent);
    await this.tap("#code");
    await this.browser.type("000000");
  }

  plates_in(where) {
    return this.browser.evaluate(
      `[...document.querySelectorAll(${JSON.stringify(`${where} [data-plate]`)})]
         .map((each) => each.dataset.plate)`,
    );
  }
}

async function walk_to_pick(visitor, owner) {
  const { browser } = visitor;
  await browser.goto(`${visitor.url}/login`);
  await browser.evaluate('void (document.getElementById("owner").value = "")');
  await visitor.tap("#owner");
  await browser.type(owner);
  await visitor.tap("button", words.enter);
  await visitor.heading(words.vehicles);
  await visitor.tap(".vehicles a");
  await visitor.heading(words.submit_step);
  await visitor.until('document.querySelector(".terms") !== null');
  await browser.evaluate('void document.querySelector(".terms").scrollTo(0, 1e6)');
  await visitor.tap(".tick input");
  await visitor.enter_code();
  await visitor.tap("button", words.submit);
  await visitor.heading(words.notice_step);
  await visitor.enter_code();
  await visitor.tap("button", words.verify);
  await visitor.heading(words.pick_step);
}

// Draws, shortlists by key and by tap, and confirms. Gives the plate.
async function choose(visitor) {
  const { browser } = visitor;
  const kept = "document.querySelector('.plates [aria-pressed=true] [data-plate]')?.dataset.plate";
  await visitor.tap("button", words.draw_first);
  await visitor.until("document.querySelectorAll('.plates li').length === 10", "ten plates");
  const batch = await visitor.plates_in(".plates");
  await browser.type("3");
  await visitor.until(`${kept} === ${JSON.stringify(batch[2])}`, "the third plate by its key");
  await visitor.tap(".plates li:nth-child(5) button");
  await visitor.until(`${kept} === ${JSON.stringify(batch[4])}`, "the fifth plate instead");
  await visitor.tap("button", words.confirm);
  await visitor.until("document.querySelector('dialog[open]') !== null", "the question");
  const out_of_sight = await browser.evaluate(
    `[...document.querySelectorAll("dialog [data-plate], dialog button")].filter((each) => {
       const { top, bottom } = each.getBoundingClientRect();
       return top < 0 || bottom > innerHeight;
     }).length`,
  );
  assert.equal(out_of_sight, 0, "plate and answers are in sight together");
  await visitor.tap("dialog button", words.confirm_yes);
  await visitor.heading(words.done);
  return batch[4];
}

// Looks at the voucher, comes back, and is told what the counter does.
async function leave_and_return(visitor, server, plate) {
  await visitor.tap("a.action", words.voucher);
  await visitor.heading("新能源汽车号牌预选号凭证");
  await visitor.until("document.querySelector('.qr')?.getBoundingClientRect().width > 100", "its code");
  await visitor.browser.evaluate("void history.back()");
  await visitor.heading(words.done);
  await server.admin("POST", `/v1/reservations/${plate}/issue`, {});
  await visitor.heading("已办理");
}

if (process.env.PLATED_LONG) {
  describe("from the login to the voucher", () => {
    for (const [at, start] of [Firefox, WebKit].entries()) {
      test(`in ${start.name}`, { timeout: 180_000 }, async () => {
        const server = await RealServer.start();
        const browser = await start.start();
        try {
          const visitor = new Visitor(browser, server.url);
          await walk_to_pick(visitor, `r-${60_000 + at}`);
          const plate = await choose(visitor);
          const [shown] = await visitor.plates_in("main");
          const { state } = await server.admin("GET", `/v1/plates/${plate}`);
          assert.deepEqual([shown, state], [plate, "reserved"]);
          await leave_and_return(visitor, server, plate);
          assert.deepEqual(browser.complaints, [], "the browser complains of nothing");
        } finally {
          await browser.close();
          await server.close();
        }
      });
    }
  });
}
