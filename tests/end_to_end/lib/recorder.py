"""Writes down what concurrent clients see of a server, as tests/linearizability/history.h wants it: one
JSON object a line, every time from one monotonic clock. It belongs to the end-to-end scripts only."""

import asyncio
import contextlib
import json
import threading
import time

import websockets

from contract import Device


def now():
    """Microseconds."""
    return time.monotonic_ns() // 1000


class Recorder:
    """The history, as it grows."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.on_answer = lambda op, message: None  # called at once, before anything is written

    def note(self, kind, **line):
        text = json.dumps({"kind": kind, **line}, ensure_ascii=False) + "\n"
        with self.lock:
            self.file.write(text)

    def close(self):
        self.file.close()

    def outage(self, server, down, *before):
        """Kills the server and starts it again, with `before` in front of its command; `down` is called
        in between."""
        killed_at = now()
        server.kill()
        dead_at = now()
        down()
        started_at = now()
        server.start(*before)
        self.note("outage", killed_at=killed_at, dead_at=dead_at, started_at=started_at,
                  ready_at=now())

    def act(self, operators, op, plate):
        """An operator's question or word about a plate; the answer's status and body. When no answer
        comes, OSError."""
        line = {"op": op, "plate": plate, "call": now()}
        target = f"/v1/plates/{plate}" if op == "look" else f"/v1/reservations/{plate}/{op}"
        try:
            status, text = operators.ask("GET" if op == "look" else "POST", target,
                                         None if op == "look" else
                                         {"reason": "drill"} if op == "void" else {})
        except (OSError, ValueError):
            self.note("operator", **line)
            raise
        told = json.loads(text)
        line |= {"return": now(), "ok": status == 200 and (op == "look" or told["changed"])}
        if op == "look" and status == 200:
            line |= {"state": told["state"], "vehicle": told["vehicle"]}
        self.note("operator", **line)
        return status, told


class Lost(Exception):
    """The connection ended before the answer came."""


class RecordedDevice(Device):
    """A device whose requests, answers and pushes are written down. Several requests may wait for their
    answers at once."""

    def __init__(self, ws):
        super().__init__(ws)
        self.waiting = {}
        self.seen = {}  # per vehicle: latest version, latest call that saw it, latest that saw less
        self.applications = {}
        self.reader = None

    @classmethod
    async def connect_recorded(cls, recorder, server, owner, name):
        began = now()
        device = await cls.connect(server.url, server.ticket(owner))
        device.recorder, device.owner, device.name, device.began = recorder, owner, name, began
        device.reader = asyncio.ensure_future(device.read())
        return device

    def _saw(self, application, call):
        """When the state that was told began, at the earliest: after one of a lower version."""
        vehicle, version = application["vehicle"], application["version"]
        latest, same, less = self.seen.get(vehicle, (-1, self.began, self.began))
        if version > latest:
            less = same
            same = less if call is None else call
        elif version == latest and call is not None:
            same = max(same, call)
        self.seen[vehicle] = (version, same, less)
        self.applications[vehicle] = application
        return less

    async def read(self):
        try:
            while True:
                message = await self._receive(None)
                at = now()
                if "event" in message:
                    if message["event"] == "application":
                        application = message["application"]
                        self.recorder.note("push", client=self.name, vehicle=application["vehicle"],
                                           after=self._saw(application, None), **{"return": at},
                                           application=application)
                    continue
                line, answered = self.waiting.pop(message["id"])
                self.recorder.on_answer(line["op"], message)
                if "step" in message.get("ok", {}):
                    self._saw(message["ok"], line["call"])
                answer = {key: message[key] for key in ("ok", "error") if key in message}
                self.recorder.note("request", **line, **{"return": at}, **answer)
                if not answered.done():
                    answered.set_result(message)
        except (websockets.WebSocketException, OSError):
            pass
        finally:
            self.give_up()

    def give_up(self):
        """What was not answered stays open in the history."""
        for line, answered in self.waiting.values():
            self.recorder.note("request", **line)
            if not answered.done():
                answered.set_exception(Lost())
                answered.exception()
        self.waiting.clear()

    async def ask(self, op, vehicle, malformed=False, **fields):
        """Sends a request; a future of its answer."""
        self.next_id += 1
        request = {"id": self.next_id, "op": op, "vehicle": vehicle, **fields}
        if op == "vehicles":
            del request["vehicle"]
        # What a malformed request carries is not for the checker to understand.
        carried = {"malformed": True} if malformed else fields
        line = {"client": self.name, "owner": self.owner, "vehicle": vehicle, "op": op,
                "call": now(), **carried}
        answered = asyncio.get_running_loop().create_future()
        self.waiting[self.next_id] = (line, answered)
        try:
            await self.ws.send(json.dumps(request, ensure_ascii=False))
        except (websockets.WebSocketException, OSError):
            raise Lost() from None
        return answered

    async def told(self, op, vehicle, **fields):
        """The answer to a request: its message."""
        return await (await self.ask(op, vehicle, **fields))

    async def drop(self, abruptly):
        """Ends the connection: with a good-bye, or as a phone in a tunnel does."""
        if abruptly:
            self.ws.transport.abort()
        with contextlib.suppress(websockets.WebSocketException, OSError):
            await self.close()
        await self.reader
