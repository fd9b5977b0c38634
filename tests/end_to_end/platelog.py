#!/usr/bin/python3
"""platelog on a server's own directory: beside the server under load, with files rolled, archived and
retired meanwhile; on a stopped server's; on one that may only be read; on damaged ones. What reads never
writes, and every refusal names file, offset and what can be done. Exit status 0 when all of it held."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import begin_load  # noqa: E402
from contract import must  # noqa: E402
from damage import flip  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, binary, run, wait_until  # noqa: E402

OWNERS = 3000
# Small files and many checkpoints, so that everything that can happen to a file happens.
BUSY = {**SMALLEST_LOG_FILES, "PLATED_SNAPSHOT_INTERVAL_S": "1", "PLATED_LIMITS_HANDSHAKE_TIMEOUT_MS": "60000"}
READING = (["ls"], ["cat", "--type", "confirmed"], ["verify"], ["digest"], ["stats"],
           ["digest", "--from-empty"])
NOBODY = 65534


def platelog(data, *words, status=0, **options):
    return run(binary("platelog"), "--data", str(data), *words, status=status, **options)


def told(data, *words, status=0):
    """What `platelog --json` answers."""
    return json.loads(platelog(data, "--json", *words, status=status).stdout)


def records(data, *words, status=0):
    return [json.loads(line) for line in platelog(data, "cat", *words, status=status).stdout.splitlines()]


def fingerprint(directory):
    """Names, sizes, times and contents of everything in it."""
    found = {}
    for path in sorted(directory.rglob("*")):
        facts = path.lstat()
        contents = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (facts.st_size, facts.st_mtime_ns, facts.st_mode, contents)
    return found


@contextlib.contextmanager
def copy_of(server, name):
    copy = server.home / name
    shutil.copytree(server.data, copy, ignore=lambda _, names: [n for n in names if n.endswith(".sock")])
    try:
        yield copy
    finally:
        shutil.rmtree(copy)


def archived_after_a_record(server):
    """A file is archived once the older of two snapshots is beyond it, and a snapshot needs a record that is
    new: a load that was over before the second one would leave the files where they are."""
    for verb in ("pause", "resume"):
        server.platectl("office", verb, "*")
    return told(server.data, "ls")["log"][0]["file"].startswith("archive/")


def beside_a_server_under_load(server):
    """Every command, again and again, until everybody has a plate."""
    load = begin_load(server, "--owners", str(OWNERS), "--connections", "300", "--redraws", "1")
    rounds = 0
    last = 0
    try:
        while load.poll() is None or rounds < 2:
            for words in READING:
                platelog(server.data, *words)
            verified = told(server.data, "verify")
            must(verified["ok"] and verified["log"]["last"] >= last, "the log is sound and grows", verified)
            last = verified["log"]["last"]
            rounds += 1
        report = load.communicate()[0]
    finally:
        load.kill()
        load.wait()
    must(load.returncode == 0, "the load ended well", load.returncode, report, server.said())
    print(f"         {rounds} rounds of {len(READING) + 1} commands, {last} records")
    wait_until(lambda: archived_after_a_record(server), "files are archived")
    status = server.operators.get("/v1/status")
    must(status["log"]["sequence"] >= last, "the server wrote what was read", status["log"])


def records_are_found(server):
    """By type, sequence, time, owner, vehicle and plate; in agreement with what the server says."""
    everything = records(server.data)
    must([r["sequence"] for r in everything] == list(range(1, len(everything) + 1)),
         "every record, the archive's first")
    confirmed = records(server.data, "--type", "confirmed")
    must(len(confirmed) == OWNERS and confirmed == [r for r in everything if r["what"] == "confirmed"],
         "those of one type", len(confirmed))
    one = confirmed[OWNERS // 2]
    both = records(server.data, "--type", "confirmed", "--type", "submitted")
    must(len(both) == len(confirmed) + sum(r["what"] == "submitted" for r in everything), "of two types")
    few = records(server.data, "--after", str(one["sequence"] - 3), "--until", str(one["sequence"]))
    must(few == everything[one["sequence"] - 3:one["sequence"]], "by sequence", few)
    instant = str(one["at"])
    timed = records(server.data, "--from", instant, "--to", str(one["at"] + 1))
    must(timed == [r for r in everything if r["at"] == one["at"]] and one in timed, "by time", len(timed))
    must(records(server.data, "--to", "2020-01-01") == [], "nothing before there was anything")
    must(len(records(server.data, "--from", "2020-01-01T08:00")) == len(everything), "everything after")
    for kind in ("owner", "vehicle"):
        own = records(server.data, f"--{kind}", one[kind])
        must(own and all(r.get(kind) == one[kind] for r in own) and one in own, f"by {kind}", own)
    history = server.platectl("plates", "show", one["plate"])["history"]
    must(records(server.data, "--plate", one["plate"]) == history, "a plate's history", history)
    must(one in history, "which has its confirmation", history)
    mine = records(server.data, "--plate", one["plate"], "--after", str(one["sequence"] - 1))
    must(mine[0] == one, "a plate's history from a sequence on", mine)


def digests_agree(server):
    listed = told(server.data, "ls")
    last = listed["log"][-1]["last"]
    must(len(listed["snapshots"]) == 2, "two snapshots are kept", listed["snapshots"])
    for at in (1, listed["log"][0]["last"], listed["snapshots"][-1]["sequence"],
               listed["snapshots"][0]["sequence"], last):
        quick = told(server.data, "digest", "--at", str(at))
        slow = told(server.data, "digest", "--at", str(at), "--from-empty")
        must(quick["digest"] == slow["digest"] and slow["replayed"] == at, "one digest", quick, slow)
    newest = listed["snapshots"][0]
    must(told(server.data, "digest", "--at", str(newest["sequence"]))["digest"] == newest["digest"],
         "and it is the snapshot's", newest)
    refused = platelog(server.data, "digest", "--at", str(10 ** 9), status=1).stderr
    must("the log ends at record" in refused, "a record that is not there", refused)


def stopped(server):
    """After a clean stop: closed, sound, and the snapshot is what the replay comes to."""
    must(server.terminate() == 0, "exit status 0", server.said())
    before = fingerprint(server.data)
    must(told(server.data, "ls")["log"][-1]["state"] == "closed", "closed")
    verified = told(server.data, "verify")
    must(verified["ok"] and verified["log"]["archived"] > 0 and verified["keys"]["secrets"] >= 4, "sound", verified)
    must(verified["replayed"] == verified["log"]["records"] == verified["log"]["last"], "all of it", verified)
    must([s["replayed"] for s in verified["snapshots"]] == ["the same", "the same"], "snapshots", verified)
    for pool in verified["pools"]:
        must(pool["adds_up"], "the states add up", pool)
    must(verified["pools"][0]["reserved"] == OWNERS, "everybody has their plate", verified["pools"])
    counted = told(server.data, "stats")
    must(counted["records"] == sum(t["records"] for t in counted["types"]) == verified["log"]["last"],
         "every record is of a type", counted)
    must(0 < counted["syncs"] <= counted["batches"] <= counted["records"], "syncs and batches", counted)
    for words in READING:
        platelog(server.data, *words)
        platelog(server.data, "--json", *words)
    must(fingerprint(server.data) == before, "nothing was written")


def where_nothing_can_be_written(server):
    """As somebody who may read and nothing else; root could do anything."""
    with copy_of(server, "read-only") as copy:
        subprocess.run(["chmod", "-R", "a=rX", str(copy)], check=True)
        server.home.chmod(0o755)
        tool = shutil.copy(binary("platelog"), str(server.home / "platelog"))
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        command = [*(become if os.geteuid() == 0 else []), tool, "--data", str(copy)]
        before = fingerprint(copy)
        for words in READING:
            run(*command, *words)
        refused = run(*command, "checkpoint", status=1).stderr
        must("snapshots.lock" in refused and "What can be done" in refused, "a checkpoint is refused", refused)
        must(fingerprint(copy) == before, "nothing was written")
        subprocess.run(["chmod", "-R", "u+w", str(copy)], check=True)


def sealed_file(copy):
    """The newest archived file, put back: the log's last but one, as `ls` shows it."""
    newest = sorted((copy / "archive").iterdir())[-1]
    run("zstd", "-q", "-d", str(newest), "-o", str(copy / newest.name.removesuffix(".zst")))
    sealed, last = told(copy, "ls")["log"][-2:]
    must((sealed["state"], last["state"]) == ("sealed", "closed"), "a log of two files", sealed, last)
    return sealed


