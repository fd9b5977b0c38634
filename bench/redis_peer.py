"""Redis 7 as it would serve draws: a script that is atomic (redis_draw.lua), every write in the append-only file and
synced before it is answered. It runs on a loopback port and in a directory of its own; redis-benchmark asks it
in its own protocol."""

import csv
import io
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from measured_server import Round, ended, must, run_watched
from server import end_with_parent, free_port, run, wait_until

HERE = Path(__file__).resolve().parent
HOLD_SECONDS = 3600
PLATES_AN_ADD = 5000
# redis-benchmark counts requests, not time: so many tell how many it needs.
FIRST_REQUESTS = 5000


def row_of(out):
    """What redis-benchmark measured, by name."""
    return next(csv.DictReader(io.StringIO(out)))


class RedisPeer:
    """A Redis with a pool of plates 1 to `plates`. Leaving the context ends it and removes its files."""

    name = "Redis"

    def __init__(self, plates):
        self.plates = plates
        self.port = free_port()
        self.home = Path(tempfile.mkdtemp(prefix="plated-redis-"))
        self.process = None
        self.script = ""
        self.asked = 0
        self.rates = {}

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if self.process is not None:
                ended(self.process, signal.SIGTERM)
        finally:
            shutil.rmtree(self.home)

    def start(self):
        """Settings: durable to the last answer, and nothing done that durability does not need: no snapshots, no
        rewriting of the file, no latency histograms."""
        settings = {"port": self.port, "bind": "127.0.0.1", "dir": self.home, "save": "", "appendonly": "yes",
                    "appendfsync": "always", "auto-aof-rewrite-percentage": 0, "latency-tracking": "no",
                    "maxclients": 4000, "tcp-backlog": 1024, "hash-max-listpack-value": 128}
        command = ["redis-server", *(str(word) for key, value in settings.items() for word in (f"--{key}", value))]
        with open(self.home / "output", "wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output, preexec_fn=end_with_parent)
        wait_until(self.is_ready, "Redis answers")
        fill = f"""for first = 1, {self.plates}, {PLATES_AN_ADD} do
                     local plates = {{}}
                     for plate = first, math.min(first + {PLATES_AN_ADD} - 1, {self.plates}) do
                       plates[#plates + 1] = plate
                     end
                     redis.call('SADD', 'pool', unpack(plates))
                   end"""
        self.say("EVAL", fill, "0")
        self.script = self.say("SCRIPT", "LOAD", (HERE / "redis_draw.lua").read_text(encoding="utf-8")).strip()

    def is_ready(self):
        must(self.process.poll() is None, "Redis runs", (self.home / "output").read_text(encoding="utf-8"))
        return subprocess.run(["redis-cli", "-p", str(self.port), "PING"], capture_output=True,
                              check=False).stdout == b"PONG\n"

    def say(self, *words):
        return run("redis-cli", "-e", "-p", str(self.port), *words).stdout

    def asking(self, connections, requests):
        """The command that asks. Each request is the next draw of a random one of as many applications as there are
        connections. What tells draws apart is random, too: seldom the same as before, which is then a repetition."""
        self.asked += requests
        return ["redis-benchmark", "-p", str(self.port), "-c", str(connections), "-n", str(requests), "--csv", "-e",
                "-r", str(connections), "EVALSHA", self.script, "3", "pool", "deadlines",
                "application:__rand_int__", "__rand_int____rand_int__", str(HOLD_SECONDS)]

    def round(self, connections, seconds):
        if connections not in self.rates:
            self.rates[connections] = float(row_of(run(*self.asking(connections, FIRST_REQUESTS)).stdout)["rps"])
        requests = int(self.rates[connections] * seconds)
        out, server_share, client_share = run_watched(self.asking(connections, requests),
                                                      lambda: [self.process.pid], seconds, warm_up=0)
        row = row_of(out)
        rate = self.rates[connections] = float(row["rps"])
        return Round(rate, float(row["p50_latency_ms"]) * 1e3, float(row["p99_latency_ms"]) * 1e3,
                     server_share / rate * 1e6, client_share)

    def verify(self):
        """Every plate is free or held by one application, and every request was a draw or a repetition."""
        free = [int(plate) for plate in self.say("SMEMBERS", "pool").split()]
        told = self.say("EVAL", """local all = {}
            for _, application in ipairs(redis.call('ZRANGE', 'deadlines', 0, -1)) do
              all[#all + 1] = table.concat(redis.call('HMGET', application, 'plates', 'drawn'), ' ')
                .. ' ' .. (redis.call('HGET', application, 'repeated') or 0)
            end
            return all""", "0").splitlines()
        applications = [[int(number) for number in line.split()] for line in told]
        held = [plate for *plates, _drawn, _repeated in applications for plate in plates]
        twice = [plate for plate, count in Counter(free + held).items() if count > 1]
        must(not twice, "Redis: no plate is free and held, or held by two", twice[:10])
        must(sorted(free + held) == list(range(1, self.plates + 1)), "Redis: every plate is somewhere",
             len(free), len(held))
        must(len(held) == 10 * len(applications), "Redis: each application has ten", len(held), len(applications))
        done = sum(drawn + repeated for *_plates, drawn, repeated in applications)
        must(done == self.asked, "Redis: every request was a draw or a repetition", done, self.asked)
        return f"{done} draws, {len(held)} plates held by {len(applications)}, {len(free)} free"
