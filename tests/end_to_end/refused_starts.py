#!/usr/bin/python3
"""Starts on a data directory that is damaged, incomplete, from the future, in use or not to be written:
refused with status 1, the file, the place and what can be done, or passed over and reported, exactly as
persistence/FORMAT.md says - and where a start succeeds, everything acknowledged is there. Needs root: it
mounts and traces. Exit status 0 when all of it held."""

import asyncio
import os
import re
import shutil
import struct
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import Withholder, found, reconcile  # noqa: E402
from contract import fetch, must, without_clock  # noqa: E402
from damage import flip  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, own_mounts, run  # noqa: E402
from strace import before_start, let_go  # noqa: E402

LOG_HEADER, SNAPSHOT_HEADER, KEY_SLOT = 128, 64, 64
VERSION_AT = 8
FUTURE = 7
LOG_FAILED = 74
# More than the zeros that the last record may end with.
FAR = 4096


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class History:
    """A directory with a life behind it: two snapshots, several log files, an owner who was told what they
    have. Every scene works on a copy."""

    def __init__(self, server):
        self.server = server
        self.whole = server.home / "whole"
        self.withholder = Withholder(server)
        self.told = None

    def live(self):
        server = self.server
        server.start()
        found(server)
        for draw in (1, 2, 3):
            self.told = asyncio.run(self.drawn(draw))
            self.withholder.work(8)
            if draw < 3:
                server.operators.post("/v1/snapshot")
        must(self.withholder.failure is None, "the operator's work was done", self.withholder.failure)
        server.kill()
        shutil.copytree(server.data, self.whole)
        must(len(self.files("snapshot-*")) == 2 and len(self.files("log-*")) >= 3, "a life", os.listdir(self.whole))

    async def drawn(self, number):
        device, vehicle = await self.server.device_in_pick(1) if number == 1 else await self.again()
        drawn = await device.request("draw", vehicle=vehicle, draw=number, without4=False)
        await device.close()
        return drawn

    async def again(self):
        device = await self.server.device("r-1")
        return device, self.told["vehicle"]

    def files(self, pattern):
        return sorted(self.server.data.glob(pattern))

    def restore(self):
        """The directory as it was when the server was killed."""
        shutil.rmtree(self.server.data, ignore_errors=True)
        shutil.copytree(self.whole, self.server.data)

    def is_whole(self, *said):
        """The start succeeds, says so much, and everything acknowledged is there."""
        before = len(self.server.said())
        self.server.start()
        told = self.server.said()[before:]
        must(all(str(part) in told for part in said), f"it says {said}", told)
        asyncio.run(self.still_told())
        self.withholder.check()
        reconcile(self.server)
        self.server.kill()

    async def still_told(self):
        device, vehicle = await self.again()
        seen = await device.request("enter", vehicle=vehicle)
        must(without_clock(seen) == {**without_clock(self.told), "version": seen["version"]}, "as told", seen)
        await device.close()

    def is_refused(self, *said):
        """With status 1; says so much, and what can be done; changes nothing."""
        before = self.contents()
        told = self.server.refused_start()
        must(all(str(part) in told for part in said) and "What can be done" in told, f"it says {said}", told)
        must(self.contents() == before, "a start that is refused changes nothing", sorted(before))

    def contents(self):
        return {path.name: path.read_bytes() for path in self.server.data.iterdir() if path.is_file()
                and not path.name.startswith("spare-") and not path.name.endswith("lock")}


def make_future(path, header):
    """Sound in every checksum, but of a format that nobody knows yet."""
    with open(path, "r+b") as file:
        bytes_ = bytearray(file.read(header))
        struct.pack_into("<I", bytes_, VERSION_AT, FUTURE)
        struct.pack_into("<I", bytes_, header - 4, crc32c(bytes_[:header - 4]))
        file.seek(0)
        file.write(bytes_)


def used_bytes(path):
    return len(path.read_bytes().rstrip(b"\0"))


