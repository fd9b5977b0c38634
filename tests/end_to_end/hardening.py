#!/usr/bin/python3
"""The programs as they are shipped are built so that a mistake in them is harder to use: readelf says of
each that it lies at a random address, that what the loader has filled in is read-only before main begins,
that no stack can be run, and that every source was compiled with the compiler's protections. Exit status 0
when all of it held."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "lib"))
from contract import must  # noqa: E402
from server import binary, run  # noqa: E402

PROGRAMS = ("plated", "platectl", "platelog", "plateload")
# A canary in every frame with an array; a large frame touches each of its pages; indirect jumps and returns are
# checked where the processor can (CET); an address of its own at each start.
COMPILED_WITH = ("-fstack-protector-strong", "-fstack-clash-protection", "-fcf-protection=full", "-fPIE")


def readelf(program, *words):
    return run("readelf", "-W", *words, binary(program)).stdout


def linked(program):
    must(re.search(r"Type:\s+DYN ", readelf(program, "-h")), f"{program} can lie anywhere")
    dynamic = readelf(program, "-d")
    must(re.search(r"\(FLAGS_1\).*\bPIE\b", dynamic), f"{program} lies at a random address", dynamic)
    must(re.search(r"\(FLAGS\).*\bBIND_NOW\b", dynamic) or re.search(r"\(FLAGS_1\).*\bNOW\b", dynamic),
         f"{program} looks its functions up before main begins, so that their table can be read-only", dynamic)
    segments = readelf(program, "-l")
    must("GNU_RELRO" in segments, f"what the loader of {program} filled in is read-only", segments)
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\w+)", segments)
    must(stack and stack[1] == "RW", f"the stack of {program} cannot be run", segments)
    writable = [line for line in segments.splitlines() if re.match(r"\s+LOAD\s.*\bRWE\b", line)]
    must(not writable, f"nothing of {program} is both written and run", writable)


def compiled(program):
    producers = re.findall(r"DW_AT_producer\s*:.*(GNU C.*)", readelf(program, "--debug-dump=info", "--dwarf-depth=1"))
    must(len(producers) >= 5, f"{program} tells how its sources were compiled", producers)
    for producer in producers:
        missing = [flag for flag in COMPILED_WITH if flag not in producer.split()]
        must(not missing, f"every source of {program} is compiled with {missing}", producer)
    symbols = readelf(program, "--dyn-syms")
    must("__stack_chk_fail" in symbols, f"{program} looks after its canaries")
    must(re.search(r" UND __\w+_chk@", symbols), f"{program} has the checked forms of the C library's functions "
         "(_FORTIFY_SOURCE)", re.findall(r" UND (\w+)@", symbols))


def main():
    for program in PROGRAMS:
        linked(program)
        compiled(program)
        print(f"{program} is hardened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
