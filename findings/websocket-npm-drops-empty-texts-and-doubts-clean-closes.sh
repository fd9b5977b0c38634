#!/usr/bin/env bash
# websocket 1.0.35 (npm), its w3cwebsocket, the class that stands in for a browser's WebSocket:
#   - an empty text message never reaches onmessage; an empty binary one does;
#   - a Close without a code is told as 1006, not clean, though both sides have said goodbye;
#   - every close with a code other than 1000 is told as not clean: 1001, 3000, 4000;
#   - where the server gave no reason one is invented ("Normal connection closure"), a reason of one
#     byte is lost;
#   - and whatever the server's code, it is answered with 1000.
# ws 8.23.0, by the same server, tells what a browser tells.
# Common guess: what has the browser's interface has the browser's behaviour, at least on plain traffic.
# Whom it hurts: protocols in which an empty text is a message (a heartbeat, an empty line), and clients
# that reconnect unless wasClean: they come back after a goodbye. plated sends no empty texts.
# Seen 2026-11-29. Needs node 18 and npm.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-audit --no-fund --prefix . websocket@1.0.35 ws@8.23.0 >/dev/null
cat >close.mjs <<'JS'
import websocket from "websocket";
import { once } from "node:events";
import { WebSocket, WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
await once(server, "listening");
const url = `ws://127.0.0.1:${server.address().port}/`;
async function told(Client, closing) {
  const said = [];
  const client = new Client(url);
  client.binaryType = "arraybuffer";
  client.onmessage = ({ data }) => said.push(typeof data === "string" ? `text '${data}'` : `${data.byteLength} bytes`);
  const closed = new Promise((resolve) => { client.onclose = resolve; });
  const [peer] = await once(server, "connection");
  const answered = once(peer, "close");
  for (const message of ["one", "", Buffer.alloc(0), "two"]) peer.send(message);
  peer.close(...closing);
  const { code, reason, wasClean } = await closed;
  const [answer] = await answered;
  return `${said.join(", ")}; ${code} '${reason}' ${wasClean ? "clean" : "not clean"}; answers ${answer}`;
}
for (const closing of [[], [1000], [1001], [3000, "x"], [4000, "bye"]]) {
  console.log(`closed with [${closing}]`);
  console.log(`  websocket: ${await told(websocket.w3cwebsocket, closing)}`);
  console.log(`  ws: ${await told(WebSocket, closing)}`);
}
process.exit(0);
JS
timeout 30 node close.mjs | tee seen
diff - seen <<'SEEN'
closed with []
  websocket: text 'one', 0 bytes, text 'two'; 1006 'Connection dropped by remote peer.' not clean; answers 1000
  ws: text 'one', text '', 0 bytes, text 'two'; 1005 '' clean; answers 1005
closed with [1000]
  websocket: text 'one', 0 bytes, text 'two'; 1000 'Normal connection closure' clean; answers 1000
  ws: text 'one', text '', 0 bytes, text 'two'; 1000 '' clean; answers 1000
closed with [1001]
  websocket: text 'one', 0 bytes, text 'two'; 1001 'Remote peer is going away' not clean; answers 1000
  ws: text 'one', text '', 0 bytes, text 'two'; 1001 '' clean; answers 1001
closed with [3000,x]
  websocket: text 'one', 0 bytes, text 'two'; 3000 '' not clean; answers 1000
  ws: text 'one', text '', 0 bytes, text 'two'; 3000 'x' clean; answers 3000
closed with [4000,bye]
  websocket: text 'one', 0 bytes, text 'two'; 4000 'bye' not clean; answers 1000
  ws: text 'one', text '', 0 bytes, text 'two'; 4000 'bye' clean; answers 4000
SEEN
echo "as described"
