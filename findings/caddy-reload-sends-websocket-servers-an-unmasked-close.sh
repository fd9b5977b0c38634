#!/usr/bin/env bash
# caddy 2.6.2 (Debian bookworm) as a reverse proxy of WebSockets: when its configuration is reloaded it
# writes a Close frame, code 1001, on each proxied connection in both directions. Towards the server it
# stands for the client, and a client's frames must be masked (RFC 6455, 5.1); this one is not. npm's
# ws 8.23.0 calls it a protocol error and tells the application 1006, while the browser sees 1001.
# Common guess: connections outlive a reload, or their sockets are closed; nobody writes frames into them.
# Whom it hurts: servers that count protocol errors against a client's address, or raise an alarm at
# them: every reload of the proxy looks like an attack by everybody. plated takes it as any lost connection.
# Seen 2026-11-28. Needs node 18, npm, apt-get and dpkg-deb; uses three free ports of 127.0.0.1.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
apt-get -qq update
apt-get -qq download caddy=2.6.2-5 2>/dev/null
dpkg-deb -x caddy_*.deb root
npm install --silent --no-audit --no-fund --prefix . ws@8.23.0 >/dev/null
cat >reload.mjs <<'JS'
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

async function free_port() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
const [backend, front, admin] = [await free_port(), await free_port(), await free_port()];
const configuration = (generation) => JSON.stringify({
  admin: { listen: `127.0.0.1:${admin}` },
  apps: { http: { servers: { one: {
    listen: [`127.0.0.1:${front}`], automatic_https: { disable: true },
    routes: [{ handle: [
      { handler: "headers", response: { set: { "X-Generation": [generation] } } },
      { handler: "reverse_proxy", upstreams: [{ dial: `127.0.0.1:${backend}` }] }] }] } } } } });
const said = [];
const wss = new WebSocketServer({ host: "127.0.0.1", port: backend });
wss.on("connection", (socket) => {
  socket.on("message", () => {
    socket.send("answer");
    socket._socket.on("data", (bytes) => said.push(`server receives ${bytes.toString("hex")}`));
  });
  socket.on("error", (error) => said.push(`server's error: ${error.message}`));
  socket.on("close", (code) => said.push(`server is told ${code}`));
});
writeFileSync("caddy.json", configuration("1"));
const caddy = spawn("root/usr/bin/caddy", ["run", "--config", "caddy.json"],
  { stdio: "ignore", env: { ...process.env, HOME: ".", XDG_DATA_HOME: ".", XDG_CONFIG_HOME: "." } });
async function connected() {
  for (let tries = 0; tries < 100; ++tries) {
    const client = new WebSocket(`ws://127.0.0.1:${front}/`);
    try {
      await once(client, "open");
      return client;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error("caddy did not come up");
}
const client = await connected();
client.send("question");
await once(client, "message");
const closed = once(client, "close");
await fetch(`http://127.0.0.1:${admin}/load`, { method: "POST",
  headers: { "Content-Type": "application/json" }, body: configuration("2") });
const [code] = await closed;
while (said.length < 3) await new Promise((resolve) => setTimeout(resolve, 50));
console.log([...said, `client is told ${code}`].join("\n"));
caddy.kill();
wss.close();
process.exit(0);
JS
timeout 40 node reload.mjs | tee seen
diff - seen <<'SEEN'
server receives 880203e9
server's error: Invalid WebSocket frame: MASK must be set
server is told 1006
client is told 1001
SEEN
echo "as described"