def snapshots(history):
    older, newer = history.files("snapshot-*")
    flip(newer, SNAPSHOT_HEADER + 100)
    history.is_whole("passed over", newer.name, "at byte")
    history.restore()
    os.truncate(newer, newer.stat().st_size // 2)
    history.is_whole("passed over", newer.name)
    history.restore()
    for one in (older, newer):
        flip(one, SNAPSHOT_HEADER + 100)
    # The log is still there from its first record on.
    history.is_whole(newer.name, older.name, "snapshot at 0")
    history.restore()
    make_future(newer, SNAPSHOT_HEADER)
    history.is_refused(newer.name, "another version")


def logs(history):
    first, *middle, last = [path for path in history.files("log-*")]
    flip(last, LOG_HEADER + 40)
    history.is_refused(last.name, f"at byte {LOG_HEADER}", "damaged")
    history.restore()
    flip(middle[-1], LOG_HEADER + 40)
    history.is_refused(middle[-1].name, f"at byte {LOG_HEADER}", "damaged")
    history.restore()
    flip(last, 20)
    history.is_refused(last.name, "at byte 0")
    history.restore()
    middle[-1].unlink()
    history.is_refused("missing")
    history.restore()
    for one in (last, middle[-1]):
        make_future(one, LOG_HEADER)
        history.is_refused(one.name, "another version")
        history.restore()
    for path in [first, *middle, last]:
        path.unlink()
    history.is_refused(history.server.data)
    history.restore()
    # A write that never returned, of which nobody was told.
    with open(last, "r+b") as file:
        file.seek(used_bytes(last) + FAR)
        file.write(b"\xb7PLB" + bytes(range(1, 40)))
    history.is_whole("never acknowledged and are cut")


def keys(history):
    path = history.server.data / "keys"
    path.unlink()
    history.is_refused(path, "missing")
    must(not path.exists(), "no other one takes its place")
    history.restore()
    flip(path, KEY_SLOT + 30)
    history.is_refused(path, f"at byte {KEY_SLOT}")
    history.restore()
    make_future(path, KEY_SLOT)
    history.is_refused(path)


def doors(history):
    """What the system says about the directory: in use, not to be written, no directory at all."""
    server = history.server
    server.start()
    said = server.refused_start()
    must(str(server.data) in said and "another process" in said, "two processes cannot open one directory", said)
    must(fetch(server.url, "/readyz")[0] == 200, "the first goes on")
    server.kill()
    run("mount", "--bind", str(server.data), str(server.data))
    try:
        run("mount", "-o", "remount,bind,ro", str(server.data))
        history.is_refused(server.data, "Read-only file system")
    finally:
        run("umount", str(server.data))
    shutil.rmtree(server.data)
    server.data.write_text("no directory", encoding="utf-8")
    said = server.refused_start()
    must(str(server.data) in said and "Not a directory" in said, "no directory", said)
    server.data.unlink()


def open_to_others(history):
    """What others may change or read, and links that lead elsewhere: refused, with what to type, and that helps."""
    server, elsewhere = history.server, history.server.home / "elsewhere"

    def is_mended(path, why):
        said = server.refused_start()
        must(str(path) in said and why in said, f"{path} is refused", said)
        # What is to be typed ends its line.
        run("/bin/sh", "-c", re.search(r": ((?:chmod|mv|rm) .*)$", said, re.M)[1])
        history.is_whole()
        history.restore()

    for mode in (0o777, 0o775, 0o1777):
        server.data.chmod(mode)
        is_mended(server.data, "others may write")
    for mode in (0o644, 0o620):
        (server.data / "ticket.key").chmod(mode)
        is_mended(server.data / "ticket.key", "by others")
    for name in ("keys", "lock"):
        shutil.move(server.data / name, elsewhere)
        (server.data / name).symlink_to(elsewhere)
        before = elsewhere.read_bytes()
        is_mended(server.data / name, "symbolic link")
        must(not elsewhere.exists() or elsewhere.read_bytes() == before, "nothing was written elsewhere")
        elsewhere.unlink(missing_ok=True)
    (server.data / "ticket.key").unlink()
    (server.data / "ticket.key").symlink_to(elsewhere)
    is_mended(server.data / "ticket.key", "leads nowhere")
    must(not elsewhere.exists(), "no key was made elsewhere")
    # What a start makes anew is never made behind a link.
    elsewhere.write_text("of somebody else's", encoding="utf-8")
    for name in ("clock", "clock.tmp", "keys.tmp"):
        (server.data / name).unlink(missing_ok=True)
        (server.data / name).symlink_to(elsewhere)
    history.is_whole()
    history.restore()
    (server.data / "spare-1").symlink_to(elsewhere)
    is_mended(server.data / "spare-1", "symbolic link")
    must(elsewhere.read_text(encoding="utf-8") == "of somebody else's", "nobody writes behind a link")


def failing_calls(history):
    """The N-th call of a start fails, for every N: it is refused, or what fails does not matter; and the
    next start has everything."""
    server = history.server
    trace = server.home / "trace"
    for call in ("fdatasync", "pwrite64", "rename", "fsync"):
        n = 1
        while True:
            before = len(server.said())
            server.launch(*before_start(call, f"error=EIO:when={n}", trace))
            if server.starts_or_dies():
                let_go(server.process.pid)
                server.kill()
                break
            must(server.ended() in (1, LOG_FAILED), "a start that failed", server.said())
            told = server.said()[before:]
            must(str(server.home) in told and "Input/output error" in told, "which file, and why", told)
            n += 1
        must(n > 1, f"a start calls {call}", server.said())
    history.is_whole()


def main():
    own_mounts()
    story = Story()
    story.tell("a life")
    with Server("--rehearsal", environment=SMALLEST_LOG_FILES) as server:
        history = History(server)
        history.live()
        for scene in (snapshots, logs, keys, doors, open_to_others, failing_calls):
            story.tell(scene.__name__.replace("_", " "))
            history.restore()
            scene(history)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
