#!/usr/bin/env python3
"""Holds the tree to the rules a compiler does not see; prints file:line and exits 1 when one broke.

Checked: which room may include which, the length of functions, files and lines, names that say
nothing, calls a room must not make, headers without #pragma once, open ends, and traces of one
machine; and by tidy_tree.py what only the whole tree shows.
Reads every file that git would commit (without git: every file outside build directories); takes
well under a second. A rule is changed here, with its reason, never worked around in a source file.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import tidy_tree  # noqa: E402
from tidy_tree import cpp_functions, without_text  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_LINES_MAX = 70
FILE_LINES_WARN = 500
FILE_LINES_MAX = 700
CPP_COLUMNS_MAX = 100
PAPER_COLUMNS_MAX = 120

SOURCE = {".h", ".cpp", ".ts", ".tsx", ".mjs", ".py", ".sh"}
CPP = {".h", ".cpp"}
SKIPPED_DIRECTORIES = {".git", "build", "node_modules", "dist", "plated-data", "__pycache__"}

EVERY_MACHINE_HAS = {"/", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr/src", "/var/tmp"}

# Who may include whom: a file's room is the longest of these names that its path begins with, and
# may include itself and what stands behind it. What is not listed (tests, bench) may include all.
POSIX = "posix"
PROTOCOL, NOTICES, CLOCK, IO = "net/protocol", "net/notices", "net/clock", "net/io"
SELECTION, WEB, OPERATORS, SERVER = "net/selection", "net/web", "net/operators", "net/server"
SHELL, WIRE, OWNERS, FIGURES = (
    "tools/shell", "tools/plateload/wire", "tools/plateload/owners", "tools/plateload/figures")
INCLUDES = {
    POSIX: set(),
    "engine": set(),
    "persistence": {"engine", POSIX},
    PROTOCOL: {"engine", POSIX},
    IO: set(),
    CLOCK: {"engine"},
    NOTICES: {"engine", POSIX},
    SELECTION: {"engine", PROTOCOL, NOTICES, CLOCK},
    WEB: {"engine", PROTOCOL, NOTICES},
    OPERATORS: {"engine", PROTOCOL, IO, NOTICES, SELECTION, WEB},
    SERVER: {"engine", PROTOCOL, NOTICES, IO, SELECTION, WEB},
    SHELL: {POSIX},
    "tools/wiped_heap": set(),
    "tools/plated": {POSIX, "engine", "persistence", PROTOCOL, IO, CLOCK, NOTICES, SELECTION, WEB, OPERATORS,
                     SERVER, SHELL},
    "tools/platectl": {PROTOCOL, SHELL},
    "tools/platelog": {"engine", "persistence", SHELL},
    WIRE: {PROTOCOL},
    OWNERS: {WIRE, PROTOCOL, SHELL, POSIX},
    FIGURES: {WIRE, OWNERS, PROTOCOL, SHELL},
    "tools/plateload": {WIRE, OWNERS, FIGURES, PROTOCOL, SHELL},
}
# What every room may include: it stops the process when we are wrong, and knows nothing else.
GROUND = "engine/check.h"
# Rooms in which no C++ stands but in the rooms within them.
CORRIDORS = {"net", "tools"}

# The engine has no sockets, files, threads or printing; check.h prints once, before it aborts.
ENGINE_HEADERS = re.compile(
    r"<(?:(?:thread|fstream|iostream|filesystem|future|condition_variable|random|unistd\.h|fcntl\.h)"
    r"|sys/.*|netinet/.*|boost/(?!unordered|intrusive|container_hash|functional/hash).*"
    r"|simdjson\.h|spdlog/.*|fmt/.*|openssl/.*|toml.*|CLI/.*)>")
ENGINE_CALLS = re.compile(
    r"std::(?:cout|cerr|printf|fprintf)\b|(?:steady|system|high_resolution)_clock::now|\bthrow\b|\brand\(")

NAMES_WITHOUT_MEANING = {"util", "utils", "common", "helper", "helpers", "misc"}
# Not a template's parameter: Asio's are called Handler.
TYPES_WITHOUT_MEANING = re.compile(
    r"\b(?:class|struct)\s+(\w*(?:Manager|Handler|Processor|Service|Helper))\b(?!\s*[,>])")
# Spelt apart, so that this file does not contain what it looks for.
OPEN_ENDS = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]) + r")\b")

CALLS = [
    (re.compile(r"\bstd::(?:rand|srand)\b"), "use libsodium's randombytes, or a seed passed in"),
    (re.compile(r"\b(?:strcpy|strcat|sprintf|gets|atoi|atol)\s*\("), "use a bounded call"),
    (re.compile(r"\bDISABLED_|\bGTEST_SKIP\b"), "a test runs or is deleted"),
    (re.compile(r"^\s*using namespace std\b"), "name what is used"),
]
# A tool may poll (a drain with its patience); a room or a test that sleeps is slow or wrong by chance.
SLEEPS = re.compile(r"\bstd::this_thread::sleep_|\b(?:usleep|nanosleep)\s*\(")
# A condition and its statement on one line; a loop's end after its block is none.
NO_BRACES = re.compile(r"^\s*(?:else )?(?:if|for|while)(?: constexpr)? \(.*\) [^{&|)?<>=].*;$")
MACRO = re.compile(r"^\s*#\s*define\b")
MUTEX = re.compile(r"^\s*(?:mutable )?std::(?:shared_|recursive_|timed_)*mutex \w+;")
# What only clang understands of locks has to be hidden from g++.
MACROS = {"engine/thread_annotations.h"}


class Findings:
    """Collects what is wrong; warnings do not fail."""

    def __init__(self):
        self.errors = 0

    def error(self, path, line, what):
        self.errors += 1
        print(f"{path}:{line}: {what}")

    def warn(self, path, line, what):
        print(f"{path}:{line}: warning: {what}")


def tracked_files():
    """Paths relative to ROOT of what git holds or would hold, sorted."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        names = {name for name in listing.stdout.split("\0") if name}
        return sorted(Path(name) for name in names if (ROOT / name).is_file())
    found = []
    for directory, directories, files in os.walk(ROOT):
        directories[:] = [d for d in directories if d not in SKIPPED_DIRECTORIES]
        found += [Path(directory, name).relative_to(ROOT) for name in files]
    return sorted(found)


