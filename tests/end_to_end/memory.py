#!/usr/bin/python3
"""What stands in the memory of a plated stays there: no core dump unless the configuration allows it. Exit
status 0 when all of it held."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import Server, Story, binary, run  # noqa: E402

NOBODY = "65534"


def as_nobody():
    """What makes a command another user's than root's; nothing where we are not root, or where nobody else may
    run the programs, as below root's own directory."""
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    may = os.geteuid() == 0 and subprocess.run([*words, "test", "-x", binary("plated")], check=False).returncode == 0
    return words if may else []


AS_NOBODY = as_nobody()
CORES_ALLOWED = {"PLATED_DEBUG_CORE_DUMPS": "true"}


class WatchedServer(Server):
    """A plated of a user who is not root. Its cores, if it leaves any, fall into `home`; no limit of whoever
    started the test forbids them."""

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

    def dumps_core(self):
        """Has it die as a broken invariant would; whether the kernel wrote its memory to a file."""
        self.process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(self.process.pid, 0)
        self.process.returncode = status
        self.process = None
        return os.WCOREDUMP(status)

    def cores(self):
        return [path for path in self.home.iterdir() if path.name.startswith("core")]


def file_is_pattern():
    """Whether the kernel writes cores where the process works, so that this test can find them."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="ascii").strip()
    return pattern.startswith("core")


def no_core_is_made(story):
    with WatchedServer("--rehearsal") as server:
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


def a_core_is_allowed(story):
    with WatchedServer("--rehearsal", environment=CORES_ALLOWED) as server:
        story.tell("a core that is allowed")
        server.start()
        must(server.may_be_looked_into() or not server.may_tell(), "a debugger may look")
        dumped = server.dumps_core()
        if file_is_pattern():
            must(dumped and len(server.cores()) == 1, "allowed, there is a core", dumped, server.cores())


def main():
    story = Story()
    no_core_is_made(story)
    a_core_is_allowed(story)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
