#!/usr/bin/env bash
# playwright-core 1.65.1 with Chromium 156.0.8078.108 (Debian bookworm): context.setOffline(true) sets
# navigator.onLine to false and refuses new requests, but an open WebSocket stays open: the browser
# answers pings, and what either side sends is held back and delivered, all of it and in order, once the
# context is online again. Neither side sees a close.
# Common guess: "offline" is what a phone in a tunnel sees, so a test that sets it, waits, and finds
# nothing lost has tested the loss of a connection.
# Whom it hurts: whoever tests reconnecting with it: the code that reconnects never ran. A relay between
# browser and server that goes silent, or cuts, tests it.
# Seen 2026-11-28 with ws 8.23.0. Needs node 18, npm, apt-get and dpkg-deb.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir -p archives/partial
apt-get -qq update
wanted=(chromium=156.0.8078.108-1~deb12u1 chromium-common=156.0.8078.108-1~deb12u1)
(cd archives && apt-get -qq download "${wanted[@]}" 2>/dev/null)
# What these need and this machine lacks.
apt-get -qq -y --no-install-recommends --download-only -o "Dir::Cache::archives=$tmp/archives" \
  install "${wanted[@]}" >/dev/null
for package in archives/*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu:$tmp/root/lib/x86_64-linux-gnu
npm install --silent --no-audit --no-fund --prefix . playwright-core@1.65.1 ws@8.23.0 >/dev/null
cat >offline.mjs <<'JS'
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { WebSocketServer } from "ws";

const server = createServer((_, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end(`<!doctype html><title>listening</title><script>
    const heard = [];
    const socket = new WebSocket("ws://" + location.host);
    socket.onmessage = (message) => heard.push(message.data);
    socket.onclose = (closed) => heard.push("closed " + closed.code);
  </script>`);
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/`;
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const browser = await chromium.launch({
  executablePath: "root/usr/lib/chromium/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext();
const page = await context.newPage();
const wss = new WebSocketServer({ server });
const [[socket]] = await Promise.all([once(wss, "connection"), page.goto(url)]);
const seen = [];
socket.on("pong", () => seen.push("pong"));
socket.on("message", (text) => seen.push(String(text)));
socket.on("close", (code) => seen.push(`closed ${code}`));
const now = async (when) => {
  const { heard, online, state, request } = await page.evaluate(async () => ({
    heard: heard.join(", "), online: navigator.onLine, state: socket.readyState,
    request: await fetch("/").then(() => "answered", () => "refused") }));
  console.log(`${when}: online ${online}, a request ${request}, socket ${state}, ` +
              `page heard [${heard}], server saw [${seen.join(", ")}]`);
};
await context.setOffline(true);
socket.ping();
socket.send("one");
socket.send("two");
await page.evaluate(() => socket.send("three"));
await seconds(2);
await now("offline");
await context.setOffline(false);
await seconds(1);
await now("online");
await browser.close();
process.exit(0);
JS
timeout 45 node offline.mjs | tee seen
diff - seen <<'SEEN'
offline: online false, a request refused, socket 1, page heard [], server saw [pong]
online: online true, a request answered, socket 1, page heard [one, two], server saw [pong, three]
SEEN
echo "as described"
