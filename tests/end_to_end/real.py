#!/usr/bin/python3
"""A plated that is no rehearsal: tickets that the platform signs, owners that it imports, codes and
notices that really leave, over a file and over a web hook that fails; personal data that nobody finds
on the disk; and starts that must be refused. Exit status 0 when all of it held."""

import asyncio
import contextlib
import json
import re
import sys
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import Device, fetch, make_ticket, must, without_clock  # noqa: E402
from server import Server, Story, binary, free_port, plain_environment, run, wait_until  # noqa: E402
from upstream import PLATFORM_CONFIG, Platform, PlatformServer, SmsFile, WebHook  # noqa: E402

OFFICE = "粤B"
OWNERS = [{"owner": f"z{n}", "kind": "person", "name": f"欧阳车主{n}号", "phone": f"1390000{n:04}",
           "id_number": f"44030119900101{n:04}"} for n in range(1, 6)]
VEHICLES = [{"vehicle": f"LGXCE4CB6P{n:07}", "owner": f"z{n}", "office": OFFICE, "class": "small",
             "power": "electric", "plate": f"{OFFICE}{n:05}"} for n in range(1, 6)]
HOOK_CONFIG = PLATFORM_CONFIG + """
[sms]
gateway = "webhook"
webhook = "HOOK"
"""


class RealServer(PlatformServer):
    """Founded as an operator does it."""

    def found(self):
        for name, text in (("zh", "选号须知"), ("en", "Terms of selection")):
            (self.home / name).write_text(text, encoding="utf-8")
        self.platectl("terms", "put", "2026-07", "--zh", str(self.home / "zh"), "--en", str(self.home / "en"))
        self.platectl("office", "set", OFFICE, "--name", "深圳市车管所", "--terms", "2026-07",
                      "--batch-size", "5", "--schedule", "1-7 00:00-24:00")
        self.platectl("segments", "load", "--office", OFFICE, "--class", "small", "--power", "electric",
                      "--from", f"{OFFICE}D10000", "--to", f"{OFFICE}D19999")
        for kind, lines in (("owners", OWNERS), ("vehicles", VEHICLES)):
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            said = self.platectl(kind, "import", "-", stdin=text)
            must(said == {"accepted": len(lines), "unchanged": 0, "refused": []}, f"{kind} imported", said)
            said = self.platectl(kind, "import", "-", stdin=text)
            must(said["unchanged"] == len(lines), "an import repeated changes nothing", said)


def someone(number):
    """Owner, vehicle and phone of the owner with that number."""
    return f"z{number}", VEHICLES[number - 1]["vehicle"], OWNERS[number - 1]["phone"]


async def ask_code(device, outgoing, number, purpose):
    _, vehicle, phone = someone(number)
    before = outgoing.count(phone)
    sent = await device.request("send_code", vehicle=vehicle, **{"for": purpose})
    must(sent["sent_to"] == f"{phone[:3]}****{phone[-4:]}", "the phone is masked", sent)
    must(0 < sent["expires_in_ms"] <= 300_000 and 0 < sent["resend_in_ms"] <= 60_000, "its times", sent)
    # The device must go on meanwhile: a ping unanswered would close it.
    return await asyncio.get_running_loop().run_in_executor(None, outgoing.next_code, phone, before)


def another(code):
    return f"{(int(code) + 1) % 1_000_000:06}"


async def to_pick(server, outgoing, number):
    owner, vehicle, _ = someone(number)
    device = await server.device(owner)
    entered = await device.request("enter", vehicle=vehicle)
    must(entered["terms"] == "2026-07" and entered["office_state"] == "open", "as founded", entered)
    for step in ("submit", "verify"):
        code = await ask_code(device, outgoing, number, step)
        terms = {"terms": "2026-07"} if step == "submit" else {}
        again = await device.refused("too_soon", "send_code", vehicle=vehicle, **{"for": step})
        must(0 < again["retry_in_ms"] <= 60_000, "how soon is said", again)
        await device.refused("wrong_code", step, vehicle=vehicle, code=another(code), **terms)
        if code != "000000":
            await device.refused("wrong_code", step, vehicle=vehicle, code="000000", **terms)
        await device.request(step, vehicle=vehicle, code=code, **terms)
    return device, vehicle


