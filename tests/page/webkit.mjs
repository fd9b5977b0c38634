// WebKitGTK as Debian has it: its MiniBrowser on a display of its own (Xvfb), driven by
// WebKitWebDriver.

import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys_of, tap_of } from "./actions.mjs";

const kLibraries = "/usr/lib";
const kStartMs = 30_000;
const kPollMs = 100;
// As narrow as the MiniBrowser's own buttons let a window be, and as high as a phone.
const kWindow = { width: 390, height: 844 };

// libwebkit2gtk-4.1-0 has it in the directory of its architecture.
async function mini_browser() {
  for (const place of await readdir(kLibraries)) {
    const directory = join(kLibraries, place, "webkit2gtk-4.1");
    const names = await readdir(directory).catch(() => []);
    if (names.includes("MiniBrowser")) return join(directory, "MiniBrowser");
  }
  throw new Error("there is no MiniBrowser of WebKitGTK 4.1: tools/install browsers");
}

async function free_port() {
  const probe = createServer();
  await new Promise((ready) => probe.listen(0, "127.0.0.1", ready));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

export class WebKit {
  name = "WebKitGTK";
  // What went wrong in a page is not told to a driver of WebKit.
  complaints = [];
  #display;
  #driver;
  #home;
  #session;

  static async start() {
    const webkit = new WebKit();
    webkit.#home = await mkdtemp(join(tmpdir(), "plated-webkit-"));
    const display = await webkit.#show();
    const port = await free_port();
    webkit.#driver = spawn("WebKitWebDriver", [`--port=${port}`], {
      env: {
        ...process.env,
        DISPLAY: `:${display}`,
        HOME: webkit.#home,
        XDG_RUNTIME_DIR: webkit.#home,
        LANGUAGE: "zh_CN",
      },
      stdio: "ignore",
    });
    webkit.#session = `http://127.0.0.1:${port}`;
    await webkit.#until_ready();
    const options = { binary: await mini_browser(), args: ["--automation"] };
    const capabilities = { alwaysMatch: { "webkitgtk:browserOptions": options } };
    const { sessionId } = await webkit.#ask("POST", "/session", { capabilities });
    webkit.#session += `/session/${sessionId}`;
    await webkit.#ask("POST", "/window/rect", kWindow);
    return webkit;
  }

  // Starts a display; gives its number.
  #show() {
    this.#display = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "800x1000x24"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    return new Promise((shown, failed) => {
      this.#display.once("error", failed);
      this.#display.once("exit", () => failed(new Error("Xvfb did not start")));
      this.#display.stdio[3].once("data", (number) => shown(String(number).trim()));
    });
  }

  async #until_ready() {
    const until = Date.now() + kStartMs;
    for (;;) {
      try {
        if ((await this.#ask("GET", "/status")).ready) return;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
      await new Promise((waited) => setTimeout(waited, kPollMs));
    }
  }

  async #ask(method, path, body) {
    const answer = await fetch(this.#session + path, {
      method,
      headers: { "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error} ${value.message}`);
    return value;
  }

  goto(url) {
    return this.#ask("POST", "/url", { url });
  }

  // The value of a JavaScript expression in the page, as JSON carries it.
  evaluate(expression) {
    return this.#ask("POST", "/execute/sync", { script: `return (${expression});`, args: [] });
  }

  tap(x, y) {
    return this.#ask("POST", "/actions", { actions: tap_of("mouse", x, y) });
  }

  type(text) {
    return this.#ask("POST", "/actions", { actions: keys_of(text) });
  }

  // A picture of what is in sight, as PNG in base64.
  picture() {
    return this.#ask("GET", "/screenshot");
  }

  async close() {
    await this.#ask("DELETE", "").catch(() => {});
    for (const child of [this.#driver, this.#display]) {
      const ended = new Promise((exited) => child.once("exit", exited));
      child.kill();
      await ended;
    }
    await rm(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}
