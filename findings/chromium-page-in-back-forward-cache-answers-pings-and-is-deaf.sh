#!/usr/bin/env bash
# Chromium 156.0.8078.108 (Debian bookworm): a page with an open WebSocket that the user has left goes
# into the back/forward cache with its socket open. The browser goes on answering the server's pings;
# what the server sends is not delivered, not then and not later. When the user comes back, the page is
# shown from the cache and only now hears of a close, code 1006; the server is told 1001 at that moment.
# Common guess: a page with an open WebSocket is not kept in that cache, or its socket is closed when it
# goes there; and whoever answers pings is there.
# Whom it hurts: servers that take pongs for presence, as of people who wait in a queue: the page is
# deaf for as long as it lies there. Only a sign of life that a running page gives proves that it
# runs, and a page had better close its socket in `pagehide`.
# Seen 2026-11-28 by playwright-core 1.65.1 and ws 8.23.0. Needs node 18, npm, apt-get and dpkg-deb.
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
cat >leave.mjs <<'JS'
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";
import { WebSocketServer } from "ws";

const listening = `<!doctype html><title>listening</title><script>
  const heard = [];
  addEventListener("pageshow", (event) => heard.push(event.persisted ? "from the cache" : "fresh"));
  const socket = new WebSocket("ws://" + location.host);
  socket.onmessage = (message) => heard.push(message.data);
  socket.onclose = (closed) => heard.push("closed " + closed.code);
</script>`;
const server = createServer((request, response) => {
  response.setHeader("Content-Type", "text/html");
  response.end(request.url === "/" ? listening : "<!doctype html><title>elsewhere</title>");
}).listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/`;
const seconds = (count) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const browser = await chromium.launch({
  executablePath: "root/usr/lib/chromium/chromium",
  ignoreDefaultArgs: ["--disable-back-forward-cache"], // Playwright's, not a user's
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"],
});
const wss = new WebSocketServer({ server });
const page = await browser.newPage();
const [[socket]] = await Promise.all([once(wss, "connection"), page.goto(url)]);
let pongs = 0;
let told = "nothing";
socket.on("pong", () => ++pongs);
socket.on("close", (code) => { told = `closed ${code}`; });
socket.send("here");
await page.waitForFunction(() => heard.includes("here"));
await page.goto(url + "elsewhere");
for (let i = 1; i <= 3; ++i) {
  socket.ping();
  socket.send(`away ${i}`);
  await seconds(0.7);
}
console.log(`away: ${pongs} pongs of 3 pings, the server is told ${told}`);
await page.goBack({ waitUntil: "commit" });
await page.waitForFunction(() => heard.at(-1).startsWith("closed"));
await seconds(0.5);
console.log(`back: the page heard ${await page.evaluate(() => heard.join(", "))}`);
console.log(`back: the server is told ${told}`);
await browser.close();
process.exit(0);
JS
timeout 45 node leave.mjs | tee seen
diff - seen <<'SEEN'
away: 3 pongs of 3 pings, the server is told nothing
back: the page heard fresh, here, from the cache, closed 1006
back: the server is told closed 1001
SEEN
echo "as described"
