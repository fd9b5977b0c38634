#!/usr/bin/python3
"""Tickets that are barred before their end: used ones, where each is good for one use, and revoked ones. They stay
barred over a crash, what they had opened is closed, and who revoked what, and who read about people, is in the log.
Exit status 0 when all of it held."""

import asyncio
import contextlib
import http.client
import json
import os
import pwd
import sys
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import Device, must  # noqa: E402
from server import Server, Story, binary, run  # noqa: E402


def fresh(server, owner):
    """A ticket as platectl makes it, with a jti of its own."""
    return run(binary("platectl"), "ticket", owner, "--data", str(server.data)).stdout.strip()


def enter(server, ticket, **headers):
    """Status, cookie (name and value) and text of GET /enter."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", f"/enter?ticket={ticket}", headers=headers)
    answer = connection.getresponse()
    return answer.status, (answer.headers["Set-Cookie"] or "").split(";")[0], answer.read().decode()


async def upgrade(server, **headers):
    """The status of an upgrade with these headers; 101 is closed again."""
    headers = {"Origin" if name == "origin" else name.capitalize(): value for name, value in headers.items()}
    url = server.url.replace("http", "ws") + "/v1/select"
    try:
        ws = await websockets.connect(url, subprotocols=["plated.v1"], extra_headers=headers, compression=None)
    except websockets.InvalidStatusCode as refused:
        return refused.status_code
    await ws.close()
    return 101


def by_cookie(server, cookie):
    return asyncio.run(upgrade(server, cookie=cookie, origin=server.url))


def by_bearer(server, ticket):
    return asyncio.run(upgrade(server, authorization=f"Bearer {ticket}"))


def used_once(server):
    ticket = fresh(server, "r-1")
    status, cookie, _ = enter(server, ticket)
    must(status == 303, "it lets a browser in", status)
    return ticket, cookie


def still_used(server, ticket, cookie):
    status, _, text = enter(server, ticket)
    must(status == 401 and "has been used" in text, "it lets no other in", status, text)
    must(by_bearer(server, ticket) == 401, "nor a program")
    for _ in range(2):
        must(by_cookie(server, cookie) == 101, "its browser connects again and again")


async def revoked_while_connected(server):
    """A device of the owner's is sent away, and comes in with a newer ticket only."""
    ticket = fresh(server, "r-2")
    device = await Device.connect(server.url, ticket, None)
    done = await asyncio.to_thread(server.platectl, "tickets", "revoke", "--owner", "r-2", "--reason", "stolen")
    must(done["changed"] and done["owner"] == "r-2", "revoked", done)
    bye = await device.event(lambda event: event["event"] == "bye", "bye")
    must(bye["reason"] == "signed_out", "what it had opened is closed", bye)
    with contextlib.suppress(websockets.ConnectionClosed):
        await device.ws.wait_closed()
    must(device.ws.close_code == 1008, "for want of a ticket", device.ws.close_code)


def whom_it_replaces(server):
    """Who is signed in is named before another takes their place; the other way is a page of our own."""
    _, cookie, _ = enter(server, fresh(server, "r-31"))
    status, replaced, text = enter(server, fresh(server, "r-32"), Cookie=cookie)
    must(status == 200 and replaced == "" and "&amp;replaces=" in text, "it asks first", status, text)
    status, _, text = enter(server, fresh(server, "r-32"), **{"Sec-Fetch-Site": "cross-site"})
    must(status == 200 and "http-equiv=\"refresh\"" in text, "from elsewhere it is sent on from here", status, text)


def trail(server):
    """Revoking and reading stand in the log, with the number and the name of the account."""
    server.platectl("owners", "show", "r-1")
    records = [json.loads(line) for line in server.operators.request("GET", "/v1/audit?since=0").splitlines()]
    revoked = [record for record in records if record["what"] == "tickets_revoked"]
    must([record["owner"] or record["jti"] for record in revoked] == ["r-2", "a-1"], "revoked", revoked)
    must(all(record["actor"] == os.getuid() for record in revoked), "by whom", revoked)
    read = [record for record in records if record.get("action", "").startswith("read ")]
    account = pwd.getpwuid(os.getuid()).pw_name
    must(f"read /v1/owners/r-1, as {account}" in [record["action"] for record in read], "who read what", read)
    must(all(record["actor"] == os.getuid() for record in read), "by whom", read)


def main():
    story = Story()
    with Server("--rehearsal", environment={"PLATED_TICKET_JTI": "once"}) as server:
        server.start()
        story.tell("a ticket of one use")
        ticket, cookie = used_once(server)
        still_used(server, ticket, cookie)
        story.tell("a ticket that is revoked")
        asyncio.run(revoked_while_connected(server))
        named = fresh(server, "r-4")
        server.platectl("tickets", "revoke", "--jti", "a-1", "--reason", "copied")
        must(server.platectl("tickets", "revoke", "--jti", "a-1", "--reason", "again")["changed"] is False, "once")
        must(by_bearer(server, named) == 101, "others are good")
        story.tell("one owner for another")
        whom_it_replaces(server)
        story.tell("kill -9 and a start")
        server.kill()
        server.start()
        still_used(server, ticket, cookie)
        must(by_bearer(server, fresh(server, "r-2")) == 401, "revoked until the clocks cannot differ any more")
        story.tell("a snapshot and a start")
        server.platectl("snapshot")
        must(server.terminate() == 0, "the state that was replayed is the live one", server.said())
        server.start()
        still_used(server, ticket, cookie)
        trail(server)
        must(server.terminate() == 0, "exit status 0", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
