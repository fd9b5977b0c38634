"""plateload as the scripts use it, and the oracles outside the server: its journal of every answer that
a client was given, held against the server afterwards, and the books recounted from the log. It belongs
to the end-to-end scripts only."""

import json
import subprocess

from contract import must
from server import binary, end_with_parent, plain_environment, run

STATES = ("free", "held", "reserved", "issued", "withheld")


def load_command(server, *more):
    return [binary("plateload"), "--url", f"ws://127.0.0.1:{server.port}/v1/select", "--data",
            str(server.data), "--json", "--quiet", "--give-up", "90000", *more]


def begin_load(server, *more):
    return subprocess.Popen(load_command(server, *more), stdout=subprocess.PIPE, text=True,
                            env=plain_environment(), preexec_fn=end_with_parent)


def check_report(report, owners):
    must(report["as_planned"] and report["owners"] == owners, "everybody ended as planned", report)
    must(report["two_owners"] == 0 and report["violations"] == 0, "no promise was broken", report)


def verify(server, journal, *more):
    """Every answer in the journal still holds, and no plate that is known from it has two owners."""
    report = json.loads(run(*load_command(server, "--verify", str(journal), *more)).stdout)
    check_report(report, report["owners"])
    must(report["owners"] > 0, "there was something to verify", report)
    return report


def add_up(pool):
    must(sum(pool[state] for state in STATES) == pool["loaded"],
         "free + held + reserved + issued + withheld = loaded", pool)


def reconcile(server):
    """The books recounted from the log agree with the live ones, and the states add up."""
    answer = server.platectl("reconcile")
    must(answer["ok"] and not answer["differences"], "the log agrees", answer)
    must(answer["compared_with_live"], "with what is counted now", answer)
    for pool in answer["pools"]:
        add_up(pool)
    return answer
