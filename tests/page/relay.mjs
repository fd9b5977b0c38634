// A relay between a browser and a server on the loopback: what a network does to a connection, done on
// purpose. It passes everything on until it is told otherwise.

import { connect, createServer } from "node:net";

export class Relay {
  #server;
  #pairs = new Set();
  // pass: both ways. deaf: what the browser sends arrives, no answer comes back. silent: nothing passes
  // either way, and nobody is told. cut: every connection is torn down, and every new one.
  #mode = "pass";

  // Listens on a free port and relays to `port`.
  static async start(port) {
    const relay = new Relay();
    relay.#server = createServer((browser) => relay.#join(browser, port));
    await new Promise((ready) => relay.#server.listen(0, "127.0.0.1", ready));
    relay.url = `http://127.0.0.1:${relay.#server.address().port}`;
    return relay;
  }

  #join(browser, port) {
    if (this.#mode === "cut") return browser.resetAndDestroy();
    const server = connect(port, "127.0.0.1");
    const pair = { browser, server };
    this.#pairs.add(pair);
    browser.on("data", (bytes) => {
      if (this.#mode === "pass" || this.#mode === "deaf") server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (this.#mode === "pass") browser.write(bytes);
    });
    for (const [one, other] of [
      [browser, server],
      [server, browser],
    ]) {
      one.on("error", () => {});
      // In silence neither side learns that the other has gone.
      one.on("close", () => {
        if (this.#mode === "silent") return;
        this.#pairs.delete(pair);
        other.destroy();
      });
    }
  }

  deafen() {
    this.#mode = "deaf";
  }

  silence() {
    this.#mode = "silent";
  }

  cut() {
    this.#mode = "cut";
    this.#drop();
  }

  // Passes everything on again. Connections from before are gone, as after a change of the network.
  mend() {
    this.#mode = "pass";
    this.#drop();
  }

  #drop() {
    for (const { browser, server } of this.#pairs) {
      browser.resetAndDestroy();
      server.destroy();
    }
  }

  close() {
    this.cut();
    return new Promise((closed) => this.#server.close(closed));
  }
}
