"""A plated of a test's own: its data directory, its ports, its operators, its tickets. Whatever happens
to the test, what it started ends with it; nothing is ever looked for by name. The binaries are the
release build's, or in PLATED_BIN. It belongs to the end-to-end scripts only."""

import asyncio
import contextlib
import ctypes
import http.client
import json
import os
import random
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contract import Broken, Device, Operators, make_ticket, must, read_key, vehicle_of

ROOT = Path(__file__).resolve().parent.parent.parent.parent
PYTHON = "/usr/bin/python3"
START_SECONDS = 90
END_SECONDS = 90
# Written through in advance, files of the usual size would keep a disk busy for nothing.
SMALL_LOG_FILES = {"PLATED_LOG_FILE_SIZE_MAX": str(32 << 20)}
# As small as they may be, so that they roll.
SMALLEST_LOG_FILES = {"PLATED_LOG_FILE_SIZE_MAX": str(1 << 20)}


def end_in_order(number, _frame):
    """A test that is told to end leaves its contexts on the way; told again, it is on it already."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


signal.signal(signal.SIGTERM, end_in_order)


def binary(name):
    return str(Path(os.environ.get("PLATED_BIN", ROOT / "build" / "release" / "bin")) / name)


def plain_environment():
    """The environment without what configures plated, which refuses variables of that kind that it
    does not know, PLATED_BIN among them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PLATED_")}


def end_with_parent():
    """Runs in a child before it becomes another program: it gets SIGKILL when its parent is gone."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def open_files_max(wanted):
    """Raises this process's limit of open files as far as it may, up to `wanted`; what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, soft), max(wanted, hard)))
        return max(wanted, soft)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(wanted, soft), hard), hard))
    return min(max(wanted, soft), hard)


def free_port():
    """A port that nobody listens on. It lies below those that the system gives to clients, so that
    it is still free for a restart while thousands of them reconnect."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        below = int(file.read().split()[0])
    while True:
        port = random.randrange(max(1024, below - 16384), below)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run(*command, status=0, timeout=300, **options):
    """Runs a program to its end and requires its exit status; what it printed."""
    options = {"env": plain_environment(), **options}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False,
                          preexec_fn=end_with_parent, **options)
    must(done.returncode == status, f"{' '.join(command)} exits with {status}", done.returncode,
         done.stdout[-4000:], done.stderr[-4000:])
    return done


def own_mounts():
    """What is mounted from now on is seen by this process and its children, and ends with them."""
    new_mounts = 0x00020000
    libc = ctypes.CDLL(None, use_errno=True)
    must(libc.unshare(new_mounts) == 0, "this test may have mounts of its own: it must run as root, with the "
         "right to mount (CAP_SYS_ADMIN)", os.strerror(ctypes.get_errno()))
    run("mount", "--make-rprivate", "/")


def wait_until(holds, what, seconds=15):
    """Asks until it holds; what it then gave."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if seen := holds():
            return seen
        time.sleep(0.02)
    raise Broken(f"not within {seconds} s: {what}")


