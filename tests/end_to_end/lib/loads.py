"""plateload as those scripts run it that hold it to what others count. It belongs to the end-to-end
scripts only."""

import json
import signal
import subprocess
import time

from contract import must
from server import ROOT, binary, end_with_parent, plain_environment, run

FAILED = 1
USAGE = 2
INVALID = 98
CROSSED = 99
# A machine that does other things, too, keeps no schedule to the millisecond.
LENIENT = ["--late-share-max", "1", "--behind-max", "20s", "--give-up", "60s"]
ASKING_SECONDS = 4
DOWN_SECONDS = 0.5


def load_command(server, *more):
    url = f"ws://127.0.0.1:{server.port}/v1/select"
    return [binary("plateload"), "--url", url, "--data", str(server.data), "--admin", server.admin,
            "--json", *more]


def while_loading(server, stop, *more, status=0):
    """A load during which `stop`, told the load's process, runs after its first second: its report, and what
    else it said."""
    load = subprocess.Popen(load_command(server, *more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=plain_environment(), preexec_fn=end_with_parent)
    try:
        said = load.stderr.readline()
        must("sent" in said, "the load runs", said)
        stop(load)
        out, err = load.communicate(timeout=120)
    finally:
        load.kill()
        load.wait()
    must(load.returncode == status, f"it ends with {status}", load.returncode, said, err)
    return json.loads(out), err


def while_asking(server, stop, *more, seconds=ASKING_SECONDS, status=0):
    """The same of a steady load."""
    return while_loading(server, stop, "--connections", "8", "--for", f"{seconds}s", *more, status=status)


def kill_and_start(server):
    """Down for so long that whoever comes back at once finds nobody."""
    server.kill()
    time.sleep(DOWN_SECONDS)
    server.start()


def stand_still(process, seconds):
    process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    process.send_signal(signal.SIGCONT)


def hlog_agrees(path, report):
    """What an independent reader finds in the interval log is what the report says."""
    read = json.loads(run("node", str(ROOT / "tests" / "end_to_end" / "lib" / "read_hlog.mjs"), str(path)).stdout)
    # Untagged lines, which the reader calls so, are of all ops.
    measured = {"NO TAG": report["all_ops"], "connect": report["connect"], **report["ops"],
                "first_batch": report["first_batch"]}
    measured = {op: latency for op, latency in measured.items() if latency["count"] > 0}
    must(set(read) == set(measured), "the same kinds of requests", read, measured)
    for op, latency in measured.items():
        must(read[op]["count"] == latency["count"], f"{op}: count", read[op], latency)
        for mine, other in (("p50_us", "p50"), ("p99_us", "p99"), ("max_us", "max")):
            # Both tell the end of a bucket that is a thousandth wide; the exact maximum is ours alone.
            must(abs(read[op][other] - latency[mine]) <= latency[mine] / 1000 + 1,
                 f"{op}: {other}", read[op], latency)
