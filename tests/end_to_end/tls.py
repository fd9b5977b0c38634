#!/usr/bin/python3
"""plated speaks TLS itself: walked by a client of somebody else's making (Python's websockets over OpenSSL) with
either version that is allowed, asked by curl, and attacked by peers who do half of a handshake, or none. Exit
status 0 when everything held."""

import asyncio
import contextlib
import json
import signal
import socket
import ssl
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must, vehicle_of  # noqa: E402
from server import Server, Story, run  # noqa: E402

HANDSHAKE_SECONDS = 1
LIMITS = {"PLATED_LIMITS_HANDSHAKE_TIMEOUT_MS": str(1000 * HANDSHAKE_SECONDS)}
PATIENCE_SECONDS = 10
PIPELINED = 1500


def only(server, version):
    """A context that trusts the server and speaks this version only."""
    context = ssl.create_default_context(cafile=server.environment["PLATED_TLS_CERTIFICATE"])
    context.minimum_version = context.maximum_version = version
    return context


async def walk(server, version, number):
    """An owner to a plate, and back on a second connection."""
    server.tls = only(server, version)
    device, vehicle = await server.device_in_pick(number)
    seen = device.ws.transport.get_extra_info("ssl_object").version()
    must(seen == version.name.replace("_", "."), "the version that was asked for", seen)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    await device.close()
    device = await server.device(f"r-{number}")
    must((await device.request("enter", vehicle=vehicle))["shortlist"]["plates"] == [plate], "it is still kept")
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(done["reservation"]["plate"] == plate, "theirs for good", done)
    await device.close()


async def many_at_once(server, number):
    """Far more than one record of TLS holds goes both ways, and every answer comes, in order."""
    device = await server.device(f"r-{number}")
    await device.request("enter", vehicle=vehicle_of(number))
    requests = [json.dumps({"id": 10 + i, "op": "enter", "vehicle": vehicle_of(number)}) for i in range(PIPELINED)]
    sending = asyncio.ensure_future(send_all(device, requests))
    for i in range(PIPELINED):
        await device.answer(10 + i)
    await sending
    await device.close()


async def send_all(device, requests):
    for request in requests:
        await device.ws.send(request)


def pages(server):
    """As curl sees them, on one connection and on connections of their own."""
    trusted = ["curl", "--silent", "--show-error", "--fail", "--cacert", server.environment["PLATED_TLS_CERTIFICATE"]]
    page = run(*trusted, f"{server.url}/pools").stdout
    must("</html>" in page, "the whole page", page[-200:])
    twice = run(*trusted, f"{server.url}/healthz", f"{server.url}/healthz").stdout
    must(twice == "ok\nok\n", "two answers on one connection", twice)
    head = run(*trusted, "--head", f"{server.url}/healthz").stdout.lower()
    must("strict-transport-security: max-age=31536000" in head, "browsers are told to stay with TLS", head)
    run(*trusted, "--tls-max", "1.1", f"{server.url}/healthz", status=35)


def offered(server, ciphers, version=ssl.TLSVersion.TLSv1_2):
    """The cipher that a handshake agrees to when the client offers these, or None."""
    context = only(server, version)
    context.set_ciphers(ciphers)
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as link:
        try:
            with context.wrap_socket(link, server_hostname="127.0.0.1") as tls:
                return tls.cipher()[0]
        except ssl.SSLError:
            return None


