"""The public protocol as the acceptance scripts hold a server to it: tickets, the operators' socket,
a device that speaks WebSocket, and the shape of every document. It belongs to those scripts only and
uses nothing of the project's but its AsyncAPI document, from which every message that is seen is
validated: Debian's python3-websockets, -jsonschema, -yaml and the standard library."""

import asyncio
import base64
import hashlib
import hmac
import http.client
import json
import pathlib
import re
import socket
import time
import urllib.parse

import jsonschema
import websockets
import yaml

PLATE = re.compile(r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]"
                   r"(?:[A-HJK][0-9A-HJ-NP-Z][0-9]{4}|[0-9]{5}[A-HJK])\Z")
STEPS = ("submit", "notice", "pick", "done", "issued", "lapsed")
OFFICE_STATES = ("open", "closed", "paused", "maintenance")
CODES = """bad_request unknown_op unauthorized not_your_vehicle not_eligible blacklisted not_open
maintenance paused wrong_step wrong_code code_expired too_many_tries too_soon terms_outdated
no_draws_left wrong_draw_number all_held pool_empty not_in_batch not_on_shortlist expired
already_confirmed waiting overloaded shutting_down internal""".split()


def server_messages():
    """A validator of whatever the server says, made from the project's AsyncAPI document."""
    path = pathlib.Path(__file__).resolve().parents[3] / "net" / "protocol" / "asyncapi.yaml"
    components = yaml.safe_load(path.read_text(encoding="utf-8"))["components"]
    said = [name for name in components["messages"] if name.endswith(("_answer", "_push"))]
    schema = {"anyOf": [{"$ref": f"#/components/messages/{name}/payload"} for name in said],
              "components": components}
    return jsonschema.Draft202012Validator(schema)


SERVER_MESSAGES = server_messages()


class Broken(AssertionError):
    """The server broke the contract."""


def must(holds, what, *seen):
    if not holds:
        raise Broken(what + "".join(f"\n  seen: {one!r}" for one in seen))


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_key(data_dir):
    with open(f"{data_dir}/ticket.key", encoding="ascii") as file:
        text = file.read().strip()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def make_ticket(key, owner, seconds=3600, aud="plated", alg="HS256"):
    header = encode(json.dumps({"alg": alg, "typ": "JWT"}).encode())
    claims = {"sub": owner, "exp": int(time.time()) + seconds, "aud": aud}
    signed = f"{header}.{encode(json.dumps(claims).encode())}"
    mac = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{encode(mac)}"


def vehicle_of(number):
    return f"RHRSL{number:012}"


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_hold(hold, name):
    if hold is None:
        return
    must(set(hold) == {"plates", "expires_in_ms"}, f"{name} has plates and expires_in_ms", hold)
    must(is_integer(hold["expires_in_ms"]) and hold["expires_in_ms"] >= 0, "a countdown", hold)
    must(hold["plates"] and all(PLATE.match(p) for p in hold["plates"]), "plates as 粤BD12345", hold)
    must(len(set(hold["plates"])) == len(hold["plates"]), f"{name} repeats no plate", hold)


def check_reservation(reservation):
    if reservation is None:
        return
    fields = {"plate", "deadline", "auto", "voucher", "sequence"}
    must(set(reservation) == fields, "a reservation has its fields", reservation)
    must(PLATE.match(reservation["plate"]), "a reservation has a plate", reservation)
    must(re.match(r"\d{4}-\d{2}-\d{2}\Z", reservation["deadline"]), "a deadline is a day", reservation)
    must(isinstance(reservation["auto"], bool), "auto is a boolean", reservation)
    must(reservation["voucher"].startswith("/v1/voucher/"), "a voucher has an address", reservation)
    must(is_integer(reservation["sequence"]) and reservation["sequence"] > 0, "a sequence", reservation)


QUEUE_PLACE = {"office", "position", "ahead", "eta_low_ms", "eta_high_ms", "admitted_per_minute"}
LOBBY_PLACE = {"office", "opens_at", "lobby"}