def damage_is_named(server):
    """A bit in each kind of file: who checks finds it and names it. Without it nothing is wrong."""
    listed = told(server.data, "ls")
    archived, last = listed["log"][0]["file"], listed["log"][-1]["file"]
    snapshot = listed["snapshots"][0]["file"]
    # What is found, and at which bytes: an archived file's are those of the file as it was.
    cases = ((archived, 400, "later files prove|cannot be unpacked", range(1 << 20)),
             (last, 60, "the header's checksum is wrong", [0]), (last, 170, "was once sound", [128]),
             (snapshot, 200, "checksum is wrong", [64]), ("keys", 30, "the header's checksum is wrong", [0]))
    for name, offset, why, places in cases:
        with copy_of(server, "damaged") as copy:
            flip(copy / name, offset)
            before = fingerprint(copy)
            found = told(copy, "verify", status=1)
            texts = [p["problem"] for p in found["problems"] if p["problem"].startswith(str(copy / name))]
            must(len(texts) == 1 and re.search(why, texts[0]) and not found["ok"], f"damage of {name}", found["problems"])
            at = int(re.search(r" at byte (\d+)", texts[0]).group(1))
            must(at in places, f"damage of {name} at {offset}", texts)
            must(all(p["what_to_do"] for p in found["problems"]), "what can be done", found)
            must(fingerprint(copy) == before, "nothing was written")
            people = platelog(copy, "verify", status=1).stdout
            must(str(copy / name) in people and f"at byte {at}" in people, "a table says so, too", people)
    platelog(server.home / "not-there", "ls", status=1)


