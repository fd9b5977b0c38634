#!/usr/bin/env python3
"""What tools/test says to words that it does not know: its usage, before it installs or builds anything."""

import subprocess
import unittest
from pathlib import Path

GATE = Path(__file__).resolve().parents[2] / "tools" / "test"


class Usage(unittest.TestCase):
    def test_what_it_does_not_know_is_refused_with_its_usage(self):
        for words in (["--quik"], ["sofa"], ["engine", "Pool.*", "more"], ["--quick", "engine"],
                      ["--long", "engine"], ["--all", "--quick"], [""]):
            done = subprocess.run([GATE, *words], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn("usage: tools/test", done.stderr)
            self.assertIn("tools/test end_to_end|page|bench|package [NAME]", done.stderr)


if __name__ == "__main__":
    unittest.main()
