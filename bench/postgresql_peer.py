"""PostgreSQL 15 as it would serve draws, in two forms: rows of plates locked with SKIP LOCKED, and a unique key over
what is held (the two .sql files say why each is strong). A cluster of its own in a temporary directory, on a
loopback port, as the user postgres where this is root, because PostgreSQL refuses to be; pgbench asks it. More
connections than a PostgreSQL likes come through pgbouncer, as they would in service."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from measured_server import WARM_UP_SECONDS, Round, ended, must, run_watched
from server import end_with_parent, free_port, run, wait_until

HERE = Path(__file__).resolve().parent
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
FORMS = ("skip_locked", "unique_key")
# Each connection is a process: with a thousand of them a draw is several times slower than through a pooler, with
# a hundred no slower.
DIRECT_CONNECTIONS_MAX = 100
POOLED_CONNECTIONS = 20
# Durable to the last answer, and nothing done that durability does not need: no replication, no checkpoint within a
# run (each would write whole pages to the log again), groups of commits a little larger. Dead rows are removed as
# they come: without that the unique key loses a quarter within ten seconds.
SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": DIRECT_CONNECTIONS_MAX + 20, "shared_buffers": "1GB",
            "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "commit_delay": 200,
            "wal_level": "minimal", "max_wal_senders": 0, "max_wal_size": "32GB", "checkpoint_timeout": "1d",
            "autovacuum_naptime": 1, "autovacuum_vacuum_cost_delay": 0, "jit": "off"}
POOLER = """
[databases]
* = host=127.0.0.1 port={server_port} user=postgres pool_size={pooled}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 4000
server_reset_query =
"""


def as_its_user():
    """Options of a process that must not be root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


