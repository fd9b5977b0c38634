#!/usr/bin/python3
"""What plateload's exit status says is so: a load of which nothing worked is no success, whatever its thresholds;
one whose figures mean nothing says so and stops; and what owners were told to do, they do. Exit status 0 when all
of it held."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from loads import (ASKING_SECONDS, CROSSED, FAILED, INVALID, LENIENT, hlog_agrees,  # noqa: E402
                   kill_and_start, load_command, stand_still, while_asking, while_loading)
from server import (ROOT, Server, Story, binary, end_with_parent, free_port, plain_environment,  # noqa: E402
                    run)

STALL_SECONDS = 1.5
PAUSE_SECONDS = 0.6
DRAWS_FEW = 5  # those who leave with all of them used up are soon done
DRAWS_MANY = 60_000
QUICK_SECONDS = 20
SCENARIOS = ROOT / "bench" / "scenarios"


def report_of(server, *more, status=0):
    """The report of a load that ends with `status`, and what else it said."""
    done = run(*load_command(server, *more), status=status)
    return json.loads(done.stdout), done.stderr


def nobody_listens(server):
    """It is told at once, and no threshold holds of nothing."""
    began = time.monotonic()
    load = [binary("plateload"), "--data", str(server.data), "--threshold", "errors<1%", "--url"]
    for kind in (["--owners", "20"], ["--ask", "enter", "--for", "1s"]):
        done = run(*load, f"ws://127.0.0.1:{free_port()}/v1/select", *kind, status=FAILED)
        must("nobody answers at ws://127.0.0.1:" in done.stderr and "Connection refused" in done.stderr,
             "it says who does not answer", done.stderr)
    must(time.monotonic() - began < QUICK_SECONDS, "without trying for minutes")
    done = run(*load, "ws://no-such-host.invalid:80/", status=FAILED)
    must("no-such-host.invalid" in done.stderr, "a host that is not known is named", done.stderr)


def a_wrong_path(server):
    """Owners do not try a path for minutes at which there is nothing."""
    began = time.monotonic()
    done = run(binary("plateload"), "--data", str(server.data), "--url", f"ws://127.0.0.1:{server.port}/v1/selekt",
               "--owners", "20", status=FAILED)
    must("/v1/selekt: status 404" in done.stderr and "unconnected" not in done.stdout, "it says so", done)
    must(time.monotonic() - began < QUICK_SECONDS, "at once")


def descriptors(server):
    """The usual soft limit of open files hinders nobody; a hard one that does not fit is told at once, and is not
    counted as connections that the server lost."""
    begins = ["/bin/bash", "-c", 'ulimit "-${1}n" "$2"; exec "${@:3}"', "limited"]
    load = load_command(server, "--from", "9100", "--owners", "200", "--connections", "200")
    done = run(*begins, "S", "100", *load)
    must(json.loads(done.stdout)["ends"]["confirmed"] == 200, "the soft limit is raised", done.stdout)
    done = run(*begins, "SH", "100", *load, status=FAILED)
    must("--connections 200 needs" in done.stderr and "may have 100" in done.stderr, "what is missing", done.stderr)
    must(done.stdout == "", "and nobody has walked", done.stdout)


def files_are_tried_first(server):
    """What cannot be written or read is told before owners walk for nothing."""
    page, log = server.home / "page.html", server.home / "kept.hlog"
    log.write_text("of the run before", encoding="utf-8")
    for wrong in (["--html", "/no/such/directory/page.html"], ["--save", "/no/such/directory/report.json"],
                  ["--hlog", "/no/such/directory/log.hlog"],
                  ["--html", str(page), "--hlog", str(log), "--compare", str(SCENARIOS / "steady_draws.toml")],
                  ["--html", str(page), "--hlog", str(log), "--verify", "/no/such/journal.jsonl"]):
        done = run(*load_command(server, "--from", "9000", *wrong), status=FAILED)
        must(done.stdout == "" and wrong[-1] in done.stderr, "nobody has walked", done.stdout, done.stderr)
    must(not page.exists() and log.read_text(encoding="utf-8") == "of the run before", "no file was touched")


def files_are_full_at_the_end(server):
    """The report comes all the same, and no other status is hidden."""
    for file, more, status in (("--hlog", [], FAILED), ("--save", [], FAILED),
                               ("--hlog", ["--threshold", "p99<1us"], CROSSED)):
        report, err = report_of(server, "--ask", "enter", "--connections", "4", "--rate", "50", "--for", "1s", *LENIENT,
                                file, "/dev/full", *more, status=status)
        must(report["answers"] == 50 and "cannot write /dev/full" in err, "it says so, and reports", report, err)


def the_same_owners_twice(server):
    """Whoever has a plate already is refused; then thresholds on others are no excuse."""
    again = ["--owners", "20", "--from", "10000"]
    report, _ = report_of(server, *again)
    must(report["ends"]["confirmed"] == 20, "the first time everybody has a plate", report["ends"])
    for more in ([], ["--threshold", "errors<1%", "--threshold", "p99<10m"]):
        report, err = report_of(server, *again, *more, status=FAILED)
        must(report["ends"]["failed"] == 20, "the second time nobody", report["ends"])
        must("20 of 20 owners did not end as planned" in err, "it says so", err)
    report_of(server, *again, "--threshold", "failed<=100%")


def interrupted(server):
    report, err = while_asking(server, lambda load: load.send_signal(signal.SIGINT), "--ask", "enter", "--rate", "50",
                               "--threshold", "errors<1%", *LENIENT, status=FAILED)
    must("interrupted" in err and report["interrupted"], "it says so, and reports", err)


def the_live_line_fits(server):
    """On a terminal a line is never longer than the terminal is wide, else each second would begin another."""
    mine, its = pty.openpty()
    columns = 50
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    load = subprocess.Popen(load_command(server, "--ask", "enter", "--connections", "4", "--rate", "50", "--for", "6s",
                                         *LENIENT), stdout=subprocess.DEVNULL, stderr=its, env=plain_environment(),
                            preexec_fn=end_with_parent)
    try:
        must(load.wait(60) == 0, "the load ends well", load.returncode)
        lines = os.read(mine, 10_000).decode().replace("\x1b[K", "").split("\r")
    finally:
        load.kill()
        load.wait()
        os.close(mine)
        os.close(its)
    must(sum("sent" in line for line in lines) >= 2, "there are lines", lines)
    must(all(len(line.strip()) < columns for line in lines), "each fits", lines)


def errors_of_a_steady_load(server):
    """Without a threshold none is allowed."""
    report, err = while_asking(server, lambda _load: kill_and_start(server), "--ask", "enter", "--rate", "50", *LENIENT, status=FAILED)
    must(report["unconnected"] > 0, "attempts to connect that failed are errors", report)
    must("requests were errors" in err, "it says so", err)


def servers_that_stay_away(server):
    """Whether a server is gone or hangs: the load ends when its schedule and its patience do, and reports."""
    asking = ["--ask", "enter", "--late-share-max", "1", "--behind-max", "20s", "--give-up", "1s"]
    for how in (["--rate", "50"], ["--in-flight", "1"]):
        report, _ = while_asking(server, lambda _load: server.kill(), *asking, *how, status=FAILED)
        server.start()
        must(report["seconds"] < ASKING_SECONDS + QUICK_SECONDS, "it has ended", report["seconds"])
        must(report["done"] == report["sent"] and report["unconnected"] > 0, "nothing is left open", report)
    try:
        report, _ = while_asking(server, lambda _load: server.process.send_signal(signal.SIGSTOP), *asking, "--rate",
                                 "50", status=FAILED)
    finally:
        server.process.send_signal(signal.SIGCONT)
    must(report["seconds"] < ASKING_SECONDS + QUICK_SECONDS, "it has ended", report["seconds"])
    must(report["unanswered"] > 0 and report["done"] == report["sent"], "what it asked is lost", report)
    must(report["server"]["unreachable"].startswith("no answer within"), "nor is the stamp awaited", report["server"])


def late_loads_are_invalid(server):
    """When plateload stands still for long it stops; when much is late, only that means nothing."""
    asking = ["--ask", "enter", "--rate", "100"]
    report, err = while_asking(server, lambda load: stand_still(load, STALL_SECONDS), *asking, status=INVALID)
    must(not report["valid"] and "behind its own schedule" in err, "it says so", err)
    must(report["schedule"]["behind_ms"] > 1000, "and by how much", report["schedule"])
    must(report["schedule"]["due"] < 400, "it has stopped", report["schedule"])
    warming, err = while_asking(server, lambda load: stand_still(load, STALL_SECONDS), *asking, "--warm-up", "8s",
                                seconds=10, status=INVALID)
    must(re.search(r"fell \d{4,} ms behind", err), "it stops in the warm-up, too", err)
    must(warming["schedule"]["due"] == 0, "of which nothing else is counted", warming["schedule"])
    report, err = report_of(server, *asking, "--for", "1s", "--late", "0ms", "--behind-max", "20s", status=INVALID)
    must("began more than 0 ms late" in err, "a share that is too great is told", err)
    must(report["schedule"]["due"] == 100, "without a stop", report["schedule"])


def no_room(server):
    """Owners who think longer than others wait take every connection."""
    report, err = report_of(server, "--from", "11000", "--connections", "2", "--rate", "50", "--for", "20s", "--think",
                            "3s", "--behind-max", "2s", "--late-share-max", "1", status=INVALID)
    must("every one of 2 connections was taken for" in err, "it says so", err)
    must(report["seconds"] < QUICK_SECONDS - 5, "it has stopped", report["seconds"])


def used_up(server):
    """Owners who have no draws left can be asked for none."""
    server.operators.set_office("粤B", draws=DRAWS_FEW)
    report, err = report_of(server, "--from", "12000", "--connections", "4", "--ask", "draw", "--in-flight", "1",
                            "--for", "10s", status=INVALID)
    must("draws were used up" in err, "it says so", err)
    must(report["ops"]["draw"]["count"] <= 4 * (DRAWS_FEW - 1), "each keeps the last", report["ops"]["draw"])


def warm_up_is_left_out(server):
    hlog = server.home / "warm.hlog"
    report, _ = report_of(server, "--connections", "8", "--ask", "enter", "--rate", "400", "--warm-up", "1s", "--for",
                          "3s", *LENIENT, "--hlog", str(hlog))
    must(report["answers"] == 800 and report["sent"] == 1200, "a third was warm-up", report)
    must(report["schedule"]["due"] == 800, "of the schedule, too", report["schedule"])
    must(report["measured_seconds"] == 2, "for so long it was measured", report["measured_seconds"])
    hlog_agrees(hlog, report)
    text = hlog.read_text(encoding="utf-8")
    for remark in ("#[Server: plated ", "#[Machine: ", "seed 1]", "#[Command: "):
        must(remark in text, "the log says what it is of", remark, text[:1000])


def visits_count_from_when_due(server):
    """Who would have come while plateload stood still has waited since then."""
    report, _ = while_loading(server, lambda load: stand_still(load, PAUSE_SECONDS), "--from", "13000", "--rate", "100",
                              "--for", "6s", *LENIENT)
    must(report["connect"]["max_us"] > 400_000, "the slowest waited for most of it", report["connect"])
    must(report["owners"] == 600, "and all came", report["owners"])


def owners_do_as_told(server):
    """Each share, of everybody."""
    journal = server.home / "without4.jsonl"
    report, _ = report_of(server, "--from", "14000", "--owners", "30", "--redraws", "1", "--without4", "1", "--journal",
                          str(journal))
    must(report["ends"]["confirmed"] == 30, "everybody has a plate", report["ends"])
    batches = [json.loads(line)["application"].get("batch") for line in journal.read_text(encoding="utf-8").splitlines()]
    plates = [plate for batch in batches if batch for plate in batch["plates"]]
    must(len(plates) > 300 and not any("4" in plate for plate in plates), "and none was shown a 4", plates[:20])
    report, _ = report_of(server, "--from", "14100", "--owners", "30", "--redraws", "0", "--without4", "0",
                          "--reconnect", "1")
    must(report["connect"]["count"] == 60 and report["ends"]["confirmed"] == 30, "everybody came twice", report)
    report, _ = report_of(server, "--from", "14200", "--owners", "30", "--abandon", "1")
    must(report["ends"]["abandoned"] == 30, "everybody left", report["ends"])


def shortened(name):
    """A scenario that ships, of a few seconds and a few owners."""
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    think = text.find("[think]")
    if think >= 0:
        end = text.index("[run]")
        times = text[think:end].replace('"500ms"', '"1ms"')
        text = text[:think] + re.sub(r'"(\d+)s"', r'"\1ms"', times) + text[end:]
    for long, short in (('count = 20000', 'count = 150'), ('surge_for = "60s"', 'surge_for = "1s"'),
                        ('for = "10m"', 'for = "3s"'), ('for = "20s"', 'for = "1s"'), ('for = "30s"', 'for = "1s"'),
                        ('for = "10s"', 'for = "1s"'), ("400", "40"), ('warm_up = "5s"', 'warm_up = "1s"')):
        text = text.replace(long, short)
    return text


def scenarios_run(server):
    for name, first, owners in (("release_day", 15_000, 100), ("morning_ramp", 16_000, 60)):
        short = server.home / f"{name}.toml"
        short.write_text(shortened(name), encoding="utf-8")
        report, _ = report_of(server, "--scenario", str(short), "--from", str(first), *LENIENT, "--threshold",
                              "errors<50%")
        must(report["owners"] > owners and report["as_planned"], f"{name}: everybody ended as planned", report)
    server.operators.set_office("粤B", draws=DRAWS_MANY)
    report, _ = report_of(server, "--scenario", str(SCENARIOS / "steady_draws.toml"), "--rate", "300", "--for", "3s",
                          "--warm-up", "1s", "--connections", "20", "--from", "17000", *LENIENT, "--threshold",
                          "errors<50%")
    must(report["errors"] == 0 and 400 < report["answers"] < 800, "steady_draws: flags are stronger", report)
    must(all(report["ops"][op]["count"] > 0 for op in ("draw", "repeat", "shortlist", "enter")),
         "all of its mix is asked", report["ops"])


def main():
    story = Story()
    story.tell("a demonstration")
    with Server("--demo") as server:
        server.start()
        server.operators.set_office("粤B", draws=DRAWS_FEW)
        for told, part in (("nobody listens", nobody_listens), ("a wrong path", a_wrong_path),
                           ("open files", descriptors),
                           ("files that cannot be", files_are_tried_first),
                           ("files that are full", files_are_full_at_the_end),
                           ("the same owners twice", the_same_owners_twice), ("interrupted", interrupted),
                           ("what owners are told to do", owners_do_as_told),
                           ("scenarios, for seconds", scenarios_run),
                           ("visits while plateload stands still", visits_count_from_when_due),
                           ("late", late_loads_are_invalid), ("no room", no_room), ("used up", used_up),
                           ("a warm-up", warm_up_is_left_out), ("a terminal", the_live_line_fits),
                           ("errors of a steady load", errors_of_a_steady_load),
                           ("servers that stay away", servers_that_stay_away)):
            story.tell(told)
            part(server)
        must(server.terminate() == 0, "exit status 0", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
