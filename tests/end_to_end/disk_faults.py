#!/usr/bin/python3
"""A server whose disk fails, fills up, dawdles or vanishes, through the kernel's own doors: strace makes
calls fail or late, a small tmpfs fills up, a limit ends files, the directory is deleted. What was
acknowledged stays, nothing is acknowledged any more where that cannot be promised, and the exit status
and the message say so. Needs root: it mounts and traces. Exit status 0 when all of it held."""

import asyncio
import contextlib
import resource
import shutil
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import Withholder, found, reconcile  # noqa: E402
from contract import Refused, fetch, must, without_clock  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, own_mounts, run, wait_until  # noqa: E402
from strace import injected  # noqa: E402

LOG_FAILED = 74
TEXTS = {"EIO": "Input/output error", "ENOSPC": "No space left on device"}
DISK = "12m"
LATE_SECONDS = 2
GONE = (websockets.WebSocketException, OSError)


class Owner:
    """Somebody in pick, with one draw that was acknowledged."""

    def __init__(self, server, number):
        self.server, self.number = server, number
        self.device = self.vehicle = self.known = None

    async def begin(self):
        self.device, self.vehicle = await self.server.device_in_pick(self.number)
        self.known = await self.draw(1)
        return self

    async def draw(self, number):
        self.known = await self.device.request("draw", vehicle=self.vehicle, draw=number, without4=False)
        return self.known

    async def is_not_answered(self):
        """The owner's next draw is not acknowledged: the server ends instead."""
        with contextlib.suppress(*GONE):
            answer = await self.draw(self.known["draw"] + 1)
            must(False, "nothing is acknowledged after the failure", answer)

    async def back(self):
        """After the restart: what they were told is so, and what they asked for last was done once or not at
        all."""
        self.device = await self.server.device(f"r-{self.number}")
        seen = await self.device.request("enter", vehicle=self.vehicle)
        must(seen["draw"] in (self.known["draw"], self.known["draw"] + 1), "no draw is lost", seen, self.known)
        must(seen["draws_left"] + seen["draw"] == self.known["draws_left"] + self.known["draw"],
             "no draw is counted twice", seen, self.known)
        if seen["draw"] == self.known["draw"]:
            told = {**without_clock(self.known), "version": seen["version"]}
            must(without_clock(seen) == told, "the application is what it was", seen, told)
        await self.draw(self.known["draw"] + 1)
        await self.device.close()


def small_server():
    return Server("--rehearsal", environment=SMALLEST_LOG_FILES)


def spares_ready(server):
    """The files for the next rolls are there, so that only the log itself still writes."""
    wait_until(lambda: len(list(server.data.glob("spare-*"))) == 2, "two spare files")
    time.sleep(0.05)


def ended_for(server, error, *names):
    """The process ended as it should when the log cannot be written; it said which file, and why."""
    status = server.ended()
    must(status == LOG_FAILED, "exit status 74", status, server.said())
    line = next((line for line in server.said().splitlines() if "the log could not be written" in line), "")
    must(str(server.data) in line and TEXTS.get(error, error) in line and any(name in line for name in names),
         "the message names the file and the reason", line)


def comes_back(server, owner, withholder=None):
    server.start()
    asyncio.run(owner.back())
    if withholder:
        withholder.check()
    reconcile(server)
    must(server.terminate() == 0, "a clean stop", server.said())


def a_write_fails(call, effect, error, *names):
    """Under a draw."""
    with small_server() as server:
        server.start()
        found(server)
        owner = asyncio.run(fail_under_a_draw(server, call, f"error={error}{effect}"))
        ended_for(server, error, *names)
        comes_back(server, owner)


async def fail_under_a_draw(server, call, effect):
    owner = await Owner(server, 1).begin()
    spares_ready(server)
    with injected(server.process, call, effect, server.home / "trace"):
        await owner.is_not_answered()
        await server.exited_meanwhile()
    return owner


def a_roll_fails(call, effect, error):
    """Under an operator's bulk work."""
    with small_server() as server:
        server.start()
        found(server)
        owner = asyncio.run(Owner(server, 1).begin())
        withholder = Withholder(server)
        spares_ready(server)
        with injected(server.process, call, f"error={error}{effect}", server.home / "trace"):
            withholder.begin(times=200)
            wait_until(lambda: not server.runs(), "the roll fails and ends it", 60)
        ended_for(server, error, "spare-", "/data")
        comes_back(server, owner, withholder)