class Server:
    """A plated on a port of its own, which it keeps over restarts, with a temporary data directory.
    Leaving the context ends it, if it still runs, and removes the directory."""

    def __init__(self, *flags, config=None, environment=None, program=None):
        self.home = Path(tempfile.mkdtemp(prefix="plated-e2e-"))
        self.data = self.home / "data"
        self.program = program or binary("plated")
        self.flags = [*flags]
        self.environment = {**plain_environment(), **SMALL_LOG_FILES, **(environment or {})}
        if config is not None:
            self.config = self.home / "plated.toml"
            self.config.write_text(config.format(home=self.home), encoding="utf-8")
            self.flags += ["--config", str(self.config)]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = str(self.home / "operators")
        self.operators = Operators(self.admin)
        self.output = self.home / "output"
        self.process = None
        self.tls = None

    def use_tls(self):
        """From its next start on it speaks TLS, with a certificate that it has signed itself and that
        `tls`, a client's context, trusts."""
        key, certificate = str(self.home / "key.pem"), str(self.home / "certificate.pem")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        self.environment |= {"PLATED_TLS_KEY": key, "PLATED_TLS_CERTIFICATE": certificate}
        self.tls = ssl.create_default_context(cafile=certificate)
        self.url = f"https://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if self.process is not None:
            self.kill()
        if kind is not None:
            print(f"the server said:\n{self.said()[-3000:]}", file=sys.stderr)
        shutil.rmtree(self.home)

    def command(self, *more):
        return [self.program, "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
                "--admin", self.admin, *self.flags, *more]

    def launch(self, *before, stderr=None):
        """Starts it, by way of the command `before` if there is one, and waits for nothing. That command
        must become the server, as execve does it. What it says goes to `output`, or its errors to `stderr`."""
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen([*before, *self.command()], stdout=output, stderr=stderr or output,
                                            env=self.environment, preexec_fn=end_with_parent)

    def start(self, *before):
        self.launch(*before)
        wait_until(self.is_ready, "the server is ready", START_SECONDS)
        return self

    def refused_start(self, *before):
        """Requires that it cannot start, and says so with its status; what it said why."""
        start_failed = 1
        return run(*before, *self.command(), status=start_failed, timeout=START_SECONDS,
                   env=self.environment).stderr

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def starts_or_dies(self):
        """Waits for one or the other; whether it is ready."""
        wait_until(lambda: not self.runs() or self.says_ready(), "the server is ready, or dead", START_SECONDS)
        return self.runs()

    def is_ready(self):
        must(self.runs(), "the server runs", self.process.returncode, self.said())
        return self.says_ready()

    def says_ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10) if self.tls is None \
            else http.client.HTTPSConnection("127.0.0.1", self.port, timeout=10, context=self.tls)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self):
        """As a crash does: nothing is flushed, nobody is told."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def terminate(self):
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self):
        """Waits for its end; its exit status."""
        status = self.process.wait(END_SECONDS)
        self.process = None
        return status

    async def ended_meanwhile(self):
        """As `ended`, while devices go on."""
        return await asyncio.get_running_loop().run_in_executor(None, self.ended)

    async def exited_meanwhile(self):
        """Waits for its end without forgetting it, so that `ended` still tells how."""
        await asyncio.get_running_loop().run_in_executor(None, self.process.wait, END_SECONDS)

    def said(self):
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def platectl(self, *words, status=0, stdin=None):
        """What `platectl --json` answers."""
        done = run(binary("platectl"), "--admin", self.admin, "--json", *words, status=status,
                   input=stdin)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def ticket(self, owner):
        return make_ticket(read_key(self.data), owner)

    async def device(self, owner):
        return await Device.connect(self.url, self.ticket(owner), self.tls)

    async def device_in_pick(self, number):
        """r-`number` on a device, entered and verified, and their vehicle."""
        vehicle = vehicle_of(number)
        device = await self.device(f"r-{number}")
        terms = (await device.request("enter", vehicle=vehicle))["terms"]
        await device.request("send_code", vehicle=vehicle, **{"for": "submit"})
        await device.request("submit", vehicle=vehicle, code="000000", terms=terms)
        await device.request("send_code", vehicle=vehicle, **{"for": "verify"})
        await device.request("verify", vehicle=vehicle, code="000000")
        return device, vehicle


@contextlib.contextmanager
def small_server(program):
    """A server of bench/ that does nothing but its sockets: its process, and the URL of it."""
    port = free_port()
    process = subprocess.Popen([binary(program), str(port)], stdout=subprocess.DEVNULL,
                               preexec_fn=end_with_parent)
    try:
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "it listens")
        yield process, f"ws://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


class Story:
    """The parts of a test, told as they begin, each with what it took."""

    def __init__(self):
        self.part = None
        self.began = time.monotonic()

    def tell(self, part):
        now = time.monotonic()
        if self.part is not None:
            print(f"{now - self.began:6.1f} s  {self.part}", flush=True)
        self.part, self.began = part, now
