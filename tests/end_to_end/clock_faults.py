#!/usr/bin/python3
"""Time that misbehaves under a real server: the process stopped for seconds, the wall clock stepped by
minutes, hours and years, back and forth, while it runs and over restarts. No hold becomes shorter or
comes back, and no date decides on a jump before an operator has accepted it. Exit status 0 when all of
it held."""

import asyncio
import contextlib
import json
import signal
import struct
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import found, reconcile  # noqa: E402
from contract import fetch, make_ticket, must, read_key  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, binary, wait_until  # noqa: E402

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
YEARS_OF_SECONDS = 10 * 365 * 86_400
GIVEN_BACK_MS = 1_000
SLACK_MS = 300
LONG_HOLD_MS, SHORT_HOLD_MS = 600_000, 2_000


class ClockServer(Server):
    """A server whose wall clock is moved by a file."""

    def __init__(self):
        super().__init__("--rehearsal", environment={**SMALLEST_LOG_FILES, "PLATED_TICKET_MAX_AGE": "36500d"})
        self.offset = self.home / "offset"
        self.offset.write_bytes(bytes(8))
        self.environment |= {"LD_PRELOAD": binary("libmoved_wall_clock.so"), "MOVED_WALL_CLOCK": str(self.offset)}

    def move_clock(self, milliseconds):
        with open(self.offset, "r+b") as file:
            file.write(struct.pack("<q", milliseconds))

    def ticket(self, owner):
        return make_ticket(read_key(self.data), owner, seconds=YEARS_OF_SECONDS)

    def suspended(self):
        return self.operators.get("/v1/status")["clock_suspended"]

    def accept(self):
        must(self.operators.post("/v1/clock/accept") == {"changed": True}, "the jump is accepted")
        wait_until(lambda: not self.suspended(), "dates go on")


class Chooser:
    """An owner in pick with a batch, and what was left of it when they last looked."""

    def __init__(self, server, number):
        self.server, self.number = server, number
        self.device = self.vehicle = self.seen = self.looked = None

    async def begin(self, hold_ms):
        self.server.operators.set_office("粤B", batch_hold_ms=hold_ms, shortlist_hold_ms=hold_ms)
        self.device, self.vehicle = await self.server.device_in_pick(self.number)
        self.seen = await self.device.request("draw", vehicle=self.vehicle, draw=1, without4=False)
        self.looked = time.monotonic()
        return self

    async def look(self, not_counted_ms=0, given_back_ms=0):
        """The owner's batch is the same, and shorter by what has passed, less what does not count."""
        asked = time.monotonic()
        seen = await self.device.request("enter", vehicle=self.vehicle)
        now = time.monotonic()
        must(seen["batch"] and seen["batch"]["plates"] == self.seen["batch"]["plates"], "the same batch", seen)
        ran = self.seen["batch"]["expires_in_ms"] - seen["batch"]["expires_in_ms"]
        must(ran <= (now - self.looked) * 1000 - not_counted_ms + SLACK_MS, "no hold is shortened", ran,
             now - self.looked)
        must(ran >= (asked - self.looked) * 1000 - not_counted_ms - given_back_ms - SLACK_MS - 1000 * (now - asked),
             "nor made longer", ran, asked - self.looked)
        self.seen, self.looked = seen, now

    async def return_after(self, kill_and_start):
        """Over a restart. What the outage took is not counted, to within a second given back."""
        await self.look()
        kill_and_start()
        with contextlib.suppress(websockets.WebSocketException, OSError):
            await self.device.close()
        self.device = await self.server.device(f"r-{self.number}")
        before = self.seen["batch"]["expires_in_ms"]
        ran_max = (time.monotonic() - self.looked) * 1000
        seen = await self.device.request("enter", vehicle=self.vehicle)
        left = seen["batch"]["expires_in_ms"]
        must(before - ran_max - SLACK_MS <= left <= before + GIVEN_BACK_MS, "the hold over a restart", before, left)
        must(seen["batch"]["plates"] == self.seen["batch"]["plates"], "the same batch", seen)
        self.seen, self.looked = seen, time.monotonic()

    async def is_over(self):
        seen = await self.device.request("enter", vehicle=self.vehicle)
        must(seen["batch"] is None, "what is over does not come back", seen)
        await self.device.refused("expired", "shortlist", vehicle=self.vehicle, plate=self.seen["batch"]["plates"][0])


async def reserve(server, number):
    chooser = await Chooser(server, number).begin(LONG_HOLD_MS)
    plate = chooser.seen["batch"]["plates"][0]
    await chooser.device.request("shortlist", vehicle=chooser.vehicle, plate=plate)
    chooser.seen = await chooser.device.request("confirm", vehicle=chooser.vehicle, plate=plate)
    return chooser


