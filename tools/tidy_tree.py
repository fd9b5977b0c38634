"""What only the whole tree shows, for tools/tidy.py: what nobody calls, packages that nothing uses,
how often state is checked, and the subjects of commits.

Each check takes what it judges as values, so that tests can hand it a tree of their own.
"""

import re
import subprocess

WORD = re.compile(r"[A-Za-z_]\w*")
# What opens a scope whose braces hold declarations, where a function can begin.
DECLARATIVE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b[^()=]*$")
FOLLOWED_ON = re.compile(r"\s*[,{]")


def without_text(source):
    """The C++ source with comments, literals and preprocessor lines blanked; lines stay in place."""
    pattern = re.compile(
        r'R"(?P<d>[^(\s]{0,16})\(.*?\)(?P=d)"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'|^[ \t]*#(?:[^\n\\]|\\.)*",
        re.DOTALL | re.MULTILINE)
    return pattern.sub(lambda m: "\n" * m.group().count("\n"), source)


def cpp_parts(source):
    """Yields (kind, first line, last line, text) of what a C++ source consists of outside functions.

    `function`: one with its body; text is its body. `head`: what stands before a body or a semicolon:
    a signature or a declaration. `value`: what stands in an initialiser's braces. `names`: the
    enumerators of an enum.

    Reads braces, not C++: a brace outside functions opens a function when what stands before it
    since the last declaration has a parenthesis. An initialiser's brace, a_{1}, is told by what
    follows its end: a comma or the body.
    """
    text = without_text(source)
    line, start, head = 1, None, ""
    stack = []  # per open brace: (what it opens, first line, words before it, place behind it)
    depth = 0  # open braces that hold statements or values, not declarations
    for place, character in enumerate(text):
        if character == "\n":
            line += 1
        if character == "{":
            words = head.strip()
            if depth or not DECLARATIVE.search(words):
                depth += 1
                kind = "body" if depth == 1 and "(" in words else "value"
                stack.append((kind, start, head, place + 1))
            else:
                stack.append(("scope", start, head, place + 1))
            head, start = "", None
        elif character == "}" and stack:
            opened, opened_start, opened_head, inside = stack.pop()
            depth -= opened != "scope"
            if opened == "scope" and re.search(r"\benum\b", opened_head):
                yield "names", opened_start, line, text[inside:place]
            head, start = "", None
            if opened != "scope" and not depth:
                if FOLLOWED_ON.match(text, place + 1):
                    yield "value", opened_start, line, text[inside:place]
                    head, start = opened_head, opened_start
                elif opened == "body":
                    yield "head", opened_start, line, opened_head
                    yield "function", opened_start, line, text[inside:place]
                else:
                    yield "head", opened_start, line, opened_head
                    yield "value", opened_start, line, text[inside:place]
        elif not depth:
            if character == ";" or head.strip() in ("public:", "private:", "protected:"):
                if character == ";" and start is not None:
                    yield "head", start, line, head
                head, start = "", None
            elif start is not None or not character.isspace():
                start = start or line
                head += character


def cpp_functions(source):
    """Yields (first line, last line) of each function outside functions, signature included."""
    for kind, first, last, _ in cpp_parts(source):
        if kind == "function":
            yield first, last


# Called by name from outside: by the language, the standard library, or as Beast's and Asio's
# concept of a stream demands it.
CALLED_FROM_OUTSIDE = {
    "main", "begin", "end", "what", "max", "min", "hash_value", "arbitrary", "get_executor",
    "allocate", "deallocate", "async_read_some", "async_write_some", "teardown", "async_teardown", "beast_close_socket"}
FUNCTION_NAME = re.compile(r"[a-z]\w*$")
CONSTANT_NAME = re.compile(r"k[A-Z]\w*$")
TEMPLATE = re.compile(r"^\s*template\s*<[^{}();]*>\s*")
ATTRIBUTE = re.compile(r"\[\[[^\]]*\]\]")


def declared_in(head):
    """(the function or constant that a declaration's text makes known or None, the other names in it)."""
    head = TEMPLATE.sub("", ATTRIBUTE.sub("", head))
    value = re.search(r"(?<![=<>!])=(?!=)", head)
    parenthesis = head.find("(")
    if parenthesis >= 0 and not (value and value.start() < parenthesis):
        before, pattern = head[:parenthesis], FUNCTION_NAME
    else:
        before, pattern = head[:value.start()] if value else head, CONSTANT_NAME
    words = [word.group() for word in WORD.finditer(before)]
    name = words[-1] if words and pattern.match(words[-1]) else None
    if name is None or re.search(r"\boperator\b", before) or not before.rstrip().endswith(name):
        return None, set(WORD.findall(head))
    others = words[:-1] + WORD.findall(head[len(before):])
    return (name if len(words) > 1 else None), set(others)


