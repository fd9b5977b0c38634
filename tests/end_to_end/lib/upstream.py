"""What stands around a real plated: the platform that signs tickets (EdDSA, with openssl's help) and
the provider that sends SMS (a web hook that can be told to fail). It belongs to the end-to-end scripts
only."""

import contextlib
import http.server
import json
import re
import subprocess
import threading
import time

from contract import encode, must
from server import Server, run, wait_until


class Platform:
    """Signs tickets with an Ed25519 key of its own; `public_key` is the file that plated gets."""

    def __init__(self, home):
        self.private_key = home / "platform.pem"
        self.public_key = home / "platform-public.pem"
        run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(self.private_key))
        run("openssl", "pkey", "-in", str(self.private_key), "-pubout", "-out", str(self.public_key))

    def ticket(self, owner, seconds=3600):
        claims = {"sub": owner, "exp": int(time.time()) + seconds, "aud": "plated"}
        signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "EdDSA"}, claims))
        # openssl signs a file, not a pipe, with Ed25519.
        text = self.private_key.with_name("to-sign")
        text.write_text(signed, encoding="ascii")
        signature = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-inkey", str(self.private_key), "-rawin", "-in", str(text)],
            capture_output=True, check=True).stdout
        return f"{signed}.{encode(signature)}"


# Of a server whose tickets that platform signs.
PLATFORM_CONFIG = """
[ticket]
algorithm = "EdDSA"
key = "{home}/platform-public.pem"
"""


class PlatformServer(Server):
    """A server with a platform upstream."""

    def __init__(self, config=PLATFORM_CONFIG):
        super().__init__(config=config)
        self.platform = Platform(self.home)

    def ticket(self, owner):
        return self.platform.ticket(owner)


def code_in(text):
    """The six digits of a code's message."""
    found = re.findall(r"验证码(\d{6})(?!\d)", text)
    must(len(found) == 1, "a message with one code of six digits", text)
    return found[0]


class Outgoing:
    """Messages that left plated, wherever they arrive. Phones are China's, written without their country."""

    def __init__(self):
        self.codes = []

    def messages(self):
        raise NotImplementedError

    def messages_to(self, phone):
        return [message for message in self.messages() if message["to"] == f"+86{phone}"]

    def next_code(self, phone, asked):
        """The code that reaches `phone` after `asked` messages had."""
        def look():
            mine = self.messages_to(phone)
            return mine[asked:] and mine[asked]
        self.codes.append(code_in(wait_until(look, f"a code for {phone}", 30)["text"]))
        return self.codes[-1]

    def notice(self, phone, plate):
        """The notice that tells `phone` of `plate`."""
        def look():
            return [message for message in self.messages_to(phone) if plate in message["text"]]
        return wait_until(look, f"a notice of {plate}", 30)[0]

    def count(self, phone):
        return len(self.messages_to(phone))


class SmsFile(Outgoing):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def messages(self):
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines]
        for message in found:
            must(set(message) == {"id", "to", "text"}, "id, to and text", message)
        return found


class WebHook(Outgoing):
    """Takes messages over HTTP. It fails as long as `failing`, and the first `failures` times that it
    hears of a message; repeats of an id that it took are dropped, as the protocol has it."""

    def __init__(self, failures=0):
        super().__init__()
        self.failures = failures
        self.failing = False
        self.attempts = []
        self.taken = {}
        self.lock = threading.Lock()
        hook = self

        class Receiver(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(204 if hook.take(message) else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                """Says nothing: the test does."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/sms"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, message):
        with self.lock:
            self.attempts.append(message)
            tried = sum(one["id"] == message["id"] for one in self.attempts)
            if self.failing or tried <= self.failures:
                return False
            self.taken.setdefault(message["id"], message)
            return True

    def messages(self):
        with self.lock:
            return list(self.taken.values())

    def close(self):
        with contextlib.suppress(OSError):
            self.server.shutdown()
            self.server.server_close()
