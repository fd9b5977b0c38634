#!/usr/bin/python3
"""The operators' table of the protocol, row by row, to the letter: the shape of every answer, repeated
actions, refusals with their status, and that all of it stands in the audit trail with who did it. Asked
by http.client, by curl and by platectl. Exit status 0 when all of it held."""

import asyncio
import json
import os
import re
import stat
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import check_application, must, vehicle_of  # noqa: E402
from server import Server, Story, binary, run  # noqa: E402

OFFICE = "粤B"
POOL = f"/v1/pools/{OFFICE}/small/electric"
COUNTS = ("loaded", "free", "held", "reserved", "issued", "withheld", "free_without4")
POOL_FIELDS = {"office", "class", "power", *COUNTS, "segments"}
OPS = {"vehicles", "enter", "leave", "give_up", "send_code", "submit", "verify", "draw", "shortlist", "confirm"}


def fields(answer, *names, more=()):
    must(set(names) <= set(answer) <= {*names, *more}, f"the fields {', '.join(names)}", answer)
    return answer


def plate(serial):
    return f"{OFFICE}D{serial}"


def curl(server, *words):
    done = run("curl", "-sS", "--unix-socket", server.admin, *words[:-1], f"http://plated{words[-1]}")
    return done.stdout


def the_socket(server):
    mode = os.stat(server.admin).st_mode
    must(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660, "a socket, mode 0660", oct(mode))
    must(json.loads(curl(server, "/v1/status"))["role"] == "leader", "curl is understood")
    for method, target, status in (("GET", "/v1/nothing", 404), ("DELETE", "/v1/status", 405),
                                   ("POST", "/v1/segments", 400)):
        server.operators.refused(status, method, target, None if method == "DELETE" else "{nonsense")
    error = server.operators.refused(400, "POST", "/v1/blacklist", {"owner": "r-1", "colour": "red"})
    must("field" in error, "the field is named", error)


def platectl(server):
    """0 done, 1 refused, 2 usage, 3 no server; tables for people."""
    command = [binary("platectl"), "--admin", server.admin]
    table = run(*command, "status").stdout
    must(OFFICE in table and not table.startswith("{"), "a table for people", table)
    run(*command, "plates", "show", plate("99999"), status=1)
    run(*command, "plates", "shwo", status=2)
    run(*command, status=2)
    run(binary("platectl"), "--admin", server.admin + ".not", "status", status=3)
    ticket = run(*command, "ticket", "r-1", "--data", str(server.data)).stdout.strip()
    must(ticket.count(".") == 2, "a ticket", ticket)


def status_and_metrics(server):
    status = server.operators.get("/v1/status")
    wanted = {"version", "uptime_ms", "role", "rehearsal", "sessions", "rates", "latency", "log",
              "snapshot", "pools"}
    must(wanted <= set(status) and status["rehearsal"] is True, "what status says", status)
    must(set(status["rates"]) == set(status["latency"]) == OPS, "each op's rate and latency", status)
    for latency in status["latency"].values():
        fields(latency, "count", "p50_us", "p90_us", "p99_us", "p999_us", "max_us")
    must(status["log"]["age_ms"] >= 0 and status["log"]["durable"] <= status["log"]["sequence"], "log", status)
    totals = status["totals"]
    must({*totals["as_of_now"], *totals["since_the_start"], "as_of_now", "since_the_start", "started_at"} == set(totals),
         "since when each counts", totals)
    must(abs(totals["started_at"] + status["uptime_ms"] - time.time() * 1000) < 60_000, "the start", totals)
    for pool in status["pools"]:
        fields(pool, "office", "class", "power", *COUNTS)
    metrics = server.operators.request("GET", "/metrics")
    for line in metrics.splitlines():
        must(re.match(r"# (HELP|TYPE) \S+ |[a-z0-9_]+(\{[^}]*\})? [-+.0-9eInf]+$", line), "Prometheus text", line)
    must('plated_pool_plates{' in metrics and "plated_requests_total" in metrics, "what is counted")