def a_checkpoint_fails(error):
    """That costs a snapshot and nothing else; so at a clean stop."""
    with small_server() as server:
        server.start()
        found(server)
        owner = asyncio.run(Owner(server, 1).begin())
        with injected(server.process, "rename", f"error={error}:when=1", server.home / "trace"):
            server.operators.refused(500, "POST", "/v1/snapshot", {})
        must(not list(server.data.glob("*.psnap")), "there is none")
        asyncio.run(owner.back())
        server.operators.post("/v1/snapshot")
        asyncio.run(owner.back())
        with injected(server.process, "rename", f"error={error}:when=1+", server.home / "trace"):
            server.process.terminate()
            must(server.ended() == 0, "the log alone is complete", server.said())
        must("the last checkpoint failed" in server.said() and TEXTS[error] in server.said(), "it is said")
        comes_back(server, owner)


def a_stop_fails():
    with small_server() as server:
        server.start()
        found(server)
        owner = asyncio.run(Owner(server, 1).begin())
        spares_ready(server)
        with injected(server.process, "fdatasync", "error=EIO:when=1+", server.home / "trace"):
            server.process.terminate()
            ended_for(server, "EIO", "log-")
        comes_back(server, owner)


@contextlib.contextmanager
def small_disk(server):
    disk = server.home / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", f"size={DISK}", "plated-e2e", str(disk))
    server.data = disk / "data"
    try:
        yield disk / "ballast"
    finally:
        if server.runs():
            server.kill()
        run("umount", str(disk))