def never_used(sources):
    """What headers declare and nothing names elsewhere: (path, line, name), in the order of paths.

    `sources` is {path: source} of all C++ files. A name counts as used wherever a body, a value or
    another declaration has it, so a name that stands for two things is not found while one is used.
    """
    declared, used = {}, set(CALLED_FROM_OUTSIDE)
    for path, source in sources.items():
        for kind, line, _, text in cpp_parts(source):
            if kind == "head":
                name, others = declared_in(text)
                used |= others
                if name and str(path).endswith(".h"):
                    declared.setdefault(name, (path, line))
            elif kind != "names":
                used.update(WORD.findall(text))
    return sorted((str(path), line, name) for name, (path, line) in declared.items() if name not in used)


# An unnamed namespace, as clang-format writes it, and what stands at the beginning of a line in it.
UNNAMED = re.compile(r"^namespace \{\n(.*?)^\}  // namespace$", re.DOTALL | re.MULTILINE)
UNNAMED_TYPE = re.compile(r"^(?:struct|class|enum class|enum) (\w+)\b(?! *;)", re.MULTILINE)
UNNAMED_ALIAS = re.compile(r"^using (\w+) =([^;]+);", re.MULTILINE)
UNNAMED_CONSTANT = re.compile(r"^(?:inline |static |thread_local )*const\w* [^=;(]*?\b(k[A-Z]\w*)(?=\s*[=;{[])",
                              re.MULTILINE)
UNNAMED_FUNCTION = re.compile(r"^(?:\w[\w:<>,&*\[\] ]*[ &*\n])(\w+)\(([^;{}]*?)\)[^;{}()]*\{", re.MULTILINE)
# Sources that are a program each.
ALONE = ("main", "_fuzz", "_bench", "_server", "check_linearizability")


def unnamed_names(source):
    """What a source keeps to itself, as {name: (line, what an alias means or None)}; a function's name has its
    parameters' types."""
    names = {}
    lines = without_text(source).split("\n")
    for space in UNNAMED.finditer(source):
        first = source.count("\n", 0, space.start(1))
        body = "\n".join(lines[first:source.count("\n", 0, space.end(1))])
        for pattern in (UNNAMED_TYPE, UNNAMED_ALIAS, UNNAMED_CONSTANT, UNNAMED_FUNCTION):
            for found in pattern.finditer(body):
                name = found.group(1)
                if pattern is UNNAMED_FUNCTION:
                    parameters = re.sub(r"=[^,]*", "", found.group(2)).split(",")
                    types = (re.sub(r"\b\w+\s*$", "", one.strip()) for one in parameters)
                    name += "(" + ",".join(re.sub(r"\s", "", one) for one in types) + ")"
                line = first + 1 + body.count("\n", 0, found.start())
                names.setdefault(name, (line, found.group(2) if pattern is UNNAMED_ALIAS else None))
    return names


def met_twice(sources):
    """What two sources of one folder call the same though each means its own, as (path, line, sentence):
    where a folder is compiled in one unit, they meet. `sources` is {path: source} of C++ files."""
    wrong, seen = [], {}
    for path, source in sorted(sources.items()):
        if path.suffix == ".cpp" and not path.stem.endswith(ALONE):
            for name, (line, meaning) in unnamed_names(source).items():
                first, first_meaning = seen.setdefault((path.parent, name), (path, meaning))
                if first != path and (meaning is None or meaning != first_meaning):
                    wrong.append((path, line, f"{name.split('(')[0]} stands in {first.name} too, and the gate compiles"
                                              " both in one unit: name each after what it is"))
    return wrong


