#!/usr/bin/python3
"""A client of somebody else's making (Debian's python3-websockets) walks a running rehearsal to the
letter of the protocol: one owner to a plate that they chose, over two devices, a redraw, a reconnect and
an expiry; another to the plate that was confirmed by itself. It sets the countdowns of the office
through the operators' socket and puts them back. Exit status 0 when everything held."""

import argparse
import asyncio
import sys

import contract
from contract import Device, must, without_clock

USUAL = {"draws": 5, "batch_size": 10, "batch_hold_ms": 90_000, "shortlist_hold_ms": 180_000}
SHORT = {"batch_hold_ms": 1_500, "shortlist_hold_ms": 3_000}


async def to_pick(device, vehicle, entered, draws):
    """Submits and verifies, with everything that can go wrong on the way."""
    sent = await device.request("send_code", vehicle=vehicle, **{"for": "submit"})
    must(set(sent) == {"sent_to", "expires_in_ms", "resend_in_ms"}, "what send_code answers", sent)
    must("****" in sent["sent_to"], "the phone is masked", sent)
    again = await device.refused("too_soon", "send_code", vehicle=vehicle, **{"for": "submit"})
    must(0 < again["retry_in_ms"] <= 60_000, "how soon is said", again)
    terms = entered["terms"]
    await device.refused("terms_outdated", "submit", vehicle=vehicle, code="000000", terms="never")
    await device.refused("wrong_code", "submit", vehicle=vehicle, code="111111", terms=terms)
    await device.refused("wrong_step", "draw", vehicle=vehicle, draw=1, without4=False)
    submitted = await device.request("submit", vehicle=vehicle, code="000000", terms=terms)
    must(submitted["step"] == "notice" and submitted["draws_left"] == draws, "submitted", submitted)
    must(submitted["version"] > entered["version"], "the version grew", entered, submitted)
    repeated = await device.request("submit", vehicle=vehicle, code="000000", terms=terms)
    must(without_clock(repeated) == without_clock(submitted), "a retry changes nothing", repeated)
    await device.refused("wrong_step", "draw", vehicle=vehicle, draw=1, without4=False)
    await device.request("send_code", vehicle=vehicle, **{"for": "verify"})
    await device.refused("wrong_code", "verify", vehicle=vehicle, code="999999")
    verified = await device.request("verify", vehicle=vehicle, code="000000")
    must(verified["step"] == "pick" and verified["version"] > submitted["version"], "pick", verified)
    must(verified["verified_in_ms"] > 0, "how long it lasts is said", verified)
    repeated = await device.request("verify", vehicle=vehicle, code="000000")
    must(without_clock(repeated) == without_clock(verified), "a retry changes nothing", repeated)
    return verified


async def first_draws(device, vehicle):
    """Two draws with a plate kept in between; the application after them, and that plate."""
    await device.refused("wrong_draw_number", "draw", vehicle=vehicle, draw=2, without4=False)
    error = await device.refused("bad_request", "draw", vehicle=vehicle, draw=0, without4=False)
    must(error["field"] == "draw", "the field is named", error)
    first = await device.request("draw", vehicle=vehicle, draw=1, without4=True)
    plates = first["batch"]["plates"]
    must(len(plates) == USUAL["batch_size"], "a whole batch", first)
    must(not any("4" in plate for plate in plates), "without 4 is without 4", first)
    must(first["draw"] == 1 and first["draws_left"] == USUAL["draws"] - 1, "one draw less", first)
    must(0 < first["batch"]["expires_in_ms"] <= USUAL["batch_hold_ms"], "the countdown", first)
    must(first["shortlist"] is None and first["reservation"] is None, "nothing kept yet", first)
    repeated = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    must(without_clock(repeated) == without_clock(first), "a repeated draw costs nothing", repeated)

    kept = await device.request("shortlist", vehicle=vehicle, plate=plates[3])
    must(kept["shortlist"]["plates"] == [plates[3]], "on the shortlist", kept)
    must(kept["batch"]["plates"] == plates, "the batch shows shortlisted ones too", kept)
    swapped = await device.request("shortlist", vehicle=vehicle, plate=plates[5])
    must(swapped["shortlist"]["plates"] == [plates[5]], "one of each batch", swapped)
    other_way = plates[5][:2] + "·" + plates[5][2:].lower()
    repeated = await device.request("shortlist", vehicle=vehicle, plate=other_way)
    must(without_clock(repeated) == without_clock(swapped), "entered in another way", repeated)
    error = await device.refused("bad_request", "shortlist", vehicle=vehicle, plate="粤BI12345")
    must(error["field"] == "plate", "the field is named", error)

    second = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(second["draw"] == 2 and second["draws_left"] == USUAL["draws"] - 2, "draw 2", second)
    must(second["shortlist"]["plates"] == [plates[5]], "the shortlist outlives its batch", second)
    must(plates[5] not in second["batch"]["plates"], "what is held is not drawn", second)
    must(second["version"] > swapped["version"], "the version grew", second)
    gone = next(plate for plate in plates if plate not in second["batch"]["plates"]
                and plate != plates[5])
    await device.refused("not_in_batch", "shortlist", vehicle=vehicle, plate=gone)
    await device.refused("not_on_shortlist", "confirm", vehicle=vehicle,
                         plate=second["batch"]["plates"][0])
    await device.refused("wrong_draw_number", "draw", vehicle=vehicle, draw=1, without4=False)
    return second, plates[5]


