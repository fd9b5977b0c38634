"""What a core dump of a process would hold, without one: its memory but for what it asked the kernel to
leave out (MADV_DONTDUMP). It belongs to the end-to-end scripts only."""

import os
import re
import subprocess
from pathlib import Path

from contract import must

MAPPING = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ (\d+)\s*(.*)$")
PIECE = 1 << 20
PART_MIN = 7  # bytes; what is shorter is found by chance


class Mapping:
    def __init__(self, begin, end, rights, name):
        self.begin, self.end, self.rights, self.name = begin, end, rights, name or "(anonymous)"
        self.flags = []

    @property
    def in_core(self):
        """Whether a core dump has it. "dd" stands for what is left out, "io" and "pf" for devices."""
        return "r" in self.rights and not {"dd", "io", "pf"} & set(self.flags)


def mappings(pid):
    found = []
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if head := MAPPING.match(line):
            found.append(Mapping(int(head[1], 16), int(head[2], 16), head[3], head[5]))
        elif line.startswith("VmFlags:"):
            found[-1].flags = line.split()[1:]
    return found


def pieces(pid):
    """The memory in pieces, each with its address and the name of its mapping; what has nothing but zeros is
    passed over."""
    nothing = bytes(PIECE)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for mapping in mappings(pid):
            for at in range(mapping.begin, mapping.end, PIECE) if mapping.in_core else ():
                try:
                    memory.seek(at)
                    piece = memory.read(min(PIECE, mapping.end - at))
                except OSError:  # beyond the end of a file
                    continue
                if piece != nothing[:len(piece)]:
                    yield at, mapping.name, piece


def found_in_memory(pid, needles, scratch):
    """Which of `needles` (a name for people, and bytes) stand in the memory: name, address, mapping, and what
    is around. `scratch` is a file for it."""
    places = []
    with open(scratch, "wb") as file:
        for at, name, piece in pieces(pid):
            places.append((file.tell(), at, name))
            file.write(piece)
    found = []
    for name, offset, around in found_in_file(scratch, needles):
        begin, at, mapping = max(place for place in places if place[0] <= offset)
        found.append((name, hex(at + offset - begin), mapping, around))
    scratch.unlink()
    return found


def found_in_file(path, needles):
    """Which of `needles` stand in a file: name, offset, and what is around. It is grep that looks, for
    thousands of them in one pass; of a needle with an end of line in it, it looks for the longest part."""
    names = {}
    for name, needle in needles:
        part = max(needle.split(b"\n"), key=len)
        if len(part) >= PART_MIN:
            names[part] = name
    patterns = path.with_name("needles")
    patterns.write_bytes(b"\n".join(names) + b"\n")
    done = subprocess.run(["grep", "-aobF", "-f", str(patterns), str(path)], capture_output=True,
                          env={"LC_ALL": "C", "PATH": os.environ["PATH"]}, check=False)
    must(done.returncode in (0, 1), "grep has looked", done.stderr)
    patterns.unlink()
    found = []
    with open(path, "rb") as file:
        for line in done.stdout.split(b"\n")[:-1]:
            offset, _, needle = line.partition(b":")
            file.seek(max(0, int(offset) - 48))
            found.append((names[needle], int(offset), file.read(96 + len(needle))))
    return found