def doctor(server):
    checks = [fields(one, "check", "level", "found", "remedy") for one in server.operators.get("/v1/doctor")]
    wanted = {"descriptors", "clock", "fsync", "disk", "huge_pages", "allocator", "certificate", "tickets", "terms",
              "segments", "gateway", "standbys"}
    must({one["check"] for one in checks} == wanted and len(checks) == len(wanted), "every check once", checks)
    for one in checks:
        must(one["level"] in ("ok", "warning", "error") and one["found"], "what was found", one)
        must((one["level"] == "ok") == (one["remedy"] == ""), "what is well needs no remedy", one)
    table = run(binary("platectl"), "--admin", server.admin, "doctor").stdout
    must("fsync" in table and not table.startswith("["), "for people", table)


def segments_and_pools(server):
    body = {"office": OFFICE, "class": "small", "power": "electric", "from": plate("00000"),
            "to": plate("00199"), "note": "一月"}
    said = server.operators.post("/v1/segments", body)
    must(said == {"loaded": 199, "refused": []}, "all-zero serials are left out", said)
    said = server.operators.post("/v1/segments", {"office": OFFICE, "class": "small", "power": "electric",
                                                  "plates": [plate("00000"), plate("A0000")],
                                                  "all_zero": True})
    must(said == {"loaded": 2, "refused": []}, "unless the load says so", said)
    status, text = server.operators.ask("POST", "/v1/segments", {
        "office": OFFICE, "class": "small", "power": "electric",
        "plates": [plate("00001"), plate("B0001"), plate("B0001")]})
    refused = json.loads(text)
    whys = {(one["plate"], one["why"]) for one in refused["refused"]}
    must(status == 409 and refused["loaded"] == 0, "all or nothing", status, refused)
    must(whys == {(plate("00001"), "already_known"), (plate("B0001"), "duplicate")}, "a list", refused)
    # In the order of the power letters D A B C E: from D99999 it goes on with DA0000.
    said = server.operators.post("/v1/segments", {**body, "from": plate("99990"), "to": plate("A0009"),
                                                  "dry_run": True, "note": "letters after digits"})
    must(said["loaded"] == 10 + 9, "0-9 before A-Z", said)
    for wrong in ({"from": plate("0001")}, {"from": f"{OFFICE}F00001"}, {"office": "粤I"},
                  {"class": "medium"}, {"power": "steam"}, {"from": plate("00500"), "to": plate("00400")},
                  {"release_at": "soon"}, {"dry_run": "yes"}):
        server.operators.refused(400, "POST", "/v1/segments", {**body, **wrong})
    server.operators.refused(404, "POST", "/v1/segments", {
        **body, "office": "京A", "from": "京AD00001", "to": "京AD00002"})
    pool = fields(server.operators.get(POOL), *POOL_FIELDS)
    must(pool["loaded"] == pool["free"] == 201 and len(pool["segments"]) == 2, "the pool", pool)
    for one in pool["segments"]:
        fields(one, "segment", "from", "to", "plates", "all_zero", "release_at", "released", "loaded_at",
               "note")
    must(pool["segments"][0]["note"] == "一月" and pool["segments"][1]["from"] is None, "segments", pool)
    must(server.operators.get("/v1/pools") == [pool], "a list of them")
    server.operators.refused(404, "GET", f"/v1/pools/{OFFICE}/large/hybrid")
    server.operators.refused(400, "GET", f"/v1/pools/{OFFICE}/medium/hybrid")


def withhold_and_restore(server):
    some = {"plates": [plate("00010"), plate("00011")], "reason": "for the museum"}
    said = server.operators.post("/v1/plates/withhold", some)
    must(said == {"withheld": 2, "refused": []}, "withheld", said)
    said = server.operators.post("/v1/plates/withhold", some)
    must(said["withheld"] == 0, "withheld already", said)
    said = server.operators.post("/v1/plates/withhold", {"from": plate("00020"), "to": plate("00029"),
                                                         "reason": "a range"})
    must(said["withheld"] == 10 and server.operators.get(POOL)["withheld"] == 12, "a range", said)
    said = server.operators.post("/v1/plates/restore", some)
    must(said == {"restored": 2, "refused": []}, "restored", said)
    server.operators.refused(400, "POST", "/v1/plates/withhold", {"plates": [plate("00010")]})
    server.operators.refused(409, "POST", "/v1/plates/withhold", {"plates": [plate("77777")], "reason": "x"})
    seen = fields(server.operators.get(f"/v1/plates/{plate('00010')}"), "plate", "state", "vehicle", "history",
                  more={"owner"})
    must((seen["state"], seen["vehicle"]) == ("free", None), "free again", seen)
    must([one["what"] for one in seen["history"]][-2:] == ["plates_withheld", "plates_restored"], "history", seen)
    for one in seen["history"]:
        must({"sequence", "at", "what"} <= set(one), "a record", one)
    for spelt in ("粤B·D00010", "粤bd00010", "粤ＢＤ０００１０"):
        must(server.operators.get(f"/v1/plates/{spelt}")["plate"] == plate("00010"), "any spelling", spelt)
    error = server.operators.refused(400, "GET", "/v1/plates/粤BDI0010")
    must("4" in error["message"], "the position of the fault", error)
    server.operators.refused(404, "GET", f"/v1/plates/{plate('77777')}")