async def reserve(server, outgoing, number):
    device, vehicle = await to_pick(server, outgoing, number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=True)
    chosen = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=chosen)
    done = await device.request("confirm", vehicle=vehicle, plate=chosen)
    await device.close()
    return done


def told_of(reservation, message):
    year, month, day = (int(part) for part in reservation["deadline"].split("-"))
    must(reservation["plate"] in message["text"], "the plate", message)
    must(message["text"].startswith("【深圳市车管所】"), "in the office's name", message)
    must(f"{year}年{month}月{day}日" in message["text"], "the deadline", message)


async def guessing(server, outgoing, number):
    """Five tries for a code; the right one comes too late after them."""
    owner, vehicle, _ = someone(number)
    device = await server.device(owner)
    await device.request("enter", vehicle=vehicle)
    code = await ask_code(device, outgoing, number, "submit")
    for _ in range(5):
        await device.refused("wrong_code", "submit", vehicle=vehicle, code=another(code), terms="2026-07")
    await device.refused("too_many_tries", "submit", vehicle=vehicle, code=code, terms="2026-07")
    await device.close()


async def strangers(server):
    """Only the platform's signature counts."""
    public = server.platform.public_key.read_bytes()
    other = server.home / "other"
    other.mkdir()
    for ticket in (make_ticket(public, "z1"), make_ticket(public, "z1", alg="EdDSA"),
                   Platform(other).ticket("z1"), server.platform.ticket("z1", seconds=-10)):
        try:
            await Device.connect(server.url, ticket)
        except websockets.InvalidStatusCode as refused:
            must(refused.status_code == 401, "401", refused)
        else:
            must(False, "a stranger's ticket is refused", ticket)
    device = await server.device("r-1")
    listed = await device.request("vehicles")
    must(listed["vehicles"] == [], "no owner is made here", listed)
    await device.close()
    must(fetch(server.url, "/login")[0] == 404, "no login page")
    server.operators.refused(409, "POST", "/v1/rehearsal/owners", {"count": 1})
    must("演练" not in fetch(server.url, "/pools")[1], "no page speaks of a rehearsal")


def opening(server):
    """Nobody opens an office to people who would find no terms, no plates, or get no code."""
    other = "粤A"
    server.platectl("office", "set", other, "--name", "广州市车管所", "--terms", "2026-01")
    status, text = server.operators.ask("POST", f"/v1/offices/{other}/open", {"reason": "x"})
    refused = json.loads(text)
    must(status == 409 and refused["error"]["code"] == "conflict", "it is refused", text)
    must([one["missing"] for one in refused["missing"]] == ["terms", "segments"], "what is missing", text)
    must("force" in refused["error"]["message"], "and how it is done all the same", text)
    server.operators.refused(400, "POST", f"/v1/offices/{other}/open", {"force": True})
    said = server.operators.refused(400, "POST", f"/v1/offices/{other}/open", {"force": 1, "reason": "x"})
    must(said["field"] == "force", "the field", said)
    server.operators.refused(409, "POST", "/v1/offices/*/open", {"reason": "x"})
    must(server.operators.get(f"/v1/offices/{other}")["state"] == "closed", "nothing was opened")
    checks = {one["check"]: one for one in server.operators.get("/v1/doctor")}
    must(checks["terms"]["level"] == "warning" and other in checks["terms"]["found"], "doctor", checks)
    must(checks["segments"]["level"] == "warning" and checks["gateway"]["level"] == "ok", "doctor", checks)
    run(binary("platectl"), "--admin", server.admin, "office", "open", other, status=1)
    said = server.platectl("office", "open", other, "--force", "--reason", "a drill")
    must(said["changed"] and said["offices"][0]["reason"] == "a drill", "forced", said)
    must(server.platectl("office", "close", OFFICE)["changed"], "an office that has everything")
    must(server.platectl("office", "open", OFFICE)["changed"], "is opened without a word")


