#!/usr/bin/python3
"""`plated --demo` as a newcomer starts it, walked by two clients of somebody else's making (Python's
websockets, node's ws) and attacked by a third. Exit status 0 when everything held."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import fetch, must  # noqa: E402
from server import PYTHON, ROOT, Server, Story, run  # noqa: E402

ACCEPTANCE = ROOT / "tests" / "end_to_end" / "lib"


def look_around(server):
    """What the public sees without a ticket."""
    must(f"{server.url}/login" in server.said(), "the demo says where to log in", server.said())
    for target in ("/", "/login", "/pools", "/v1/pools", "/v1/terms/2026-01", "/healthz", "/readyz"):
        status, text = fetch(server.url, target)
        must(status == 200 and text, f"GET {target} succeeds", status)
        must("演练" in text or target.startswith(("/v1/", "/health", "/ready", "/login")) or
             target == "/", "a rehearsal's page says so", target)


def walk(server, story):
    where = ["--url", server.url, "--data", str(server.data), "--admin", server.admin]
    story.tell("python's websockets walk")
    run(PYTHON, str(ACCEPTANCE / "walk_websockets.py"), *where, "--owner", "1")
    story.tell("node's ws walks")
    run("node", str(ACCEPTANCE / "walk_ws.mjs"), *where, "--owner", "11")
    story.tell("bad input")
    run(PYTHON, str(ACCEPTANCE / "bad_input.py"), *where[:4], "--owner", "21")


def main():
    story = Story()
    story.tell("start")
    with Server("--demo") as server:
        server.start()
        story.tell("what everybody sees")
        look_around(server)
        walk(server, story)
        story.tell("stop")
        must(server.terminate() == 0, "SIGTERM ends it well", server.said())
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
