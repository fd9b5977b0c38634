#!/usr/bin/python3
"""From a reservation to the counter, over paper: the voucher is printed by a browser on both of its
papers, its QR code is read back from the PDF, and what it says is checked as a clerk does, while the
reservation waits, once it is issued, and after it was voided. All pages that the server writes itself
are looked at on the way. Exit status 0 when everything held."""

import asyncio
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import ROOT, Server, Story, binary, run  # noqa: E402

PAPERS = {"a4": (210, 297), "receipt": (58, 240)}
LONG_NAME = "深圳市公安局交通警察支队车辆管理所"


def furnish(server):
    """An office whose name is as long as they are, and something in every line of the pool notice."""
    server.platectl("office", "set", "粤B", "--name", LONG_NAME)
    server.platectl("plates", "withhold", "粤BD00001", "粤BD00002", "--reason", "kept back")
    server.operators.post("/v1/segments", {"office": "粤B", "class": "small", "power": "hybrid",
                                           "from": "粤BF00000", "to": "粤BF99999",
                                           "release_at": 4_000_000_000_000, "note": "later"})


async def reserve(server, number):
    """r-`number`'s reservation."""
    device, vehicle = await server.device_in_pick(number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    await device.close()
    return done["reservation"]


def printed(server, voucher):
    """Pages, size and QR code of the voucher on each paper. PLATED_SCREENSHOTS names a directory for
    pictures of what was looked at."""
    pictures = os.environ.get("PLATED_SCREENSHOTS")
    done = run("node", str(ROOT / "tests/end_to_end/lib/server_pages.mjs"), "--url", server.url,
               "--voucher", voucher, *(["--pictures", pictures] if pictures else []))
    return json.loads(done.stdout)


def clerk(server, *words, status=0):
    """What `platectl voucher` tells a person."""
    done = run(binary("platectl"), "--admin", server.admin, "voucher", *words, status=status)
    return done.stdout + done.stderr


def at_the_counter(server, reservation, other, scanned):
    code, plate = reservation["voucher"].rsplit("/", 1)[1], reservation["plate"]
    groups = [code[at:at + 8].upper() for at in range(0, 32, 8)]
    for words in ([scanned], [code], groups, [" ".join(groups)]):
        said = clerk(server, *words)
        must(f"genuine: issue {plate}, until {reservation['deadline']}" in said, "genuine", words, said)
    server.platectl("reservations", "issue", plate)
    must("genuine, but used" in clerk(server, scanned), "a used voucher says so")
    must(not server.platectl("voucher", scanned)["valid"], "a used voucher is valid no more")
    server.platectl("reservations", "void", other["plate"], "--reason", "papers")
    for forged in (other["voucher"], "0" * 32):
        said = clerk(server, forged, status=1)
        must("not valid, issue nothing" in said, "void or forged", forged, said)


def main():
    story = Story()
    story.tell("start")
    with Server("--demo") as server:
        server.start()
        furnish(server)
        reservation, other = (asyncio.run(reserve(server, number)) for number in (1, 2))
        story.tell("pages and papers")
        papers = printed(server, reservation["voucher"])
        for name, size in PAPERS.items():
            paper = papers[name]
            must(paper["pages"] == 1, f"one page of {name}", paper)
            must((paper["width_mm"], paper["height_mm"]) == size, f"the size of {name}", paper)
            must(paper["qr"] == server.url + reservation["voucher"], f"the QR code on {name}", paper)
        story.tell("at the counter")
        at_the_counter(server, reservation, other, papers["receipt"]["qr"])
        story.tell("stop")
        must(server.terminate() == 0, "SIGTERM ends it well", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