def secrets_stay_secret(server):
    """Commitments a day ahead; no secret of a period that is not over."""
    pools = json.loads(fetch(server.url, "/v1/pools")[1])
    for pool in pools:
        must(len(pool["secrets"]) >= 2, "today's and tomorrow's", pool["secrets"])
        for secret in pool["secrets"]:
            must(set(secret) == {"period", "commitment", "revealed"}, "its fields", secret)
            must(re.fullmatch("[0-9a-f]{64}", secret["commitment"]), "a SHA-256", secret)
            must(secret["revealed"] is None, "no secret of a current or coming period", secret)


def nowhere_in_clear(server, outgoing):
    """No name, phone, identity number or code in anything that the server wrote but the SMS."""
    server.platectl("snapshot")
    texts = {value for owner in OWNERS for key, value in owner.items() if key in ("name", "phone", "id_number")}
    needles = [text.encode() for text in texts | set(outgoing.codes)]
    files = [path for path in server.data.rglob("*") if path.is_file() and path.name != "sms.jsonl"]
    must(len(files) >= 3, "log, snapshot and keys", files)
    for path in [*files, server.output]:
        data = path.read_bytes()
        for needle in needles:
            must(needle not in data, f"{path.name} tells no {needle.decode()}")
    known = server.operators.get("/v1/owners/z1")
    kept = {**OWNERS[0], "phone": f"+86{OWNERS[0]['phone']}"}
    must({**known, **kept} == known, "operators may know", known)
    trail = server.operators.request("GET", "/v1/audit")
    must(not any(text in trail for text in texts), "the audit trail does without")


def over_a_file(story):
    with RealServer() as server:
        story.tell("founding")
        server.start()
        server.found()
        sms = SmsFile(server.data / "sms.jsonl")
        story.tell("strangers")
        asyncio.run(strangers(server))
        secrets_stay_secret(server)
        story.tell("opening")
        opening(server)
        story.tell("codes and a reservation")
        done = asyncio.run(reserve(server, sms, 1))
        told_of(done["reservation"], sms.notice(OWNERS[0]["phone"], done["reservation"]["plate"]))
        wait_until(lambda: server.platectl("notices", "list") == [], "nothing is owed any more")
        asyncio.run(guessing(server, sms, 2))
        story.tell("nothing in clear")
        nowhere_in_clear(server, sms)
        story.tell("starts that are refused")
        refused_starts(server)
        story.tell("kill -9 and a restart")
        server.kill()
        refused = run(*server.command("--rehearsal"), status=1)
        must("not a rehearsal" in refused.stderr, "a real directory is no rehearsal's", refused.stderr)
        server.start()
        asyncio.run(still_there(server, 1, done))
        secrets_stay_secret(server)
        must(server.platectl("owners", "erase", "z1", "--yes")["changed"], "erased")
        must(server.terminate() == 0, "exit status 0", server.said())
        server.start()
        must(server.operators.get("/v1/owners/z1")["name"] is None, "erased for ever")
        asyncio.run(is_nobody(server, 1))
        must(server.terminate() == 0, "exit status 0", server.said())


async def still_there(server, number, done):
    owner, vehicle, _ = someone(number)
    device = await server.device(owner)
    seen = await device.request("enter", vehicle=vehicle)
    must(without_clock(seen) == without_clock(done), "the reservation survived", seen, done)
    listed = await device.request("vehicles")
    must(listed["owner_name"] == "欧*****", "the owner's name is masked", listed)
    await device.close()


async def is_nobody(server, number):
    """Of an erased owner no name is told, not even masked."""
    device = await server.device(someone(number)[0])
    listed = await device.request("vehicles")
    must(set(listed) == {"vehicles", "next"}, "no name is known", listed)
    await device.close()