class PostgresqlCluster:
    """A running PostgreSQL and a pgbouncer before it. Leaving the context ends them and removes their files."""

    def __init__(self):
        self.port, self.pooled_port = free_port(), free_port()
        self.home = Path(tempfile.mkdtemp(prefix="plated-postgresql-"))
        self.server = self.pooler = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        """At once: what is on the disk is thrown away. Whatever happens meanwhile, nothing is left."""
        with contextlib.ExitStack() as leaving:  # the last one first, and each even if another failed
            leaving.callback(wait_until, self.is_removed, "the cluster's files are gone")
            if self.server is not None:
                leaving.callback(ended, self.server, signal.SIGQUIT)
            if self.pooler is not None:
                leaving.callback(ended, self.pooler, signal.SIGTERM)

    def is_removed(self):
        """Tries it. A process of a PostgreSQL that was killed may still be at its files."""
        shutil.rmtree(self.home, ignore_errors=True)
        return not self.home.exists()

    def start(self):
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
        data = self.home / "data"
        run(str(PROGRAMS / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "--no-locale", "-E", "UTF8",
            cwd=self.home, **as_its_user())
        settings = {**SETTINGS, "port": self.port, "unix_socket_directories": self.home}
        self.server = self.launch(str(PROGRAMS / "postgres"), "-D", str(data),
                                  *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")))
        configuration = self.home / "pgbouncer.ini"
        configuration.write_text(POOLER.format(server_port=self.port, port=self.pooled_port,
                                               pooled=POOLED_CONNECTIONS), encoding="ascii")
        self.pooler = self.launch("pgbouncer", "-q", str(configuration))
        for port in (self.port, self.pooled_port):
            wait_until(lambda port=port: self.answers(port), "PostgreSQL answers", 60)

    def launch(self, *command):
        with open(self.home / "output", "ab") as output:
            return subprocess.Popen(command, stdout=output, stderr=output, cwd=self.home, preexec_fn=end_with_parent,
                                    **as_its_user())

    def answers(self, port):
        must(self.server.poll() is None and self.pooler.poll() is None, "PostgreSQL and pgbouncer run",
             (self.home / "output").read_text(encoding="utf-8"))
        return subprocess.run([str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)],
                              check=False).returncode == 0

    def processes(self):
        return [self.server.pid, self.pooler.pid, *children_of(self.server.pid)]

    def say(self, database, *words):
        """What psql prints: values only."""
        return run(str(PROGRAMS / "psql"), "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", "-d", database,
                   "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *words).stdout.strip()


class PostgresqlPeer:
    """One form of the draw, in a database of its own."""

    def __init__(self, cluster, form, plates):
        self.cluster, self.form, self.plates = cluster, form, plates
        self.name = f"PostgreSQL, {form.replace('_', ' ')}"
        self.applications = self.asked = 0
        cluster.say("postgres", "-c", f"CREATE DATABASE {form}")
        cluster.say(form, "-v", f"plates={plates}", "-f", str(HERE / f"postgresql_{form}.sql"))

    def round(self, connections, seconds):
        """Each connection draws for an application of its own, one draw after the other."""
        first, self.applications = self.applications, self.applications + connections
        self.cluster.say(self.form, "-c", "INSERT INTO application SELECT "
                         f"generate_series({first}, {self.applications - 1})", "-c", "VACUUM ANALYZE")
        direct = connections <= DIRECT_CONNECTIONS_MAX
        log = self.cluster.home / f"log-{self.form}-{first}"
        # This pgbouncer knows no prepared statements; those within the function are planned once all the same.
        out, server_share, client_share = run_watched(
            [str(PROGRAMS / "pgbench"), "-h", "127.0.0.1",
             "-p", str(self.cluster.port if direct else self.cluster.pooled_port), "-U", "postgres", "-n",
             "-M", "prepared" if direct else "simple", "-f", str(HERE / "postgresql_draw.pgbench"),
             "-D", "draw=0", "-D", f"first={first}", "-c", str(connections), "--max-tries", "10",
             "-T", str(WARM_UP_SECONDS + seconds), "-l", "--log-prefix", str(log), self.form],
            self.cluster.processes, seconds)
        self.cluster.say(self.form, "-c", "VACUUM")  # nothing is left to do while others are measured
        processed = int(re.search(r"transactions actually processed: (\d+)", out)[1])
        self.asked += processed
        latencies = measured_latencies(log, seconds)
        must(latencies, f"{self.name} was measured", out)
        rate = len(latencies) / seconds
        return Round(rate, latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100],
                     server_share / rate * 1e6, client_share)

    def verify(self):
        """No plate is held twice, what is held is what the applications were told, every draw was one."""
        say = self.cluster.say
        wrong = say(self.form, "-c", """
            WITH told AS (SELECT unnest(plates) AS plate, id AS application FROM application),
                 held AS (SELECT plate, application FROM held)
            (TABLE told EXCEPT ALL TABLE held) UNION ALL (TABLE held EXCEPT ALL TABLE told)
            UNION ALL (SELECT plate, count(*) FROM told GROUP BY plate HAVING count(*) > 1) LIMIT 5""")
        must(not wrong, f"{self.name}: no plate is held twice, or by another than was told", wrong)
        held, drawers, drawn, least, most = (int(number) for number in say(self.form, "-F", " ", "-c", """
            SELECT (SELECT count(*) FROM held), count(*) FILTER (WHERE draw > 0), sum(draw),
                   (SELECT min(plate) FROM held), (SELECT max(plate) FROM held) FROM application""").split())
        must(held == 10 * drawers, f"{self.name}: each application has ten", held, drawers)
        must(1 <= least and most <= self.plates, f"{self.name}: the plates are the pool's", least, most)
        must(drawn == self.asked, f"{self.name}: every request was a draw", drawn, self.asked)
        return f"{drawn} draws, {held} plates held by {drawers}"


def measured_latencies(log_prefix, seconds):
    """Sorted, in microseconds, of the transactions that ended after the warm-up, from pgbench's log: client, number,
    microseconds, script, second, microsecond, tries."""
    ended = []
    for path in log_prefix.parent.glob(f"{log_prefix.name}.*"):
        for line in path.read_text(encoding="ascii").splitlines():
            fields = line.split()
            if fields[2].isdigit():
                ended.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2])))
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    began = min((end - latency / 1e6 for end, latency in ended), default=0) + WARM_UP_SECONDS
    return sorted(latency for end, latency in ended if began <= end < began + seconds)
