#!/usr/bin/python3
"""What the programs do where a shell, a disk or a server is not as it should be: an output that cannot be
written, a path that is a directory, a list from a pipe, a server that is stopped, a socket that somebody
may not open, and one that a group may, a reader who pauses. Exit status 0 when all of it held."""

import grp
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import Server, Story, binary, end_with_parent, plain_environment, wait_until  # noqa: E402

OFFICE = "粤B"
NOBODY = 65534


def ended(command, before=None, environment=None, **options):
    """Runs it, whatever its exit status; `before` runs in the child."""
    def prepare():
        end_with_parent()
        if before is not None:
            before()
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
                          env=environment or plain_environment(), preexec_fn=prepare, **options)


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
    for program in ("plated", "plateload"):
        yield [binary(program), "--help"]
        yield [binary(program), "--version"]


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


def a_pager_that_nobody_scrolls(server):
    """More than pipes and sockets hold, and a reader who begins late."""
    whole = ended(platectl(server, "audit"), stdout=subprocess.PIPE).stdout
    must(len(whole) > 1_000_000, "it is long", len(whole))
    done = ended(["bash", "-c", 'set -o pipefail; "$@" audit | (sleep 3; cat)', "-", *platectl(server)],
                 stdout=subprocess.PIPE)
    must(done.returncode == 0 and done.stdout.startswith(whole), "all of it", len(done.stdout), len(whole), done.stderr)
    more = done.stdout[len(whole):].splitlines()
    must(len(more) == 1 and "read /v1/audit" in more[0], "and that it is read", more)


def an_answer_that_breaks_off(server):
    """The server is killed while somebody reads."""
    with Server("--rehearsal") as other:
        other.start()
        other.operators.post("/v1/rehearsal/owners", {"from": 1, "count": 20_000})
        script = f'"$@" audit | (sleep 1; kill -9 {other.process.pid}; cat >/dev/null); exit "${{PIPESTATUS[0]}}"'
        refused(["bash", "-c", script, "-", *platectl(other)], 3, "broke off, so this is not all of it")
        other.ended()
        refused(platectl(other, "status"), 3, "no server at")


def lists_of_the_registration_system(server):
    """An empty list is none, a cut one is refused, and what it lacks is a difference: none of it is ok."""
    for text, status, why in (("", 2, "is empty"), ("\ufeff\n", 2, "is empty"),
                              ("plate,vehicle,state\n粤BD00001,X", 1, "was the file cut?"),
                              ("号牌号码;状态;VIN\n粤BD00003;free;\n粤BD00003;free;\n", 1, "1 difference"),
                              ('"Plate","STATE","车架号"\r\n"粤b·d00003","free",""\r\n', 0, "")):
        (server.home / "list.csv").write_text(text, encoding="utf-8")
        refused(platectl(server, "reconcile", "--csv", str(server.home / "list.csv")), status, why)


def a_vehicle_in_lower_case(server):
    cat = [binary("platelog"), "--data", str(server.data), "cat", "--vehicle"]
    lines = ended([*cat, "rhrsl000000000001"], stdout=subprocess.PIPE).stdout
    must("RHRSL000000000001" in lines, "its records", lines)
    must(lines == ended([*cat, "RHRSL000000000001"], stdout=subprocess.PIPE).stdout, "however it is written")


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


def a_group_of_operators(_server):
    """Where a group can reach it, the socket is theirs, and made again as theirs."""
    if os.getuid() != 0:
        return
    def become_an_operator():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    environment = {"PLATED_ADMIN_GROUP": grp.getgrgid(NOBODY).gr_name}
    with Server("--rehearsal", environment=environment) as server:
        os.chmod(server.home, 0o755)
        server.admin = str(server.home / "run" / "admin.sock")
        server.operators.path = server.admin
        server.start()
        for path, mode in ((Path(server.admin), 0o660), (Path(server.admin).parent, 0o750)):
            seen = path.stat()
            must((seen.st_gid, stat.S_IMODE(seen.st_mode)) == (NOBODY, mode), "the group's", path, seen)
        refused(platectl(server, "status"), 0, "", before=become_an_operator)
        os.unlink(server.admin)
        wait_until(lambda: os.path.exists(server.admin), "made again")
        refused(platectl(server, "status"), 0, "", before=become_an_operator)
        # In the data directory nobody else gets to it, and that is said.
        server.admin = str(server.data / "admin.sock")
        done = ended([*server.command(), "--check-config"], stdout=subprocess.PIPE, environment=server.environment)
        must(done.returncode == 0 and "cannot reach" in done.stderr and "/run/plated/admin.sock" in done.stderr,
             "a directory that is closed to the group", done)


def main():
    story = Story()
    with Server("--rehearsal") as server:
        story.tell("start")
        server.start()
        server.operators.post("/v1/segments", {"office": OFFICE, "class": "small", "power": "electric",
                                               "from": f"{OFFICE}D00000", "to": f"{OFFICE}D00099"})
        server.operators.post("/v1/rehearsal/owners", {"from": 1, "count": 20_000})
        for part in (outputs, paths, lists, lists_of_the_registration_system, a_vehicle_in_lower_case, a_stopped_server,
                     a_pager_that_nobody_scrolls, an_answer_that_breaks_off, a_socket_of_others,
                     a_group_of_operators):
            story.tell(part.__name__.replace("_", " "))
            part(server)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