async def let_expire(device, watcher, vehicle, operators, office):
    """Draw 3 with short countdowns: both run out, on both devices."""
    operators.set_office(office, **SHORT)
    third = await device.request("draw", vehicle=vehicle, draw=3, without4=False)
    must(third["batch"]["expires_in_ms"] <= SHORT["batch_hold_ms"], "short", third)
    must(third["shortlist"]["expires_in_ms"] <= SHORT["shortlist_hold_ms"], "started anew", third)
    plate = third["batch"]["plates"][0]
    kept = await device.request("shortlist", vehicle=vehicle, plate=plate)
    must(len(kept["shortlist"]["plates"]) == 2, "one of each batch", kept)
    for seer in (device, watcher):
        over = await seer.pushed(lambda app: app["draw"] == 3 and app["batch"] is None, "batch over")
        must(over["version"] > kept["version"], "the version grew", over)
    await device.refused("expired", "shortlist", vehicle=vehicle, plate=third["batch"]["plates"][1])
    for seer in (device, watcher):
        over = await seer.pushed(lambda app: app["draw"] == 3 and app["shortlist"] is None,
                                 "shortlist over")
    must(over["step"] == "pick" and over["draws_left"] == 2 and "fallback" not in over, "pick", over)
    await device.refused(("expired", "not_on_shortlist"), "confirm", vehicle=vehicle, plate=plate)
    operators.set_office(office, **USUAL)


async def confirm(device, watcher, vehicle):
    fourth = await device.request("draw", vehicle=vehicle, draw=4, without4=False)
    plate, other = fourth["batch"]["plates"][:2]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(done["step"] == "done" and done["reservation"]["plate"] == plate, "confirmed", done)
    must(done["reservation"]["auto"] is False, "by the owner", done)
    repeated = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(without_clock(repeated) == without_clock(done), "a retry changes nothing", repeated)
    await device.refused("already_confirmed", "confirm", vehicle=vehicle, plate=other)
    await device.refused("wrong_step", "draw", vehicle=vehicle, draw=5, without4=False)
    seen = await watcher.pushed(lambda app: app["step"] == "done", "the other device sees it")
    must(without_clock(seen) == without_clock(done), "both devices are told the same", seen, done)
    return done


def check_voucher(base_url, application):
    reservation = application["reservation"]
    status, text = contract.fetch(base_url, reservation["voucher"])
    must(status == 200 and "<" in text, "the voucher is a page", status)
    bare = text.replace("·", "").replace(" ", "")
    must(reservation["plate"] in bare, "the voucher shows the plate")
    status, _ = contract.fetch(base_url, "/v1/voucher/" + "0" * 32)
    must(status == 404, "an invented voucher is none", status)