def check_place(place):
    """A place in a waiting room: the fields of the application's `place`, of the event and of the error."""
    must(set(place) in (QUEUE_PLACE, LOBBY_PLACE), "a place in the queue or in the lobby", place)
    if "position" in place:
        must(place["position"] == place["ahead"] + 1, "the position is one more than who is ahead", place)
        must((place["eta_low_ms"] is None) == (place["eta_high_ms"] is None), "a range has two ends", place)


def check_application(app):
    types = {"vehicle": str, "office": str, "office_name": str, "blacklist_years": int, "class": str, "power": str, "step": str,
             "draws_left": int, "draw": int, "batch": (dict, type(None)),
             "shortlist": (dict, type(None)), "reservation": (dict, type(None)),
             "office_state": str, "terms": str, "at": int, "version": int}
    optional = {"fallback": str, "verified_in_ms": int, "blacklisted_until": int, "opens_at": int,
                "deadline_if_confirmed": str, "place": dict, "admitted_within_ms": int}
    must(isinstance(app, dict), "an application is an object", app)
    for name, type_ in types.items():
        must(name in app, f"an application has {name}", app)
        must(isinstance(app[name], type_) and not isinstance(app[name], bool), f"type of {name}", app)
    for name in set(app) - set(types):
        must(name in optional, f"no field {name} in an application", app)
        must(isinstance(app[name], optional[name]), f"type of {name}", app)
    must(app["step"] in STEPS and app["office_state"] in OFFICE_STATES, "step and office state", app)
    must(app["class"] in ("small", "large") and app["power"] in ("electric", "hybrid"), "pool", app)
    must(app["draws_left"] >= 0 and app["draw"] >= 0, "draws are counted", app)
    check_hold(app["batch"], "batch")
    check_hold(app["shortlist"], "shortlist")
    check_reservation(app["reservation"])
    must(("deadline_if_confirmed" in app) == (app["step"] == "pick"), "a deadline to be, in pick", app)
    if "place" in app:
        check_place(app["place"])
        must("admitted_within_ms" not in app, "who waits is not admitted", app)
    must("opens_at" not in app or app["office_state"] == "closed", "who is closed opens", app)
    must((app["step"] in ("done", "issued")) == (app["reservation"] is not None),
         "a reservation belongs to done and issued; a lapsed plate is somebody else's to draw", app)
    if app["reservation"]:
        must(app["batch"] is None and app["shortlist"] is None and "fallback" not in app,
             "everything else is released", app)


def without_clock(app):
    """The application less what changes by itself."""
    still = {k: v for k, v in app.items() 
             if k not in ("at", "verified_in_ms", "opens_at", "deadline_if_confirmed")}
    for hold in ("batch", "shortlist"):
        still[hold] = still[hold] and still[hold]["plates"]
    return still


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["code"])
        self.error = error
        self.code = error["code"]


