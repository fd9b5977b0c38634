#!/usr/bin/python3
"""What was acknowledged is never lost. A city's release day (every electric plate of 粤B, tens of
thousands of owners at once), kill -9 in the middle of another one, restarts, and a journal of every
answer that clients were given, held against the server afterwards. PLATED_E2E_CROWD says how many
owners come at once. Exit status 0 when all of it held."""

import asyncio
import contextlib
import json
import os
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import begin_load, check_report, load_command, reconcile, verify  # noqa: E402
from contract import fetch, must, vehicle_of, without_clock  # noqa: E402
from server import Server, Story, binary, open_files_max, run, wait_until  # noqa: E402

SMALL_ELECTRIC = 1_699_875
OWNERS = 200_000
CROWD = int(os.environ.get("PLATED_E2E_CROWD", "20000"))
# A machine that does other things, too, may need long for so many handshakes at once.
PATIENCE = {"PLATED_LIMITS_HANDSHAKE_TIMEOUT_MS": "60000"}
GIVEN_BACK_MS = 1_000
DOWN_SECONDS = 3
# What a load needs beside its connections.
OTHER_FILES = 200


def crowd():
    """How many owners may be there at once: the server and the load each need a file for each."""
    return min(CROWD, open_files_max(CROWD + OTHER_FILES) - OTHER_FILES)


def crowded():
    return ["--threads", "2", "--connections", str(crowd()), "--source-addresses", "4"]


def walks(first, journal):
    return ["--from", str(first), "--owners", str(CROWD), "--redraws", "0.5", "--abandon", "0.02",
            "--journal", str(journal)]


def release_day(server, journal):
    done = run(*load_command(server, *crowded(), *walks(0, journal)))
    report = json.loads(done.stdout)
    check_report(report, CROWD)
    print(f"         {report['answers']} answers to {CROWD} owners in {report['seconds']:.1f} s")


def crash_amid_release_day(server, journal):
    """Kills the server when a part of the owners has drawn; the load must get everybody home."""
    drawn = server.operators.get("/v1/status")["totals"]["draws"]
    load = begin_load(server, *crowded(), *walks(CROWD, journal))
    try:
        wait_until(lambda: server.operators.get("/v1/status")["totals"]["draws"] > drawn + CROWD / 4,
                   "a quarter has drawn", 120)
        must(load.poll() is None, "the load is in the middle")
        server.kill()
        server.start()
        report = json.loads(load.communicate(timeout=240)[0])
    finally:
        load.kill()
        load.wait()
    check_report(report, CROWD)
    must(report["lost"] > 0, "the crash was in the middle", report)
    must(load.returncode == 0, "the load ended well", report)
    print(f"         {report['lost']} connections lost, {report['seconds']:.1f} s")


def no_plate_twice(server):
    """From the audit trail alone: nobody is given a plate that somebody has."""
    holders = {}
    done = run(binary("platectl"), "--admin", server.admin, "audit")
    for line in done.stdout.splitlines():
        if '"what":"confirmed"' in line:
            record = json.loads(line)
            must(record["plate"] not in holders, "a plate has one owner", record,
                 holders.get(record["plate"]))
            holders[record["plate"]] = record
    must(len(holders) > CROWD, "many were confirmed", len(holders))


async def drop(device):
    """Lets go of a device whose server has gone."""
    with contextlib.suppress(websockets.WebSocketException, OSError):
        await device.close()