async def choose(args, number, operators):
    ticket = contract.make_ticket(args.key, f"r-{number}")
    vehicle = contract.vehicle_of(number)
    operators.set_office(args.office, **USUAL)
    device = await Device.connect(args.url, ticket)
    listed = await device.request("vehicles")
    must(set(listed) == {"vehicles", "next"} and listed["next"] is None, "all on one page", listed)
    mine = [one for one in listed["vehicles"] if one["vehicle"] == vehicle]
    fields = {"vehicle", "class", "power", "office", "plate", "step"}
    must(len(mine) == 1 and set(mine[0]) == fields, "their vehicle is listed", listed)
    entered = await device.request("enter", vehicle=vehicle)
    must(entered["step"] == "submit" and entered["draw"] == 0, "a fresh application", entered)
    must(entered["batch"] is None and entered["shortlist"] is None, "nothing held", entered)
    watcher = await Device.connect(args.url, ticket)
    seen = await watcher.request("enter", vehicle=vehicle)
    must(without_clock(seen) == without_clock(entered), "every device sees the same", seen)
    await to_pick(device, vehicle, entered, USUAL["draws"])
    await watcher.pushed(lambda app: app["step"] == "notice", "the other device sees submit")
    await watcher.pushed(lambda app: app["step"] == "pick", "the other device sees verify")
    second, _ = await first_draws(device, vehicle)
    await watcher.pushed(lambda app: app["draw"] == 2, "the other device sees the draw")

    await device.close()
    device = await Device.connect(args.url, ticket)
    back = await device.request("enter", vehicle=vehicle)
    must(without_clock(back) == without_clock(second), "a reconnect changes nothing", back, second)
    must(back["batch"]["expires_in_ms"] <= second["batch"]["expires_in_ms"], "it ran on", back)
    repeated = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(without_clock(repeated) == without_clock(second), "the draw's answer is not lost", repeated)

    await let_expire(device, watcher, vehicle, operators, args.office)
    done = await confirm(device, watcher, vehicle)
    must(await watcher.request("leave", vehicle=vehicle) == {}, "leave answers nothing")
    check_voucher(args.url, done)
    await device.close()
    await watcher.close()
    return done["reservation"]["plate"]


async def be_confirmed(args, number, operators):
    """Every draw used up and nothing confirmed: the first plate of the last draw."""
    vehicle = contract.vehicle_of(number)
    operators.set_office(args.office, **{**USUAL, **SHORT, "draws": 2})
    device = await Device.connect(args.url, contract.make_ticket(args.key, f"r-{number}"))
    entered = await device.request("enter", vehicle=vehicle)
    await to_pick(device, vehicle, entered, 2)
    await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    last = await device.request("draw", vehicle=vehicle, draw=2, without4=False)
    must(last["draws_left"] == 0, "the last draw", last)
    must(last["fallback"] == last["batch"]["plates"][0], "its first plate is the fallback", last)
    await device.refused("no_draws_left", "draw", vehicle=vehicle, draw=3, without4=False)
    done = await device.pushed(lambda app: app["step"] == "done", "the auto-confirm")
    must(done["reservation"]["auto"] is True, "by itself", done)
    must(done["reservation"]["plate"] == last["fallback"], "the fallback, no other", done, last)
    check_voucher(args.url, done)
    await device.close()
    return done["reservation"]["plate"]


async def walk(args):
    operators = contract.Operators(args.admin or f"{args.data}/admin.sock")
    try:
        chosen = await choose(args, args.owner, operators)
        print(f"r-{args.owner} chose {chosen}")
        given = await be_confirmed(args, args.owner + 1, operators)
        print(f"r-{args.owner + 1} was given {given}")
        must(chosen != given, "no plate has two owners", chosen)
    finally:
        operators.set_office(args.office, **USUAL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--data", default="./plated-data", help="data directory, with ticket.key")
    parser.add_argument("--admin", help="operators' socket; else DATA/admin.sock")
    parser.add_argument("--office", default="粤B")
    parser.add_argument("--owner", type=int, default=1, help="r-OWNER and the next one walk")
    args = parser.parse_args()
    args.key = contract.read_key(args.data)
    try:
        asyncio.run(walk(args))
    except contract.Broken as broken:
        print(f"broken: {broken}", file=sys.stderr)
        return 1
    except contract.Refused as refused:
        print(f"broken: refused unexpectedly: {refused.error}", file=sys.stderr)
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main())
