#!/usr/bin/python3
"""What stands at the door of a real server: signals, files that others move, too few descriptors, HTTP as proxies
and old clients speak it, logging out, numbers for machines, and what --check-config finds. Exit status 0 when
everything held."""

import asyncio
import contextlib
import http.client
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import websockets

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from books import found, reconcile  # noqa: E402
from contract import Broken, Refused, must, vehicle_of  # noqa: E402
from server import SMALLEST_LOG_FILES, Server, Story, binary, free_port, plain_environment, run, wait_until  # noqa: E402

FEW_DESCRIPTORS = 128
CROWD = 140
ROUNDS_MAX = 40  # of an operator who fills the log


def ask(server, text):
    """What is answered to bytes of the test's own, until the server closes or is silent for a second."""
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), 10) as link:
        link.sendall(text.replace("\n", "\r\n").encode())
        link.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while piece := link.recv(4096):
                answer += piece
    return answer.decode()


def certify(server, name, kind=("rsa:2048",)):
    """A self-signed certificate and its key; the options of a key of another kind come after its name."""
    key, certificate = server.home / f"{name}.key", server.home / f"{name}.pem"
    options = [part for option in kind[1:] for part in ("-pkeyopt", option)]
    run("openssl", "req", "-x509", "-newkey", kind[0], *options, "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate))
    return str(certificate), str(key)


def shown_certificate(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def signals_and_files(server):
    """HUP reads certificates and keys again, all or nothing; USR1 and USR2 mean nothing."""
    certificate, key = certify(server, "first")
    server.environment |= {"PLATED_TLS_CERTIFICATE": certificate, "PLATED_TLS_KEY": key}
    server.tls = ssl.create_default_context()
    server.tls.check_hostname, server.tls.verify_mode = False, ssl.CERT_NONE
    server.start()
    first = shown_certificate(server)
    for number in (signal.SIGUSR1, signal.SIGUSR2):
        server.process.send_signal(number)
    second = certify(server, "second", ("ec", "ec_paramgen_curve:P-256"))
    Path(certificate).write_bytes(Path(second[0]).read_bytes())
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "nothing was reloaded: tls.key" in server.said(), "a pair that does not match is refused")
    must(shown_certificate(server) == first, "and changes nothing")
    Path(key).write_bytes(Path(second[1]).read_bytes())
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: shown_certificate(server) != first, "the new certificate is shown")
    must(server.runs(), "it runs on", server.said())
    old_ticket = server.ticket("r-1")
    (server.data / "ticket.key").write_text("A" * 86 + "\n", encoding="ascii")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: server.said().count("reloaded certificate, key of tickets, limits") == 2, "the key, too")

    def status(ticket):
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=10, context=server.tls)
        connection.request("GET", "/v1/select", headers={"Authorization": f"Bearer {ticket}"})
        answer = connection.getresponse().status
        connection.close()
        return answer

    must(status(old_ticket) == 401, "tickets of the old key are worth nothing")
    must(status(server.ticket("r-1")) == 426, "those of the new one, of 64 bytes, are")
    must(server.terminate() == 0, "a clean stop", server.said())


def a_key_that_is_gone_is_not_made_anew(server):
    """Another key would void every ticket; and what else was to be reloaded waits with it."""
    server.config.write_text('log.level = "error"\n', encoding="utf-8")
    key = server.data / "ticket.key"
    kept, before = key.read_bytes(), server.said()
    key.unlink()
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "nothing was reloaded: cannot open the ticket key" in server.said(), "the key is missed")
    must(not key.exists(), "none was made")
    key.write_bytes(kept)
    key.chmod(0o600)
    server.config.write_text("", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "reloaded certificate" in server.said()[len(before):], "the level was as before")