def check_function_lengths(path, source, findings):
    if path.suffix in CPP:
        spans = cpp_functions(source)
    elif path.suffix == ".py":
        spans = [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(source))
                 if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    else:
        return
    for first, last in spans:
        if last - first + 1 > FUNCTION_LINES_MAX:
            findings.error(path, first,
                           f"function of {last - first + 1} lines (at most {FUNCTION_LINES_MAX})")


def room_of(path):
    """The room of INCLUDES that a path from the root stands in, or None."""
    parts = str(path).split("/")
    names = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((name for name in names if name in INCLUDES), None)


def check_includes(path, lines, findings):
    room = room_of(path)
    if room is None and path.parts[0] in CORRIDORS:
        findings.error(path, 1, "belongs into one of the rooms of INCLUDES")
    # So that every header is seen to compile by itself.
    own = path.with_suffix(".h") if path.suffix == ".cpp" and (ROOT / path).with_suffix(".h").exists() else None
    for number, text in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s+(?:"([^"]+)"|(<[^>]+>))', text)
        if not match:
            continue
        quoted, angled = match.groups()
        if own and quoted != str(own):
            findings.error(path, number, f"its own header comes first: {own}")
        own = None
        if quoted is not None:
            other = room_of(quoted)
            if "/" not in quoted or quoted.startswith("."):
                findings.error(path, number, f'include from the root: "{path.parent}/{quoted}"')
            elif room and quoted != GROUND and other not in {room} | INCLUDES[room]:
                findings.error(path, number, f"{room} must not include {other or quoted}")
        elif room == "engine" and ENGINE_HEADERS.match(angled):
            findings.error(path, number, f"the engine must not include {angled}")


