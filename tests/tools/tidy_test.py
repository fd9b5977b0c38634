#!/usr/bin/env python3
"""What tools/tidy.py sees and what it lets pass: its rules are worth no more than that."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

import tidy  # noqa: E402
import tidy_tree  # noqa: E402


def spans(source):
    return list(tidy.cpp_functions(source))


class CppFunctions(unittest.TestCase):
    def test_a_function_runs_from_its_signature_to_its_brace(self):
        self.assertEqual(spans("namespace n {\n\nint f(int a,\n      int b) {\n  return a;\n}\n}\n"),
                         [(3, 6)])

    def test_members_count_and_their_class_does_not(self):
        self.assertEqual(spans("class A : public B {\n public:\n  int f() const {\n    g();\n  }\n"
                               " private:\n  int a_ = 1;\n};\n"), [(3, 5)])

    def test_inner_blocks_and_lambdas_belong_to_their_function(self):
        self.assertEqual(spans("void f() {\n  if (a) {\n    b([] {\n    });\n  }\n}\n"), [(1, 6)])

    def test_a_brace_initialiser_does_not_hide_the_body(self):
        self.assertEqual(spans("A::A(int a)\n    : a_{a}, b_{2} {\n  f();\n}\nvoid g() {\n}\n"),
                         [(1, 4), (5, 6)])

    def test_braces_in_text_are_not_braces(self):
        self.assertEqual(spans('void f() {\n  g("}", \'}\', R"x(})x");  // }\n  h(1\'000);\n}\n'),
                         [(1, 4)])

    def test_tables_are_not_functions(self):
        self.assertEqual(spans("constexpr int kTable[] = {\n  1,\n  2,\n};\nenum class E {\n a };\n"),
                         [])


def said_by(check, path, source):
    """What one of tidy.py's checks prints of a file."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        check(Path(path), source, tidy.Findings())
    return said.getvalue()


def includes(path, *lines):
    return said_by(tidy.check_includes, path, lines)


class Mutexes(unittest.TestCase):
    def said(self, path, *lines):
        return said_by(tidy.check_mutexes, path, lines)

    def test_one_without_a_reason_is_named(self):
        said = self.said("net/web/a.h", "  // Of all below.", "  mutable std::mutex mutex_;  // short")
        self.assertIn("net/web/a.h:2: a mutex that is not Guarded", said)
        self.assertIn(":1:", self.said("engine/a.h", "std::shared_mutex all;"))

    def test_a_reason_stands_beside_it_or_just_above(self):
        self.assertEqual(self.said("engine/a.h", "std::mutex a;  // not Guarded: `b` waits with it"), "")
        self.assertEqual(self.said("engine/a.h", "  // Not", "  // Guarded: a turn.", "  std::mutex a;"), "")
        self.assertIn(":3:", self.said("engine/a.h", "// Not Guarded: c.", "int c;", "std::mutex a;"))

    def test_a_client_that_knows_no_engine_has_its_own(self):
        self.assertEqual(self.said("tools/plateload/a.h", "std::mutex a;"), "")


class WhoMayIncludeWhom(unittest.TestCase):
    def test_an_include_goes_down_or_stays(self):
        self.assertEqual(includes("net/server/session.h", '#include "net/selection/dispatch.h"',
                                  '#include "net/server/net_thread.h"', '#include "engine/check.h"'), "")

    def test_an_include_that_goes_up_is_named(self):
        self.assertIn("net/selection must not include net/server",
                      includes("net/selection/dispatch.h", '#include "net/server/session.h"'))

    def test_a_room_within_a_room_is_a_room_of_its_own(self):
        self.assertIn("tools/plateload/wire must not include tools/plateload/figures",
                      includes("tools/plateload/wire/frames.h", '#include "tools/plateload/figures/page.h"'))

    def test_its_own_header_is_the_first_that_a_source_includes(self):
        self.assertEqual(includes("engine/pool.cpp", '#include "engine/pool.h"', "#include <algorithm>"), "")
        self.assertIn("its own header comes first",
                      includes("engine/pool.cpp", "#include <algorithm>", '#include "engine/pool.h"'))

    def test_nothing_stands_in_a_corridor(self):
        self.assertIn("belongs into one of the rooms", includes("net/socket.h"))


