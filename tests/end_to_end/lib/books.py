"""plateload as the scripts use it, and the oracles outside the server: its journal of every answer that
a client was given, held against the server afterwards, and the books recounted from the log. It belongs
to the end-to-end scripts only."""

import http.client
import json
import re
import subprocess
import threading

from contract import must
from server import binary, end_with_parent, plain_environment, run, wait_until

STATES = ("free", "held", "reserved", "issued", "withheld")
WITHHOLDERS_POOL = "/v1/pools/粤B/large/electric"
RANGE = {"from": "粤B10000D", "to": "粤B26383D"}
RANGE_PLATES = 16_384
PLATES_PER_RECORD = 256


def load_command(server, *more):
    return [binary("plateload"), "--url", f"ws://127.0.0.1:{server.port}/v1/select", "--data",
            str(server.data), "--json", "--quiet", "--give-up", "90s", *more]


def begin_load(server, *more):
    """A load whose first owner has been answered, or that has ended. Whoever kills the server now kills it
    under the load; earlier, the load would find nobody, as with a wrong address, and rightly give up."""
    before = answers(server)
    load = subprocess.Popen(load_command(server, *more), stdout=subprocess.PIPE, text=True,
                            env=plain_environment(), preexec_fn=end_with_parent)
    try:
        wait_until(lambda: load.poll() is not None or answers(server) > before, "the first owner is answered", 120)
    except BaseException:
        load.kill()
        load.wait()
        raise
    return load


def answers(server):
    """How many answers to owners the server has counted since its start."""
    text = server.operators.request("GET", "/metrics")
    return sum(int(count) for count in re.findall(r"^plated_requests_total\{.*\} (\d+)$", text, re.MULTILINE))


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


def found(server, **settings):
    """Opens a rehearsal's office around the clock and loads 20,000 plates for owners and a range for the
    withholder."""
    server.operators.put("/v1/offices/粤B", {"settings": settings, "schedule": [
        {"days": "1-7", "from": "00:00", "to": "24:00"}]})
    for kind, ends in (("small", {"from": "粤BD10000", "to": "粤BD29999"}), ("large", RANGE)):
        server.operators.post("/v1/segments", {"office": "粤B", "class": kind, "power": "electric", **ends})


class Withholder:
    """An operator who withholds and restores one range of a pool that nobody draws from, over and over:
    enough to make the log roll. Knows what they were told; a request without an answer may have been done,
    in whole records, or not."""

    def __init__(self, server):
        self.server = server
        self.withheld = 0
        self.in_doubt = False
        self.thread = None
        self.failure = None  # what ended the work before its time: a refusal, or a lost connection

    def begin(self, times):
        self.thread = threading.Thread(target=self.work, args=(times,))
        self.thread.start()

    def work(self, times):
        try:
            for _ in range(times):
                verb, after = ("restore", 0) if self.withheld else ("withhold", RANGE_PLATES)
                self.in_doubt = True
                status, text = self.server.operators.ask("POST", f"/v1/plates/{verb}", {**RANGE, "reason": "x"})
                if status != 200:
                    self.failure = status, text
                    return
                self.withheld, self.in_doubt = after, False
        except (OSError, http.client.HTTPException) as lost:
            self.failure = lost

    def busy(self):
        return self.thread is not None and self.thread.is_alive()

    def check(self):
        if self.thread is not None:
            self.thread.join()
            self.thread = None
        if isinstance(self.failure, tuple):
            must(self.failure[0] in (500, 503), "refused only because the log failed or is full", self.failure)
        self.failure = None
        pool = self.server.operators.get(WITHHOLDERS_POOL)
        add_up(pool)
        if self.in_doubt:
            must(pool["withheld"] % PLATES_PER_RECORD == 0, "records are whole", pool)
            self.withheld, self.in_doubt = pool["withheld"], False
        must(pool["withheld"] == self.withheld and pool["free"] == RANGE_PLATES - self.withheld,
             "what an operator was told still holds", pool, self.withheld)
