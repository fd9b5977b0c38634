#!/usr/bin/env bash
# reconnecting-websocket 4.4.0 and partysocket 1.3.0 (npm), around undici 7.30.2's WebSocket, which fires
# its events as a browser does: where that one says "error" and then "close, 1006, not clean", because the
# handshake was answered by 503, nobody listened, or an open connection was reset, the wrappers say
# "close, 1000, clean" first and "error" after it. Only a connection that ends without an error event
# keeps its code: a Close frame of the server's.
# Common guess: a wrapper passes the events on as they come; at any rate a failure is not called a success.
# Whom it hurts: pages that show "lost the connection" only if the close was not clean, or stop at 1000:
# a server that is down says goodbye politely, in their eyes. plated's page has no such wrapper; the
# protocol's page tells those who have one.
# Seen 2026-11-29. Needs node 20 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . reconnecting-websocket@4.4.0 partysocket@1.3.0 \
  undici@7.30.2 ws@8.23.0 >/dev/null
cat >closes.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocket as PartySocket } from "partysocket";
import reconnecting from "reconnecting-websocket";
import { WebSocket } from "undici";
import { WebSocketServer } from "ws";

async function listening(server) {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `ws://127.0.0.1:${server.address().port}/`;
}
const busy = createServer();
busy.on("upgrade", (_, socket) => socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"));
const open = createServer();
const sockets = new WebSocketServer({ server: open });
const gone = createServer();
const nowhere = await listening(gone);
gone.close();
await once(gone, "close");
const serving = await listening(open);
const cases = {
  "answered 503": [await listening(busy)],
  "nobody listens": [nowhere],
  "reset": [serving, (peer) => peer._socket.resetAndDestroy()],
  "closed with 4001": [serving, (peer) => peer.close(4001)],
};
const wrapped = (Wrapper) => (url) => new Wrapper(url, [], { WebSocket, maxRetries: 0 });
const clients = {
  "undici": (url) => new WebSocket(url),
  "reconnecting-websocket": wrapped(reconnecting.default ?? reconnecting),
  "partysocket": wrapped(PartySocket),
};
for (const [what, [url, end]] of Object.entries(cases)) {
  for (const [name, connect] of Object.entries(clients)) {
    if (end) sockets.once("connection", (peer) => setTimeout(end, 100, peer));
    const said = [];
    const client = connect(url);
    client.addEventListener("error", () => said.push("error"));
    client.addEventListener("close", ({ code, wasClean }) =>
      said.push(`close ${code} ${wasClean ? "clean" : "not clean"}`));
    await new Promise((resolve) => setTimeout(resolve, 700));
    client.close();
    console.log(`${what}, ${name}: ${said.slice(0, 2).join(", ")}`);
  }
}
process.exit(0);
JS
timeout 40 node closes.mjs | tee seen
diff - seen <<'SEEN'
answered 503, undici: error, close 1006 not clean
answered 503, reconnecting-websocket: close 1000 clean, error
answered 503, partysocket: close 1000 clean, error
nobody listens, undici: error, close 1006 not clean
nobody listens, reconnecting-websocket: close 1000 clean, error
nobody listens, partysocket: close 1000 clean, error
reset, undici: error, close 1006 not clean
reset, reconnecting-websocket: close 1000 clean, error
reset, partysocket: close 1000 clean, error
closed with 4001, undici: close 4001 clean
closed with 4001, reconnecting-websocket: close 4001 clean
closed with 4001, partysocket: close 4001 clean
SEEN
echo "as described"
