#!/usr/bin/python3
"""Nobody can be made to pay for another's abuse: crowds of silent sockets, floods of frames that ask for
nothing, an owner who writes as fast as they can, and a fleet whose ticket sends and guesses codes. Each is
stopped at its limit while others are answered; what was counted of codes survives kill -9. Exit status 0
when all of it held."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from bad_input import RawSocket  # noqa: E402
from books import found  # noqa: E402
from contract import Refused, must, vehicle_of  # noqa: E402
from real import OFFICE, RealServer  # noqa: E402
from server import Server, Story, binary, run, wait_until  # noqa: E402
from upstream import PLATFORM_CONFIG, SmsFile  # noqa: E402

PER_ADDRESS = 40
NEIGHBOUR = "127.0.0.2"  # another address of this machine
LIMITS = """
[limits]
connections_per_address_max = 40
requests_per_connection = 20
interval_draw_ms = 300
"""
FLEET = 120
MISSES_UNTIL_WAIT = 5
CODES_AT_ONCE = 5
PONG = bytes([0x8A, 0x80, 1, 2, 3, 4])
PING = bytes([0x89, 0x80, 1, 2, 3, 4])
FIRST_PART = bytes([0x01, 0x81, 1, 2, 3, 4, 0x20])
PART = bytes([0x00, 0x81, 1, 2, 3, 4, 0x20])
EMPTY_PART = bytes([0x00, 0x80, 1, 2, 3, 4])


def processor_seconds(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def healthy(server, address):
    """What /healthz answers to somebody at that address, with one try."""
    with socket.create_connection(("127.0.0.1", server.port), 5, (address, 0)) as link:
        link.settimeout(2)
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return link.recv(4096).startswith(b"HTTP/1.1 200")


def refused(server, limit):
    for line in server.operators.request("GET", "/metrics").splitlines():
        if line.startswith("plated_refused_by_limit_total") and f'limit="{limit}"' in line:
            return float(line.split()[-1])
    return must(False, f"a metric counts {limit}")


def still_open(links):
    """How many of these silent sockets the server has not closed."""
    count = 0
    for link in links:
        try:
            count += link.recv(1) != b""
        except BlockingIOError:
            count += 1
        except OSError:
            pass
    return count


def silent_crowd(server):
    """3,000 sockets of one address that say nothing: few are open, and others do not notice."""
    links = []
    for _ in range(3000):
        with contextlib.suppress(OSError):
            link = socket.create_connection(("127.0.0.1", server.port), 5)
            link.setblocking(False)
            links.append(link)
        if len(links) % 100 == 0:
            must(healthy(server, NEIGHBOUR), "a neighbour is answered at once")
    wait_until(lambda: still_open(links) <= PER_ADDRESS, "no more are open than one address may have")
    must(refused(server, "connections_per_address_max") > 2000, "the others are counted")
    wait_until(lambda: still_open(links) == 0, "and those have a deadline")
    for link in links:
        link.close()
    wait_until(lambda: healthy(server, "127.0.0.1"), "then the address is welcome again")


async def flooding(server, owner, frame, *before):
    """A connection that sends the frame again and again for as long as the server lets it; with which code
    it was closed."""
    status, raw = await RawSocket.upgrade(server.url, {"Authorization": f"Bearer {server.ticket(owner)}"})
    must(status == 101, "an upgrade", status)
    for first in before:
        raw.writer.write(first)

    async def send():
        many = frame * 500
        with contextlib.suppress(OSError):
            while True:
                raw.writer.write(many)
                await raw.writer.drain()
    sending = asyncio.ensure_future(send())
    code = await raw.close_code()
    sending.cancel()
    raw.writer.transport.abort()
    return code


async def floods(server):
    """Frames that ask for nothing cost little, and their sender is closed on."""
    for name, frame, *before in (("pongs", PONG), ("pings", PING), ("parts of a byte", PART, FIRST_PART),
                                 ("empty parts", EMPTY_PART, FIRST_PART)):
        began, used = time.monotonic(), processor_seconds(server)
        must(await flooding(server, "r-1", frame, *before) == 1008, f"{name}: closed with 1008")
        took, cost = time.monotonic() - began, processor_seconds(server) - used
        must(took < 2 and cost < 0.5, f"{name}: soon, and for little", took, cost)
    must(refused(server, "bare_frames_per_connection") == 4, "and counted")


async def keeps_asking(server, owner, until):
    """Draws with sixteen requests in flight, again and again, on a connection that is made anew whenever it
    was closed."""
    while time.monotonic() < until:
        with contextlib.suppress(websockets.WebSocketException, OSError, asyncio.TimeoutError):
            device = await server.device(owner)
            number = 0
            while time.monotonic() < until:
                for _ in range(16):
                    number += 1
                    await device.ws.send(json.dumps({"id": number, "op": "draw", "vehicle": vehicle_of(1),
                                                     "draw": number, "without4": False}))
                for _ in range(16):
                    await asyncio.wait_for(device.ws.recv(), 5)


async def latencies(server, number, until):
    """How long each of a quiet owner's requests takes, in milliseconds, in order."""
    device = await server.device(f"r-{number}")
    took = []
    while time.monotonic() < until:
        began = time.monotonic()
        await device.request("enter", vehicle=vehicle_of(number))
        took.append((time.monotonic() - began) * 1000)
        await asyncio.sleep(0.06)
    await device.close()
    return sorted(took)