class Device:
    """One WebSocket of one owner. `request` gives the answer's `ok` or raises Refused; what is pushed
    meanwhile is kept for `event`. Every message is checked for its shape."""

    def __init__(self, ws):
        self.ws = ws
        self.next_id = 0
        self.events = []
        self.versions = {}

    @classmethod
    async def connect(cls, base_url, ticket, tls=None):
        """`tls` is the context to trust the server with, for https."""
        url = "ws" + base_url[len("http"):] + "/v1/select"
        ws = await websockets.connect(url, subprotocols=["plated.v1"], compression=None, close_timeout=1,
                                      extra_headers={"Authorization": f"Bearer {ticket}"}, ssl=tls)
        must(ws.subprotocol == "plated.v1", "the subprotocol is answered", ws.subprotocol)
        return cls(ws)

    async def close(self):
        await self.ws.close()

    def _see(self, app):
        check_application(app)
        last = self.versions.get(app["vehicle"], 0)
        must(app["version"] >= last, "versions never decrease on a connection", last, app)
        self.versions[app["vehicle"]] = app["version"]

    async def _receive(self, timeout):
        frame = await asyncio.wait_for(self.ws.recv(), timeout)
        must(isinstance(frame, str), "frames are text", frame)
        message = json.loads(frame)
        must(isinstance(message, dict), "a frame is one object", message)
        must(SERVER_MESSAGES.is_valid(message), "the AsyncAPI document knows the message", message)
        if "event" in message:
            must("id" not in message, "an event has no id", message)
            if message["event"] == "application":
                must(set(message) == {"event", "application"}, "an application event", message)
                self._see(message["application"])
            if message["event"] == "waiting":
                check_place({name: value for name, value in message.items() if name != "event"})
            return message
        must(set(message) in ({"id", "ok"}, {"id", "error"}), "an answer is ok or error", message)
        if "error" in message:
            error = message["error"]
            must(error.get("code") in CODES, "a known code", message)
            must(isinstance(error.get("message"), str) and error["message"], "a message", message)
            if error["code"] == "waiting":
                check_place({name: value for name, value in error.items() if name not in ("code", "message")})
            else:
                must(set(error) <= {"code", "message", "retry_in_ms", "until", "field"}, "fields", message)
        elif "step" in message["ok"]:
            self._see(message["ok"])
        return message

    async def request(self, op, /, **fields):
        self.next_id += 1
        sent = json.dumps({"id": self.next_id, "op": op, **fields}, ensure_ascii=False)
        await self.ws.send(sent)
        return await self.answer(self.next_id)

    async def answer(self, *wanted_ids, timeout=10):
        """The answer that bears the wanted id, or one of several."""
        while True:
            message = await self._receive(timeout)
            if "event" in message:
                self.events.append(message)
                continue
            must(message["id"] in wanted_ids, f"the answer to {wanted_ids}", message)
            if "error" in message:
                raise Refused(message["error"])
            return message["ok"]

    async def refused(self, code, op, /, **fields):
        """Requires that the request is refused with `code`, or one of several; gives the error."""
        try:
            answer = await self.request(op, **fields)
        except Refused as refusal:
            codes = (code,) if isinstance(code, str) else code
            must(refusal.code in codes, f"{op} is refused with {code}", refusal.error)
            return refusal.error
        raise Broken(f"{op} should be refused with {code}\n  seen: {answer!r}")

    async def pushed(self, holds, what, timeout=15):
        """The first application that was pushed and for which `holds`."""
        def shows(event):
            return event["event"] == "application" and holds(event["application"])
        return (await self.event(shows, what, timeout))["application"]

    async def event(self, holds, what, timeout=15):
        """The first event that was pushed and for which `holds`; those before it are passed over."""
        deadline = time.monotonic() + timeout
        while True:
            while self.events:
                event = self.events.pop(0)
                if holds(event):
                    return event
            left = deadline - time.monotonic()
            must(left > 0, f"pushed: {what}")
            try:
                message = await self._receive(left)
            except asyncio.TimeoutError:
                raise Broken(f"not pushed: {what}") from None
            must("event" in message, "nothing was asked", message)
            self.events.append(message)


class Operators:
    """The operators' socket."""

    def __init__(self, path):
        self.path = path

    def ask(self, method, target, body=None):
        """Status and text of the answer to `body`: text as it is, anything else as JSON."""
        connection = http.client.HTTPConnection("plated", timeout=120)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        encoded = body.encode() if isinstance(body, str) else \
            None if body is None else json.dumps(body).encode()
        connection.request(method, urllib.parse.quote(target, safe="/?=&*%"), encoded,
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    def request(self, method, target, body=None):
        status, text = self.ask(method, target, body)
        must(status == 200, f"{method} {target} succeeds", status, text)
        return text

    def get(self, target):
        return json.loads(self.request("GET", target))

    def post(self, target, body=None):
        return json.loads(self.request("POST", target, {} if body is None else body))

    def put(self, target, body):
        return json.loads(self.request("PUT", target, body))

    def delete(self, target, body=None):
        return json.loads(self.request("DELETE", target, body))

    def refused(self, status, method, target, body=None):
        """Requires a refusal with that status; its error."""
        seen, text = self.ask(method, target, body)
        must(seen == status, f"{method} {target} is refused with {status}", seen, text)
        error = json.loads(text)["error"]
        must(isinstance(error.get("code"), str) and error.get("message"), "code and message", error)
        return error

    def set_office(self, office, **settings):
        self.request("PUT", f"/v1/offices/{office}", {"settings": settings})


def fetch(base_url, target):
    """Status and text of a page of the public port."""
    parts = urllib.parse.urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request("GET", target)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text