# What uses each package that tools/install installs: a pattern that some file other than it must
# hold. A package that is not listed is an error, so that whoever adds one says what it is for.
PACKAGE_USES = {
    "g++": r"g\+\+", "cmake": r"\bcmake\b", "ninja-build": r"\bninja\b|\bNinja\b", "ccache": r"\bccache\b",
    "pkg-config": r"pkg_check_modules", "python3": r"env python3", "ca-certificates": r"https://|npm ci",
    "libboost1.81-dev": r"<boost/asio", "libboost-json1.81-dev": r"<boost/json",
    "libjemalloc-dev": r"PkgConfig::jemalloc", "libsodium-dev": r"<sodium\.h>",
    "libssl-dev": r"<openssl/|OpenSSL::SSL", "libsimdjson-dev": r"<simdjson\.h>",
    "libtomlplusplus-dev": r"<toml\+\+/", "libcli11-dev": r"<CLI/", "libfmt-dev": r"<fmt/",
    "libspdlog-dev": r"<spdlog/", "prometheus-cpp-dev": r"<prometheus/", "libzstd-dev": r"<zstd\.h>",
    "libxxhash-dev": r"<xxhash\.h>", "libqrencode-dev": r"<qrencode\.h>", "zlib1g-dev": r"<zlib\.h>",
    "lld": r"\blld\b", "mold": r"\bmold\b",
    "clang": r"clang\+\+", "clang-format": r"\bclang-format\b", "libclang-rt-14-dev": r"-fsanitize",
    "llvm": r"-fsanitize", "libgtest-dev": r"<gtest/", "libgmock-dev": r"<gmock/",
    "librapidcheck-dev": r"<rapidcheck", "libbenchmark-dev": r"<benchmark/", "chromium": r"[Cc]hromium",
    "poppler-utils": r"\bpdf(?:totext|toppm|info|images)\b", "python3-jsonschema": r"import jsonschema",
    "python3-websockets": r"import websockets", "python3-yaml": r"import yaml", "curl": r"\bcurl\b",
    "strace": r"\bstrace\b", "util-linux": r"\b(?:unshare|prlimit|taskset|setpriv|flock|script)\b",
    "stress": r"\bstress\b", "redis-server": r"\bredis-server\b", "redis-tools": r"\bredis-benchmark\b|\bredis-cli\b",
    "postgresql-15": r"/usr/lib/postgresql|\bpostgres\b", "postgresql-client-15": r"\bpgbench\b|\bpsql\b",
    "pgbouncer": r"\bpgbouncer\b", "nginx-light": r"\bnginx\b", "haproxy": r"\bhaproxy\b", "caddy": r"\bcaddy\b",
    "firefox-esr": r"firefox-esr", "webkit2gtk-driver": r"WebKitWebDriver", "libwebkit2gtk-4.1-0": r"MiniBrowser",
    "xvfb": r"\bXvfb\b", "fonts-noto-cjk": r"Chinese font",
}
# What a package found by CMake is linked as, where it is not NAME::.
LINKED_AS = {"PkgConfig": r"pkg_check_modules", "rapidcheck": r"link_libraries\([^)]*\brapidcheck\b"}


def installed_packages(script):
    """The packages of the groups that tools/install offers in its usage: build, test, ..."""
    groups = re.findall(r"\[(\w+)\]", (re.search(r"usage: tools/install (.*)", script) or [""])[0])
    listed = {name: words for name, words in re.findall(r"^(\w+)=\(([^)]*)\)", script, re.MULTILINE)}
    return [package for group in groups
            for package in re.sub(r"#.*", "", listed.get(group, "")).split()]


def unused_packages(install_script, texts):
    """What is wrong with tools/install's packages, as sentences; `texts` are the other files'."""
    wrong = []
    for package in installed_packages(install_script):
        if package not in PACKAGE_USES:
            wrong.append(f"{package}: say in PACKAGE_USES of tools/tidy_tree.py what uses it")
        elif not any(re.search(PACKAGE_USES[package], text) for text in texts):
            wrong.append(f"{package} is installed and used by nothing")
    return wrong


def unlinked_packages(cmake_texts):
    """Packages that CMake finds and nothing links, as (path, line, sentence); {path: text}."""
    everything = re.sub(r"#[^\n]*", "", "\n".join(cmake_texts.values()))
    wrong = []
    for path, text in cmake_texts.items():
        for found in re.finditer(r"^\s*(find_package|pkg_check_modules)\((\w+)", text, re.MULTILINE):
            how, name = found.groups()
            use = rf"PkgConfig::{name}\b" if how == "pkg_check_modules" else LINKED_AS.get(name, f"{name}::")
            if not re.search(use, everything):
                line = text.count("\n", 0, found.start(2)) + 1
                wrong.append((path, line, f"{name} is found and linked by nothing"))
    return wrong


# Where state is changed or carried to the disk and back, and how many check(...) a function has at
# least there, in the mean. A floor goes up and never down.
CHECKED = {
    "engine": (1.0, re.compile(
        r"engine/(?:shard|pool|roster|register|free_set|timing_wheel|engine|transaction|standings|waiting_room)"
        r"(?:_(?!queries|rules)\w+)?\.cpp$")),
    "persistence": (1.0, re.compile(
        r"persistence/(?:batch_buffer|group_commit|log_(?:writer|file|archive|replay)|spare_files|snapshot"
        r"|checkpoint|recovery|replay_engine|key_store|ledger|data_directory)\w*\.cpp$")),
}
CHECK = re.compile(r"\bcheck\(")


def checks_a_function(sources):
    """{room: (checks, functions)} of the files that CHECKED names; `sources` is {path: source}."""
    counts = {room: [0, 0] for room in CHECKED}
    for path, source in sources.items():
        for room, (_, files) in CHECKED.items():
            if files.match(str(path)):
                for kind, _, _, text in cpp_parts(source):
                    if kind == "function":
                        counts[room][0] += len(CHECK.findall(text))
                        counts[room][1] += 1
    return {room: tuple(count) for room, count in counts.items()}