async def greedy_owner(server):
    """One ticket with sixteen connections writes little, whatever it sends, and a neighbour is answered."""
    found(server, draws=60_000, batch_hold_ms=600_000, shortlist_hold_ms=600_000)
    device, _ = await server.device_in_pick(1)
    await device.close()
    seconds = 4
    before = server.operators.get("/v1/status")["log"]["sequence"]
    until = time.monotonic() + seconds
    *_, quiet = await asyncio.gather(*(keeps_asking(server, "r-1", until) for _ in range(16)),
                                     latencies(server, 2, until))
    written = server.operators.get("/v1/status")["log"]["sequence"] - before
    must(written < 20 * seconds, "an owner draws at most once in 300 ms", written)
    must(len(quiet) > 10 and quiet[len(quiet) // 2] < 50, "who asks now and then is answered", quiet)
    must(refused(server, "ignored") > 0, "who does not wait was closed on")


async def told_and_closed(server):
    """too_soon comes with how long to wait; whoever ignores that five times is closed with 1008."""
    device = await server.device("r-3")
    for _ in range(100):
        try:
            await device.request("vehicles")
        except Refused as told:
            must(told.code == "too_soon" and 0 < told.error["retry_in_ms"] <= 1000, "told", told.error)
            await asyncio.sleep(told.error["retry_in_ms"] / 1000)
            await device.request("vehicles")
            break
    else:
        must(False, "twenty a second are a limit")
    told = 0
    try:
        while told < 50:
            try:
                await device.request("vehicles")
            except Refused as error:
                must(error.code == "too_soon", "only that", error.error)
                told += 1
    except websockets.ConnectionClosed:
        pass
    must(device.ws.close_code == 1008 and told >= 5, "closed, when it was ignored five times", device.ws.close_code, told)


def on_sighup(server):
    server.config.write_text("limits.connections_per_address_max = 2\n", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reloaded" in server.said(), "reloaded")
    links = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(5)]
    for link in links:
        link.setblocking(False)
    wait_until(lambda: still_open(links) == 2, "a limit counts from then on", 4)
    for link in links:
        link.close()


def found_fleet(server):
    """An organisation with many vehicles and one phone."""
    server.found()
    fleet = [{"vehicle": f"LFLEETE0000{n:06}", "owner": "fleet", "office": OFFICE, "class": "small",
              "power": "electric", "plate": f"{OFFICE}{20_000 + n}"} for n in range(FLEET)]
    owner = {"owner": "fleet", "kind": "organisation", "name": "南山出租车公司", "phone": "13700001234",
             "id_number": "91440300MA5ABCDE0F"}
    for kind, lines in (("owners", [owner]), ("vehicles", fleet)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        must(server.platectl(kind, "import", "-", stdin=text)["accepted"] == len(lines), f"{kind} imported")
    return [one["vehicle"] for one in fleet]


async def fleet_sends(server, vehicles):
    """A code for each vehicle, as fast as it goes; for which of them one was sent."""
    device = await server.device("fleet")
    sent = []
    for vehicle in vehicles:
        try:
            await device.request("send_code", vehicle=vehicle, **{"for": "submit"})
            sent.append(vehicle)
        except Refused as told:
            must(told.code == "too_soon" and 0 < told.error["retry_in_ms"] <= 12_000, "how soon", told.error)
    await device.close()
    return sent


async def fleet_guesses(server, vehicles, tries):
    """Wrong codes for each vehicle; how many of them were judged, and what was told in the end."""
    device = await server.device("fleet")
    judged, last = 0, None
    for vehicle in vehicles:
        for guess in range(tries):
            last = await device.refused(("wrong_code", "too_soon", "too_many_tries", "code_expired"), "submit",
                                        vehicle=vehicle, code=f"{guess:06}", terms="2026-07")
            judged += last["code"] == "wrong_code"
    await device.close()
    return judged, last


def logged(server, what):
    """How many records of that kind the log has."""
    done = run(binary("platelog"), "--data", str(server.data), "cat")
    return sum(json.loads(line).get("what") == what for line in done.stdout.splitlines() if line.startswith("{"))


def fleet(story):
    config = PLATFORM_CONFIG + "\n[limits]\nrequests_per_connection = 0\n"
    with RealServer(config) as server:
        story.tell("a fleet sends and guesses codes")
        server.start()
        vehicles = found_fleet(server)
        sms = SmsFile(server.data / "sms.jsonl")
        sent = asyncio.run(fleet_sends(server, vehicles))
        must(CODES_AT_ONCE <= len(sent) <= CODES_AT_ONCE + 2, "a few at once, then one every 12 s", len(sent))
        wait_until(lambda: sms.count("13700001234") == len(sent), "and those left")
        judged, last = asyncio.run(fleet_guesses(server, sent, 5))
        must(judged == MISSES_UNTIL_WAIT, "five wrong codes in all, whatever the number of vehicles", judged, last)
        must(last["code"] == "too_soon" and 50_000 < last["retry_in_ms"] <= 60_000, "then a wait", last)
        must(refused(server, "code_tries") > 0 and refused(server, "code_interval") > 0, "counted")
        story.tell("and again after kill -9")
        server.kill()
        must(logged(server, "code_sent") == len(sent), "each code is in the log", len(sent))
        must(logged(server, "code_missed") == judged, "and each wrong one", judged)
        server.start()
        again = asyncio.run(fleet_sends(server, vehicles[:1]))
        must(again == vehicles[:1], "a code that was lost costs no waiting", again)
        judged, last = asyncio.run(fleet_guesses(server, again, 1))
        must(judged == 0 and last["code"] == "too_soon", "but wrong ones are remembered", judged, last)
        must(server.terminate() == 0, "a clean stop: the state replays to itself", server.said())


def main():
    story = Story()
    with Server("--rehearsal", config=LIMITS + "handshake_timeout_ms = 2000\n") as server:
        story.tell("a crowd of silent sockets")
        server.start()
        silent_crowd(server)
        story.tell("floods of frames")
        asyncio.run(floods(server))
        story.tell("an owner who does not wait")
        asyncio.run(told_and_closed(server))
        asyncio.run(greedy_owner(server))
        on_sighup(server)
        must(server.terminate() == 0, "a clean stop", server.said())
    fleet(story)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
