#!/usr/bin/env bash
# A WebSocket server closes with code 1013, "try again later" of IANA's registry. Four clients call
# that a violation of the protocol, and three of them answer 1002. What their users are told:
#   - faye-websocket 0.11.4 (npm): 1002, with the server's reason beside it;
#   - Qt 5.15.8 (bookworm, by PyQt5; Qt 6.4.2 too): 1002, reason "Invalid close code 1002 detected.";
#   - websocket-client 1.2.3 (bookworm's python3-websocket): an error "Invalid close opcode.", no code at
#     all; it lets 1014 pass, which IANA registered later;
#   - libsoup 3.2.3 (bookworm): an error, then 1013 all the same.
# ws 8.23.0 and websockets 10.4 (bookworm) report 1013 and answer with it. 1012, "service
# restart", fares as 1013 does (not shown here).
# Common guess: the registered codes are known everywhere, and what is not known is passed on.
# Whom it hurts: a server that counts 1002 as its peers' fault, or sheds load by 1013 and expects
# patience; and whoever retries only after codes that they know. plated closes slow readers with 1013.
# Seen 2026-11-29. Needs node 18, npm, apt-get, dpkg-deb and Debian's python3.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir -p archives/partial
apt-get -qq update
wanted=(python3-websocket=1.2.3-1 python3-websockets=10.4-1 libsoup-3.0-0=3.2.3-0+deb12u2
  gir1.2-soup-3.0=3.2.3-0+deb12u2 python3-gi=3.42.2-3+b1 python3-pyqt5.qtwebsockets=5.15.9+dfsg-1
  libqt5websockets5=5.15.8-2)
(cd archives && apt-get -qq download "${wanted[@]}" 2>/dev/null)
# What these need and this machine lacks.
apt-get -qq -y --no-install-recommends --download-only -o "Dir::Cache::archives=$tmp/archives" \
  install "${wanted[@]}" >/dev/null
for package in archives/*.deb; do dpkg-deb -x "$package" root; done
export LD_LIBRARY_PATH=$tmp/root/usr/lib/x86_64-linux-gnu:$tmp/root/lib/x86_64-linux-gnu
export GI_TYPELIB_PATH=$tmp/root/usr/lib/x86_64-linux-gnu/girepository-1.0
export PYTHONPATH=$tmp/root/usr/lib/python3/dist-packages PYTHONWARNINGS=ignore
npm install --silent --no-audit --no-fund --prefix . faye-websocket@0.11.4 ws@8.23.0 >/dev/null
cat >client.mjs <<'JS'
import { WebSocket } from "ws";
import faye from "faye-websocket";
const [kind, url] = process.argv.slice(2);
const client = kind === "ws" ? new WebSocket(url) : new faye.Client(url);
client.onclose = ({ code, reason }) => console.log(`closed ${code} '${reason}'`);
JS
cat >client.py <<'PYTHON'
import asyncio
import sys

def with_websockets(url):
    import websockets
    async def until_closed():
        async with websockets.connect(url) as socket:
            try:
                await socket.recv()
            except websockets.ConnectionClosed as closed:
                print(f"closed {closed.code} '{closed.reason}'")
    asyncio.run(until_closed())

def with_websocket_client(url):
    import websocket
    said = []
    websocket.WebSocketApp(url, on_error=lambda _, error: said.append(f"error '{error}'"),
        on_close=lambda _, code, reason: said.append(f"closed {code} '{reason}'")).run_forever()
    print(", ".join(said))

def with_libsoup(url):
    import gi
    gi.require_version("Soup", "3.0")
    from gi.repository import GLib, Soup
    loop, session, said = GLib.MainLoop(), Soup.Session(), []
    def opened(_, result):
        session.socket = session.websocket_connect_finish(result)
        session.socket.connect("error", lambda _, error: said.append(f"error '{error.message}'"))
        session.socket.connect("closed", lambda one: (
            said.append(f"closed {one.get_close_code()} '{one.get_close_data()}'"), loop.quit()))
    session.websocket_connect_async(Soup.Message.new("GET", url), None, None, 0, None, opened)
    loop.run()
    print(", ".join(said))

def with_qt(url):
    from PyQt5.QtCore import QCoreApplication, QUrl
    from PyQt5.QtWebSockets import QWebSocket
    application, socket = QCoreApplication([]), QWebSocket()
    socket.disconnected.connect(lambda: (
        print(f"closed {int(socket.closeCode())} '{socket.closeReason()}'"), application.quit()))
    socket.open(QUrl(url))
    application.exec()

globals()["with_" + sys.argv[1].replace("-", "_")](sys.argv[2])
PYTHON
cat >serve.py <<'PYTHON'
"""Closes each client's connection with 1013 and says what the client makes of it and answers."""
import base64
import hashlib
import socket
import struct
import subprocess

CLIENTS = {
    "faye-websocket": ["node", "client.mjs", "faye"],
    "qt": ["/usr/bin/python3", "client.py", "qt"],
    "websocket-client": ["/usr/bin/python3", "client.py", "websocket-client"],
    "libsoup": ["/usr/bin/python3", "client.py", "libsoup"],
    "ws": ["node", "client.mjs", "ws"],
    "websockets": ["/usr/bin/python3", "client.py", "websockets"],
}
server = socket.create_server(("127.0.0.1", 0))
for name, command in CLIENTS.items():
    url = f"ws://127.0.0.1:{server.getsockname()[1]}/"
    client = subprocess.Popen([*command, url], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    peer = server.accept()[0]
    peer.settimeout(8)
    with peer, peer.makefile("rwb") as stream:
        fields = {}
        for line in iter(stream.readline, b"\r\n"):
            field, _, value = line.decode().partition(":")
            fields[field.lower()] = value.strip()
        digest = hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
        stream.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     b"Sec-WebSocket-Accept: " + base64.b64encode(digest.digest()) + b"\r\n\r\n")
        stream.flush()
        stream.write(b"\x88\x07" + struct.pack("!H", 1013) + b"later")
        stream.flush()
        answer = stream.read(8)  # a masked Close frame: two bytes, four of mask, the code
        assert answer[0] == 0x88
        code = struct.unpack("!H", bytes(one ^ mask for one, mask in zip(answer[6:], answer[2:])))[0]
    print(f"{name}: {client.communicate(timeout=8)[0].strip()}; answers {code}")
PYTHON
timeout 50 /usr/bin/python3 serve.py | tee seen
diff - seen <<'SEEN'
faye-websocket: closed 1002 'later'; answers 1002
qt: closed 1002 'Invalid close code 1002 detected.'; answers 1002
websocket-client: error 'Invalid close opcode.', closed None 'None'; answers 1000
libsoup: error 'Received invalid WebSocket response from the server', closed 1013 'later'; answers 1002
ws: closed 1013 'later'; answers 1013
websockets: closed 1013 'later'; answers 1013
SEEN
echo "as described"
