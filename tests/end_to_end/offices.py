#!/usr/bin/python3
"""Operators at work while owners watch: states of an office, releases, the counter, the blacklist. What
an operator says reaches every device at once, refusals are those of the rules, and no countdown runs
while an office stands still. Exit status 0 when all of it held."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.parse
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must, vehicle_of, without_clock  # noqa: E402
from server import Server, Story, wait_until  # noqa: E402

OFFICE = "粤B"
POOL = f"/v1/pools/{OFFICE}/small/electric"
YEAR_MS = 365 * 24 * 3600 * 1000


def segment(first, last, **more):
    return {"office": OFFICE, "class": "small", "power": "electric",
            "from": f"{OFFICE}D{first:05}", "to": f"{OFFICE}D{last:05}", **more}


async def office_event(device, state):
    event = await device.event(lambda event: event["event"] == "office", f"the office is {state}")
    must(set(event) == {"event", "office", "state", "until"}, "an office event", event)
    must(event["office"] == OFFICE and event["state"] == state, f"it is {state}", event)
    return event


async def closed_then_open(server):
    """An office is closed until told otherwise; an empty pool costs no draw."""
    vehicle = vehicle_of(1)
    device = await server.device("r-1")
    entered = await device.request("enter", vehicle=vehicle)
    must(entered["office_state"] == "closed", "closed until told otherwise", entered)
    await device.request("send_code", vehicle=vehicle, **{"for": "submit"})
    await device.request("submit", vehicle=vehicle, code="000000", terms=entered["terms"])
    await device.refused("not_open", "send_code", vehicle=vehicle, **{"for": "verify"})
    await device.refused("not_open", "verify", vehicle=vehicle, code="000000")
    said = server.platectl("office", "open", OFFICE, "--reason", "release day")
    must(said["changed"] is True, "opened", said)
    await office_event(device, "open")
    said = server.platectl("office", "open", OFFICE)
    must(said["changed"] is False, "opened already", said)
    await device.request("send_code", vehicle=vehicle, **{"for": "verify"})
    verified = await device.request("verify", vehicle=vehicle, code="000000")
    await device.refused("pool_empty", "draw", vehicle=vehicle, draw=1, without4=False)
    seen = await device.request("enter", vehicle=vehicle)
    must(without_clock(seen) == without_clock(verified), "it cost no draw", seen, verified)
    await device.close()


def load(server):
    """A dry run does nothing; loading twice is refused with a list, all or nothing."""
    plan = segment(1, 299, note="first")
    said = server.operators.post("/v1/segments", {**plan, "dry_run": True})
    must(said == {"loaded": 299, "refused": []}, "what would be loaded", said)
    server.operators.refused(404, "GET", POOL)
    said = server.platectl("segments", "load", "--office", OFFICE, "--class", "small", "--power",
                           "electric", "--from", plan["from"], "--to", plan["to"], "--note", "first")
    must(said == {"loaded": 299, "refused": []}, "loaded", said)
    before = server.operators.get(POOL)
    must(before["loaded"] == before["free"] == 299, "free at once", before)
    status, text = server.operators.ask("POST", "/v1/segments", segment(290, 310))
    must(status == 409 and text.count("already_known") == 10, "ten are known", status, text)
    must(server.operators.get(POOL) == before, "nothing was loaded of it")


def release(server):
    """A segment with a release time is withheld until then and free afterwards, by itself."""
    at = int(time.time() * 1000) + 2000
    said = server.operators.post("/v1/segments", segment(1000, 1099, release_at=at))
    must(said["loaded"] == 100, "loaded", said)
    pool = server.operators.get(POOL)
    must(pool["withheld"] == 100 and pool["free"] == 299, "withheld until its time", pool)
    plate = server.operators.get(f"/v1/plates/{OFFICE}D01005")
    must((plate["state"], plate["why"]) == ("withheld", "unreleased"), "why it is withheld", plate)
    pool = wait_until(lambda: (seen := server.operators.get(POOL))["withheld"] == 0 and seen,
                      "released by itself")
    must(time.time() * 1000 >= at, "not before its time", at)
    must(pool["free"] == 399 and pool["segments"][-1]["released"], "released", pool)
    must(pool["segments"][-1]["release_at"] == at, "its release time", pool)


async def standing_still(device, vehicle, seen):
    """Looks twice, more than a second apart: what is left of the countdowns is the same."""
    first = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    await asyncio.sleep(1.2)
    second = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    for hold in ("batch", "shortlist"):
        must(first[hold] == second[hold], "the countdown stands still", first, second)
        must(first[hold]["plates"] == seen[hold]["plates"], "nothing was lost", first, seen)
    return second


async def stop_and_go(server, device, vehicle, seen, verb, state):
    """Pauses or begins maintenance, and resumes; `seen` is the application before."""
    server.platectl("office", verb, OFFICE, "--reason", "drill")
    await office_event(device, state)
    code = state
    spare = seen["batch"]["plates"][1]
    await device.refused(code, "draw", vehicle=vehicle, draw=2, without4=False)
    await device.refused(code, "shortlist", vehicle=vehicle, plate=spare)
    await device.refused(code, "confirm", vehicle=vehicle, plate=seen["shortlist"]["plates"][0])
    again = await device.request("shortlist", vehicle=vehicle, plate=seen["shortlist"]["plates"][0])
    must(without_clock(again) == {**without_clock(seen), "office_state": state},
         "a retry is answered before that", again)
    stood = await standing_still(device, vehicle, seen)
    other = await server.device("r-90")
    if state == "maintenance":
        await device.refused(code, "enter", vehicle=vehicle)
        await other.refused(code, "enter", vehicle=vehicle_of(90))
    else:
        must((await device.request("enter", vehicle=vehicle))["office_state"] == state, "looking is free")
    await other.refused(code, "send_code", vehicle=vehicle_of(90), **{"for": "submit"})
    await other.close()
    began = time.monotonic()
    server.platectl("office", "resume", OFFICE)
    await office_event(device, "open")
    back = await device.request("enter", vehicle=vehicle)
    ran = (time.monotonic() - began) * 1000 + 50
    for hold in ("batch", "shortlist"):
        left, before = back[hold]["expires_in_ms"], stood[hold]["expires_in_ms"]
        must(before - ran <= left <= before, "it goes on with what was left", before, left, ran)
    return back


async def pause_and_maintain(server):
    device, vehicle = await server.device_in_pick(2)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    seen = await device.request("shortlist", vehicle=vehicle, plate=drawn["batch"]["plates"][0])
    device.events.clear()
    seen = await stop_and_go(server, device, vehicle, seen, "pause", "paused")
    seen = await stop_and_go(server, device, vehicle, seen, "maintenance", "maintenance")
    # All offices at once, and maintenance over a pause: one resume ends both.
    server.platectl("office", "pause", "*")
    await office_event(device, "paused")
    server.platectl("office", "maintenance", "*")
    await office_event(device, "maintenance")
    server.platectl("office", "resume", "*")
    await office_event(device, "open")
    done = await device.request("confirm", vehicle=vehicle, plate=seen["shortlist"]["plates"][0])
    server.platectl("office", "maintenance", OFFICE)
    looked = await device.request("enter", vehicle=vehicle)
    must(looked["reservation"] == done["reservation"], "a finished application may be seen", looked)
    server.platectl("office", "resume", OFFICE)
    await device.close()


async def closing(server):
    """A closed office takes no draws; what was drawn goes on to the end."""
    device, vehicle = await server.device_in_pick(3)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    server.platectl("office", "close", OFFICE)
    await office_event(device, "closed")
    await device.refused("not_open", "draw", vehicle=vehicle, draw=2, without4=False)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(done["step"] == "done", "confirming goes on", done)
    server.platectl("office", "open", OFFICE)
    await device.close()


async def reserve(server, number):
    """r-`number` with a reservation, on a device that watches; device, vehicle, application."""
    device, vehicle = await server.device_in_pick(number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    return device, vehicle, await device.request("confirm", vehicle=vehicle, plate=plate)


async def at_the_counter(server):
    """Extended, issued: both are pushed, and stand in plate, vehicle and voucher."""
    device, vehicle, done = await reserve(server, 4)
    plate, deadline = done["reservation"]["plate"], done["reservation"]["deadline"]
    later = str(date.fromisoformat(deadline) + timedelta(days=30))
    said = server.platectl("reservations", "extend", plate, "--deadline", later, "--reason", "ill")
    must(said["changed"] is True, "extended", said)
    told = await device.pushed(lambda app: app["reservation"]["deadline"] == later, "the new deadline")
    must(told["version"] > done["version"] and told["step"] == "done", "still reserved", told)
    server.operators.refused(400, "POST", f"/v1/reservations/{plate}/extend",
                             {"deadline": deadline, "reason": "sooner"})
    said = server.platectl("reservations", "issue", plate)
    must((said["state"], said["changed"]) == ("issued", True), "issued", said)
    told = await device.pushed(lambda app: app["step"] == "issued", "issued")
    must(told["reservation"]["plate"] == plate, "their plate", told)
    said = server.platectl("reservations", "issue", plate)
    must(said["changed"] is False, "issued already", said)
    server.operators.refused(409, "POST", f"/v1/reservations/{plate}/void", {"reason": "late"})
    seen = server.operators.get(f"/v1/plates/{plate}")
    must((seen["state"], seen["vehicle"]) == ("issued", vehicle), "the plate", seen)
    code = done["reservation"]["voucher"].rsplit("/", 1)[1]
    voucher = server.platectl("voucher", code)
    must(voucher["genuine"] and voucher["plate"] == plate, "the voucher", voucher)
    await device.close()


async def voided(server):
    """The next application begins at once, and the plate returns unseen; perhaps on the blacklist."""
    device, vehicle, done = await reserve(server, 5)
    plate = done["reservation"]["plate"]
    server.platectl("reservations", "void", plate, "--reason", "wrong papers")
    told = await device.pushed(lambda app: app["step"] == "submit", "the next application")
    must(told["version"] > done["version"] and told["draw"] == 0, "a fresh one", told)
    seen = server.operators.get(f"/v1/plates/{plate}")
    must((seen["state"], seen["why"], seen["vehicle"]) == ("withheld", "returning", None),
         "nobody can wait for it", seen)
    status, text = server.operators.ask("POST", "/v1/plates/withhold", {"plates": [plate], "reason": "x"})
    must(status == 409 and "returning" in text, "a returning plate is not withheld", text)
    server.operators.refused(409, "POST", f"/v1/reservations/{plate}/void", {"reason": "again"})
    await device.close()
    device, vehicle, done = await reserve(server, 6)
    plate = done["reservation"]["plate"]
    server.platectl("reservations", "void", plate, "--reason", "forged papers", "--blacklist")
    await device.pushed(lambda app: "blacklisted_until" in app, "blacklisted")
    error = await device.refused("blacklisted", "enter", vehicle=vehicle)
    must(error["until"] > time.time() * 1000, "until when is said", error)
    await device.close()


async def blacklisting(server):
    """An entry frees every hold; lifting it lets the owner go on with the draws that were left."""
    device, vehicle = await server.device_in_pick(7)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    held = server.operators.get(POOL)["held"]
    said = server.platectl("blacklist", "add", "r-7", "--reason", "fraud")
    away = said["until"] - time.time() * 1000
    must(2 * YEAR_MS - 60_000 <= away <= 2 * YEAR_MS + 2 * 86_400_000, "two years by default", said)
    told = await device.pushed(lambda app: app["batch"] is None, "the holds are freed")
    must(told["blacklisted_until"] == said["until"], "until when is told", told, said)
    must(told["draws_left"] == drawn["draws_left"], "the draws stay", told)
    must(server.operators.get(POOL)["held"] == held - 10, "freed")
    for op, more in (("enter", {}), ("draw", {"draw": 2, "without4": False})):
        error = await device.refused("blacklisted", op, vehicle=vehicle, **more)
        must(error["until"] == said["until"], "until when is told", error)
    listed = server.platectl("blacklist", "list")
    must({"owner": "r-7", "reason": "fraud", "until": said["until"]} in listed, "listed", listed)
    server.platectl("blacklist", "lift", "r-7", "--reason", "mistake")
    must(not [one for one in server.platectl("blacklist", "list") if one["owner"] == "r-7"], "lifted")
    back = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(back["draws_left"] == drawn["draws_left"] - 1, "on with the next draw", back)
    await device.close()


def curl(server, method, target, body):
    """What curl says to the operators' socket, as an operator without platectl would."""
    said = subprocess.run(["curl", "--silent", "--show-error", "--fail-with-body", "--unix-socket",
                           server.operators.path, "--request", method, "--json", json.dumps(body),
                           f"http://plated{target}"], capture_output=True, text=True, check=False)
    must(said.returncode == 0, f"{method} {target}", said.stdout + said.stderr)
    return json.loads(said.stdout)


