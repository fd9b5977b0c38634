#!/usr/bin/python3
"""A start in the open: while a long log is read the port answers, and nobody is refused when the service
takes over; what cannot work is told before. And checkpoints by a process of their own. Exit status 0 when
all of it held."""

import contextlib
import fcntl
import http.client
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import Broken, must  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, binary, end_with_parent, run, wait_until  # noqa: E402

OWNERS = 300_000
# No snapshot comes by itself, so a start after kill -9 reads everything.
NO_SNAPSHOTS = {"PLATED_SNAPSHOT_INTERVAL_S": "86400"}
RECOVERING = re.compile(r"recovering: [\d,]+ of [\d,]+ records, \d+ %\n")


def get(port, path):
    """Status and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Watcher(threading.Thread):
    """Asks /readyz on a new connection, again and again, until it is 200."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port = port
        self.answers = []
        self.refused_before = 0
        self.refused_after = 0

    def run(self):
        end = time.monotonic() + 90
        while time.monotonic() < end:
            try:
                self.answers.append(get(self.port, "/readyz"))
            except ConnectionRefusedError:
                if self.answers:
                    self.refused_after += 1
                else:
                    self.refused_before += 1
            except (OSError, http.client.HTTPException):
                continue  # it was connected, and cut when the service took over
            if self.answers and self.answers[-1][0] == 200:
                return
            time.sleep(0.001)


def kill_with_a_long_log(server):
    server.start()
    server.platectl("rehearsal", "owners", "--count", str(OWNERS))
    server.kill()


def seen_from_outside(server):
    """What a health check sees of a start that takes long."""
    server.launch()
    watcher = Watcher(server.port)
    watcher.start()
    watcher.join()
    must(watcher.answers[-1][0] == 200, "it is ready in the end", watcher.answers[-1:], server.said())
    reasons = [text for status, text in watcher.answers if status == 503]
    must(len(reasons) == len(watcher.answers) - 1, "503 until then", {s for s, _ in watcher.answers})
    told = [text for text in reasons if RECOVERING.fullmatch(text)]
    must(told, "how far it is", reasons[:3], len(reasons))
    done = [int(text.split()[1].replace(",", "")) for text in told]
    must(done == sorted(done) and f"of {OWNERS:,}"[:4] in told[0], "ever further", told[0], told[-1])
    must(watcher.refused_after == 0, "nobody is refused once the port answers", watcher.refused_after)
    must("records replayed" in server.said(), "and the server tells it", server.said())
    print(f"         {len(watcher.answers)} answers, {len(told)} with a number of records")
    server.kill()


def seen_on_a_terminal(server):
    """One line, drawn again, wiped at the end; in a file no such line."""
    master, slave = pty.openpty()
    server.launch(stderr=slave)
    os.close(slave)
    seen = b""
    with contextlib.suppress(OSError):
        while b"recovered up to record" not in seen:
            seen += os.read(master, 4096)
    wait_until(server.is_ready, "the server is ready")
    os.close(master)
    must(re.search(rb"\rplated: recovering: [\d,]+ of [\d,]+ records, \d+ %\x1b\[K", seen), "drawn", seen[-500:])
    must(seen.count(b"\r\x1b[K") >= 1, "wiped", seen[-500:])
    must("recovering:" not in server.said(), "nothing of it in a file", server.said()[-500:])
    server.kill()


def ended_while_recovering(server):
    server.launch()
    wait_until(lambda: server.is_open() and get(server.port, "/readyz")[0] == 503, "it recovers")
    must(server.terminate() == 0, "exit status 0", server.said())
    must("told to end while recovering" in server.said() or "recovered up to record" in server.said(),
         "it said so", server.said()[-500:])


