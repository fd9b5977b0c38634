// The real server for tests of the page: plated as a newcomer starts it, on a free port of the
// loopback with data of its own, which a test may kill and start again. PLATED_BIN names the
// directory of the binaries (default: those of the release build).

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const WebSocket = createRequire(new URL("../../net/page/package.json", import.meta.url))("ws");
const kBinaries =
  process.env.PLATED_BIN ?? fileURLToPath(new URL("../../build/release/bin", import.meta.url));
const kStartMs = 30_000;
const kPollMs = 50;

async function free_port() {
  const probe = createServer();
  await new Promise((ready) => probe.listen(0, "127.0.0.1", ready));
  const { port } = probe.address();
  await new Promise((closed) => probe.close(closed));
  return port;
}

// The environment without what configures plated, which refuses variables of that kind that it does
// not know, PLATED_BIN among them.
const plain_environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PLATED_")));

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

export class RealServer {
  #process = null;
  #ended = null;
  #said = "";

  // `mode` is --demo or --rehearsal. The server runs when this returns.
  static async start(mode = "--demo") {
    const server = new RealServer();
    server.mode = mode;
    server.port = await free_port();
    server.url = `http://127.0.0.1:${server.port}`;
    server.directory = await mkdtemp(join(tmpdir(), "plated-page-"));
    server.admin_path = join(server.directory, "admin.sock");
    await server.run();
    return server;
  }

  // Starts the process, after kill() too, and waits until it is ready.
  async run() {
    const flags = ["--data", join(this.directory, "data"), "--listen", `127.0.0.1:${this.port}`];
    const child = spawn(
      join(kBinaries, "plated"),
      [...flags, "--admin", this.admin_path, this.mode],
      { env: plain_environment() },
    );
    this.#process = child;
    this.#ended = new Promise((ended) => child.once("exit", ended));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text) => (this.#said += text));
    }
    const until = Date.now() + kStartMs;
    while (!(await this.#is_ready())) {
      if (child.exitCode !== null || Date.now() > until) {
        throw new Error(`plated did not start:\n${this.#said}`);
      }
      await wait(kPollMs);
    }
  }

  async #is_ready() {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  // Pulls the plug.
  async kill() {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  // One request of an operator; gives the answer, or throws with it when it was refused.
  admin(method, path, body = null) {
    return new Promise((answered, failed) => {
      const fields = { "Content-Type": "application/json" };
      const asked = request(
        { socketPath: this.admin_path, method, path: encodeURI(path), headers: fields },
        (answer) => {
          let text = "";
          answer.on("data", (part) => (text += part));
          answer.on("end", () => {
            if (answer.statusCode === 200) answered(text === "" ? null : JSON.parse(text));
            else failed(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
          });
        },
      );
      asked.on("error", failed);
      asked.end(body === null ? "" : JSON.stringify(body));
    });
  }

  settings(settings) {
    return this.admin("PUT", "/v1/offices/粤B", { settings });
  }

  // Says `state` of the office: open, close, pause, resume or maintenance.
  office(state) {
    return this.admin("POST", `/v1/offices/粤B/${state}`, { reason: "a test of the page" });
  }

  // Leads owner `owner` to the third step without a browser, as a client of the protocol.
  async stand_at_pick(owner) {
    const login = await fetch(`${this.url}/login?owner=${owner}`, { redirect: "manual" });
    const ticket = new URL(login.headers.get("location"), this.url).searchParams.get("ticket");
    const headers = { Authorization: `Bearer ${ticket}` };
    const socket = new WebSocket(`${this.url}/v1/select`, "plated.v1", { headers });
    await new Promise((opened, failed) => socket.once("open", opened).once("error", failed));
    const vehicle = `RHRSL${owner.slice(2).padStart(12, "0")}`;
    const ask = (id, request) =>
      new Promise((answered, failed) => {
        socket.once("message", (text) => {
          const answer = JSON.parse(text);
          if (answer.ok) answered(answer.ok);
          else failed(new Error(`${request.op}: ${text}`));
        });
        socket.send(JSON.stringify({ id, vehicle, ...request }));
      });
    const code = "000000";
    await ask(1, { op: "send_code", for: "submit" });
    const { terms } = await ask(2, { op: "enter" });
    await ask(3, { op: "submit", code, terms });
    await ask(4, { op: "send_code", for: "verify" });
    await ask(5, { op: "verify", code });
    socket.close();
  }

  async close() {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}
