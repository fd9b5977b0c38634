"""Faults in system calls of a running server, by strace's injection: the N-th call of a kind fails, is
late, or is the last thing that the server does. strace counts for each thread by itself, so that the
N-th call is that of the thread which gets there first. It belongs to the end-to-end scripts only; it
needs the right to trace, which root has."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from contract import must
from server import end_with_parent, plain_environment, wait_until

KILLED = "+++ killed by SIGKILL +++"
CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
# What a call of the server was about, by the name of the file; the first that fits.
ABOUT = [("snapshot", r"snapshot-\d+"), ("archive", r"archive"), ("log", r"log-\d+"), ("spare", r"spare-\d+"),
         ("keys", r"/keys"), ("locks", r"\.lock|/lock"), ("ticket", r"ticket"), ("directory", r"/data[>\"]")]


def options(call, effect, trace):
    """Injects `effect`, as strace spells it, into calls of that kind, and writes them all to `trace`."""
    return ["strace", "-f", "-I", "2", "-qq", "-y", "-s", "0", "-o", str(trace), "-e", f"trace={call}",
            "-e", f"inject={call}:{effect}"]


def before_start(call, effect, trace):
    """A command to put before a server's own: the tracer stands beside, and the server is our child."""
    return [*options(call, effect, trace)[:1], "-D", *options(call, effect, trace)[1:]]


def tracer_of(pid):
    """The process that traces every thread of `pid`; 0 when there is none, or it does not yet."""
    tracers = set()
    for task in Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            tracers.add(int(re.search(r"TracerPid:\s+(\d+)", task.read_text(encoding="ascii"))[1]))
    return tracers.pop() if len(tracers) == 1 else 0


def let_go(pid):
    """Ends the tracer that began before `pid` did, without harm to it."""
    if tracer := tracer_of(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(tracer, signal.SIGTERM)
        wait_until(lambda: tracer_of(pid) == 0, "strace lets go")


@contextlib.contextmanager
def injected(process, call, effect, trace):
    """Injects into a process that runs, as long as the context lasts."""
    strace = subprocess.Popen([*options(call, effect, trace), "-p", str(process.pid)], stderr=subprocess.PIPE,
                              text=True, env=plain_environment(), preexec_fn=end_with_parent)
    try:
        wait_until(lambda: strace.poll() is not None or tracer_of(process.pid) == strace.pid,
                   "strace has every thread")
        # It also ends when the server was killed already.
        must(not strace.poll(), "strace may trace the server", strace.stderr.read() if strace.poll() else "")
        yield
    finally:
        strace.terminate()
        strace.wait()
        strace.stderr.close()


def fatal_call(trace, patience=2):
    """After a server was killed at a call: which it was, as (kind, file), from what strace has written."""
    end = time.monotonic() + patience
    text = ""
    while KILLED not in text and time.monotonic() < end:
        time.sleep(0.005)
        text = trace.read_text(encoding="utf-8", errors="replace") if trace.exists() else ""
    begun = [CALL.match(line) for line in text.splitlines() if line.endswith("= ?") or "<unfinished" in line]
    last = next(filter(None, reversed(begun)), None)
    if KILLED not in text or last is None:
        return "unknown", "unknown"
    kind, arguments = last.groups()
    return kind, next((name for name, pattern in ABOUT if re.search(pattern, arguments)), "other")