class WatchedServer(Server):
    def is_open(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def waits_for_a_checkpoint(server):
    """Someone else's checkpoint holds a start up; the port answers meanwhile."""
    with open(server.data / "snapshots.lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.launch()
        wait_until(lambda: "waiting for it to end" in server.said(), "it says what it waits for")
        must(get(server.port, "/healthz") == (200, "ok\n"), "it lives")
        for path in ("/readyz", "/", "/v1/pools", "/v1/select"):
            status, text = get(server.port, path)
            must(status == 503 and text, f"{path} is not there yet", status, text)
    wait_until(server.is_ready, "it goes on")
    server.kill()


def told_before_a_long_recovery(server):
    """A port that is in use, and a directory."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))
        other.listen()
        refused = run(*server.command(), status=1, env=server.environment, timeout=30).stderr
    must(f"cannot listen on 127.0.0.1:{server.port}" in refused and "recover" not in refused, "the port", refused)
    with open(server.data / "lock", "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run(*server.command(), status=1, env=server.environment, timeout=30).stderr
    must("in use" in refused and "What can be done" in refused, "the directory", refused)


class BinServer(Server):
    """A server whose platelog writes down what it is asked, and may be told to fail."""

    def __init__(self, *flags, **options):
        super().__init__(*flags, **options)
        self.bin = self.home / "bin"
        self.bin.mkdir()
        self.asked = self.home / "asked"
        shutil.copy(binary("plated"), str(self.bin / "plated"))
        self.put_platelog(f'echo "$@" >> {self.asked}; exec {binary("platelog")} "$@"')

    def put_platelog(self, script):
        program = self.bin / "platelog"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    def command(self, *more):
        return [str(self.bin / "plated"), *super().command(*more)[1:]]


def by_a_process_of_its_own():
    environment = {"PLATED_SNAPSHOT_PROCESS": "true", **NO_SNAPSHOTS, **SMALLEST_LOG_FILES}
    with BinServer("--demo", environment=environment) as server:
        server.start()
        for count in (20_000, 40_000):
            server.platectl("rehearsal", "owners", "--count", str(count))
            taken = server.platectl("snapshot")["sequence"]
            status = server.operators.get("/v1/status")
            must(status["snapshot"]["sequence"] == taken and status["snapshot"]["age_ms"] < 60_000, "status knows it", status)
            must(taken >= count and (server.data / f"snapshot-{taken:020}.psnap").exists(), "it is there", taken)
            must(f"checkpoint --until {taken}" in server.asked.read_text().splitlines()[-1], "platelog wrote it")
        must(list((server.data / "archive").iterdir()), "and archived what is not needed")
        server.put_platelog("echo 'platelog: out of order' >&2; exit 1")
        refused = server.operators.refused(500, "POST", "/v1/snapshot")
        must("checkpoint was refused" in refused["message"] and "out of order" in server.said(), "a failure is told", refused)
        must(server.is_ready(), "and the service goes on")
        server.put_platelog(f'exec {binary("platelog")} "$@"')
        must(server.terminate() == 0, "at the end the states agree", server.said())
        (server.bin / "platelog").unlink()
        refused = run(*server.command(), status=1, env=server.environment).stderr
        must("needs platelog beside this binary" in refused, "without it nothing starts", refused)


def ends_with_its_server():
    """A checkpoint does not outlive the server that wanted it: the next start finds no lock."""
    environment = {"PLATED_SNAPSHOT_PROCESS": "true", **NO_SNAPSHOTS}
    with BinServer("--demo", environment=environment) as server:
        # It stands still as soon as it runs, where it has said whose child it is.
        server.put_platelog(f'echo $$ > {server.home}/child; exec strace -o /dev/null -D -e inject=setpriority:signal=STOP '
                            f'{binary("platelog")} "$@"')
        server.start()
        asking = subprocess.Popen([binary("platectl"), "--admin", server.admin, "snapshot"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, preexec_fn=end_with_parent)
        child = int(wait_until(lambda: (server.home / "child").exists() and (server.home / "child").read_text(), "it runs"))
        wait_until(lambda: state_of(child) in "tT", "it stands still")
        server.kill()
        asking.wait(30)
        wait_until(lambda: state_of(child) in "ZX", "it is gone, too")


def state_of(process):
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "X"


def main():
    story = Story()
    with WatchedServer("--demo", environment=NO_SNAPSHOTS) as server:
        story.tell("a long log")
        kill_with_a_long_log(server)
        story.tell("a start seen from outside")
        seen_from_outside(server)
        story.tell("on a terminal")
        seen_on_a_terminal(server)
        story.tell("told to end meanwhile")
        ended_while_recovering(server)
        story.tell("waiting for a checkpoint")
        waits_for_a_checkpoint(server)
        story.tell("what cannot work")
        told_before_a_long_recovery(server)
    story.tell("checkpoints by a process of their own")
    by_a_process_of_its_own()
    story.tell("which ends with its server")
    ends_with_its_server()
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