async def keeps_his_plate(chooser, seconds):
    """For so long, over which a day would have ended many times."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = await chooser.device.request("enter", vehicle=chooser.vehicle)
        must(seen["step"] == "done", "nothing lapses on a jump", seen)
        await asyncio.sleep(0.2)


def all_threads_stopped(pid):
    return all("State:\tT" in status.read_text(encoding="ascii") for status in Path(f"/proc/{pid}/task").glob("*/status"))


async def stopped_for_seconds(server):
    """SIGSTOP: time goes on for the holds, as the service is not down; nobody is thrown out for it."""
    longer = await Chooser(server, 1).begin(LONG_HOLD_MS)
    short = await Chooser(server, 2).begin(SHORT_HOLD_MS)
    server.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: all_threads_stopped(server.process.pid), "it stops")
    waiting = asyncio.create_task(longer.device.request("vehicles"))
    await asyncio.sleep(SHORT_HOLD_MS / 1000 + 1)
    must(not waiting.done(), "it is stopped")
    server.process.send_signal(signal.SIGCONT)
    must((await waiting)["vehicles"], "who waited is answered")
    await short.is_over()
    await longer.look()
    for one in (longer, short):
        await one.device.close()


async def steps_while_it_runs(server):
    longer = await Chooser(server, 3).begin(LONG_HOLD_MS)
    short = await Chooser(server, 4).begin(SHORT_HOLD_MS)
    await short.device.pushed(lambda app: app["batch"] is None, "it ends")
    for step in (2 * MINUTE, -2 * MINUTE):
        server.move_clock(step)
        await asyncio.sleep(1.2)  # a look at the clock is due every second
        must(not server.suspended(), "minutes are a correction")
        await longer.look()
        await short.is_over()
    server.move_clock(0)
    await asyncio.sleep(1.2)
    for step in (HOUR, -HOUR, 3 * DAY, -DAY, 400 * DAY):
        server.move_clock(step)
        await asyncio.to_thread(wait_until, server.suspended, f"a step of {step} ms is a jump")
        await longer.look()
        await short.is_over()
        server.move_clock(0)
        await asyncio.sleep(1.2)
        server.accept()
        await longer.look()
    for one in (longer, short):
        await one.device.close()


async def lapses_wait_for_a_word(server):
    server.operators.set_office("粤B", validity_days=1, lapse_grace_ms=0, return_window_ms=0)
    waiting, issued = await reserve(server, 5), await reserve(server, 6)
    server.operators.post(f"/v1/reservations/{issued.seen['reservation']['plate']}/issue")
    server.move_clock(30 * DAY)
    await asyncio.to_thread(wait_until, server.suspended, "a jump")
    await keeps_his_plate(waiting, 2)
    server.accept()
    lapsed = await waiting.device.pushed(lambda app: app["step"] == "lapsed", "the day ends once it is believed")
    must(lapsed["blacklisted_until"] > 0, "and the owner is blacklisted", lapsed)
    seen = await issued.device.request("enter", vehicle=issued.vehicle)
    must(seen["step"] == "issued", "what was issued stays so", seen)
    for one in (waiting, issued):
        await one.device.close()


async def steps_over_restarts(server):
    longer = await Chooser(server, 7).begin(LONG_HOLD_MS)
    server.operators.set_office("粤B", validity_days=1, lapse_grace_ms=0, return_window_ms=0)
    keeper = await reserve(server, 8)
    await keeper.device.close()
    for offset, jump in ((2 * MINUTE, False), (2 * HOUR, True), (-DAY, True), (9 * DAY, True)):
        def kill_and_start(offset=offset):
            server.kill()
            server.move_clock(offset)
            server.start()
        await longer.return_after(kill_and_start)
        if jump:
            await asyncio.to_thread(wait_until, server.suspended, f"{offset} ms over a restart is a jump")
        must(server.suspended() == jump, "more than 10 minutes against the machine's own time are a jump", offset)
        keeper.device = await server.device("r-8")
        await keeps_his_plate(keeper, 1)
        if jump:
            server.accept()
            await longer.look()
    await keeper.device.pushed(lambda app: app["step"] == "lapsed", "the day ends once it is believed")
    await longer.device.close()


def office_as_the_public_sees_it(server):
    """The state of the office, and the periods of its pool whose secret is public."""
    state = server.operators.get("/v1/status")["offices"][0]["state"]
    pools = json.loads(fetch(server.url, "/v1/pools")[1])
    return state, [secret["period"] for secret in pools[0]["secrets"] if secret["revealed"]]


async def what_nobody_accepted_moves_nothing(server):
    """Hours and years ahead over restarts: schedules, secrets and dates stay, and a word leads back."""
    opens = time.gmtime(time.time() + 8 * 3600 - 2 * 3600)  # two hours ago, in the office's UTC+8
    closes = time.gmtime(time.time() + 8 * 3600 + 3 * 3600)
    if closes.tm_mday != opens.tm_mday:
        return  # the schedule has no line over midnight
    server.operators.put("/v1/offices/粤B", {"schedule": [
        {"days": "1-7", "from": time.strftime("%H:%M", opens), "to": time.strftime("%H:%M", closes)}]})
    server.operators.post("/v1/offices/粤B/close", {"reason": "until the schedule opens it"})
    server.operators.post("/v1/offices/粤B/open", {"reason": "as the schedule has it"})
    before = office_as_the_public_sees_it(server)
    must(before[0] == "open", "open by now", before)
    for offset in (8 * HOUR, 400 * DAY):
        must(server.terminate() == 0, "a clean stop", server.said())
        server.move_clock(offset)
        server.start()
        must("ahead of where it should be" in server.said(), "it says so", server.said())
        await asyncio.to_thread(wait_until, server.suspended, f"{offset} ms over a restart is a jump")
        await asyncio.sleep(1.2)
        must(office_as_the_public_sees_it(server) == before, "nothing has moved", offset, before)
        server.move_clock(0)
        await asyncio.sleep(1.2)
        must(server.suspended(), "right again, but nobody has said so")
        server.accept()
        must(office_as_the_public_sees_it(server) == before, "a word leads back to right dates", before)
    server.kill()
    server.start()
    must(not server.suspended(), "and they stay right over the next restart")
    must(office_as_the_public_sees_it(server) == before, "likewise", before)


def main():
    story = Story()
    for scenes in ((stopped_for_seconds, steps_while_it_runs, lapses_wait_for_a_word), (steps_over_restarts,),
                   (what_nobody_accepted_moves_nothing,)):
        with ClockServer() as server:
            server.start()
            found(server)
            for scene in scenes:
                story.tell(scene.__name__.replace("_", " "))
                asyncio.run(scene(server))
            reconcile(server)
            must(server.terminate() == 0, "a clean stop", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