def the_log_level_is_reloaded(server):
    server.config.write_text('log.level = "error"\n', encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    said = server.said()
    server.process.send_signal(signal.SIGHUP)
    time.sleep(1)
    must(server.said() == said, "a reload is no error, so it is not told", server.said()[len(said):])
    server.config.write_text('log.level = "loud"\n', encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: '"debug"' in server.said()[len(said):], "what there is")
    server.config.write_text("", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "log level" in server.said()[len(said):], "told again")


async def limits_are_reloaded(server):
    server.config.write_text("limits.connections_per_owner_max = 1\n", encoding="utf-8")
    server.process.send_signal(signal.SIGHUP)
    await asyncio.to_thread(wait_until, lambda: "reloaded" in server.said(), "reloaded")
    first = await server.device("r-1")
    try:
        await server.device("r-1")
        raise Broken("a second connection of one owner")
    except websockets.InvalidStatusCode as refused:
        must(refused.status_code == 429, "one connection is what one may have", refused)
    await first.close()


def http_as_it_is_spoken(server):
    must("400" in ask(server, "GET /healthz HTTP/1.1\n\n").splitlines()[0], "a request names its host")
    must("ok" in ask(server, "GET http://x/healthz HTTP/1.1\nHost: x\nConnection: close\n\n"), "an absolute target")
    old = ask(server, "GET /healthz HTTP/1.0\nConnection: keep-alive\n\n")
    must("Connection: keep-alive" in old and "\r\nDate: " in old, "an old client is told", old)
    options = ask(server, "OPTIONS /readyz HTTP/1.1\nHost: x\nConnection: close\n\n")
    must("204" in options.splitlines()[0] and "Allow: GET, HEAD, OPTIONS" in options, "what may be asked", options)
    unknown = ask(server, "GET /v1/select HTTP/1.1\nHost: x\nConnection: close\n\n")
    must("WWW-Authenticate: Bearer" in unknown, "what is missing", unknown)
    entered = ask(server, f"GET /enter?ticket={server.ticket('r-3')} HTTP/1.1\nHost: x\nConnection: close\n\n")
    must("SameSite=Strict" in entered and "; Secure" in entered, "the public comes over TLS, by public_url", entered)


async def logging_out(server):
    ticket = server.ticket("r-5")
    device = await server.device("r-5")
    left = await asyncio.to_thread(ask, server, "POST /leave HTTP/1.1\nHost: x\nConnection: close\n"
                                   f"Cookie: __Host-plated_ticket={ticket}\nContent-Length: 0\n\n")
    must("303" in left.splitlines()[0] and "__Host-plated_ticket=; " in left, "the cookie goes", left)
    bye = await device.event(lambda event: event["event"] == "bye", "bye")
    must(bye["reason"] == "signed_out", "and what it had opened", bye)
    await device.ws.wait_closed()
    must(device.ws.close_code == 1008, "for want of a ticket", device.ws.close_code)


def metrics(server, port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    must("plated_build_info" in text and "plated_requests_total" in text, "the numbers for machines", text[:300])
    must("404" in ask(server, "GET /metrics HTTP/1.1\nHost: x\nConnection: close\n\n").splitlines()[0],
         "which are nothing for the public")


async def drains_after_a_while(server):
    """Whoever spreads the load sees it before the port closes; meanwhile everything works."""
    device = await server.device("r-4")
    server.process.send_signal(signal.SIGTERM)
    await asyncio.to_thread(wait_until, lambda: not server.says_ready(), "/readyz says so")
    began = time.monotonic()
    await device.request("enter", vehicle=vehicle_of(4))
    other = await server.device("r-6")
    await device.event(lambda event: event["event"] == "bye", "bye")
    must(time.monotonic() - began > 1, "it waited for others to see", time.monotonic() - began)
    must(await server.ended_meanwhile() == 0, "a clean stop", server.said())
    del other


class Member:
    """One of a crowd: comes in when there is room, draws, and remembers what they were told."""

    def __init__(self, server, number):
        self.server, self.number, self.drawn = server, number, None

    async def come(self, patience):
        while time.monotonic() < patience:
            try:
                device, vehicle = await self.server.device_in_pick(self.number)
                for draw in (1, 2):
                    self.drawn = await device.request("draw", vehicle=vehicle, draw=draw, without4=False)
                await asyncio.sleep(0.3)
                await device.close()
                return
            except (websockets.WebSocketException, OSError, asyncio.TimeoutError, EOFError):
                await asyncio.sleep(0.3)
            except Refused as refused:
                if self.drawn is None:
                    raise
                must(refused.code in ("wrong_step", "wrong_draw_number", "too_soon"), "a repetition", refused.error)
                return


async def few_descriptors(server):
    """More people than files may be open: the log rolls, operators and health checks are answered, and what was
    acknowledged stays."""
    found(server, batch_hold_ms=600_000, shortlist_hold_ms=600_000)
    idle = []
    for _ in range(CROWD):
        with contextlib.suppress(OSError):
            idle.append(await asyncio.open_connection("127.0.0.1", server.port))
    must("limits.connections_max is" in server.said(), "it said at its start that they do not fit", server.said())
    await asyncio.to_thread(wait_until, lambda: server.operators.get("/v1/status"), "operators are answered")
    await asyncio.to_thread(wait_until, lambda: "those that say nothing make room" in server.said(),
                            "what is in the way is said")
    began = time.monotonic()
    must(server.says_ready() and time.monotonic() - began < 1, "whoever asks is answered at once")
    for _, writer in idle:
        writer.close()
    crowd = [Member(server, 1000 + i) for i in range(CROWD)]
    patience = time.monotonic() + 40
    coming = [asyncio.ensure_future(member.come(patience)) for member in crowd]
    await asyncio.sleep(1)
    files = server.operators.get("/v1/status")["log"]["files"]
    for _ in range(ROUNDS_MAX):
        for verb in ("withhold", "restore"):
            await asyncio.to_thread(server.operators.post, f"/v1/plates/{verb}",
                                    {"from": "粤B10000D", "to": "粤B26383D", "reason": "x"})
            must(server.operators.get("/v1/status")["log"]["sequence"] > 0, "operators are answered")
        began = time.monotonic()
        must(server.says_ready(), "and whoever asks how it is, whoever else is silent at the door")
        must(time.monotonic() - began < 1, "at once", time.monotonic() - began)
        if server.operators.get("/v1/status")["log"]["files"] > files:
            break
    must(server.operators.get("/v1/status")["log"]["files"] > files, "the log rolls")
    await asyncio.gather(*coming)
    must(all(member.drawn for member in crowd), "everybody has drawn", sum(1 for m in crowd if m.drawn))
    server.kill()
    server.start()
    for member in crowd[:20]:
        device = await server.device(f"r-{member.number}")
        seen = await device.request("enter", vehicle=vehicle_of(member.number))
        must(seen["draw"] >= member.drawn["draw"], "what was acknowledged stays", seen, member.drawn)
        if seen["draw"] == member.drawn["draw"]:
            must(seen["batch"]["plates"] == member.drawn["batch"]["plates"], "plate by plate", seen)
        await device.close()
    reconcile(server)
    must(server.terminate() == 0, "a clean stop", server.said())


def checked_configurations(server):
    """--check-config opens what a start would, and fails as it would."""
    def check(status, **environment):
        done = subprocess.run([binary("plated"), "--check-config"], capture_output=True, text=True, timeout=30,
                              check=False, stdin=subprocess.DEVNULL, start_new_session=True,
                              env={**plain_environment(), "PLATED_DEMO": "1", **environment})
        must(done.returncode == status, f"status {status}", environment, done.returncode, done.stderr)
        return done.stderr
    certificate, key = certify(server, "rsa")
    _, other = certify(server, "ec", ("ec", "ec_paramgen_curve:P-256"))
    locked = str(server.home / "locked.key")
    run("openssl", "rsa", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked)
    check(0, PLATED_TLS_CERTIFICATE=certificate, PLATED_TLS_KEY=key)
    must("is not the key of" in check(1, PLATED_TLS_CERTIFICATE=certificate, PLATED_TLS_KEY=other), "one pair")
    must("encrypted" in check(1, PLATED_TLS_CERTIFICATE=certificate, PLATED_TLS_KEY=locked), "nobody is asked")
    directory = str(server.home)
    for name, variables in (("tls.certificate", {"PLATED_TLS_CERTIFICATE": directory, "PLATED_TLS_KEY": key}),
                            ("tls.key", {"PLATED_TLS_CERTIFICATE": certificate, "PLATED_TLS_KEY": directory})):
        must(f"{name} {directory}: Is a directory" in check(1, **variables), "a directory", name)
    must("is not there" in check(1, PLATED_DATA=f"{directory}/none/data"), "where no directory can be made")
    must("is no directory" in check(1, PLATED_DATA=key), "a file")
    must("not a name" in check(78, PLATED_LISTEN="localhost:8080"), "an address")
    must("passed over" in check(0, PLATED_PORT="tcp://10.0.0.1:80", PLATED_SERVICE_HOST="10.0.0.1"), "a platform's")
    for outlet in ("/dev/full", "&-"):
        done = subprocess.run(["/bin/sh", "-c", f"exec {binary('plated')} --demo --check-config >{outlet}"],
                              capture_output=True, text=True, timeout=30, check=False, env=plain_environment())
        must(done.returncode == 1 and "could not be written" in done.stderr, f"nothing lost in {outlet}", done)


def main():
    story = Story()
    story.tell("signals and files")
    with Server("--rehearsal") as server:
        checked_configurations(server)
        signals_and_files(server)
    story.tell("http, logging out, metrics, a drain that others see")
    port = free_port()
    environment = {"PLATED_METRICS_LISTEN": f"127.0.0.1:{port}", "PLATED_DRAIN_DELAY": "1500ms",
                   "PLATED_PUBLIC_URL": "https://plates.example"}
    with Server("--rehearsal", config="threads = 1\n", environment=environment) as server:
        server.start()
        http_as_it_is_spoken(server)
        metrics(server, port)
        Path(server.admin).unlink()
        wait_until(lambda: Path(server.admin).exists(), "a socket that was deleted is made again")
        must(server.operators.get("/v1/status")["rehearsal"], "and answers")
        asyncio.run(logging_out(server))
        asyncio.run(limits_are_reloaded(server))
        a_key_that_is_gone_is_not_made_anew(server)
        the_log_level_is_reloaded(server)
        asyncio.run(drains_after_a_while(server))
    story.tell("few descriptors")
    with Server("--rehearsal", environment={**SMALLEST_LOG_FILES, "PLATED_THREADS": "2"}) as server:
        limited = ["/bin/sh", "-c", f"ulimit -Sn {FEW_DESCRIPTORS // 2}; ulimit -Hn {FEW_DESCRIPTORS}; exec \"$@\"", "sh"]
        server.start(*limited)
        asyncio.run(few_descriptors(server))
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
