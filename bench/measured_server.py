"""A plated to be measured from outside, and rounds of plateload against it or against what is put beside it.
A round says how many requests a second were answered, how long each took, and what it cost: the server's CPU
time, and the client's, so that a reader sees whether the client was what was measured. It belongs to the
scripts of this directory."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "end_to_end" / "lib"))
from contract import must  # noqa: E402
from server import Server, binary, end_with_parent, plain_environment, wait_until  # noqa: E402

OFFICE = "粤B"
DRAWS_MAX = 60_000  # of one owner: at 64 connections a minute and a half of a fast server
HOLD_MS = 3_600_000
WARM_UP_SECONDS = 1
# What a client needs at most beside its time, on a busy machine.
BEFORE_AND_AFTER_SECONDS = 60
LOOK_SECONDS = 0.1  # between two looks at CPU times: seldom enough to cost nothing
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# As operators have it, not as tests: files of the usual size, and no snapshot within a run.
LOG_FILE_BYTES = 256 << 20
LOG_FILES_IN_ADVANCE = 2
AS_SHIPPED = {"PLATED_LOG_FILE_SIZE_MAX": str(LOG_FILE_BYTES), "PLATED_SNAPSHOT_INTERVAL_S": "86400"}


@dataclass(frozen=True)
class Round:
    """One server, one client, one number of connections, for some seconds."""
    per_second: float  # answers to what was asked
    p50_us: float
    p99_us: float
    server_cpu_us: float  # of an answer, user and system, all its threads and processes
    client_cpu: float  # share of one core


@dataclass(frozen=True)
class Used:
    """CPU seconds so far, at a time of the monotonic clock."""
    at: float
    servers: float
    client: float


@contextlib.contextmanager
def measured_plated(*flags, threads=1, environment=None, program=None):
    """A rehearsal whose only office is always open, gives each owner draws enough and has a full pool of
    1,699,875 plates; a second, of large cars, nobody asks. Holds last longer than any run, so that what is
    measured is what was asked and no countdown. On a real disk: every answer rests on an fdatasync. It has
    been up for a while: the files that its log makes in advance are made."""
    with Server("--demo", "--threads", str(threads), *flags, program=program,
                environment={**AS_SHIPPED, **(environment or {})}) as server:
        server.start()
        server.operators.set_office(OFFICE, draws=DRAWS_MAX, batch_hold_ms=HOLD_MS,
                                    shortlist_hold_ms=HOLD_MS)
        wait_until(lambda: made_in_advance(server.data) == LOG_FILES_IN_ADVANCE,
                   "the log makes files in advance", BEFORE_AND_AFTER_SECONDS)
        yield server
        must(server.terminate() == 0, "the server ends well: its counts agree with its log", server.said())


def made_in_advance(data):
    """How many log files of the full size wait in a data directory for their turn."""
    return sum(file.stat().st_size == LOG_FILE_BYTES for file in Path(data).rglob("spare-*"))


def ended(process, signal_number):
    """Asks a process to end, and kills it when it takes too long or this one is told to end meanwhile."""
    try:
        process.send_signal(signal_number)
        process.wait(BEFORE_AND_AFTER_SECONDS)
    finally:
        process.kill()
        process.wait()


def cpu_seconds(pids):
    """What these processes have used so far with all their threads, user and system; one that is gone
    counts nothing."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(after_name[11]) + int(after_name[12])
    return ticks / CLOCK_TICKS


def run_watched(command, servers, seconds, warm_up=WARM_UP_SECONDS, **options):
    """Runs a client that asks for `warm_up` and then for about `seconds`, and must end well. `servers` gives the ids
    of the server's processes when asked. What the client printed, and what share of one core the servers and the
    client used: after the warm-up, and without the first tenth and the last of the rest."""
    options = {"env": plain_environment(), "preexec_fn": end_with_parent, **options}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        client = subprocess.Popen(command, stdout=out, stderr=err, **options)
        try:
            seen = watch(client, servers, time.monotonic() + warm_up + seconds + BEFORE_AND_AFTER_SECONDS)
        finally:
            client.kill()
            client.wait()
        out.seek(0)
        err.seek(0)
        printed = out.read()
        must(client.returncode == 0, f"{' '.join(command)} ends well", client.returncode, printed[-4000:],
             err.read()[-4000:])
    asking = [one for one in seen if one.at >= seen[0].at + warm_up]
    tenth = len(asking) // 10
    asking = asking[tenth:len(asking) - tenth]
    must(len(asking) >= 2, f"{' '.join(command)} asks for long enough to be seen", len(seen))
    first, last = asking[0], asking[-1]
    elapsed = last.at - first.at
    return printed, (last.servers - first.servers) / elapsed, (last.client - first.client) / elapsed


def watch(client, servers, until):
    """What both had used, time after time, while the client ran."""
    seen = []
    while client.poll() is None:
        must(time.monotonic() < until, "the client ends in time")
        seen.append(Used(time.monotonic(), cpu_seconds(servers()), cpu_seconds([client.pid])))
        with contextlib.suppress(subprocess.TimeoutExpired):
            client.wait(LOOK_SECONDS)
    return seen


def plateload_round(url, data, pid, connections, seconds, first_owner=0, ask="draw=1"):
    """A closed loop of plateload, one request of each connection always in flight, against the process `pid` at
    `url`, with the ticket's key in `data`. Its owners are `first_owner` and those that follow."""
    out, server_share, client_share = run_watched(
        [binary("plateload"), "--url", url, "--data", str(data), "--json", "--quiet", "--ask", ask,
         "--in-flight", "1", "--connections", str(connections), "--from", str(first_owner),
         "--warm-up", f"{WARM_UP_SECONDS}s", "--for", f"{WARM_UP_SECONDS + seconds}s"],
        lambda: [pid], seconds)
    report = json.loads(out)
    must(report["errors"] == 0 and report["answers"] > 0, "everything was answered", report["refusals"])
    rate = report["answers_per_second"]
    return Round(rate, report["all_ops"]["p50_us"], report["all_ops"]["p99_us"],
                 server_share / rate * 1e6, client_share)


def plated_round(server, connections, seconds, first_owner=0, ask="draw=1"):
    """A round of `measured_plated`'s server."""
    return plateload_round(f"ws://127.0.0.1:{server.port}/v1/select", server.data, server.process.pid,
                           connections, seconds, first_owner, ask)
