#!/usr/bin/python3
"""The waiting room of a real server: who works and who waits, positions that are pushed, admission after a
confirmation, places that survive another connection and a crash, giving up, and the lobby before an opening.
Exit status 0 when everything held."""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must, vehicle_of  # noqa: E402
from server import Server, Story  # noqa: E402

OFFICE = "粤B"
VERIFY = {"for": "verify"}
TIME_TO_ACT_MS = 120_000
CODE_LIFE_MS = 300_000
DAY_MS = 24 * 3600 * 1000


async def submitted(server, number):
    """r-`number` on a device, who has accepted the terms, and their vehicle."""
    vehicle = vehicle_of(number)
    device = await server.device(f"r-{number}")
    terms = (await device.request("enter", vehicle=vehicle))["terms"]
    await device.request("send_code", vehicle=vehicle, **{"for": "submit"})
    await device.request("submit", vehicle=vehicle, code="000000", terms=terms)
    return device, vehicle


async def told_to_wait(server, number, ahead):
    device, vehicle = await submitted(server, number)
    error = await device.refused("waiting", "send_code", vehicle=vehicle, **VERIFY)
    must(error["ahead"] == ahead and error["office"] == OFFICE, f"{ahead} are ahead", error)
    return device, vehicle


async def moves_to(device, position):
    """Is pushed that position; others that it passes on the way may come before it."""
    return await device.event(lambda event: event["event"] == "waiting" and event.get("position") == position,
                              f"position {position}")


async def is_admitted(device):
    event = await device.event(lambda event: event["event"] == "admitted", "admitted")
    must(event["office"] == OFFICE and 0 < event["act_within_ms"] <= TIME_TO_ACT_MS, "the time to act", event)


async def place_on_new_device(server, number):
    """What entering on another connection says of the place, and the connection."""
    device = await server.device(f"r-{number}")
    application = await device.request("enter", vehicle=vehicle_of(number))
    return application.get("place"), device


async def line(server, story):
    """Two work, the others stand in line, and what happens to one is told to those behind."""
    story.tell("two work, and the others wait")
    first, first_vehicle = await server.device_in_pick(1)
    await server.device_in_pick(2)
    third, third_vehicle = await told_to_wait(server, 3, 0)
    fourth, fourth_vehicle = await told_to_wait(server, 4, 1)
    fifth, _ = await told_to_wait(server, 5, 2)
    await third.refused("waiting", "verify", vehicle=third_vehicle, code="000000")
    place, again = await place_on_new_device(server, 3)
    must(place["position"] == 1, "one place on every device", place)

    story.tell("a place is given up, and the others move up")
    must(await third.request("give_up", office=OFFICE) == {}, "given up")
    await moves_to(fourth, 1)
    await moves_to(fifth, 2)
    seen = await again.request("enter", vehicle=third_vehicle)
    must("place" not in seen, "it is gone on every device", seen)
    error = await third.refused("waiting", "send_code", vehicle=third_vehicle, **VERIFY)
    must(error["position"] == 3, "whoever comes back stands at the end", error)

    story.tell("a confirmation lets the next one in")
    plates = (await first.request("draw", vehicle=first_vehicle, draw=1, without4=False))["batch"]["plates"]
    await first.request("shortlist", vehicle=first_vehicle, plate=plates[0])
    await first.request("confirm", vehicle=first_vehicle, plate=plates[0])
    await is_admitted(fourth)
    await moves_to(fifth, 1)
    await moves_to(third, 2)
    await fourth.request("send_code", vehicle=fourth_vehicle, **VERIFY)
    seen = await fourth.request("enter", vehicle=fourth_vehicle)
    must(TIME_TO_ACT_MS < seen["admitted_within_ms"] <= CODE_LIFE_MS, "the first code gives time until it ends", seen)
    seen = await fourth.request("verify", vehicle=fourth_vehicle, code="000000")
    must(seen["step"] == "pick", "whoever was admitted goes on", seen)


async def survival(server, story):
    """A place outlives the connection and the process; and who may pass after all is told so."""
    story.tell("places survive another connection, and a crash")
    for crash in (False, True):
        if crash:
            server.kill()
            server.start()
        for number, position in ((5, 1), (3, 2)):
            place, device = await place_on_new_device(server, number)
            must(place["position"] == position, "the place is kept", number, place)
            await device.close()

    story.tell("whoever may pass is told so")
    _, fifth = await place_on_new_device(server, 5)
    _, third = await place_on_new_device(server, 3)
    server.platectl("office", "set", OFFICE, "--working-max", "3")
    await is_admitted(fifth)
    await moves_to(third, 1)
    seen = await fifth.request("enter", vehicle=vehicle_of(5))
    must(0 < seen["admitted_within_ms"] <= TIME_TO_ACT_MS, "the application says so too", seen)
    server.platectl("office", "set", OFFICE, "--working-max", "0")
    await is_admitted(third)
    await third.request("send_code", vehicle=vehicle_of(3), **VERIFY)


def opens_later():
    """A schedule that opens in some two hours, by the office's clock."""
    hour = (time.gmtime(time.time() + 8 * 3600).tm_hour + 2) % 24
    return [{"days": "1-7", "from": f"{hour:02}:00", "to": f"{hour:02}:50"}]


async def lobby(server, story):
    """Before the opening there is no order; then there is one, and the first are let in."""
    story.tell("the lobby fills, and is put in order when the office opens")
    server.operators.put(f"/v1/offices/{OFFICE}", {
        "settings": {"working_max": 2, "lobby_ms": DAY_MS}, "schedule": opens_later()})
    numbers = range(11, 16)
    devices = []
    for count, number in enumerate(numbers, 1):
        device, vehicle = await submitted(server, number)
        error = await device.refused("waiting", "send_code", vehicle=vehicle, **VERIFY)
        must(error["lobby"] == count and error["opens_at"] > time.time() * 1000, "the lobby grows", error)
        devices.append(device)
    await devices[0].event(lambda event: event["event"] == "waiting" and event["lobby"] == 5, "five are there")
    server.kill()
    server.start()
    devices = []
    for number in numbers:
        place, device = await place_on_new_device(server, number)
        must(place["lobby"] == 5, "nobody has left", place)
        devices.append(device)
    await devices[4].request("give_up", office=OFFICE)
    server.platectl("office", "open", OFFICE, "--reason", "release day")

    def is_order(event):
        return event["event"] == "admitted" or "position" in event
    order = [await device.event(is_order, "let in, or in line") for device in devices[:4]]
    must(sum(event["event"] == "admitted" for event in order) == 2, "two are let in", order)
    places = []
    for device, event in zip(devices, order):
        if event["event"] == "waiting":
            places.append((await device.request("enter", vehicle=vehicle_of(numbers[devices.index(device)])))["place"])
    must(sorted(place["position"] for place in places) == [1, 2], "the others stand in line", places)


async def main():
    story = Story()
    with Server("--rehearsal") as server:
        story.tell("a server that lets two work at a time")
        server.start()
        server.operators.post("/v1/segments", {
            "office": OFFICE, "class": "small", "power": "electric",
            "from": f"{OFFICE}D00001", "to": f"{OFFICE}D00999"})
        server.platectl("office", "set", OFFICE, "--working-max", "2")
        server.platectl("office", "open", OFFICE, "--reason", "release day")
        await line(server, story)
        await survival(server, story)
    with Server("--rehearsal") as server:
        server.start()
        await lobby(server, story)
    story.tell(None)


if __name__ == "__main__":
    asyncio.run(main())
