#!/usr/bin/python3
"""Erased means erased, whatever copy of the key store is put back: one that lacks erasures alone has them
again at the start, one that lacks keys is refused and gives nobody another's key, and `platelog verify`
sees both. The copy that the manual tells how to take is whole, taken beside a working server; what waits
for the gateway does not leave after its owner is erased. Exit status 0 when all of it held."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import ROOT, Story, binary, run, wait_until  # noqa: E402
from upstream import PLATFORM_CONFIG, PlatformServer, WebHook  # noqa: E402

OFFICE = "粤B"
VEHICLE = "LGXCE4CB6P0000001"


class RealServer(PlatformServer):
    def import_owner(self, owner, phone):
        line = {"owner": owner, "kind": "person", "name": f"欧阳{owner}", "phone": phone}
        said = self.platectl("owners", "import", "-", stdin=json.dumps(line, ensure_ascii=False))
        must(said["accepted"] == 1, "imported", said)

    def name_of(self, owner):
        return self.operators.get(f"/v1/owners/{owner}")["name"]

    def verify(self, status):
        done = run(binary("platelog"), "--data", str(self.data), "--json", "verify", status=status)
        return json.loads(done.stdout)

    def stop(self):
        must(self.terminate() == 0, "exit status 0", self.said())

    def keep(self, name):
        shutil.copy2(self.data / "keys", self.home / name)

    def put_back(self, name):
        shutil.copy2(self.home / name, self.data / "keys")


def an_old_copy_lacks_an_erasure(server):
    server.import_owner("a1", "13900000001")
    server.import_owner("a2", "13900000002")
    server.keep("before")
    must(server.operators.delete("/v1/owners/a1")["changed"], "erased")
    server.keep("after")
    server.stop()
    must(server.verify(0)["ok"], "nothing is wrong")
    server.put_back("before")
    found = server.verify(1)
    must(any("should be gone" in p["problem"] for p in found["problems"]), "verify sees the key", found)
    server.start()
    must("1 person that the log has seen erased was erased again" in server.said(), "it says so", server.said())
    must((server.data / "keys").read_bytes() == (server.home / "after").read_bytes(), "the same keys as before")
    must(not server.operators.delete("/v1/owners/a1")["changed"], "erased already")
    must(server.name_of("a1") is None and server.name_of("a2") == "欧阳a2", "one is gone, the other is there")
    must(server.verify(0)["ok"], "nothing is wrong")


def an_old_copy_lacks_a_key(server):
    server.keep("before")
    server.import_owner("b1", "13900000003")
    server.keep("after")
    server.stop()
    server.put_back("before")
    found = server.verify(1)
    must(any("older than the log" in p["problem"] for p in found["problems"]), "verify sees its age", found)
    said = server.refused_start()
    must("the key store is older than the log" in said and "cp -p COPY/keys" in said, "refused, with what to type",
         said)
    must((server.data / "keys").read_bytes() == (server.home / "before").read_bytes(), "and nothing was changed")
    server.put_back("after")
    server.start()
    server.import_owner("b2", "13900000004")
    must(server.operators.delete("/v1/owners/b1")["changed"], "erased")
    must(server.name_of("b1") is None and server.name_of("b2") == "欧阳b2", "nobody has another's key")
    server.stop()
    # The same once more: now the copy lacks a key and its erasure.
    server.put_back("before")
    must("older than the log" in server.refused_start(), "refused")
    server.put_back("after")
    must("older than the log" in server.refused_start(), "refused, since b2's key is not there")


def the_manuals_copy_is_whole(server):
    """Taken as it is written, beside a server at work. With the newest key store in it, an erasure that is
    later than the copy holds."""
    manual = (ROOT / "net" / "OPERATORS.md").read_text(encoding="utf-8")
    script = re.search(r"\n((?:    [^\n]*\n)+)", manual[manual.index("### A copy"):]).group(1)
    must(re.search(r"keys.*\n.*verify.*\n$", script), "the key store is copied last, then all is verified", script)
    for number in range(3):
        server.import_owner(f"c{number}", f"1390000001{number}")
        server.platectl("snapshot")
    copy = server.home / "copy"
    platelog = f"platelog() {{ {binary('platelog')} \"$@\"; }}"
    run("bash", "-ec", f"DIR={server.data}\nCOPY={copy}\n{platelog}\n{script}")
    must(server.operators.delete("/v1/owners/c0")["changed"], "erased after the copy")
    server.keep("newest")
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(copy, server.data)
    server.put_back("newest")
    server.start()
    must(server.name_of("c0") is None, "erased still")
    must(server.name_of("c1") == "欧阳c1" and server.name_of("c2") == "欧阳c2", "the others are there")
    server.stop()
    must(server.verify(0)["ok"], "nothing is wrong")


def found(server):
    """An office with a pool, and d1 with a vehicle."""
    text = server.home / "terms"
    text.write_text("选号须知", encoding="utf-8")
    server.platectl("terms", "put", "2026-07", "--zh", str(text), "--en", str(text))
    server.platectl("office", "set", OFFICE, "--name", "深圳市车管所", "--terms", "2026-07", "--schedule",
                    "1-7 00:00-24:00")
    server.platectl("segments", "load", "--office", OFFICE, "--class", "small", "--power", "electric",
                    "--from", f"{OFFICE}D10000", "--to", f"{OFFICE}D19999")
    server.import_owner("d1", "13900000005")
    line = {"vehicle": VEHICLE, "owner": "d1", "office": OFFICE, "class": "small", "power": "electric",
            "plate": f"{OFFICE}00001"}
    server.platectl("vehicles", "import", "-", stdin=json.dumps(line, ensure_ascii=False))


async def ask_for_a_code(server):
    device = await server.device("d1")
    await device.request("enter", vehicle=VEHICLE)
    await device.request("send_code", vehicle=VEHICLE, **{"for": "submit"})
    await device.close()


def what_waits_does_not_leave(hook):
    """A code waits because the web hook fails; its owner is erased; the web hook works again."""
    with RealServer(PLATFORM_CONFIG + f'[sms]\ngateway = "webhook"\nwebhook = "{hook.url}"\n') as server:
        server.start()
        found(server)
        hook.failing = True
        asyncio.run(ask_for_a_code(server))
        wait_until(lambda: hook.attempts, "the code is tried")
        queued = lambda: server.operators.get("/v1/status")["sms"]["queued"]  # noqa: E731
        wait_until(lambda: queued() == 1, "a code waits")  # it does not while it is being tried
        must(server.operators.delete("/v1/owners/d1")["changed"], "erased")
        hook.failing = False
        tried = len(hook.attempts)
        wait_until(lambda: queued() == 0, "nothing waits", 40)
        must(not hook.taken and len(hook.attempts) <= tried + 1, "it did not leave", hook.attempts)
        server.stop()


def main():
    story = Story()
    with RealServer() as server:
        story.tell("a copy that lacks an erasure")
        server.start()
        an_old_copy_lacks_an_erasure(server)
        story.tell("a copy that lacks a key")
        an_old_copy_lacks_a_key(server)
    with RealServer() as server:
        story.tell("the manual's copy")
        server.start()
        the_manuals_copy_is_whole(server)
    story.tell("a code that waits")
    what_waits_does_not_leave(WebHook())
    story.tell("end")


if __name__ == "__main__":
    main()
