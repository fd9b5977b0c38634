#!/usr/bin/python3
"""What the programs do where a shell, a disk or a server is not as it should be: an output that cannot be
written, a path that is a directory, a list from a pipe, a server that is stopped, a socket that somebody
may not open. Exit status 0 when all of it held."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import Server, Story, binary, end_with_parent, plain_environment  # noqa: E402

OFFICE = "粤B"
NOBODY = 65534


def ended(command, before=None, **options):
    """Runs it, whatever its exit status; `before` runs in the child."""
    def prepare():
        end_with_parent()
        if before is not None:
            before()
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
                          env=plain_environment(), preexec_fn=prepare, **options)


def refused(words, status, why, **options):
    done = ended(words, stdout=subprocess.PIPE, **options)
    must(done.returncode == status and why in done.stderr, f"{words}: {status}, {why}", done)
    return done


def platectl(server, *words):
    return [binary("platectl"), "--admin", server.admin, *words]


def printing(server):
    """Every command that prints, of platectl and platelog."""
    for words in (["status"], ["--json", "status"], ["pools"], ["pools", f"{OFFICE}/small/electric"],
                  ["--json", "pools"], ["metrics"], ["audit"], ["office", "list"], ["office", "show", OFFICE],
                  ["office", "open", OFFICE], ["plates", "show", f"{OFFICE}D00001"], ["owners", "show", "r-1"],
                  ["vehicles", "show", "RHRSL000000000001"], ["blacklist", "list"], ["notices", "list"],
                  ["reconcile"], ["snapshot"], ["clock", "accept"], ["rehearsal", "owners", "--count", "1"],
                  ["ticket", "r-1", "--data", str(server.data)], ["--help"], ["help", "office"], ["--version"]):
        yield platectl(server, *words)
    for words in (["ls"], ["--json", "ls"], ["cat"], ["verify"], ["stats"], ["digest"], ["--version"]):
        yield [binary("platelog"), "--data", str(server.data), *words]


def outputs(server):
    for words in printing(server):
        done = ended(words, stdout=subprocess.PIPE)
        must(done.returncode == 0 and done.stdout, f"{words} prints", done)
        with open("/dev/full", "wb") as full:
            done = ended(words, stdout=full)
        must(done.returncode == 1 and "No space left on device" in done.stderr,
             f"{words} into a full disk", done)
        done = ended(words, before=lambda: os.close(1))
        must(done.returncode == 1 and "Bad file descriptor" in done.stderr,
             f"{words} into nothing", done)


def paths(server):
    directory = str(server.home)
    unread = "/proc/self/mem"  # it opens, and its first read fails
    for words in (["owners", "import"], ["vehicles", "import"]):
        for path, why in ((directory, "Is a directory"), (unread, "Input/output error"),
                          (directory + "/none", "No such file or directory")):
            refused(platectl(server, *words, path), 1, f"cannot read {path}: {why}")
    for words in (["reconcile", "--csv"], ["office", "set", OFFICE, "--file"],
                  ["terms", "put", "t", "--en", "/dev/null", "--zh"], ["plates", "withhold", "--reason", "x"]):
        for path, why in ((directory, "Is a directory"), (unread, "Input/output error")):
            refused(platectl(server, *words, path), 2, f"cannot read {path}: {why}")
    empty = server.home / "empty"
    empty.mkdir()
    for words in (["ls"], ["cat"], ["stats"], ["digest"], ["verify"]):
        refused([binary("platelog"), "--data", str(empty), *words], 1, "no data directory of plated")


def lists(server):
    """A list may come through a pipe, and with a byte order mark."""
    script = f"exec {binary('platectl')} --admin {server.admin} plates withhold " \
             f"<(printf '\\xef\\xbb\\xbf{OFFICE}D00001\\r\\n{OFFICE}D00002\\n') --reason museum"
    done = ended(["bash", "-c", script], stdout=subprocess.PIPE)
    must(done.returncode == 0 and "2" in done.stdout, "two plates from a pipe", done)


def a_stopped_server(server):
    server.process.send_signal(signal.SIGSTOP)
    try:
        for words in (["status"], ["audit"], ["reconcile"], ["snapshot"]):
            began = time.monotonic()
            refused(platectl(server, "--timeout", "1s", *words), 3, "no answer within 1 s")
            must(time.monotonic() - began < 8, "it is given up in time", words)
    finally:
        server.process.send_signal(signal.SIGCONT)
    refused(platectl(server, "status"), 0, "")


def a_socket_of_others(server):
    if os.getuid() != 0:
        return
    def become_nobody():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    os.chmod(server.home, 0o755)
    refused(platectl(server, "status"), 1, "not allowed to open", before=become_nobody)


def main():
    story = Story()
    with Server("--rehearsal") as server:
        story.tell("start")
        server.start()
        server.operators.post("/v1/segments", {"office": OFFICE, "class": "small", "power": "electric",
                                               "from": f"{OFFICE}D00000", "to": f"{OFFICE}D00099"})
        server.operators.post("/v1/rehearsal/owners", {"from": 1, "count": 1})
        for part in (outputs, paths, lists, a_stopped_server, a_socket_of_others):
            story.tell(part.__name__.replace("_", " "))
            part(server)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
