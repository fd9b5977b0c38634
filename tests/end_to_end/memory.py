#!/usr/bin/python3
"""What stands in the memory of a plated: nothing of a person or a code once it was used, no key and no
secret where a core dump would have it; and no core dump at all unless the configuration allows it. Exit
status 0 when all of it held."""

import asyncio
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import encode, fetch, make_ticket, must  # noqa: E402
from dump import found_in_file, found_in_memory  # noqa: E402
from server import Server, Story, binary, run, wait_until  # noqa: E402
from upstream import SmsFile  # noqa: E402

NOBODY = "65534"


def as_nobody():
    """What makes a command another user's than root's; nothing where we are not root, or where nobody else may
    run the programs, as below root's own directory."""
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    may = os.geteuid() == 0 and subprocess.run([*words, "test", "-x", binary("plated")], check=False).returncode == 0
    return words if may else []


AS_NOBODY = as_nobody()
OFFICE = "粤B"
CORES_ALLOWED = {"PLATED_DEBUG_CORE_DUMPS": "true"}
TICKET_SECRET = os.urandom(40)
PERSONS = 300
SLOT, OWNER_KEY, POOL_SECRET = 64, 1, 2  # of the key store: persistence/FORMAT.md
# Two surnames and given names that no text of plated's has, long and short ones: a short text lies within its
# string, a long one beside it.
SURNAMES, GIVEN = ("欧阳", "司徒", "尉迟", "諸葛"), ("靖雯", "皓轩泽宇", "若曦", "婉清浩然")


def person(number):
    """An owner whose every part is theirs alone."""
    name = f"{SURNAMES[number % 4]}{GIVEN[number // 4 % 4]}{chr(0x4E00 + 7 * number)}{chr(0x9FA5 - 5 * number)}"
    serial = f"44030119{70 + number % 30}0{1 + number % 9}1{number % 10}{number % 1000:03}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    sum_ = sum(int(digit) * weight for digit, weight in zip(serial, weights))
    return {"owner": f"z{number}", "kind": "person", "name": name, "phone": f"139{(number * 7919 + 20304051) % 10**8:08}",
            "id_number": serial + "10X98765432"[sum_ % 11]}


PEOPLE = [person(number) for number in range(PERSONS)]
VEHICLES = [{"vehicle": f"LGXCE4CB6P{number:07}", "owner": f"z{number}", "office": OFFICE, "class": "small",
             "power": "electric", "plate": f"{OFFICE}{number:05}"} for number in range(PERSONS)]


class WatchedServer(Server):
    """A real plated, of a user who is not root, whose tickets are signed with a secret that this test knows.
    Its cores, if it leaves any, fall into `home`; no limit of whoever started the test forbids them."""

    def __init__(self, environment=None):
        super().__init__(config='[ticket]\nkey = "{home}/platform.key"\n[sms]\nfile = "{home}/sms.jsonl"\n',
                         environment=environment)
        key = self.home / "platform.key"
        key.write_text(encode(TICKET_SECRET) + "\n", encoding="ascii")
        key.chmod(0o600)
        self.sms = SmsFile(self.home / "sms.jsonl")

    def start(self, *before):
        if AS_NOBODY:
            run("chown", "-R", NOBODY, str(self.home))
        return super().start("prlimit", "--core=unlimited", "env", "-C", str(self.home), *AS_NOBODY, *before)

    def may_be_looked_into(self):
        """To whom the kernel gives what it shows of a process: to its user, or to root alone."""
        return os.stat(f"/proc/{self.process.pid}/fd").st_uid != 0

    def may_tell(self):
        """Whether its user is another than root, so that this can be seen."""
        return bool(AS_NOBODY) or os.geteuid() != 0

    def ticket(self, owner):
        return make_ticket(TICKET_SECRET, owner)

    def found(self):
        for name in ("zh", "en"):
            (self.home / name).write_text("terms", encoding="utf-8")
        self.platectl("terms", "put", "2026-07", "--zh", str(self.home / "zh"), "--en", str(self.home / "en"))
        self.platectl("office", "set", OFFICE, "--name", "车管所", "--terms", "2026-07", "--schedule", "1-7 00:00-24:00")
        self.platectl("segments", "load", "--office", OFFICE, "--class", "small", "--power", "electric",
                      "--from", f"{OFFICE}D10000", "--to", f"{OFFICE}D19999")

    def imported(self, kind, lines):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        said = self.platectl(kind, "import", "-", stdin=text)
        must(said["refused"] == [] and said["accepted"] + said["unchanged"] == len(lines), f"{kind} imported", said)

    def keys_of(self, kind):
        """The 32 bytes of every slot of that kind in the key store."""
        data = (self.data / "keys").read_bytes()
        slots = [data[at:at + SLOT] for at in range(SLOT, len(data), SLOT)]
        return [slot[24:56] for slot in slots if slot[0] == kind]

    def dumps_core(self):
        """Has it die as a broken invariant would; whether the kernel wrote its memory to a file."""
        self.process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = status
        self.process = None
        return os.WCOREDUMP(status)

    def cores(self):
        return [path for path in self.home.iterdir() if path.name.startswith("core")]