def offices_and_terms(server):
    whole = {"name": "北京市车管所", "time_zone": "Asia/Shanghai", "address": "方庄南路 1 号",
             "telephone": "010-12345678", "hours": "周一至周五 9:00–17:00",
             "settings": {"draws": 3, "batch_size": 5, "batch_hold_ms": 60_000, "shortlist_hold_ms": 120_000,
                          "verified_for_ms": 600_000, "validity_days": 5, "blacklist_years": 1,
                          "return_window_ms": 1000, "lapse_grace_ms": 0, "codes_per_phone": 7,
                          "codes_per_organisation_phone": 70, "working_max": 1000, "lobby_ms": 600_000,
                          "admitted_for_ms": 90_000, "admit_per_second": 20, "terms": "2026-01"},
             "schedule": [{"days": "1-5", "from": "09:00", "to": "17:00"}],
             "holidays": ["2026-10-01"], "workdays": ["2026-10-10"]}
    made = server.operators.put("/v1/offices/京A", whole)
    must({**made, **whole} == made and made["office"] == "京A", "made as it was said", made)
    changed = server.operators.put("/v1/offices/京A", {"settings": {"draws": 4}})
    must(changed["settings"] == {**whole["settings"], "draws": 4} and changed["changed"], "any part", changed)
    must(server.operators.put("/v1/offices/京A", {"settings": {"draws": 4}})["changed"] is False, "as it is")
    for wrong in ({"time_zone": "Mars/Base"}, {"schedule": [{"days": "1-9", "from": "09:00", "to": "17:00"}]},
                  {"schedule": [{"days": "1-5", "from": "17:00", "to": "09:00"}]}, {"holidays": ["2026-13-01"]},
                  {"settings": {"terms": "never said"}}, {"colour": "red"}, {"settings": {"draws": 0}}):
        server.operators.refused(400, "PUT", "/v1/offices/京A", wrong)
    server.operators.refused(400, "PUT", "/v1/offices/粤I", {})
    for verb, state in (("open", "open"), ("pause", "paused"), ("maintenance", "maintenance"),
                        ("resume", "open"), ("close", "closed")):
        said = json.loads(curl(server, "-X", "POST", "-d", '{"reason":"drill"}', f"/v1/offices/%E4%BA%ACA/{verb}"))
        must(said["changed"] and said["offices"][0]["state"] == state, verb, said)
        said = server.operators.post(f"/v1/offices/京A/{verb}", {"reason": "again"})
        must(said["changed"] is False, f"{verb} again changes nothing", said)
    must(len(server.operators.post("/v1/offices/*/open")["offices"]) == 2, "every office")
    server.operators.refused(404, "POST", "/v1/offices/沪A/open", {"reason": "x"})
    terms = {"zh": "须知", "en": "Terms"}
    must(server.operators.put("/v1/terms/2026-02", terms)["changed"] is True, "said")
    must(server.operators.put("/v1/terms/2026-02", terms)["changed"] is False, "said again")
    server.operators.refused(409, "PUT", "/v1/terms/2026-02", {**terms, "en": "Other terms"})