def columns(path, source):
    return said_by(tidy.check_columns, path, source)


class Columns(unittest.TestCase):
    def test_prose_has_its_width(self):
        self.assertEqual(columns("A.md", "x" * 120 + "\n"), "")
        self.assertIn("A.md:2: a line of 121 characters", columns("A.md", "short\n" + "x" * 121))

    def test_characters_count_and_not_bytes(self):
        self.assertEqual(columns("A.md", "牌" * 120), "")

    def test_tables_commands_and_targets_of_links_are_no_prose(self):
        long = "x" * 200
        self.assertEqual(columns("A.md", f"| {long} |\n    {long}\n```\n{long}\n```\n[a]({long}) b\n"), "")
        self.assertIn("A.md:6:", columns("A.md", f"| {long} |\n    {long}\n```\n{long}\n```\n{long}\n"))

    def test_code_has_a_narrower_one_outside_raw_strings(self):
        self.assertIn("a.h:1: a line of 101", columns("net/a.h", "// " + "x" * 98))
        self.assertEqual(columns("net/a.h", 'f(R"css(\n' + "x" * 200 + '\n)css");\n'), "")


def never_used(**files):
    return tidy_tree.never_used({name.replace("_h", ".h").replace("_cpp", ".cpp"): source
                                 for name, source in files.items()})


class NeverUsed(unittest.TestCase):
    def test_a_declaration_that_nobody_calls_is_found_though_it_is_defined(self):
        self.assertEqual(never_used(a_h="int f(int a);\nint g();\n", a_cpp="int f(int a) { return g(); }\n"),
                         [("a.h", 1, "f")])

    def test_members_count_and_a_call_anywhere_will_do(self):
        header = "class A {\n public:\n  [[nodiscard]] bool f() const { return true; }\n};\n"
        self.assertEqual(never_used(a_h=header), [("a.h", 3, "f")])
        self.assertEqual(never_used(a_h=header, b_cpp="bool g() {\n  return A().f();\n}\n"), [])

    def test_a_table_that_names_a_function_uses_it(self):
        self.assertEqual(never_used(a_h="int f();\n", b_cpp="const Row kRows[] = {{f}};\n"), [])

    def test_a_default_argument_uses_what_it_names(self):
        self.assertEqual(never_used(a_h="int f();\n", b_h="void g(int a = f());\n", c_cpp="void h() { g(); }"), [])

    def test_a_constant_that_nobody_reads(self):
        self.assertEqual(never_used(a_h="inline constexpr int kA = 1;\ninline constexpr int kB = kA;\n"),
                         [("a.h", 2, "kB")])

    def test_comments_and_texts_use_nothing(self):
        self.assertEqual(never_used(a_h="int f();\n", b_cpp='// f\nvoid g() { h("f"); }\n'),
                         [("a.h", 1, "f")])


class Packages(unittest.TestCase):
    SCRIPT = ("#   tools/install [build] [test]\nbuild=(\n  libfmt-dev # of fmt\n  curl\n)\nother=(nothing)\n"
              "echo \"usage: tools/install [build] [test]\"\n")

    def test_only_what_the_usage_offers_is_installed(self):
        self.assertEqual(tidy_tree.installed_packages(self.SCRIPT), ["libfmt-dev", "curl"])

    def test_what_nothing_uses_is_named(self):
        self.assertEqual(tidy_tree.unused_packages(self.SCRIPT, ["#include <fmt/core.h>", "curl -s"]), [])
        self.assertEqual(tidy_tree.unused_packages(self.SCRIPT, ["#include <fmt/core.h>"]),
                         ["curl is installed and used by nothing"])

    def test_an_unknown_one_asks_for_its_use(self):
        self.assertIn("PACKAGE_USES", tidy_tree.unused_packages('a=(x)\nusage: tools/install [a]', [])[0])

    def test_the_real_script_is_understood(self):
        script = (Path(tidy.ROOT) / "tools/install").read_text(encoding="utf-8")
        self.assertIn("libsodium-dev", tidy_tree.installed_packages(script))
        self.assertIn("clang", tidy_tree.installed_packages(script))

    def test_what_cmake_finds_is_linked(self):
        text = "find_package(fmt REQUIRED)\npkg_check_modules(sodium REQUIRED libsodium)\n"
        self.assertEqual(tidy_tree.unlinked_packages({"a": text, "b": "fmt::fmt PkgConfig::sodium"}), [])
        self.assertEqual(tidy_tree.unlinked_packages({"a": text, "b": "PkgConfig::sodium # fmt::fmt"}),
                         [("a", 1, "fmt is found and linked by nothing")])