async def owed_over_a_crash(server, hook, number):
    """The web hook takes nothing; the server dies; the next one sends it, under the same id."""
    device, vehicle = await to_pick(server, hook, number)
    hook.failing = True
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    chosen = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=chosen)
    done = await device.request("confirm", vehicle=vehicle, plate=chosen)
    must(done["step"] == "done", "a notice that cannot leave delays nothing", done)
    tried = wait_until(lambda: [one for one in hook.attempts if chosen in one["text"]], "it was tried")
    owed = server.platectl("notices", "list")
    must([one["plate"] for one in owed] == [chosen], "it is owed", owed)
    must(owed[0]["kind"] == "confirmed" and owed[0]["vehicle"] == vehicle, "the success notice", owed)
    server.kill()
    with contextlib.suppress(websockets.WebSocketException, OSError):
        await device.close()
    server.start()
    hook.failing = False
    server.operators.ask("POST", f"/v1/notices/{owed[0]['id']}/retry", {})
    message = hook.notice(someone(number)[2], chosen)
    told_of(done["reservation"], message)
    must(message["id"] == tried[0]["id"], "under the same id", message, tried)
    wait_until(lambda: server.platectl("notices", "list") == [], "nothing is owed any more")


async def codes_after_a_restart(server, hook, number):
    """A code's id is never one that the receiver knows and would drop."""
    device, _ = await to_pick(server, hook, number)
    await device.close()


def over_a_web_hook(story):
    hook = WebHook(failures=2)
    with RealServer(HOOK_CONFIG.replace("HOOK", hook.url)) as server:
        story.tell("a web hook that fails twice")
        server.start()
        server.found()
        done = asyncio.run(reserve(server, hook, 3))
        told_of(done["reservation"], hook.notice(OWNERS[2]["phone"], done["reservation"]["plate"]))
        for message in hook.messages():
            tried = [one for one in hook.attempts if one["id"] == message["id"]]
            must(len(tried) > hook.failures, "tried again and again", tried)
            must(all(one == message for one in tried), "the same message every time", tried)
        story.tell("a notice owed over a crash")
        asyncio.run(owed_over_a_crash(server, hook, 4))
        story.tell("codes after a restart")
        asyncio.run(codes_after_a_restart(server, hook, 5))
        must(server.terminate() == 0, "exit status 0", server.said())
    hook.close()


def refused_starts(server):
    """While `server` runs."""
    plated = binary("plated")
    second = run(plated, "--data", str(server.data), "--listen", f"127.0.0.1:{free_port()}", "--config",
                 str(server.config), status=1)
    must(str(server.data) in second.stderr, "two processes cannot open one directory", second.stderr)
    config = server.home / "wrong.toml"
    for text, suggestion in (("listne = \"127.0.0.1:1\"", "listen"), ("[sms]\ngatewy = \"file\"", "sms.gateway"),
                             ("[limits]\nconnection_max = 1", "limits.connections_max")):
        config.write_text(text, encoding="utf-8")
        done = run(plated, "--config", str(config), "--check-config", status=78)
        must(suggestion in done.stderr, "the right one is suggested", done.stderr)
    for text in ("threads = 0", "[ticket]\nalgorithm = \"none\"", "shards = 9", "data = ["):
        config.write_text(text, encoding="utf-8")
        run(plated, "--config", str(config), "--check-config", status=78)
    run(plated, "--check-config", status=78, env={**plain_environment(), "PLATED_THREDS": "1"})
    for more in ([], ["--check-config"]):
        done = run(plated, "--rehearsal", "--data", str(server.home / "none"), *more, status=78,
                   env={**plain_environment(), "PLATED_ADMIN_GROUP": "no-such-group"})
        must("admin.group" in done.stderr and "no-such-group" in done.stderr, "there is no such group", done.stderr)
    must(not (server.home / "none").exists(), "nothing was made")
    for words in (["--liste", "x"], ["now"], ["--threads"]):
        run(plated, *words, status=2)
    run(plated, "--check-config", status=1)  # a real service needs its platform's key, as a start would say
    for words in (["--help"], ["--version"], ["--check-config", "--rehearsal"]):
        must(run(plated, *words).stdout, "an answer", words)
    with Server("--rehearsal") as rehearsal:
        rehearsal.start()
        must(rehearsal.terminate() == 0, "exit status 0", rehearsal.said())
        done = run(plated, "--data", str(rehearsal.data), "--listen", f"127.0.0.1:{rehearsal.port}", status=1)
        must("rehearsal" in done.stderr, "a rehearsal's directory is never real", done.stderr)


def main():
    story = Story()
    over_a_file(story)
    over_a_web_hook(story)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
