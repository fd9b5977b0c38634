#!/usr/bin/python3
"""plated behind the proxies whose configuration we ship (net/proxies): each is started from that very file,
with only its names, ports and paths replaced, and an owner walks through it: page, cookie, upgrade, a draw,
quiet time, a reload of the proxy, a restart of the server. Nothing is lost. Exit status 0 when all of it held.

PLATED_LONG=1: quiet for ten minutes instead of seconds."""

import asyncio
import contextlib
import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import found  # noqa: E402
from contract import Device, must, vehicle_of  # noqa: E402
from server import ROOT, Server, Story, end_with_parent, free_port, run, wait_until  # noqa: E402

QUIET_SECONDS = 600 if "PLATED_LONG" in os.environ else 2
HOUR_MS = 3_600_000
SHIPPED = ROOT / "net" / "proxies"


class Proxy:
    """One of the proxies in front of a server of its own, which knows its public address."""

    def __init__(self, name):
        self.port, self.side_port = free_port(), free_port()
        self.origin = f"https://localhost:{self.port}"
        self.server = Server("--rehearsal", environment={"PLATED_PUBLIC_URL": self.origin})
        self.server.use_tls()  # makes a certificate; the server itself speaks none here
        self.tls = self.server.tls
        self.tls.check_hostname = False
        for key in ("PLATED_TLS_KEY", "PLATED_TLS_CERTIFICATE"):
            del self.server.environment[key]
        self.server.tls, self.server.url = None, f"http://127.0.0.1:{self.server.port}"
        home = self.server.home
        chain, key, both = (home / file for file in ("certificate.pem", "key.pem", "both.pem"))
        both.write_text(key.read_text("ascii") + chain.read_text("ascii"), "ascii")
        self.config = home / name
        text = (SHIPPED / name).read_text("utf-8")
        for shipped, here in (("127.0.0.1:8080", f"127.0.0.1:{self.server.port}"), (":443", f":{self.port}"),
                              ("listen 443", f"listen 127.0.0.1:{self.port}"), ("*:", "127.0.0.1:"),
                              ("/etc/plated/chain.pem", str(chain)), ("/etc/plated/key.pem", str(key)),
                              ("/etc/plated/both.pem", str(both)), ("plates.example", "localhost"),
                              ("/run/nginx.pid", str(home / "nginx.pid")), ("maxconn 20000", "maxconn 1000"),
                              ("localhost:2019", f"localhost:{self.side_port}")):
            text = text.replace(shipped, here)
        self.config.write_text(text, "utf-8")
        self.process = None

    def start(self):
        environment = os.environ | {"HOME": str(self.server.home), "XDG_DATA_HOME": str(self.server.home)}
        with open(self.server.home / "proxy.log", "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, env=environment,
                                            preexec_fn=end_with_parent)
        wait_until(lambda: self.status("/readyz") == 200, f"{self.config.name} passes on", 30)

    def get(self, path, headers=None):
        link = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.tls)
        try:
            link.request("GET", path, headers={"Host": f"localhost:{self.port}", **(headers or {})})
            answer = link.getresponse()
            return answer, answer.read()
        finally:
            link.close()

    def status(self, path):
        try:
            return self.get(path)[0].status
        except (OSError, http.client.HTTPException):
            return None

    def __enter__(self):
        self.server.__enter__()
        self.server.start()
        found(self.server, batch_hold_ms=HOUR_MS, shortlist_hold_ms=HOUR_MS)
        self.start()
        return self

    def __exit__(self, *failure):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        if failure[0] is not None:
            print(f"the proxy said:\n{(self.server.home / 'proxy.log').read_text('utf-8')[-2000:]}", file=sys.stderr)
        self.server.__exit__(*failure)


class Nginx(Proxy):
    def __init__(self):
        super().__init__("nginx.conf")

    def command(self):
        return ["/usr/sbin/nginx", "-c", str(self.config), "-p", str(self.server.home), "-g", "daemon off;"]

    def reload(self):
        self.process.send_signal(signal.SIGHUP)


class Haproxy(Proxy):
    def __init__(self):
        super().__init__("haproxy.cfg")

    def command(self):
        return ["/usr/sbin/haproxy", "-W", "-f", str(self.config)]

    def reload(self):
        self.process.send_signal(signal.SIGUSR2)