def imports(server):
    """Each line stands for itself, and repeating it changes nothing."""
    owners = [{"owner": "z1", "kind": "person", "name": "张三", "phone": "13800001234",
               "id_number": "440301199001011234"},
              {"owner": "z2", "kind": "organisation", "name": "某公司", "phone": "075512345678", "id_number": "91"},
              {"owner": "z3", "kind": "robot", "name": "R", "phone": "13800001235", "id_number": "1"}]
    vehicles = [{"vehicle": "LGXCE4CB6P0123456", "owner": "z1", "office": OFFICE, "class": "small",
                 "power": "electric", "plate": "粤B12345"},
                {"vehicle": "LGXCE4CB6P0123457", "owner": "nobody", "office": OFFICE, "class": "small",
                 "power": "electric", "plate": "粤B12346"}]
    for target, lines, good in (("/v1/owners", owners, 2), ("/v1/vehicles", vehicles, 1)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines) + "{nonsense\n"
        for query, accepted in (("?dry_run=1", good), ("", good), ("", 0)):
            said = json.loads(server.operators.request("POST", target + query, text))
            fields(said, "accepted", "unchanged", "refused")
            must(said["accepted"] == accepted and said["unchanged"] == good - accepted, "each line", said)
            must([one["line"] for one in said["refused"]] == [len(lines), len(lines) + 1], "its lines", said)
            for one in said["refused"]:
                fields(one, "line", "field", "why")
    known = fields(server.operators.get("/v1/owners/z1"), "owner", "kind", "name", "phone", "id_number",
                   "countdown_times", "blacklisted_until", "blacklist_reason", "vehicles", "history")
    must({**known, **owners[0], "phone": "+8613800001234"} == known and known["vehicles"] == ["LGXCE4CB6P0123456"], "known", known)
    known = server.operators.get("/v1/vehicles/LGXCE4CB6P0123456")
    must({**known, **vehicles[0]} == known and known["eligible"], "known", known)
    check_application(known["application"])
    server.operators.refused(404, "GET", "/v1/owners/z9")
    server.operators.refused(404, "GET", "/v1/vehicles/LGX")
    said = server.operators.put("/v1/owners/z1/countdowns", {"times": 3, "reason": "asked for it"})
    must(said["changed"] and server.operators.get("/v1/owners/z1")["countdown_times"] == 3, "longer", said)
    server.operators.refused(400, "PUT", "/v1/owners/z1/countdowns", {"times": 11, "reason": "x"})
    server.operators.refused(400, "PUT", "/v1/owners/z1/countdowns", {"times": 3})
    server.operators.refused(404, "PUT", "/v1/owners/z9/countdowns", {"times": 3, "reason": "x"})


async def reserve(server, number):
    device, vehicle = await server.device_in_pick(number)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    chosen = drawn["batch"]["plates"][0]
    held = drawn["batch"]["plates"][1]
    status, text = server.operators.ask("POST", "/v1/plates/withhold", {"plates": [held], "reason": "x"})
    must(status == 409 and "held" in text, "a held plate is not withheld", text)
    await device.request("shortlist", vehicle=vehicle, plate=chosen)
    done = await device.request("confirm", vehicle=vehicle, plate=chosen)
    await device.close()
    return chosen, done["reservation"]


def the_counter(server):
    chosen, reservation = asyncio.run(reserve(server, 1))
    other, _ = asyncio.run(reserve(server, 2))
    server.operators.refused(400, "POST", f"/v1/reservations/{chosen}/issue", {"date": "2100-01-01"})
    server.operators.refused(400, "POST", f"/v1/reservations/{chosen}/void", {})
    server.operators.refused(409, "POST", f"/v1/reservations/{plate('00020')}/issue", {})
    code = reservation["voucher"].rsplit("/", 1)[1]
    said = server.operators.get(f"/v1/vouchers/{code}")
    must(said["genuine"] and said["plate"] == chosen and said["vehicle"] == vehicle_of(1), "genuine", said)
    must(said["deadline"] == reservation["deadline"] and said["sequence"] == reservation["sequence"], "it", said)
    server.operators.refused(404, "GET", "/v1/vouchers/" + "0" * 32)
    for body, changed in (({}, True), ({}, False)):
        said = fields(server.operators.post(f"/v1/reservations/{chosen}/issue", body), "plate", "state", "changed")
        must(said == {"plate": chosen, "state": "issued", "changed": changed}, "issued", said)
    said = server.operators.post(f"/v1/reservations/{other}/void", {"reason": "x", "blacklist": False})
    must(said == {"plate": other, "state": "withheld", "changed": True}, "void", said)
    seen = server.operators.get(f"/v1/vehicles/{vehicle_of(1)}")
    must(seen["application"]["step"] == "issued", "the vehicle", seen)
    csv = f"plate,vehicle,state\n{chosen},{vehicle_of(1)},issued\n{other},,withheld\n"
    said = json.loads(server.operators.request("POST", "/v1/reconcile", csv))
    must(said["ok"] and not said["differences"], "the list agrees", said)
    said = json.loads(server.operators.request("POST", "/v1/reconcile", csv.replace("issued", "free")))
    must(not said["ok"] and said["differences"][0]["plate"] == chosen, "the list differs", said)