def check_cpp(path, source, findings):
    lines = source.split("\n")
    code = without_text(source).split("\n")
    check_includes(path, lines, findings)
    if path.suffix == ".h" and not any(text == "#pragma once" for text in lines):
        findings.error(path, 1, "a header needs #pragma once")
    paired = path.suffix == ".cpp" and (ROOT / path).with_suffix(".h").exists()
    if not source.startswith("//") and not paired and not path.stem.endswith("_test"):
        findings.error(path, 1, "a file opens with what it is, what it guarantees, who may call it")
    for number, text in enumerate(code, 1):
        for pattern, advice in CALLS:
            if pattern.search(text):
                findings.error(path, number, f"{pattern.search(text).group().strip()}: {advice}")
        if path.parts[0] != "tools" and SLEEPS.search(text):
            findings.error(path, number, "no sleeping: wait for the event, not for time")
        if NO_BRACES.match(text):
            findings.error(path, number, "braces around what a condition or a loop holds")
        match = TYPES_WITHOUT_MEANING.search(text)
        if match:
            findings.error(path, number, f"{match.group(1)} says nothing: name what it is")
        if path.parts[0] == "engine" and path.name != "check.h" and ENGINE_CALLS.search(text):
            findings.error(path, number, f"the engine must not: {ENGINE_CALLS.search(text).group()}")
    check_mutexes(path, lines, findings)
    for number, text in enumerate(lines, 1):
        if MACRO.match(text) and str(path) not in MACROS:
            findings.error(path, number, "no macros: a constant or a function does it")


def check_mutexes(path, lines, findings):
    """A mutex that is not a Guarded<T> says why, beside it or just above."""
    if path.parts[0] not in {"engine", "persistence", "net"} and path.parts[:2] != ("tools", "plated"):
        return
    for number, text in enumerate(lines, 1):
        if not MUTEX.match(text):
            continue
        above = number - 1
        while above > 0 and lines[above - 1].lstrip().startswith("//"):
            above -= 1
        if "not guarded" not in " ".join(line.strip(" /") for line in lines[above:number]).lower():
            findings.error(path, number, "a mutex that is not Guarded (engine/guarded.h) says why")


def without_raw_strings(source):
    """The C++ source with the insides of raw strings gone; lines stay in place."""
    return re.sub(r'R"(?P<d>[^(\s]{0,16})\(.*?\)(?P=d)"', lambda m: "\n" * m.group().count("\n"),
                  source, flags=re.DOTALL)


def prose_of(paper):
    """The lines of a Markdown text as (number, what of it is prose): tables, commands that stand
    indented or fenced, tags, and where links lead are none."""
    fenced = False
    for number, text in enumerate(paper.split("\n"), 1):
        if text.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not text.startswith(("    ", "|")):
            yield number, re.sub(r"\]\([^)]*\)", "]()", re.sub(r"<[^>]*>", "", text))


def check_columns(path, source, findings):
    if path.suffix == ".md":
        lines, most = prose_of(source), PAPER_COLUMNS_MAX
    elif path.suffix in CPP:
        lines, most = enumerate(without_raw_strings(source).split("\n"), 1), CPP_COLUMNS_MAX
    else:
        return
    for number, text in lines:
        if len(text) > most:
            findings.error(path, number, f"a line of {len(text)} characters (at most {most})")