class Caddy(Proxy):
    def __init__(self):
        super().__init__("Caddyfile")

    def command(self):
        return ["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", str(self.config)]

    def reload(self):
        self.config.write_text(self.config.read_text("utf-8").replace("health_interval 1s", "health_interval 2s"))
        run("/usr/bin/caddy", "reload", "--adapter", "caddyfile", "--config", str(self.config),
            "--address", f"localhost:{self.side_port}", env=os.environ | {"HOME": str(self.server.home)})


def pages(proxy):
    """What a browser fetches, by HTTP/1.1 and HTTP/2, is what the server has."""
    direct = run("curl", "--silent", "--fail", f"{proxy.server.url}/pools").stdout
    for version in ("--http1.1", "--http2"):
        through = run("curl", "--silent", "--fail", version, "--insecure", f"{proxy.origin}/pools").stdout
        must(through == direct and "</html>" in direct, "the same page", version, through[-200:])


async def as_a_browser(proxy, number):
    """The ticket becomes a cookie, and the cookie with our own origin opens the WebSocket."""
    answer, _ = proxy.get(f"/enter?ticket={proxy.server.ticket(f'r-{number}')}")
    cookie = answer.headers["Set-Cookie"]
    must(answer.status == 303 and "HttpOnly" in cookie, "a cookie", answer.status, cookie)
    url = f"wss://localhost:{proxy.port}/v1/select"
    headers = {"Cookie": cookie.split(";")[0]}
    for origin, taken in ((proxy.origin, True), ("https://elsewhere.example", False)):
        try:
            link = await websockets.connect(url, subprotocols=["plated.v1"], ssl=proxy.tls, origin=origin,
                                            extra_headers=headers)
            must(taken, "a foreign origin is refused")
            await link.close()
        except websockets.InvalidStatusCode as refused:
            must(not taken and refused.status_code == 403, "our own origin is taken", refused.status_code)


async def again(proxy, device, number, drawn):
    """Whoever was cut comes back to what they had; whoever was not still has it."""
    with contextlib.suppress(websockets.WebSocketException, OSError):
        seen = await device.request("enter", vehicle=vehicle_of(number))
        must(seen["batch"]["plates"] == drawn["batch"]["plates"], "the same plates", seen)
        return device
    device = await Device.connect(proxy.origin, proxy.server.ticket(f"r-{number}"), proxy.tls)
    seen = await device.request("enter", vehicle=vehicle_of(number))
    must(seen["batch"]["plates"] == drawn["batch"]["plates"], "the same plates", seen)
    must(seen["draws_left"] == drawn["draws_left"], "and it cost nothing", seen)
    return device


async def walk(proxy, number):
    server = proxy.server
    owner, vehicle = f"r-{number}", vehicle_of(number)
    device = await Device.connect(proxy.origin, server.ticket(owner), proxy.tls)
    terms = (await device.request("enter", vehicle=vehicle))["terms"]
    for purpose in ("submit", "verify"):
        await device.request("send_code", vehicle=vehicle, **{"for": purpose})
        more = {"terms": terms} if purpose == "submit" else {}
        await device.request(purpose, vehicle=vehicle, code="000000", **more)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    await asyncio.sleep(QUIET_SECONDS)
    must(not device.ws.closed, "quiet time cuts nobody")
    proxy.reload()
    await asyncio.sleep(1)
    device = await again(proxy, device, number, drawn)
    must(await asyncio.to_thread(server.terminate) == 0, "a clean stop", server.said())
    await asyncio.to_thread(wait_until, lambda: proxy.status("/readyz") in (502, 503), "nobody is sent to a dead server")
    await asyncio.to_thread(server.start)
    await asyncio.to_thread(wait_until, lambda: proxy.status("/readyz") == 200, "everybody is let in again")
    device = await again(proxy, device, number, drawn)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(done["reservation"]["plate"] == plate, "theirs for good", done)
    await device.close()


def main():
    story = Story()
    for kind in (Nginx, Haproxy, Caddy):
        story.tell(kind.__name__.lower())
        with kind() as proxy:
            pages(proxy)
            asyncio.run(as_a_browser(proxy, 2))
            asyncio.run(walk(proxy, 1))
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