def too_few_checks(sources):
    """Sentences for the rooms that check less than their floor."""
    wrong = []
    for room, (checks, functions) in checks_a_function(sources).items():
        floor = CHECKED[room][0]
        if functions == 0:
            wrong.append(f"{room}: no function where state changes; mend CHECKED of tools/tidy_tree.py")
        elif checks < floor * functions:
            wrong.append(f"{room}: {checks} checks in {functions} functions where state changes, which is"
                         f" {checks / functions:.2f} a function (at least {floor})")
    return wrong


# Where events change state: each overload relies on something, and checks it.
APPLIES = re.compile(r"engine/(?:shard|pool|office)\w*\.cpp$")
APPLY = re.compile(r"\bapply\s*\(")


def unchecked_applies(sources):
    """(path, line) of each apply overload without a check; `sources` is {path: source}."""
    wrong = []
    for path, source in sources.items():
        head = ""
        for kind, line, _, text in cpp_parts(source) if APPLIES.match(str(path)) else ():
            if kind == "function" and APPLY.search(head) and not CHECK.search(text):
                wrong.append((path, line))
            head = text if kind == "head" else ""
    return wrong


# The table of SECURITY.md says what stands against each threat, and which test would fail without it.
THREATS_HEAD = re.compile(r"^\| *threat *\| *defence *\| *test *\|$")
TEST_MACRO = re.compile(r"^(?:TEST|TEST_F|TEST_P|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\((\w+),\s*(\w+)", re.MULTILINE)
END_TO_END = ("tests/end_to_end/", "tests/end_to_end/lib/")


def named_test_exists(name, file, sources):
    """Whether a test of that name stands in the tree: `Suite.Name` (`*` for any), a file (scripts of end_to_end without
    their folder), or a function of `file`, the file that was named last."""
    if re.fullmatch(r"[\w*]+\.[\w*]+", name) and not name.endswith((".py", ".mjs", ".cpp")):
        pattern = re.compile(re.escape(name).replace(r"\*", r"\w*"))
        return any(pattern.fullmatch(".".join(found)) for path, source in sources.items()
                   if path.startswith("tests/") and path.endswith(".cpp") for found in TEST_MACRO.findall(source))
    if re.fullmatch(r"\w+", name):
        return file is not None and re.search(rf"\b(?:def|class|function) {name}\b", sources[file]) is not None
    return file_of_test(name, sources) is not None


def file_of_test(name, sources):
    """The path of a file that a row names, or None."""
    if name.startswith("tests/") or name == "tools/test":
        return name if name in sources else None
    return next((folder + name for folder in END_TO_END if folder + name in sources), None)


def untested_threats(paper, sources):
    """(line, sentence) of each row without a test, or with one that is not there; {path as text: source}."""
    wrong, rows, inside = [], 0, False
    for number, text in enumerate(paper.split("\n"), 1):
        if not text.startswith("|"):
            inside = False
        elif THREATS_HEAD.match(text):
            inside = True
        elif inside and not re.fullmatch(r"[|\- ]+", text):
            rows += 1
            cells = [cell.strip() for cell in text.strip("|").split("|")]
            named = re.findall(r"`([^`]+)`", cells[-1])
            if len(cells) != 3 or not all(cells) or not named:
                wrong.append((number, "a row is threat | defence | test, and names a test"))
            file = None
            for name in named:
                if not named_test_exists(name, file, sources):
                    wrong.append((number, f"there is no test {name}"))
                file = file_of_test(name, sources) or file
    if rows == 0:
        wrong.append((1, "there is no table | threat | defence | test |"))
    return wrong


# Commits older than the rule are as they are.
SUBJECTS_SINCE = "2026-11-28T23:00:00Z"
SUBJECT_SIZE_MAX = 72
SUBJECT = re.compile(r"[A-Za-z][\w ,./-]*: \S")


def wrong_subject(subject):
    """What is wrong with a commit's subject, or None."""
    if len(subject) > SUBJECT_SIZE_MAX:
        return f"a subject of {len(subject)} characters (at most {SUBJECT_SIZE_MAX})"
    return None if SUBJECT.match(subject) else "a subject reads `area: what`"


def commits(root):
    """(abbreviated hash, subject) of the commits that the rule is for, as far as history is here."""
    log = subprocess.run(
        ["git", "log", "--no-merges", f"--since={SUBJECTS_SINCE}", "--format=%h%x09%s"],
        cwd=root, capture_output=True, text=True, check=False)
    return [tuple(line.split("\t", 1)) for line in log.stdout.splitlines()]
