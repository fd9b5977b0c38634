#!/usr/bin/python3
"""Every example of net/OPERATORS.md works as it stands, in its order, on a fresh rehearsal. Exit status 0 when
all of them did."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must, vehicle_of  # noqa: E402
from server import ROOT, Server, Story, binary, end_with_parent, plain_environment  # noqa: E402

MANUAL = ROOT / "net" / "OPERATORS.md"
RESERVED = "粤BD12345"  # the plate that the counter's example issues
EXAMPLES_LEAST = 5


def examples():
    """The commands that stand indented in the manual, each with the answer that stands below it, if one does."""
    for block in re.findall(r"(?:^    .*\n)+", MANUAL.read_text(encoding="utf-8"), re.MULTILINE):
        lines = [line[4:] for line in block.splitlines()]
        command = []
        while lines and (not command or command_goes_on(command)):
            command.append(lines.pop(0))
        if command[0].startswith(("curl ", "platectl ")):
            yield "\n".join(command), "\n".join(lines)


def command_goes_on(lines):
    return "\n".join(lines).count("'") % 2 == 1


async def reserve(server):
    """Leaves RESERVED reserved: the only plate of its pool is drawn, shortlisted and confirmed."""
    device, vehicle = await server.device_in_pick(1)
    drawn = await device.request("draw", vehicle=vehicle, draw=1, without4=False)
    must(drawn["batch"]["plates"] == [RESERVED] and vehicle == vehicle_of(1), "the only plate", drawn)
    await device.request("shortlist", vehicle=vehicle, plate=RESERVED)
    await device.request("confirm", vehicle=vehicle, plate=RESERVED)
    await device.close()


def run_example(server, command, answer):
    programs = Path(binary("platectl")).parent
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False,
                          cwd=server.home, preexec_fn=end_with_parent,
                          env={**plain_environment(), "PATH": f"{programs}:/usr/bin:/bin"})
    must(done.returncode == 0 and '"error"' not in done.stdout, command, done.stdout, done.stderr)
    must(not answer or done.stdout.strip() == answer, f"it answers {answer}", done.stdout)


def main():
    story = Story()
    with Server("--rehearsal") as server:
        story.tell("start")
        server.start()
        (server.home / "plated-data").mkdir()
        (server.home / "plated-data" / "admin.sock").symlink_to(server.admin)
        found = list(examples())
        must(len(found) >= EXAMPLES_LEAST, "the examples were found", found)
        for command, answer in found:
            story.tell(command.split("\n")[0][:70])
            if RESERVED in command:
                server.operators.post("/v1/segments", {"office": "粤B", "class": "small", "power": "electric",
                                                       "plates": [RESERVED]})
                server.operators.post("/v1/offices/粤B/open", {"reason": "test"})
                asyncio.run(reserve(server))
            run_example(server, command, answer)
    story.tell(None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