# A path from the root, as papers name it, and where a link within the tree leads.
NAMED_PATH = re.compile(r"`((?:engine|persistence|net|tools|tests|bench|findings)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
# What stands for any name: `tests/end_to_end/NAME.py`.
STANDS_FOR_ANY = re.compile(r"\b(?:NAME|ROOM|DIR)")


def check_paths(path, source, findings):
    """What a paper sends its reader to is there."""
    for number, text in enumerate(source.split("\n"), 1):
        named = [ROOT / name for name in NAMED_PATH.findall(text) if not STANDS_FOR_ANY.search(name)]
        linked = [ROOT / path.parent / target for target in LINK.findall(text)]
        for place in named + linked:
            if not place.exists():
                findings.error(path, number, f"there is no {os.path.relpath(place, ROOT)}")


def check_tree(sources, findings):
    """What needs more than one file; `sources` is {path: source} of every text file."""
    cpp = {path: source for path, source in sources.items() if path.suffix in CPP}
    for path, line, name in tidy_tree.never_used(cpp):
        findings.error(path, line, f"{name} is declared and used nowhere")
    install, table = Path("tools/install"), Path("tools/tidy_tree.py")
    code = [source for path, source in sources.items()
            if path not in (install, table) and path.suffix != ".md"]
    for wrong in tidy_tree.unused_packages(sources[install], code):
        findings.error(install, 1, wrong)
    cmake = {path: source for path, source in sources.items()
             if path.name == "CMakeLists.txt" or path.suffix == ".cmake"}
    for path, line, wrong in tidy_tree.unlinked_packages(cmake):
        findings.error(path, line, wrong)
    for path, line, what in tidy_tree.met_twice(cpp):
        findings.error(path, line, what)
    for path, line in tidy_tree.unchecked_applies(cpp):
        findings.error(path, line, "an apply checks what it relies on")
    for wrong in tidy_tree.too_few_checks(cpp):
        findings.error(table, 1, wrong)
    texts = {str(path): source for path, source in sources.items()}
    for line, what in tidy_tree.untested_threats(texts["SECURITY.md"], texts):
        findings.error("SECURITY.md", line, what)
    for commit, subject in tidy_tree.commits(ROOT):
        wrong = tidy_tree.wrong_subject(subject)
        if wrong:
            findings.error(f"commit {commit}", 1, wrong)


def check_any(path, source, traces, findings):
    stem = path.name.split(".")[0].lower()
    if NAMES_WITHOUT_MEANING & ({stem} | {part.lower() for part in path.parts[:-1]}):
        findings.error(path, 1, "a file is named after what it holds")
    if path.suffix in SOURCE:
        count = source.count("\n")
        if count > FILE_LINES_MAX:
            findings.error(path, 1, f"{count} lines (at most {FILE_LINES_MAX}): does it hold two things?")
        elif count > FILE_LINES_WARN:
            findings.warn(path, 1, f"{count} lines: does it hold two things?")
        for number, text in enumerate(source.split("\n"), 1):
            if OPEN_ENDS.search(text):
                findings.error(path, number, "an open end: do it, or say in words when it will be")
    for trace in traces:
        if trace in source:
            line = source[:source.index(trace)].count("\n") + 1
            findings.error(path, line, "a path of this machine")
    if path.name == "package-lock.json" and '"resolved": "http' in source:
        findings.error(path, 1, "the lock file names a registry: set omit-lockfile-registry-resolved")


def main():
    findings = Findings()
    # Where the tree stands on this machine, and the home directory, must not get into it; places
    # that every machine has say nothing.
    traces = {f"{place}/" for place in (str(ROOT), str(ROOT.parent), os.path.expanduser("~"))
              if place not in EVERY_MACHINE_HAS}
    sources = {}
    for path in tracked_files():
        try:
            source = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        sources[path] = source
        check_columns(path, source, findings)
        if path.suffix == ".md":
            check_paths(path, source, findings)
        check_any(path, source, traces, findings)
        check_function_lengths(path, source, findings)
        if path.suffix in CPP:
            check_cpp(path, source, findings)
    check_tree(sources, findings)
    return 1 if findings.errors else 0


if __name__ == "__main__":
    sys.exit(main())