def people(server):
    until = int(time.time() * 1000) + 86_400_000
    said = server.operators.post("/v1/blacklist", {"owner": "z2", "reason": "fraud", "until": until})
    must(said["until"] == until and said["changed"], "until when", said)
    must(server.operators.get("/v1/blacklist") == [{"owner": "z2", "reason": "fraud", "until": until}], "listed")
    server.operators.refused(404, "POST", "/v1/blacklist", {"owner": "z9", "reason": "x"})
    server.operators.refused(400, "POST", "/v1/blacklist", {"owner": "z2", "reason": "x", "until": 1})
    must(server.operators.delete("/v1/blacklist/z2")["changed"] is True, "lifted")
    must(server.operators.delete("/v1/blacklist/z2")["changed"] is False, "lifted already")
    must(server.operators.get("/v1/blacklist") == [], "nobody is on it")
    must(server.operators.delete("/v1/owners/z1", {"reason": "asked to"})["changed"] is True, "erased")
    gone = server.operators.get("/v1/owners/z1")
    must((gone["name"], gone["phone"], gone["id_number"]) == (None, None, None), "nothing is known", gone)
    must("张三" not in json.dumps(gone, ensure_ascii=False), "nor in their history", gone)
    server.operators.refused(404, "DELETE", "/v1/owners/z9")


def the_server(server):
    must(isinstance(server.operators.get("/v1/notices"), list), "the outbox")
    server.operators.refused(404, "POST", "/v1/notices/999999999/retry", {})
    said = fields(server.operators.post("/v1/snapshot"), "sequence")
    must(server.operators.get("/v1/status")["snapshot"]["sequence"] == said["sequence"], "a snapshot", said)
    must(server.operators.post("/v1/clock/accept") == {"changed": False}, "there was no jump")
    said = server.operators.post("/v1/rehearsal/owners", {"from": 1000, "count": 50})
    must(said == {"made": 50, "unchanged": 0}, "owners", said)
    must(server.operators.post("/v1/rehearsal/owners", {"from": 1000, "count": 60})["unchanged"] == 50, "again")
    server.operators.refused(400, "POST", "/v1/rehearsal/owners", {"count": 0})


def audit(server):
    """Every operator's action, with who did it; `since` leaves away what was before."""
    lines = [json.loads(line) for line in server.operators.request("GET", "/v1/audit").splitlines()]
    places = [line["sequence"] for line in lines]
    must(places == sorted(set(places)), "in order, each once")
    kinds = {"segment_loaded", "plates_withheld", "plates_restored", "terms_published", "settings_changed",
             "schedule_changed", "holidays_changed", "office_opened", "overlay_changed", "owner_imported",
             "vehicle_imported", "countdowns_lengthened", "issued", "voided", "blacklisted",
             "blacklist_lifted", "owner_erased", "operator_acted"}
    seen = {line["what"] for line in lines}
    must(kinds <= seen, "every action is there", kinds - seen)
    for kind in kinds - {"segment_loaded"}:
        of_kind = [line for line in lines if line["what"] == kind]
        must(any(line.get("actor") == os.getuid() for line in of_kind), f"who did it: {kind}", of_kind[:3])
    middle = places[len(places) // 2]
    late = server.operators.request("GET", f"/v1/audit?since={middle}").splitlines()
    must(json.loads(late[0])["sequence"] > middle, "since", late[0])
    server.operators.refused(400, "GET", "/v1/audit?since=yesterday")


def main():
    story = Story()
    story.tell("start")
    parts = [the_socket, segments_and_pools, withhold_and_restore, platectl, offices_and_terms, imports,
             the_counter, people, the_server, status_and_metrics, doctor, audit]
    # The smallest log files that may be configured, so that they roll.
    with Server("--rehearsal", environment={"PLATED_LOG_FILE_SIZE_MAX": str(1 << 20)}) as server:
        server.start()
        for part in parts:
            story.tell(part.__name__.replace("_", " "))
            part(server)
        story.tell("drain")
        must(server.operators.post("/v1/drain") == {"draining": True}, "draining")
        must(server.ended() == 0, "it ended well", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