class Checks(unittest.TestCase):
    def test_checks_and_functions_are_counted_where_state_changes(self):
        counts = tidy_tree.checks_a_function({
            "engine/pool.cpp": "void f() { check(a, b); check(c); }\nvoid g() { static_assert(x); }\n",
            "engine/engine_queries.cpp": "void h() {}\n", "net/session.cpp": "void i() {}\n"})
        self.assertEqual(counts["engine"], (2, 2))

    def test_questions_and_rules_change_nothing(self):
        self.assertEqual(tidy_tree.checks_a_function({"engine/engine_queries.cpp": "void h() {}\n",
                                                      "engine/pool_rules.cpp": "void h() {}\n"})["engine"], (0, 0))

    def test_an_apply_without_a_check_is_found(self):
        source = "void Shard::apply(const A& a) { check(a); }\n\nvoid Shard::apply(const B& b) { f(b); }\nvoid g() {}\n"
        self.assertEqual(tidy_tree.unchecked_applies({"engine/shard.cpp": source}), [("engine/shard.cpp", 3)])
        self.assertEqual(tidy_tree.unchecked_applies({"engine/register.cpp": source}), [])

    def test_a_room_under_its_floor_is_named(self):
        wrong = tidy_tree.too_few_checks({"engine/pool.cpp": "void f() {}\n",
                                          "persistence/recovery.cpp": "void f() { check(a); }\n"})
        self.assertEqual(len(wrong), 1)
        self.assertIn("engine: 0 checks in 1 functions", wrong[0])

    def test_a_list_that_finds_no_file_is_no_pass(self):
        self.assertEqual(len(tidy_tree.too_few_checks({})), len(tidy_tree.CHECKED))


def unnamed(text):
    return "namespace n {\nnamespace {\n\n" + text + "\n\n}  // namespace\n}  // namespace n\n"


def twice(one, other, folder="engine"):
    return tidy_tree.met_twice({Path("engine/a.cpp"): unnamed(one), Path(f"{folder}/b.cpp"): unnamed(other)})


class MetTwice(unittest.TestCase):
    def test_what_two_sources_of_a_folder_keep_to_themselves_has_two_names(self):
        for text in ["constexpr std::array<char, 8> kMark = {1};", "struct Read {\n  int a;\n};",
                     "std::string_view trimmed(std::string_view text) {\n}",
                     "const std::vector<int>&\nlong_name(int a,\n          int b) {\n}"]:
            self.assertEqual([(str(path), line) for path, line, _ in twice(text, text)],
                             [("engine/b.cpp", 4)], text)

    def test_overloads_declarations_and_other_folders_do_not_meet(self):
        self.assertEqual(twice("int f(int a) {\n}", "int f(long a, int b = 1) {\n}"), [])
        self.assertEqual(twice("struct Read;", "struct Read;"), [])
        self.assertEqual(twice("int f() {\n  constexpr int kMark = 1;\n}", "constexpr int kMark = 1;"), [])
        self.assertEqual(twice("constexpr int kMark = 1;", "constexpr int kMark = 1;", "persistence"), [])

    def test_an_alias_of_the_same_is_the_same(self):
        self.assertEqual(twice("using Bytes = std::string;", "using Bytes = std::string;"), [])
        self.assertEqual(len(twice("using Bytes = std::string;", "using Bytes = std::vector<char>;")), 1)

    def test_the_name_of_a_parameter_tells_nothing_apart(self):
        self.assertEqual(len(twice("int f(Day from) {\n}", "int f(Day day) {\n}")), 1)