async def watched_from_afar(server):
    """What operators say of owners and offices reaches whoever only watches, a version at a time."""
    vehicle = vehicle_of(9)
    device = await server.device("r-9")
    entered = await device.request("enter", vehicle=vehicle)

    async def told(said, holds, what, before):
        seen = await device.pushed(holds, what)
        must(seen["version"] == before["version"] + 1, f"{what}: one version more", seen, before)
        must(said["changed"] is True, what, said)
        return seen

    said = curl(server, "POST", "/v1/blacklist", {"owner": "r-9", "reason": "fraud"})
    seen = await told(said, lambda app: app.get("blacklisted_until") == said["until"], "blacklisted", entered)
    must({**without_clock(seen), "version": 0} ==
         {**without_clock(entered), "version": 0, "blacklisted_until": said["until"]}, "and nothing else", seen)
    said = server.platectl("blacklist", "lift", "r-9", "--reason", "mistake")
    seen = await told(said, lambda app: "blacklisted_until" not in app, "lifted", seen)
    place = "/v1/offices/" + urllib.parse.quote(OFFICE)
    before = server.operators.get(place)
    curl(server, "PUT", "/v1/terms/2027-01", {"zh": "新条款", "en": "new terms"})
    for body, holds, what in (
            ({"settings": {"terms": "2027-01"}}, lambda app: app["terms"] == "2027-01", "new terms"),
            ({"settings": {"blacklist_years": 7}}, lambda app: app["blacklist_years"] == 7, "years"),
            ({"name": "车管所"}, lambda app: app["office_name"] == "车管所", "a new name")):
        seen = await told(curl(server, "PUT", place, body), holds, what, seen)
    curl(server, "PUT", place, {"settings": {"batch_hold_ms": before["settings"]["batch_hold_ms"] + 1000}})
    again = await device.request("enter", vehicle=vehicle)
    must(without_clock(again) == without_clock(seen), "a setting that no application shows", again, seen)
    must(not device.events, "nothing was pushed of it", device.events)
    curl(server, "PUT", place, {"name": before["name"], "settings": {
        name: before["settings"][name] for name in ("terms", "blacklist_years", "batch_hold_ms")}})
    await device.close()


