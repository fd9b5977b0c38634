#!/usr/bin/python3
"""kill -9, again and again. Owners select, an operator withholds and restores; the server is killed at
random moments and at exact points - just before its N-th call of a kind, N sweeping over starts, work,
rolls of the log, checkpoints and clean stops - and often once more while it recovers. After each cycle
every answer ever given still holds, the books add up, and no plate has two owners; every data directory
ends with a clean stop, which compares the digest of the replayed state with the live one's.

    kill.py [--cycles N] [--seed N]     PLATED_LONG=1: 10,000 cycles

Exit status 0 when all of it held."""

import argparse
import collections
import json
import os
import random
import re
import secrets
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import Withholder, begin_load, check_report, found, reconcile, verify  # noqa: E402
from contract import Broken, must  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, wait_until  # noqa: E402
from strace import before_start, fatal_call, injected, let_go  # noqa: E402

SHORT, LONG = 50, 10_000
# A data directory serves as many cycles, so that holding it to its whole journal stays quick.
CYCLES_PER_DIRECTORY = 25
OWNERS = 24
CONNECTIONS = "12"
CHECKPOINT_CALLS = ("rename", "fsync", "openat", "unlink", "fdatasync", "pwrite64")
CALLS = {
    "start": ("fdatasync", "pwrite64", "rename", "fsync", "openat", "unlink"),
    "work": ("fdatasync", "pwrite64"),
    "roll": ("rename", "fsync", "fdatasync", "pwrite64", "openat"),
    "checkpoint": CHECKPOINT_CALLS,
    "stop": CHECKPOINT_CALLS,
}
KINDS = ("random", "work", "roll", "checkpoint", "stop")


class Sweep:
    """Which call comes next in a phase: each kind in turn, each time one call later, from the beginning
    again once there are not so many."""

    def __init__(self, phase, first_calls):
        self.calls = CALLS[phase]
        self.first = {call: first_calls.get(call, 1) if phase == "start" else 1 for call in self.calls}
        self.next = dict(self.first)
        self.turn = 0

    def point(self):
        call = self.calls[self.turn % len(self.calls)]
        self.turn += 1
        return call, self.next[call]

    def reached(self, call):
        self.next[call] += 1

    def missed(self, call):
        self.next[call] = self.first[call]


