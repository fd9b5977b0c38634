#!/usr/bin/env python3
"""What tools/tidy.py sees as a function: its length rule is worth no more than that."""

import contextlib
import io
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True

import tidy  # noqa: E402


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


def includes(path, *lines):
    findings = tidy.Findings()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tidy.check_includes(Path(path), lines, findings)
    return said.getvalue()


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

    def test_nothing_stands_in_a_corridor(self):
        self.assertIn("belongs into one of the rooms", includes("net/socket.h"))


class WholeTree(unittest.TestCase):
    def test_text_is_blanked_in_place(self):
        self.assertEqual(tidy.without_text("a // b\n/* c\n d */ e\n").count("\n"), 3)


if __name__ == "__main__":
    unittest.main()
