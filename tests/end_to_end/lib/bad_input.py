#!/usr/bin/python3
"""Everything that is wrong, sent to a running rehearsal: tickets that are none, upgrades without the
subprotocol, frames that are malformed, JSON that is nonsense. Each must get exactly the error that the
protocol names for it, while a neighbour's session goes on undisturbed. Exit status 0 when it did."""

import argparse
import asyncio
import base64
import json
import os
import sys
import time
import urllib.parse

import websockets

import contract
from contract import Device, Refused, must

FIN_TEXT = 0x81


class RawSocket:
    """A WebSocket spoken byte by byte, to send what no library would."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def upgrade(cls, base_url, headers, protocol="plated.v1"):
        """The status of the upgrade, and the socket where it is 101. An owner may have so many
        connections; those that just ended count until the server has noticed."""
        patience = time.monotonic() + 10
        while True:
            status, raw = await cls.try_upgrade(base_url, headers, protocol)
            if status != 429 or time.monotonic() > patience:
                return status, raw
            await asyncio.sleep(0.02)

    @classmethod
    async def try_upgrade(cls, base_url, headers, protocol):
        parts = urllib.parse.urlsplit(base_url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /v1/select HTTP/1.1", f"Host: {parts.netloc}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += [f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        status = int(head.split()[1])
        if status != 101:
            writer.close()
            return status, None
        return status, cls(reader, writer)

    def send(self, first_byte, payload, mask=True, length=None):
        length = len(payload) if length is None else length
        bit = 0x80 if mask else 0
        head = bytes([first_byte, bit | length]) if length < 126 else \
            bytes([first_byte, bit | 126]) + length.to_bytes(2, "big")
        key = b"\x11\x22\x33\x44"
        body = bytes(b ^ key[i % 4] for i, b in enumerate(payload)) if mask else payload
        self.writer.write(head + (key if mask else b"") + body)

    async def receive(self):
        """Opcode and payload of the next frame; 0x8 with no code when the connection just ended."""
        try:
            head = await asyncio.wait_for(self.reader.readexactly(2), 10)
            length = head[1] & 0x7F
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            return head[0] & 0x0F, await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0x8, b""

    async def close_code(self):
        """The code with which the server closes; what it says before is passed over."""
        while True:
            opcode, payload = await self.receive()
            if opcode == 0x8:
                self.writer.close()
                return int.from_bytes(payload[:2], "big") if payload else None


class Neighbour:
    """An owner who does nothing wrong, all the while."""

    def __init__(self, device, vehicle):
        self.device = device
        self.vehicle = vehicle
        self.answers = 0
        self.slowest = 0.0
        self.stopping = False

    async def live(self):
        version = (await self.device.request("enter", vehicle=self.vehicle))["version"]
        while not self.stopping:
            asked = time.monotonic()
            seen = await self.device.request("enter", vehicle=self.vehicle)
            self.slowest = max(self.slowest, time.monotonic() - asked)
            must(seen["version"] == version, "nobody changed the neighbour's application", seen)
            self.answers += 1
            await asyncio.sleep(0.01)


def forged_tickets(args):
    """Tickets that must not be believed, by what is wrong with them."""
    owner = f"r-{args.owner}"
    good = contract.make_ticket(args.key, owner)
    header, claims, signature = good.split(".")
    other = contract.make_ticket(args.key, f"r-{args.owner + 1}")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    none_header = contract.encode(b'{"alg":"none","typ":"JWT"}')
    return {
        "expired": contract.make_ticket(args.key, owner, seconds=-10),
        "another key": contract.make_ticket(b"\0" * 32, owner),
        "another audience": contract.make_ticket(args.key, owner, aud="elsewhere"),
        "a flipped signature": f"{header}.{claims}.{flipped}",
        "another one's claims": f"{header}.{other.split('.')[1]}.{signature}",
        "no signature": f"{header}.{claims}.",
        "alg none": f"{none_header}.{claims}.",
        "alg none, signed": f"{none_header}.{claims}.{signature}",
        "alg EdDSA by HS256": contract.make_ticket(args.key, owner, alg="EdDSA"),
        "two parts": f"{header}.{claims}",
        "four parts": f"{good}.{signature}",
        "no ticket at all": "x",
        "nothing": "",
    }


async def try_upgrades(args):
    good = contract.make_ticket(args.key, f"r-{args.owner}")
    own = args.url.rstrip("/")

    async def expect(statuses, what, headers, protocol="plated.v1"):
        status, raw = await RawSocket.upgrade(args.url, headers, protocol)
        must(status in statuses, f"upgrade with {what} gives {statuses}", status)
        if raw:
            raw.writer.close()

    bearer = {"Authorization": f"Bearer {good}"}
    cookie = {"Cookie": f"plated_ticket={good}"}
    await expect([101], "a ticket", bearer)
    await expect([101], "a cookie and the own origin", {**cookie, "Origin": own})
    await expect([401], "no ticket", {})
    for what, ticket in forged_tickets(args).items():
        await expect([401], what, {"Authorization": f"Bearer {ticket}"})
        await expect([401], f"{what} as a cookie",
                     {"Cookie": f"plated_ticket={ticket}", "Origin": own})
    await expect([401], "another scheme", {"Authorization": f"Basic {good}"})
    for origin in ("http://evil.example", "null", own + ".evil.example", own + "0", "https" + own[4:],
                   own.replace("//", "//evil.example@"), "", "http://localhost:1"):
        await expect([403], f"a cookie and the origin '{origin}'", {**cookie, "Origin": origin})
    await expect([401, 403], "a cookie and no origin", cookie)
    for protocol in (None, "plated.v2", "PLATED.V1", "plated"):
        await expect([400], f"subprotocol {protocol}", bearer, protocol)
    await expect([101], "a choice of subprotocols", bearer, "other.v9, plated.v1")


def bad_requests(vehicle):
    """Requests and the field that their error names (None: any, or none)."""
    draw = {"op": "draw", "vehicle": vehicle, "draw": 1, "without4": False}
    yield {"op": "enter"}, "vehicle"
    yield {"op": "enter", "vehicle": 7}, "vehicle"
    yield {"op": "enter", "vehicle": None}, "vehicle"
    yield {"op": "enter", "vehicle": vehicle, "colour": "red"}, "colour"
    yield {"op": "enter", "vehicle": vehicle, "draw": 1}, "draw"
    yield {"vehicle": vehicle}, "op"
    yield {"op": 7, "vehicle": vehicle}, "op"
    for wrong in ("1", 1.5, True, None, [], 0, -1):
        yield {**draw, "draw": wrong}, "draw"
    for wrong in ("true", 1, None, {}):
        yield {**draw, "without4": wrong}, "without4"
    yield {name: value for name, value in draw.items() if name != "draw"}, "draw"
    yield {"op": "send_code", "vehicle": vehicle, "for": "fun"}, "for"
    yield {"op": "send_code", "vehicle": vehicle}, "for"
    yield {"op": "submit", "vehicle": vehicle, "code": 0, "terms": "2026-01"}, "code"
    yield {"op": "submit", "vehicle": vehicle, "code": "000000"}, "terms"
    yield {"op": "verify", "vehicle": vehicle, "code": ["000000"]}, "code"
    for wrong in (7, "", "粤BD1234", "粤BD123456", "粤BI12345", "粤BDO2345", "XBD12345", "粤BD1234\u0000"):
        yield {"op": "shortlist", "vehicle": vehicle, "plate": wrong}, "plate"
        yield {"op": "confirm", "vehicle": vehicle, "plate": wrong}, "plate"
    yield {"op": "vehicles", "after": 7}, "after"


NO_OBJECTS = ["", " ", "{", "}", "nul", "null", "7", '"enter"', "[]", "[[[[[[[[", "{}{}", "{,}", "\ufeff{}",
              '{"id":1,"op":"enter"', "{'id':1}", '{"id":1,}', '{"id":01}', '{"a":"\\ud800"}',
              "[" * 2000, '{"a":' * 500, "\u0000", '{"id":1 "op":"enter"}']


async def try_requests(args, device, vehicle):
    """Bad requests on one connection, which stays good."""
    for number, (request, field) in enumerate(bad_requests(vehicle), 1000):
        await device.ws.send(json.dumps({"id": number, **request}, ensure_ascii=False))
        try:
            must(False, "a bad request is refused", request, await device.answer(number))
        except Refused as refused:
            must(refused.code == "bad_request", "it is a bad_request", request, refused.error)
            must(refused.error.get("field") == field, f"the field is {field}", request, refused.error)
    for text in NO_OBJECTS:
        await device.ws.send(text)
        await refuse_null(device, text)
    for unreadable in ('"7"', "1.5", "null", "true", "[7]", "{}"):
        text = f'{{"id":{unreadable},"op":"enter","vehicle":"{vehicle}"}}'
        await device.ws.send(text)
        await refuse_null(device, text)
    for integer in (0, -1, 2**53, 2**63 - 1, -(2**63)):
        await device.ws.send(json.dumps({"id": integer, "op": "enter", "vehicle": vehicle}))
        must((await device.answer(integer))["vehicle"] == vehicle, "any integer is an id", integer)
    for op in ("", "Draw", "DROP TABLE", "drаw", "x" * 1000):
        await device.refused("unknown_op", op, vehicle=vehicle)
    for foreign in (contract.vehicle_of(args.owner + 1), "LGXCE4CB6P0123456", "", "x" * 200):
        await device.refused(("not_your_vehicle", "bad_request") if len(foreign) != 17
                             else "not_your_vehicle", "enter", vehicle=foreign)
    for op, fields in (("draw", {"draw": 1, "without4": False}), ("leave", {}),
                       ("send_code", {"for": "submit"}), ("confirm", {"plate": "粤BD12345"})):
        await device.refused("not_your_vehicle", op, vehicle=contract.vehicle_of(args.owner + 1), **fields)
    entered = await device.request("enter", vehicle=vehicle)
    must(entered["step"] == "submit" and entered["draw"] == 0, "nothing of it did anything", entered)


async def refuse_null(device, text):
    """Refused without an id; in an object that breaks off later the id may have been read."""
    ids = (None, 1) if '"id":1' in text else (None,)
    try:
        must(False, "it is refused", text, await device.answer(*ids))
    except Refused as refused:
        must(refused.code == "bad_request", "it is a bad_request", text, refused.error)


async def try_order(device, vehicle):
    """A hundred requests at once: more than may be in flight, so the rest stays unread for a while."""
    for number in range(5000, 5100):
        await device.ws.send(json.dumps({"id": number, "op": "enter", "vehicle": vehicle}))
    for number in range(5000, 5100):
        await device.answer(number)


async def try_frames(args, vehicle):
    """Violations of the framing, each on a connection of its own, with its close code."""
    bearer = {"Authorization": "Bearer " + contract.make_ticket(args.key, f"r-{args.owner}")}
    enter = json.dumps({"id": 1, "op": "enter", "vehicle": vehicle}).encode()
    full = enter + b" " * (4096 - len(enter))
    cases = [
        ("binary", 1003, lambda raw: raw.send(0x82, enter)),
        ("bytes that are no UTF-8", 1007, lambda raw: raw.send(FIN_TEXT, b'{"id":1,"op":"\xff\xfe"}')),
        ("an overlong form", 1007, lambda raw: raw.send(FIN_TEXT, b'{"op":"\xc0\xaf"}')),
        ("half a character", 1007, lambda raw: raw.send(FIN_TEXT, b'{"op":"\xe7\xb2')),
        ("a surrogate", 1007, lambda raw: raw.send(FIN_TEXT, b'{"op":"\xed\xa0\x80"}')),
        ("a byte over 4 KiB", 1009, lambda raw: raw.send(FIN_TEXT, full + b" ")),
        ("16 KiB", 1009, lambda raw: raw.send(FIN_TEXT, b" " * 16384)),
        ("fragments over 4 KiB", 1009, lambda raw: (raw.send(0x01, full), raw.send(0x80, b" "))),
        ("no mask", 1002, lambda raw: raw.send(FIN_TEXT, enter, mask=False)),
        ("a reserved bit", 1002, lambda raw: raw.send(0xC1, enter)),
        ("a reserved opcode", 1002, lambda raw: raw.send(0x83, enter)),
        ("a continuation of nothing", 1002, lambda raw: raw.send(0x80, enter)),
        ("a message within another", 1002, lambda raw: (raw.send(0x01, b"{"), raw.send(0x81, b"}"))),
        ("a long ping", 1002, lambda raw: raw.send(0x89, b"x" * 126)),
        ("a ping in pieces", 1002, lambda raw: raw.send(0x09, b"x")),
    ]
    for what, code, send in cases:
        _, raw = await RawSocket.upgrade(args.url, bearer)
        must(raw is not None, "an upgrade for " + what)
        send(raw)
        seen = await raw.close_code()
        must(seen == code, f"{what} closes with {code}", seen)
    for what, send in (("exactly 4 KiB", lambda raw: raw.send(FIN_TEXT, full)),
                       ("fragments", lambda raw: (raw.send(0x01, enter[:9]), raw.send(0x89, b"hi"),
                                                  raw.send(0x00, enter[9:20]),
                                                  raw.send(0x80, enter[20:])))):
        _, raw = await RawSocket.upgrade(args.url, bearer)
        send(raw)
        opcode, payload = await raw.receive()
        if opcode == 0xA:
            must(payload == b"hi", "a pong repeats its ping", payload)
            opcode, payload = await raw.receive()
        must(opcode == 0x1 and "ok" in json.loads(payload), what + " are answered", payload)
        raw.send(0x88, (1000).to_bytes(2, "big"))
        must(await raw.close_code() == 1000, "a close is answered with its code")


async def try_deaths(args):
    """Clients that vanish in the middle of something."""
    bearer = {"Authorization": "Bearer " + contract.make_ticket(args.key, f"r-{args.owner}")}
    for piece in (b"", b"\x81", b"\x81\xfe", b"\x81\x85\x11\x22", b"\x01\x81\x11\x22\x33\x44\x6a"):
        _, raw = await RawSocket.upgrade(args.url, bearer)
        raw.writer.write(piece)
        raw.writer.transport.abort()


async def run(args):
    vehicle = contract.vehicle_of(args.owner)
    neighbour_owner = args.owner + 1
    quiet = await Device.connect(args.url, contract.make_ticket(args.key, f"r-{neighbour_owner}"))
    neighbour = Neighbour(quiet, contract.vehicle_of(neighbour_owner))
    living = asyncio.create_task(neighbour.live())
    try:
        await try_upgrades(args)
        device = await Device.connect(args.url, contract.make_ticket(args.key, f"r-{args.owner}"))
        await try_requests(args, device, vehicle)
        await try_order(device, vehicle)
        await device.close()
        await try_frames(args, vehicle)
        await try_deaths(args)
    finally:
        neighbour.stopping = True
    await living
    must(neighbour.answers >= 3, "the neighbour was answered all the while", neighbour.answers)
    must(neighbour.slowest < 2, "and at once", neighbour.slowest)
    await quiet.close()
    print(f"all refused as it should be; the neighbour had {neighbour.answers} answers, "
          f"the slowest in {neighbour.slowest * 1000:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--data", default="./plated-data", help="data directory, with ticket.key")
    parser.add_argument("--owner", type=int, default=21, help="r-OWNER misbehaves, the next one does not")
    args = parser.parse_args()
    args.key = contract.read_key(args.data)
    try:
        asyncio.run(run(args))
    except (contract.Broken, Refused, websockets.WebSocketException, OSError) as broken:
        print(f"broken: {type(broken).__name__}: {broken}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
