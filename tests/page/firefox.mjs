// Firefox as Debian has it, driven by WebDriver BiDi, which it speaks by itself. PLATED_FIREFOX names
// another program.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keys_of, tap_of } from "./actions.mjs";

const WebSocket = createRequire(new URL("../../net/page/package.json", import.meta.url))("ws");
const kProgram = process.env.PLATED_FIREFOX ?? "/usr/bin/firefox-esr";
const kStartMs = 60_000;

// A reader of Chinese; and nothing that Firefox would ask of the network by itself.
const kPreferences = {
  "intl.accept_languages": "zh-CN",
  "app.normandy.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.enabled": false,
};

export class Firefox {
  name = "Firefox";
  // What went wrong in a page.
  complaints = [];
  #process;
  #profile;
  #socket;
  #context;
  #asked = new Map();
  #next_id = 1;

  static async start() {
    const firefox = new Firefox();
    firefox.#profile = await mkdtemp(join(tmpdir(), "plated-firefox-"));
    const lines = Object.entries(kPreferences).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(join(firefox.#profile, "user.js"), lines.join(""));
    await firefox.#connect(await firefox.#run());
    return firefox;
  }

  // Starts the program; gives the address at which it can be driven.
  #run() {
    this.#process = spawn(
      kProgram,
      ["--headless", "--no-remote", "--profile", this.#profile, "--remote-debugging-port", "0"],
      { env: { ...process.env, HOME: this.#profile }, stdio: ["ignore", "ignore", "pipe"] },
    );
    return new Promise((listening, failed) => {
      let said = "";
      const give_up = () => failed(new Error(`Firefox did not start:\n${said}`));
      const timer = setTimeout(give_up, kStartMs);
      this.#process.once("error", failed).once("exit", give_up);
      this.#process.stderr.on("data", (text) => {
        said += text;
        const [address] = /ws:\/\/[\d.:]+/.exec(said) ?? [];
        if (address === undefined) return;
        clearTimeout(timer);
        listening(address);
      });
    });
  }

  async #connect(address) {
    this.#socket = new WebSocket(`${address}/session`);
    await new Promise((opened, failed) => this.#socket.once("open", opened).once("error", failed));
    this.#socket.on("message", (text) => this.#hear(JSON.parse(text)));
    await this.#ask("session.new", { capabilities: {} });
    await this.#ask("session.subscribe", { events: ["log.entryAdded"] });
    const { contexts } = await this.#ask("browsingContext.getTree", {});
    this.#context = contexts[0].context;
    const viewport = { width: 390, height: 844 };
    await this.#ask("browsingContext.setViewport", { context: this.#context, viewport });
  }

  #hear({ id, method, params, type, result, error, message }) {
    if (method === "log.entryAdded" && params.level === "error" && params.type === "javascript") {
      this.complaints.push(params.text);
    }
    const waits = this.#asked.get(id);
    this.#asked.delete(id);
    if (type === "success") waits?.answered(result);
    else if (type === "error") waits?.failed(new Error(`${waits.method}: ${error} ${message}`));
  }

  #ask(method, params) {
    const id = this.#next_id++;
    return new Promise((answered, failed) => {
      this.#asked.set(id, { method, answered, failed });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  goto(url) {
    return this.#ask("browsingContext.navigate", { context: this.#context, url, wait: "complete" });
  }

  // The value of a JavaScript expression in the page, as JSON carries it.
  async evaluate(expression) {
    const told = await this.#ask("script.evaluate", {
      expression: `JSON.stringify(${expression})`,
      target: { context: this.#context },
      awaitPromise: false,
    });
    if (told.type === "exception") throw new Error(told.exceptionDetails.text);
    return told.result.value === undefined ? undefined : JSON.parse(told.result.value);
  }

  async tap(x, y) {
    await this.#ask("input.performActions", { context: this.#context, actions: tap_of("touch", x, y) });
  }

  async type(text) {
    await this.#ask("input.performActions", { context: this.#context, actions: keys_of(text) });
  }

  // A picture of what is in sight, as PNG in base64.
  async picture() {
    return (await this.#ask("browsingContext.captureScreenshot", { context: this.#context })).data;
  }

  async close() {
    const ended = new Promise((exited) => this.#process.once("exit", exited));
    this.#socket?.close();
    this.#process.kill();
    await ended;
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