def damage_amid_the_log(server):
    """What stands before it is shown, and a start that needs it refuses."""
    with copy_of(server, "damaged") as copy:
        sealed = sealed_file(copy)
        flip(copy / sealed["file"], sealed["sound_bytes"] - 9)
        shown = platelog(copy, "cat", status=1)
        must(sealed["file"] in shown.stderr and "What can be done" in shown.stderr, "cat says why it ends", shown.stderr)
        until = [json.loads(line)["sequence"] for line in shown.stdout.splitlines()]
        must(sealed["first"] < until[-1] < sealed["last"] and until == list(range(1, until[-1] + 1)),
             "what stands before the damage is shown", until[-3:], sealed)
        must(told(copy, "ls", status=1)["problems"], "ls finds it")
    with copy_of(server, "damaged") as copy:
        last = told(copy, "ls")["log"][-1]["file"]
        flip(copy / last, 170)
        refused = run(binary("plated"), "--data", str(copy), "--listen", f"127.0.0.1:{server.port}", "--admin",
                      server.admin, *server.flags, status=1, env=server.environment, timeout=60).stderr
        must(f"{last}: damaged at byte 128" in refused and "What can be done" in refused,
             "a start refuses, with place and advice", refused)


def checkpoints(server):
    """The one that writes: what it leaves is sound, and it respects the lock."""
    with copy_of(server, "checkpoint") as copy:
        last = told(copy, "ls")["log"][-1]["last"]
        with open(copy / "snapshots.lock", "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refused = platelog(copy, "checkpoint", status=1).stderr
            must("another checkpoint is running" in refused, "one at a time", refused)
        refused = platelog(copy, "checkpoint", "--until", str(last + 1), status=1).stderr
        must("ends at record" in refused, "no further than the log", refused)
        for name in copy.glob("snapshot-*"):
            name.unlink()
        refused = platelog(copy, "checkpoint", status=1).stderr
        must("the oldest log file begins at record" in refused, "the log alone begins too late", refused)
        for name in (copy / "archive").iterdir():
            run("zstd", "-q", "-d", str(name), "-o", str(copy / name.name.removesuffix(".zst")))
        first = told(copy, "checkpoint", "--until", str(last - 1))
        second = told(copy, "checkpoint")
        must((first["sequence"], second["sequence"]) == (last - 1, last), "as far as asked", first, second)
        must(second["digest"] == told(server.data, "ls")["snapshots"][0]["digest"], "the same state", second)
        must(second["retired"] and told(copy, "verify")["ok"], "and all is sound", second)


def usage():
    for words in ([], ["nonsense"], ["cat", "--type", "nonsense"], ["cat", "--plate", "X"], ["cat", "--from", "noon"]):
        done = run(binary("platelog"), *words, status=2)
        must(done.stderr and not done.stdout, "usage is told on the error output", done.stdout)
    must("checkpoint" in run(binary("platelog"), "--help").stdout, "help")


def main():
    story = Story()
    with Server("--demo", environment=BUSY) as server:
        story.tell("a server under load")
        server.start()
        beside_a_server_under_load(server)
        story.tell("records by type, sequence, time, owner, vehicle, plate")
        records_are_found(server)
        story.tell("digests")
        digests_agree(server)
        story.tell("a clean stop")
        stopped(server)
        story.tell("a directory that may only be read")
        where_nothing_can_be_written(server)
        story.tell("damage")
        damage_is_named(server)
        damage_amid_the_log(server)
        story.tell("checkpoints")
        checkpoints(server)
        usage()
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