def fill(ballast):
    with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\1" * 65536)
    with open(ballast, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\1")


def the_disk_fills_up():
    with small_server() as server, small_disk(server) as ballast:
        server.start()
        found(server, batch_hold_ms=4_000, shortlist_hold_ms=4_000)
        withholder = Withholder(server)
        owner = asyncio.run(on_a_full_disk(server, ballast, withholder))
        server.kill()
        # Its own files made in advance are the room that a start has.
        for spare in server.data.glob("spare-*"):
            spare.unlink()
        fill(ballast)
        said = server.refused_start()
        must(str(server.data) in said and TEXTS["ENOSPC"] in said, "why it cannot start", said)
        ballast.unlink()
        comes_back(server, owner, withholder)


def told_everywhere(server):
    """In the log, in the metrics, by /readyz, by `status` and by `doctor`."""
    wait_until(lambda: "no more log files can be made" in server.said(), "the log")
    must(TEXTS["ENOSPC"] in server.said(), "why", server.said())
    status, text = fetch(server.url, "/readyz")
    must(status == 503 and TEXTS["ENOSPC"] in text and str(server.data) not in text, "/readyz", status, text)
    must("plated_disk_full 1\n" in server.operators.request("GET", "/metrics"), "the metrics")
    must(TEXTS["ENOSPC"] in server.operators.get("/v1/status")["log"]["problem"], "status")
    disk = next(one for one in server.operators.get("/v1/doctor") if one["check"] == "disk")
    must(disk["level"] == "error" and "make room" in disk["remedy"], "doctor", disk)


async def on_a_full_disk(server, ballast, withholder):
    """The owner whose batch ran out meanwhile, as they were told last."""
    owner = await Owner(server, 1).begin()
    other = await Owner(server, 2).begin()
    spares_ready(server)
    fill(ballast)
    await asyncio.to_thread(withholder.work, 200)
    must(withholder.failure[0] == 503 and "overloaded" in withholder.failure[1], "new work is refused",
         withholder.failure)
    must(server.runs(), "a full disk ends nothing", server.said())
    await asyncio.to_thread(told_everywhere, server)
    await other.device.refused("overloaded", "draw", vehicle=other.vehicle, draw=2, without4=False)
    for one in (owner, other):
        seen = await one.device.pushed(lambda app: app["batch"] is None, "a hold ends on a full disk, too")
        must(seen["draw"] == 1, "what was drawn stays drawn", seen)
        one.known = seen
    ballast.unlink()
    deadline = time.monotonic() + 30
    while owner.known["draw"] == 1:
        try:
            await owner.draw(2)
        except Refused as refused:
            must(refused.code == "overloaded" and time.monotonic() < deadline, "work goes on", refused.error)
            await asyncio.sleep(0.1)
    must(await asyncio.to_thread(fetch, server.url, "/readyz") == (200, "ready\n"), "ready again")
    await other.device.close()
    await owner.device.close()
    return owner


def a_limit_ends_files():
    """RLIMIT_FSIZE: of a server that runs, and at a start."""
    with small_server() as server:
        server.start()
        found(server)
        owner = asyncio.run(Owner(server, 1).begin())
        spares_ready(server)
        withholder = Withholder(server)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        withholder.begin(times=200)
        ended_for(server, "File too large", "log-", "spare-")
        said = server.refused_start("prlimit", "--fsize=300000")
        must(str(server.data) in said and "File too large" in said, "why it cannot start", said)
        comes_back(server, owner, withholder)


def syncs_are_late():
    """Answers wait for the disk; none is lost, no one is turned away, and no hold is changed by it."""
    with small_server() as server:
        server.start()
        found(server, batch_hold_ms=6_000, shortlist_hold_ms=6_000)
        owner = asyncio.run(served_late(server))
        server.kill()
        server.start()
        asyncio.run(owner.back())
        must(server.terminate() == 0, "a clean stop", server.said())


async def served_late(server):
    owners = [Owner(server, number) for number in range(1, 9)]
    for owner in owners:
        owner.device, owner.vehicle = await server.device_in_pick(owner.number)
    spares_ready(server)
    with injected(server.process, "fdatasync", f"delay_enter={LATE_SECONDS * 1_000_000}:when=1..2",
                  server.home / "trace"):
        asked = time.monotonic()
        await asyncio.gather(*(owner.draw(1) for owner in owners))
        took = time.monotonic() - asked
        must(took >= LATE_SECONDS, "nothing is acknowledged before it is safe", took)
    for owner in owners:
        must(owner.known["batch"]["expires_in_ms"] == 6_000, "the whole countdown, from `at`", owner.known)
        ends_at = owner.known["at"] + owner.known["batch"]["expires_in_ms"]
        await owner.device.pushed(lambda app: app["batch"] is None, "the hold ends")
        must(time.time() * 1000 >= ends_at - 50, "and no earlier", time.time(), ends_at)
        await owner.device.refused("expired", "shortlist", vehicle=owner.vehicle,
                                   plate=owner.known["batch"]["plates"][0])
    for owner in owners[1:]:
        await owner.device.close()
    owners[0].known = await owners[0].device.request("enter", vehicle=owners[0].vehicle)
    await owners[0].device.close()
    return owners[0]


def the_directory_is_deleted():
    """What would be written into a file without a name is not acknowledged."""
    with small_server() as server:
        server.start()
        found(server)
        asyncio.run(deleted_under_a_draw(server))
        ended_for(server, "deleted", "log-")


async def deleted_under_a_draw(server):
    owner = await Owner(server, 1).begin()
    spares_ready(server)
    shutil.rmtree(server.data)
    await owner.is_not_answered()
    await server.exited_meanwhile()


def main():
    own_mounts()
    story = Story()
    for effect, when in ((":when=1", "once"), (":when=1+", "for ever")):
        for error in ("EIO", "ENOSPC"):
            for call in ("fdatasync", "pwrite64"):
                story.tell(f"{error} from {call}, {when}")
                a_write_fails(call, effect, error, "log-")
        for error, call in (("EIO", "rename"), ("ENOSPC", "rename"), ("EIO", "fsync")):
            story.tell(f"{error} from {call} while the log rolls, {when}")
            a_roll_fails(call, effect, error)
    for scene in (a_stop_fails, the_disk_fills_up, a_limit_ends_files, syncs_are_late, the_directory_is_deleted):
        story.tell(scene.__name__.replace("_", " "))
        scene()
    for error in TEXTS:
        story.tell(f"{error} under a checkpoint")
        a_checkpoint_fails(error)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