class Campaign:
    def __init__(self, seed, cycles):
        self.chance = random.Random(seed)
        self.cycles = cycles
        self.kills = collections.Counter()
        self.outcomes = collections.Counter()
        self.sweeps = None
        self.server = self.operator = self.trace = self.journal = None
        self.next_owner = 0

    def run(self):
        done = 0
        while done < self.cycles:
            count = min(CYCLES_PER_DIRECTORY, self.cycles - done)
            self.directory(count)
            done += count
            print(f"{done:6} cycles, {sum(self.kills.values())} kills", flush=True)

    def directory(self, cycles):
        """One data directory's life: founded, killed so many times, stopped cleanly, started again."""
        kinds = [KINDS[i % len(KINDS)] for i in range(cycles)]
        self.chance.shuffle(kinds)
        with Server("--rehearsal", environment=SMALLEST_LOG_FILES) as server:
            self.server, self.operator = server, Withholder(server)
            self.trace, self.journal = server.home / "trace", server.home / "journal"
            self.found()
            for kind in kinds:
                self.cycle(kind)
            must(server.terminate() == 0, "a clean stop, with one digest", server.said())
            said = len(server.said())
            server.start()
            must(" 0 records replayed" in server.said()[said:], "the snapshot has everything", server.said())
            self.hold_to_account()
            must(server.terminate() == 0, "a clean stop", server.said())

    def found(self):
        self.server.launch(*before_start("openat", "signal=SIGKILL:when=60000", self.trace))
        must(self.server.starts_or_dies(), "it starts", self.server.said())
        let_go(self.server.process.pid)
        if self.sweeps is None:
            opened = [line for line in self.trace.read_text(encoding="utf-8").splitlines() if "openat(" in line]
            first = next(i for i, line in enumerate(opened, 1) if re.search(r'/data/lock"', line))
            self.sweeps = {phase: Sweep(phase, {"openat": first}) for phase in CALLS}
        found(self.server, batch_hold_ms=15_000, shortlist_hold_ms=30_000)

    def cycle(self, kind):
        """Requires a server that is ready, and leaves one."""
        point = None if kind == "random" else self.sweeps[kind].point()
        if kind == "work":
            point = point[0], self.chance.randint(1, 40)
        # Among an owner's writes those of a checkpoint or a stop would not be found.
        quiet = kind in ("checkpoint", "stop") and point[0] in ("fdatasync", "pwrite64")
        load = self.begin_load(quiet)
        try:
            if kind == "random":
                time.sleep(self.chance.uniform(0, 0.25))
                self.killed("random", "random moment")
            else:
                self.strike(kind, *point, load)
            while self.chance.random() < 0.5:
                self.killed_start()
            self.start()
            report = json.loads(load.communicate(timeout=240)[0])
        finally:
            load.kill()
            load.wait()
        check_report(report, OWNERS)
        self.outcomes["cycles"] += 1
        self.outcomes["answers"] += report["answers"]
        self.outcomes["connections lost"] += report["lost"]
        self.hold_to_account()

    def begin_load(self, to_its_end):
        load = begin_load(self.server, "--from", str(self.next_owner), "--owners", str(OWNERS), "--connections",
                          CONNECTIONS, "--redraws", "0.5", "--abandon", "0.1", "--seed", str(self.next_owner + 1),
                          "--journal", str(self.journal))
        self.next_owner += OWNERS
        if to_its_end:
            wait_until(lambda: load.poll() is not None, "everybody is served", 120)
        return load

    def strike(self, kind, call, n, load):
        """Kills the server just before its n-th call, in the middle of what `kind` says."""
        server = self.server
        with injected(server.process, call, f"signal=SIGKILL:when={n}", self.trace):
            stirring = self.stir(kind)
            wait_until(lambda: not server.runs() or (load.poll() is not None and not stirring()),
                       f"the end of {kind}", 120)
            if server.runs() and kind != "stop":
                self.sweeps[kind].missed(call)
                self.killed(kind, "after it")
                return
        status = server.ended()
        if kind == "stop" and status == 0:
            self.sweeps[kind].missed(call)
            self.outcomes["clean stops"] += 1
            return
        must(status == -9, "killed by nobody but us", status, server.said())
        self.sweeps[kind].reached(call)
        self.kills[kind, *fatal_call(self.trace)] += 1

    def stir(self, kind):
        """Begins what the strike shall meet; gives a question: does it still go on?"""
        if kind == "roll":
            self.operator.begin(times=60)
            return self.operator.busy
        if kind == "checkpoint":
            return self.in_background(lambda: self.server.operators.ask("POST", "/v1/snapshot", {}))
        if kind == "stop":
            self.server.process.terminate()
            return lambda: True
        return lambda: False

    def in_background(self, work):
        def attempt():
            try:
                work()
            except Exception as gone:  # pylint: disable=broad-except
                must(not isinstance(gone, Broken), "nothing worse than a lost connection", gone)
        thread = threading.Thread(target=attempt)
        thread.start()
        return thread.is_alive

    def killed(self, kind, when):
        self.server.kill()
        self.kills[kind, when, ""] += 1

    def killed_start(self):
        """A start that is killed in its turn, unless it has ended by then."""
        if self.server.runs():
            self.killed("start", "after it")
        sweep = self.sweeps["start"]
        call, n = sweep.point()
        self.trace.unlink(missing_ok=True)
        self.server.launch(*before_start(call, f"signal=SIGKILL:when={n}", self.trace))
        if self.server.starts_or_dies():
            let_go(self.server.process.pid)
        if self.server.runs():
            sweep.missed(call)
            return
        status = self.server.ended()
        must(status == -9, "killed by nobody but us", status, self.server.said())
        sweep.reached(call)
        self.kills["start", *fatal_call(self.trace)] += 1

    def start(self):
        if not self.server.runs():
            self.server.start()

    def hold_to_account(self):
        self.outcomes["answers held against the server"] += verify(self.server, self.journal)["answers"]
        self.operator.check()
        reconcile(self.server)

    def tell(self):
        for (phase, call, file), count in sorted(self.kills.items()):
            print(f"{count:6}  {phase:10} {call} {file}")
        for what, count in self.outcomes.items():
            print(f"{count:6}  {what}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cycles", type=int, default=LONG if os.environ.get("PLATED_LONG") else SHORT)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, {wanted.cycles} cycles", flush=True)
    began = time.monotonic()
    campaign = Campaign(wanted.seed, wanted.cycles)
    try:
        campaign.run()
    except BaseException:
        print(f"failed with --seed {wanted.seed}", file=sys.stderr)
        raise
    finally:
        campaign.tell()
    print(f"{time.monotonic() - began:6.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