async def walk(server, number, verified_only=False):
    """From the first code to the voucher, or to the last code only; the device, still connected."""
    owner, vehicle = f"z{number}", VEHICLES[number]["vehicle"]
    phone = PEOPLE[number]["phone"]
    device = await server.device(owner)
    await device.request("enter", vehicle=vehicle)
    for step in ("submit", "verify"):
        asked = server.sms.count(phone)
        await device.request("send_code", vehicle=vehicle, **{"for": step})
        code = await asyncio.get_running_loop().run_in_executor(None, server.sms.next_code, phone, asked)
        terms = {"terms": "2026-07"} if step == "submit" else {}
        await device.request(step, vehicle=vehicle, code=code, **terms)
    if verified_only:
        return device
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=True)
    plate = drawn["batch"]["plates"][0]
    await device.request("shortlist", vehicle=vehicle, plate=plate)
    done = await device.request("confirm", vehicle=vehicle, plate=plate)
    must(fetch(server.url, done["reservation"]["voucher"])[0] == 200, "the voucher is shown")
    must(server.sms.notice(phone, plate), "the notice is sent")
    return device


def spellings(what, text):
    """A text as it may stand in memory: as it is, and as JSON without anything but ASCII has it. A short text
    that was moved may have lost its first byte, so nobody looks for that."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode()}
    return [(f"{what} {text}", form[1:]) for form in forms]


def plaintext_needles(codes):
    needles = []
    for one in PEOPLE:
        for part in ("name", "phone", "id_number"):
            needles += spellings(f"{part} of {one['owner']}", one[part])
    for code in codes:
        needles += [(f"code {code}", form) for form in
                    (f"验证码{code}".encode(), f'"{code}"'.encode(), f"{code}\0".encode())]
    return needles


def secret_needles(server):
    needles = [("the ticket key", TICKET_SECRET), ("the ticket key as text", encode(TICKET_SECRET).encode())]
    for name, kind, least in (("an owner's key", OWNER_KEY, PERSONS - 1), ("a secret of draws", POOL_SECRET, 2)):
        keys = server.keys_of(kind)
        must(len(keys) >= least, f"{name}: there are some", len(keys))
        needles += [(name, key) for key in keys]
    return needles


def busy_server(server):
    """Everything that touches persons, codes and secrets, once; the codes."""
    server.found()
    server.imported("owners", PEOPLE)
    server.imported("owners", PEOPLE)  # compared with what is known
    server.imported("vehicles", VEHICLES)

    async def walks():
        devices = [await walk(server, 1), await walk(server, 2), await walk(server, 3, verified_only=True)]
        loop = asyncio.get_running_loop()
        with contextlib.closing(http.client.HTTPConnection("operators")) as connection:
            await loop.run_in_executor(None, operators_look, server, connection)
            # While the devices are connected, and so is the operator.
            await loop.run_in_executor(None, check_memory, server)
        for device in devices:
            await device.close()
    asyncio.run(walks())


def operators_look(server, connection):
    """What an operator does on one connection, which stays open."""
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(server.admin)
    for number in (4, 5, 6):
        connection.request("GET", f"/v1/owners/z{number}")
        known = json.loads(connection.getresponse().read())
        must(known["name"] == PEOPLE[number]["name"], "operators may know", known)
    line = json.dumps(PEOPLE[7], ensure_ascii=False).encode()
    connection.request("POST", "/v1/owners?dry_run=1", line)
    must(json.loads(connection.getresponse().read())["unchanged"] == 1, "a dry run compares")
    connection.request("DELETE", "/v1/owners/z4", "{}")
    must(json.loads(connection.getresponse().read())["changed"], "erased")


def check_memory(server):
    needles = plaintext_needles(server.sms.codes) + secret_needles(server)
    found = []

    def clean():
        found[:] = found_in_memory(server.process.pid, needles, server.home / "memory")
        return not found
    # What was just used is wiped when the thread that used it comes round.
    try:
        wait_until(clean, "memory is clean", 5)
    except AssertionError:
        for one in found[:60]:
            print(*one, file=sys.stderr)
        must(False, f"{len(found)} places in memory hold what they must not, of {len({one[0] for one in found})} kinds")


def nothing_is_left(story):
    with WatchedServer(CORES_ALLOWED) as server:
        story.tell("persons, codes and secrets are used")
        server.start()
        must(server.may_be_looked_into() or not server.may_tell(), "a debugger may look")
        busy_server(server)
        story.tell("a core of the kernel's")
        needles = plaintext_needles(server.sms.codes) + secret_needles(server)
        dumped = server.dumps_core()
        if file_is_pattern():
            must(dumped and len(server.cores()) == 1, "allowed, there is a core", dumped, server.cores())
            found = found_in_file(server.cores()[0], needles)
            must(not found, "the core tells nothing", found[:20])


def file_is_pattern():
    """Whether the kernel writes cores where the process works, so that this test can find them."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()
    return pattern.startswith("core")


