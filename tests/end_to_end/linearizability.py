#!/usr/bin/python3
"""Owners with several devices each, and operators, all at once on a small pool with short countdowns,
while the server is killed and started again; everything that they saw is written down and judged by
check_linearizability. Exit status 0 when it could all have happened one after another.

  --seconds S   how long the clients work (25; 300 with PLATED_LONG=1)
  --seed N      repeats the clients' dice, though not the machine's
  --history F   keeps the history in this file; one that was not lawful is kept anyway"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must, vehicle_of  # noqa: E402
from recorder import Lost, RecordedDevice, Recorder  # noqa: E402
from server import Server, binary, plain_environment  # noqa: E402
from strace import before_start  # noqa: E402

OFFICE = "粤B"
PLATES = [f"{OFFICE}D{serial:05}" for serial in range(1, 61)]
SETTINGS = {"draws": 4, "batch_size": 4, "batch_hold_ms": 400, "shortlist_hold_ms": 700,
            "verified_for_ms": 60_000, "return_window_ms": 300}
# A crash gives back a second; that it was recorded on time on a busy machine, a little more.
GIVEN_BACK_MS = 1_250
TERMS = "2026-01"
CODE = "000000"
HOUSEHOLDS = 8
DEVICES_MAX = 3
REQUESTS = 60  # of each device for one application
UP_SECONDS = (1.5, 4.0)  # between kills
SLOW_SYNC_US = 20_000
NOBODY = 10_000_000  # numbers of owners from here on are asked about by strangers only


class Campaign:
    def __init__(self, server, recorder, seed, seconds):
        self.server = server
        self.recorder = recorder
        self.dice = random.Random(seed)
        self.ends = time.monotonic() + seconds
        self.next_owner = 0
        self.owners = {}
        self.reserved = {}
        self.kills = 0

    def over(self):
        return time.monotonic() >= self.ends

    async def run(self):
        households = [self.household() for _ in range(HOUSEHOLDS)]
        await asyncio.gather(*households, self.operators(), self.killer())

    async def killer(self):
        """Half of the kills come at any moment, half at the very moment at which somebody is told that
        something is theirs: what was said too early is lost then, if it ever is."""
        while not self.over():
            await asyncio.sleep(self.dice.uniform(*UP_SECONDS))
            if self.dice.random() < 0.5:
                self.kill()
            else:
                self.recorder.on_answer = self.kill_if_acknowledged

    def kill_if_acknowledged(self, op, message):
        if op in ("draw", "shortlist", "confirm") and "ok" in message:
            self.recorder.on_answer = lambda op, message: None
            self.kill()

    def kill(self):
        """While it runs, nothing else does; what had been answered before was read before, or is
        read after it, as late. Half of the lives that follow are on a slow disk: what waits for it
        waits in memory."""
        self.must_run()
        slow = before_start("fdatasync", f"delay_enter={SLOW_SYNC_US}", self.server.home / "trace")
        self.recorder.outage(self.server, lambda: time.sleep(self.dice.choice((0, 0, 0.3))),
                             *(slow if self.dice.random() < 0.5 else ()))
        self.kills += 1

    def must_run(self):
        must(self.server.runs(), "the server does not end by itself", self.server.said()[-2000:])

    async def operators(self):
        """Looks at plates, voids most reservations so that plates come round, issues a few."""
        loop = asyncio.get_running_loop()
        while not self.over():
            await asyncio.sleep(self.dice.expovariate(15))
            op, plate = "look", self.dice.choice(PLATES)
            if self.reserved and self.dice.random() < 0.4:
                plate = self.dice.choice(list(self.reserved))
                op = self.dice.choices(("void", "look", "issue"), (80, 15, 5))[0]
                if op != "look":
                    del self.reserved[plate]
            with contextlib.suppress(OSError, ValueError):
                await loop.run_in_executor(None, self.recorder.act, self.server.operators, op, plate)

    async def household(self):
        while not self.over():
            number = self.next_owner
            self.next_owner += 1
            self.owners[vehicle_of(number)] = f"r-{number}"
            household = Household(self, number)
            devices = [household.device(name) for name in range(self.dice.randint(2, DEVICES_MAX))]
            await asyncio.gather(*devices)


class Household:
    """One owner, one vehicle, several devices, which work on its application without agreeing."""

    def __init__(self, campaign, number):
        self.campaign = campaign
        self.dice = campaign.dice
        self.owner = f"r-{number}"
        self.vehicle = vehicle_of(number)
        self.finished = 0
        self.batches = []
        self.shortlisted = []  # latest last
        self.quiet_until = 0  # nobody draws before: a countdown is to end

    async def connect(self, name):
        while True:
            try:
                return await RecordedDevice.connect_recorded(
                    self.campaign.recorder, self.campaign.server, self.owner, f"{self.owner}/{name}")
            except (websockets.WebSocketException, OSError, asyncio.TimeoutError):
                self.campaign.must_run()
                await asyncio.sleep(0.05)

    async def device(self, name):
        left = REQUESTS
        while left > 0 and not self.campaign.over():
            device = await self.connect(name)
            abruptly = self.dice.random() < 0.5
            try:
                await device.told("enter", self.vehicle)
                stays = min(left, self.dice.choice((5, 20, 60)))
                for _ in range(stays):
                    left -= 1
                    await self.act(device)
                    if self.finished > 20 or self.campaign.over():
                        left = 0
                        break
            except Lost:
                pass
            await device.drop(abruptly)

    async def act(self, device):
        """One request, or the same one twice at once, or one whose answer nobody waits for."""
        application = device.applications.get(self.vehicle)
        op, fields = self.choose(application)
        if application and application["reservation"]:
            self.finished += 1
            if application["step"] == "done":
                self.campaign.reserved[application["reservation"]["plate"]] = True
        if self.dice.random() < 0.02:
            await self.nonsense(device)
        elif self.dice.random() < 0.02:
            await device.ask(op, self.vehicle, **fields)
            raise Lost()
        elif self.dice.random() < 0.08:
            twins = [await device.ask(op, self.vehicle, **fields) for _ in range(2)]
            await asyncio.gather(*twins)
        else:
            await device.told(op, self.vehicle, **fields)
        if self.dice.random() < 0.12:
            await self.see_it_end(device)
        else:
            await asyncio.sleep(self.dice.choice((0, 0, 0.01, 0.03, 0.1, 0.3)))

    async def see_it_end(self, device):
        """Waits until just before, or just after, the end of a countdown, and asks for what it ends."""
        application = device.applications[self.vehicle]
        holds = [hold for hold in (application["batch"], application["shortlist"]) if hold]
        if not holds:
            return
        hold = self.dice.choice(holds)
        left = hold["expires_in_ms"] / 1000
        self.quiet_until = max(self.quiet_until, time.monotonic() + left)
        await asyncio.sleep(max(0, left + self.dice.uniform(-0.06, 0.06)))
        op = "shortlist" if hold is application["batch"] else self.dice.choice(("confirm", "enter"))
        plate = {"plate": self.dice.choice(hold["plates"])} if op != "enter" else {}
        await device.told(op, self.vehicle, **plate)

    async def nonsense(self, device):
        kind = self.dice.randrange(3)
        if kind == 0:
            await device.told("draw", self.vehicle, malformed=True, draw=0, without4=False)
        elif kind == 1:
            await device.told("confirm", self.vehicle, malformed=True, plate=f"{OFFICE}DI0001")
        else:
            stranger = vehicle_of(NOBODY + self.dice.randrange(1000))
            self.campaign.owners[stranger] = "nobody here"
            await device.told("draw", stranger, draw=1, without4=False)

    def choose(self, application):
        """What a device that last saw this application asks next."""
        if application is None or self.dice.random() < 0.06:
            return self.dice.choice((("enter", {}), ("vehicles", {})))
        step = application["step"]
        if step in ("submit", "notice") and self.dice.random() < 0.9:
            return self.choose_code(step)
        if step == "pick" and self.dice.random() < 0.95:
            return self.choose_pick(application)
        return self.choose_late(application)

    def choose_code(self, step):
        code = CODE if self.dice.random() < 0.95 else "111111"
        purpose = "submit" if step == "submit" else "verify"
        if self.dice.random() < 0.5:
            return "send_code", {"for": purpose}
        if step == "submit":
            terms = TERMS if self.dice.random() < 0.95 else "never"
            return "submit", {"code": code, "terms": terms}
        return "verify", {"code": code}

    def choose_pick(self, application):
        batch = application["batch"] and application["batch"]["plates"]
        shortlist = application["shortlist"] and application["shortlist"]["plates"]
        if batch and batch not in self.batches:
            self.batches.append(batch)
        self.shortlisted += [plate for plate in shortlist or () if plate not in self.shortlisted]
        roll = self.dice.random()
        if roll < 0.3 and batch:
            return "shortlist", {"plate": self.dice.choice(batch)}
        if roll < 0.36 and shortlist:
            return "confirm", {"plate": self.dice.choice(shortlist)}
        if roll < 0.45 or time.monotonic() < self.quiet_until:
            return self.choose_late(application)
        number = application["draw"] + self.dice.choices((1, 0, 2), (75, 20, 5))[0]
        return "draw", {"draw": max(1, number), "without4": self.dice.random() < 0.2}

    def choose_late(self, application):
        """What comes too late or too early: plates of old batches, of nobody, draws that were."""
        known = [plate for batch in self.batches for plate in batch] or PLATES
        plate = self.dice.choice(known if self.dice.random() < 0.8 else PLATES)
        if self.shortlisted and self.dice.random() < 0.5:
            plate = self.dice.choice(self.shortlisted[-2:])
        if application["reservation"] and self.dice.random() < 0.3:
            plate = application["reservation"]["plate"]
        return self.dice.choice((
            ("confirm", {"plate": plate}), ("shortlist", {"plate": plate}), ("enter", {}),
            ("draw", {"draw": max(1, application["draw"]), "without4": False}),
            ("submit", {"code": CODE, "terms": TERMS}), ("verify", {"code": CODE})))


def prepare(server):
    server.operators.set_office(OFFICE, **SETTINGS)
    loaded = server.operators.post("/v1/segments", {
        "office": OFFICE, "class": "small", "power": "electric", "plates": PLATES})
    must(loaded["loaded"] == len(PLATES), "loaded", loaded)
    server.platectl("office", "open", OFFICE, "--reason", "drill")


def look_at_everything(server, recorder):
    """After the last crash, nothing of it may have changed."""
    for plate in PLATES:
        recorder.act(server.operators, "look", plate)


def judge(path):
    """What check_linearizability says of the history."""
    done = subprocess.run([binary("check_linearizability"), str(path)], capture_output=True, text=True,
                          env=plain_environment(), check=False)
    sys.stderr.write(done.stderr[:20_000])
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def record(path, seed, seconds):
    """A history in a file; how often the server was killed."""
    with Server("--rehearsal") as server:
        server.start()
        prepare(server)
        recorder = Recorder(path)
        campaign = Campaign(server, recorder, seed, seconds)
        asyncio.run(campaign.run())
        campaign.kill()
        look_at_everything(server, recorder)
        recorder.note("settings", code=CODE, terms=TERMS, given_back_ms=GIVEN_BACK_MS,
                      owners=campaign.owners, **SETTINGS)
        recorder.close()
        must(server.terminate() == 0, "it ends well", server.said())
    return campaign.kills


def options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300 if os.environ.get("PLATED_LONG") else 25)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--history", type=Path)
    return parser.parse_args()


def main():
    chosen = options()
    print(f"seed {chosen.seed}", flush=True)
    began = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix="plated-history-"))
    path = chosen.history or home / "history.jsonl"
    kills = record(path, chosen.seed, chosen.seconds)
    recorded = time.monotonic()
    status, counts = judge(path)
    print(f"{counts.get('operations')} operations, {counts.get('open')} never answered, {kills} kills; "
          f"{counts.get('applications')} applications and {counts.get('plates')} plates judged; "
          f"{recorded - began:.1f} s to record, {time.monotonic() - recorded:.1f} s to judge "
          f"({counts.get('steps')} steps)", flush=True)
    if status != 0:
        print(f"not lawful, or not judged: {path}", flush=True)
        return status
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