class Subjects(unittest.TestCase):
    def test_an_area_and_what(self):
        for subject in ["net: a pong", "net, tools: braces", "net/page: a text", "README: two commands"]:
            self.assertIsNone(tidy_tree.wrong_subject(subject), subject)

    def test_anything_else_is_refused(self):
        for subject in ["a pong", "fixup! net: a pong", "net:a pong", "net: " + "x" * 68]:
            self.assertIsNotNone(tidy_tree.wrong_subject(subject), subject)

    def test_without_history_nothing_is_judged(self):
        with tempfile.TemporaryDirectory() as nowhere:
            self.assertEqual(tidy_tree.commits(nowhere), [])


THREATS = "# Security\n\n| threat | defence | test |\n|---|---|---|\n"
TESTS = {"tests/net/a_test.cpp": "TEST(Door, IsShut) {\n}\nTEST_F(DoorTest, Opens) {\n}\n",
         "tests/end_to_end/real.py": "def nowhere_in_clear():\n    pass\n", "tests/fuzz/frame_fuzz.cpp": ""}


def untested(*rows):
    """What is said of these rows, by the number of the row."""
    return {line - 4: what for line, what in tidy_tree.untested_threats(THREATS + "\n".join(rows), TESTS)}


class Threats(unittest.TestCase):
    def test_a_row_names_tests_that_are_there(self):
        self.assertEqual(untested("| a | b | `Door.IsShut` |", "| a | b | `DoorTest.*`, `Door*.IsShut` |",
                                  "| a | b | `real.py` (`nowhere_in_clear`) |",
                                  "| a | b | `tests/fuzz/frame_fuzz.cpp` |"), {})

    def test_a_test_that_is_not_there_is_named(self):
        for name in ["Door.IsOpen", "Window.*", "unreal.py", "tests/fuzz/none.cpp", "nowhere_in_clear"]:
            self.assertIn(name, untested("| a | b | `Door.IsShut` |", f"| a | b | `{name}` |")[2])
        self.assertIn("nobody", untested("| a | b | `real.py` (`nobody`) |")[1])

    def test_a_row_without_a_test_is_none(self):
        for row in ["| a | b | |", "| a | b | looked at |", "| a | | `Door.IsShut` |", "| a | `Door.IsShut` |"]:
            self.assertIn("names a test", untested(row)[1])

    def test_a_table_that_is_gone_is_missed(self):
        self.assertIn("no table", tidy_tree.untested_threats("# Security\n", TESTS)[0][1])


def paths(path, source):
    return said_by(tidy.check_paths, path, source)


class Paths(unittest.TestCase):
    def test_what_is_named_and_linked_is_there(self):
        self.assertEqual(paths("A.md", "`tools/tidy.py`, `net/`, [x](tools/tidy.py#y), [y](#z), `tools/run it`"), "")
        self.assertIn("A.md:2: there is no net/none.h", paths("A.md", "x\n`net/none.h`"))

    def test_a_link_leads_from_where_its_paper_stands(self):
        self.assertEqual(paths("net/A.md", "[x](../tools/tidy.py)"), "")
        self.assertIn("there is no net/tools/tidy.py", paths("net/A.md", "[x](tools/tidy.py)"))

    def test_addresses_elsewhere_and_names_for_any_are_not_looked_for(self):
        self.assertEqual(paths("A.md", "[x](https://a.example/b) `tests/end_to_end/NAME.py` `tests/*_test`"), "")


class WholeTree(unittest.TestCase):
    def test_text_is_blanked_in_place(self):
        self.assertEqual(tidy.without_text("a // b\n/* c\n d */ e\n").count("\n"), 3)


if __name__ == "__main__":
    unittest.main()