def strong_only(server):
    """Of TLS 1.2 only what keeps its secrets when the private key is lost (ECDHE), and authenticates what it
    encrypts (AEAD)."""
    for strong in ("ECDHE+AESGCM", "ECDHE+CHACHA20"):
        must(offered(server, strong), "forward secrecy and AEAD are taken", strong)
    weak = ("AES128-GCM-SHA256", "AES256-SHA256", "AES128-SHA", "ECDHE+AES:!AESGCM:!AESCCM", "DHE+AESGCM",
            "ECDHE+AESCCM", "ECDHE+ARIA", "ALL:!ECDHE:@SECLEVEL=0", "ALL:!AESGCM:!CHACHA20:@SECLEVEL=0")
    for ciphers in weak:
        with contextlib.suppress(ssl.SSLError):  # a client that does not have it cannot offer it
            taken = offered(server, ciphers)
            must(taken is None, "neither without forward secrecy nor without AEAD", ciphers, taken)
    must(offered(server, "ALL", ssl.TLSVersion.TLSv1_3).startswith("TLS_"), "TLS 1.3 as it is")


def ends_as_tls_ends(server):
    """Nobody in between could have cut the answer short: its end is said within TLS."""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as link:
        with server.tls.wrap_socket(link, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as tls:
            tls.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = b""
            while piece := tls.recv(4096):
                answer += piece
            must(answer.endswith(b"ok\n"), "the whole answer", answer)


def hello():
    """What a client of TLS says first."""
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ours, theirs, server_hostname="127.0.0.1")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return theirs.read()


def cut_within(server, says, every):
    """Sends `says` a byte at a time and waits until the server has closed; what it said."""
    began = time.monotonic()
    heard = b""
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as link:
        link.settimeout(every)
        left = says
        while time.monotonic() < began + PATIENCE_SECONDS:
            with contextlib.suppress(OSError):
                link.sendall(left[:1])
            left = left[1:]
            try:
                piece = link.recv(4096)
                if not piece:
                    return heard
                heard += piece
            except TimeoutError:
                pass
            except ConnectionResetError:
                return heard
    raise AssertionError(f"the server has waited for {PATIENCE_SECONDS} s")


def strangers(server):
    """Who is silent, dribbles a handshake, or speaks something else is cut, and told nothing but what TLS says."""
    cut_within(server, b"", 0.1)
    cut_within(server, hello(), 0.2)
    must(b"HTTP" not in cut_within(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0.01), "no answer without TLS")
    must(b"HTTP" not in cut_within(server, bytes(range(256)), 0.001), "no answer to garbage")


async def stopped(server, number):
    """Who is connected when it stops is told so."""
    device = await server.device(f"r-{number}")
    await device.request("enter", vehicle=vehicle_of(number))
    ending = asyncio.ensure_future(server.ended_meanwhile())
    server.process.send_signal(signal.SIGTERM)
    bye = await device.event(lambda event: event["event"] == "bye", "bye")
    must(bye["reason"] == "shutting_down", "why is said", bye)
    must(await ending == 0, "SIGTERM ends it well", server.said())
    await device.ws.wait_closed()
    must(device.ws.close_code == 1001, "it goes away", device.ws.close_code)


async def came_back(server, number):
    """What was reserved before is there."""
    device = await server.device(f"r-{number}")
    seen = await device.request("enter", vehicle=vehicle_of(number))
    must(seen["reservation"] is not None, "the plate is still theirs", seen)
    await device.close()


def main():
    story = Story()
    with Server("--demo", environment=LIMITS) as server:
        story.tell("start")
        server.use_tls()
        server.start()
        story.tell("a walk with TLS 1.2, and one with 1.3")
        either = server.tls
        asyncio.run(walk(server, ssl.TLSVersion.TLSv1_2, 1))
        asyncio.run(walk(server, ssl.TLSVersion.TLSv1_3, 2))
        server.tls = either
        story.tell("pages, by curl")
        pages(server)
        ends_as_tls_ends(server)
        strong_only(server)
        story.tell("many requests at once")
        asyncio.run(many_at_once(server, 3))
        story.tell("strangers")
        strangers(server)
        story.tell("stop, and start again")
        asyncio.run(stopped(server, 4))
        server.start()
        asyncio.run(came_back(server, 1))
        ended = server.terminate()
        must(ended == 0, "SIGTERM ends it well", ended, server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