async def longer_countdowns(server):
    """They apply to what begins afterwards."""
    device, vehicle = await server.device_in_pick(8)
    first = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    server.platectl("owners", "countdowns", "r-8", "--times", "3", "--reason", "poor eyesight")
    seen = await device.request("enter", vehicle=vehicle)
    must(seen["batch"]["expires_in_ms"] <= first["batch"]["expires_in_ms"], "not for this batch", seen)
    second = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(260_000 < second["batch"]["expires_in_ms"] <= 270_000, "three times 90 s", second)
    await device.close()


def out_of_range(server):
    """Every setting beyond its range is refused with the range, and none of the request is done."""
    year = 366 * 24 * 3600 * 1000
    ranges = {"draws": (1, 60_000), "batch_size": (1, 20), "batch_hold_ms": (100, 3_600_000),
              "shortlist_hold_ms": (90_000, 3_600_000), "verified_for_ms": (60_000, 86_400_000),
              "validity_days": (1, 90), "blacklist_years": (0, 10), "return_window_ms": (0, None),
              "lapse_grace_ms": (0, None), "codes_per_phone": (0, None),
              "codes_per_organisation_phone": (0, None), "working_max": (0, 10_000_000),
              "lobby_ms": (0, 86_400_000), "admitted_for_ms": (10_000, 3_600_000),
              "admit_per_second": (0, 100_000)}
    before = server.operators.get(f"/v1/offices/{OFFICE}")
    for name, (least, most) in ranges.items():
        for wrong in (least - 1, year + 1 if most is None else most + 1):
            body = {"name": "renamed", "settings": {name: wrong}}
            error = server.operators.refused(400, "PUT", f"/v1/offices/{OFFICE}", body)
            must(error["field"] == name, "the setting is named", error)
            must(str(least) in error["message"] and (most is None or str(most) in error["message"]),
                 "its range is told", error)
    for wrong in ("5", 1.5, None, True):
        server.operators.refused(400, "PUT", f"/v1/offices/{OFFICE}", {"settings": {"draws": wrong}})
    server.operators.refused(400, "PUT", f"/v1/offices/{OFFICE}", {"settings": {"dra": 5}})
    must(server.operators.get(f"/v1/offices/{OFFICE}") == before, "nothing changed")


def main():
    story = Story()
    story.tell("start")
    parts = [(closed_then_open, "closed, then open, with an empty pool"), (load, "segments"),
             (release, "a release by itself"), (pause_and_maintain, "pause and maintenance"),
             (closing, "closing"), (at_the_counter, "extending and issuing"), (voided, "voiding"),
             (blacklisting, "the blacklist"), (watched_from_afar, "what watchers are told"),
             (longer_countdowns, "longer countdowns"), (out_of_range, "settings out of range")]
    with Server("--rehearsal") as server:
        server.start()
        for part, name in parts:
            story.tell(name)
            result = part(server)
            if asyncio.iscoroutine(result):
                asyncio.run(result)
        story.tell("recount from the log")
        answer = server.platectl("reconcile")
        must(answer["ok"] and answer["compared_with_live"], "the log agrees", answer)
        server.operators.post("/v1/drain")
        must(server.ended() == 0, "drained", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