def no_core_is_made(story):
    with WatchedServer() as server:
        story.tell("no core unless it is allowed")
        server.start()
        limits = Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii")
        must(re.search(r"^Max core file size +0 +0 ", limits, re.M), "the limit of cores is 0", limits)
        must(not server.may_be_looked_into(), "nobody of its user looks into it")
        # Even where somebody raises the limit, as one does who wants to see why a server died.
        with contextlib.suppress(PermissionError):
            whole = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(server.process.pid, resource.RLIMIT_CORE, whole)
        must(not server.dumps_core(), "no core is dumped")
        must(server.cores() == [], "no file of one", server.cores())


def unlocked_memory_is_told(story):
    with WatchedServer() as server:
        story.tell("no memory can be locked")
        if server.may_tell():  # root may lock what it likes
            server.start("prlimit", "--memlock=0")
            must(server.said().count("may be swapped out") == 1, "it is said, once", server.said())
            must(locked_kilobytes(server.process.pid) == 0, "nothing is locked")
            server.kill()
        told = server.said().count("may be swapped out")
        server.start()
        must(server.said().count("may be swapped out") == told, "as a rule there is nothing to say", server.said())
        must(locked_kilobytes(server.process.pid) >= 64, "secrets are locked")


def locked_kilobytes(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^VmLck:\s+(\d+) kB", status, re.M)[1])


def main():
    story = Story()
    no_core_is_made(story)
    unlocked_memory_is_told(story)
    nothing_is_left(story)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