async def countdowns_stand_still(server, number):
    """What is left of a countdown at a crash is left after it, to within a second given back."""
    device, vehicle = await server.device_in_pick(number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    await device.request("shortlist", vehicle=vehicle, plate=drawn["batch"]["plates"][0])
    await asyncio.sleep(3)  # so that seconds have passed since anything was recorded for it
    seen = await device.request("enter", vehicle=vehicle)
    asked = time.monotonic()
    server.kill()
    killed = time.monotonic()
    await drop(device)
    await asyncio.sleep(DOWN_SECONDS)
    began = time.monotonic()
    server.start()
    device = await server.device(f"r-{number}")
    back = await device.request("enter", vehicle=vehicle)
    ran_ms = (killed - asked + time.monotonic() - began) * 1000
    await device.close()
    for hold in ("batch", "shortlist"):
        before, after = seen[hold]["expires_in_ms"], back[hold]["expires_in_ms"]
        must(after <= before + GIVEN_BACK_MS, "no more than a second is given back", before, after)
        must(after >= before - ran_ms - 100, "the outage is not the owner's loss", before, after, ran_ms)
    must(back["batch"]["plates"] == drawn["batch"]["plates"], "the batch is the same", back)
    lost = seen["verified_in_ms"] - back["verified_in_ms"]
    must(-GIVEN_BACK_MS <= lost <= ran_ms + 100, "verification stood still, too", seen, back)


async def draws_cost_once(server, number):
    """The same number is the same draw, whether its answer came, came twice, or never."""
    device, vehicle = await server.device_in_pick(number)
    first = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    again = await device.request("draw", vehicle=vehicle, draw=1, without4=True)
    must(without_clock(again) == without_clock(first), "a repeated draw is the same draw", again)
    # This answer is never read.
    await device.ws.send(json.dumps({"id": 99, "op": "draw", "vehicle": vehicle, "draw": 2,
                                     "without4": False}))
    server.kill()
    await drop(device)
    server.start()
    device = await server.device(f"r-{number}")
    back = await device.request("enter", vehicle=vehicle)
    if back["draw"] == 1:
        again = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
        must(again["batch"]["plates"] == first["batch"]["plates"], "still the same draw", again)
    second = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    again = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(without_clock(again) == without_clock(second), "a repeated draw is the same draw", again)
    must(second["draws_left"] == first["draws_left"] - 1, "it cost one draw", first, second)
    await device.close()


async def stop_cleanly(server, number):
    """SIGTERM says good-bye, leaves a snapshot, and the next start knows all of it."""
    device, vehicle = await server.device_in_pick(number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    before = public_face(server)
    server.process.terminate()
    bye = await device.event(lambda event: event["event"] == "bye", "bye")
    must(set(bye) == {"event", "reason", "reconnect_in_ms"} and bye["reason"], "bye is whole", bye)
    await asyncio.wait_for(device.ws.wait_closed(), 10)
    must(device.ws.close_code == 1001, "closed as going away", device.ws.close_code)
    must(await server.ended_meanwhile() == 0, "exit status 0", server.said())
    said = len(server.said())
    server.start()
    told = server.said()[said:]
    must("recovered up to record" in told and " 0 records replayed" in told,
         "it starts from the snapshot alone", told)
    after = public_face(server)
    must(after == before, "the pools are what they were", before, after)
    device = await server.device(f"r-{number}")
    back = await device.request("enter", vehicle=vehicle)
    must(without_clock(back) == {**without_clock(drawn), "version": back["version"]},
         "the application is what it was", back, drawn)
    must(back["batch"]["expires_in_ms"] <= drawn["batch"]["expires_in_ms"], "nothing given back", back)
    await device.close()


def public_face(server):
    """What the public and the operators see, but for what runs out by itself: of those who broke off, holds
    may end at any time, and their plates are free again or, from a shortlist, reserved."""
    pools = json.loads(fetch(server.url, "/v1/pools")[1])
    for pool in pools:
        pool["free"] += pool.pop("held") + pool.pop("reserved")
        del pool["free_without4"]
    return pools, server.operators.get("/v1/offices"), server.operators.get("/v1/blacklist")


def main():
    story = Story()
    story.tell("every electric plate of 粤B, and owners")
    with Server("--demo", environment=PATIENCE) as server:
        server.start()
        pool = server.operators.get("/v1/pools/粤B/small/electric")
        must(pool["loaded"] == pool["free"] == SMALL_ELECTRIC, "the whole pool", pool)
        made = server.platectl("rehearsal", "owners", "--count", str(OWNERS))
        must(made == {"made": OWNERS, "unchanged": 0}, "owners", made)
        journals = server.home / "first", server.home / "second"
        story.tell("a release day")
        release_day(server, journals[0])
        story.tell("recount from the log")
        reconcile(server)
        story.tell("kill -9 in the middle of another")
        crash_amid_release_day(server, journals[1])
        story.tell("every acknowledged answer still holds")
        for journal in journals:
            verify(server, journal, *crowded())
        reconcile(server)
        no_plate_twice(server)
        story.tell("countdowns and a crash")
        asyncio.run(countdowns_stand_still(server, OWNERS + 1))
        story.tell("a draw sent twice around a crash")
        asyncio.run(draws_cost_once(server, OWNERS + 2))
        story.tell("SIGTERM and a start from the snapshot")
        asyncio.run(stop_cleanly(server, OWNERS + 3))
        reconcile(server)
        for journal in journals:
            verify(server, journal, *crowded())
        must(server.terminate() == 0, "exit status 0", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
