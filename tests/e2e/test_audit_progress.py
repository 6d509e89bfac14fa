"""What an audit shows of how far it is."""

import os
import pty
import re
import subprocess
import unittest

from helper import EMBEDDED_WEEK, RunTest, program, run

LINE = r"audited (\d+)(?: of (\d+))? blocks, \d+ blocks/s(?:, \d+ s left)?"
ANEW = "\r\033[K"  # takes a terminal's line away


class Progress(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.solved("archive", EMBEDDED_WEEK, "--days", "2")
        cls.blocks = int(re.search(r"height (\d+)", run("audit", cls.archive).out)[1])

    def lines(self, *options, **places):
        """The lines on standard error, as (blocks, of how many)."""
        ended = run("audit", self.archive, *options, **places)
        self.assertEqual(ended.status, 0, ended.err)
        found = [re.fullmatch(LINE, line) for line in ended.err.splitlines()]
        self.assertTrue(all(found), ended.err)
        return [(int(line[1]), line[2] and int(line[2])) for line in found]

    def at_terminal(self, *options):
        """What it writes to a terminal that is its standard error."""
        ours, its = pty.openpty()
        with open(ours, "rb", buffering=0) as terminal:
            job = subprocess.Popen([program("audit"), self.archive, *options], stdout=subprocess.PIPE, stderr=its)
            os.close(its)
            written = b""
            try:
                while piece := terminal.read(4096):
                    written += piece
            except OSError:  # how Linux says that nobody has the other end any more
                pass
            report, _ = job.communicate()
        self.assertEqual(job.returncode, 0)
        self.assertIn(b"verdict: sound\n", report)
        self.assertNotIn(b"audited", report)
        return written.decode()

    def test_first_and_last_block_are_shown_where_there_is_no_terminal(self):
        lines = self.lines("--progress")
        self.assertEqual((lines[0], lines[-1]), ((1, self.blocks), (self.blocks, self.blocks)))
        self.assertEqual(lines, sorted(lines))

    def test_nothing_is_shown_unasked(self):
        self.assertEqual(self.lines(), [])
        self.assertEqual(self.lines("--progress", "--quiet"), [])

    def test_report_is_the_same(self):
        with_it, without = (re.sub(r"in \d+\.\d+ s", "", run("audit", self.archive, *options).out)
                            for options in (["--progress"], []))
        self.assertEqual(with_it, without)

    def test_one_of_several_processes_speaks(self):
        lines = self.lines("--progress", ranks=2)
        self.assertEqual([blocks for blocks, _ in lines].count(self.blocks), 1)

    def test_a_terminal_has_one_line_that_is_taken_away(self):
        written = self.at_terminal()
        first, *shown, last = written.split(ANEW)
        self.assertEqual((first, last), ("", ""))
        for line in shown:
            self.assertRegex(line, f"^{LINE}$")
        self.assertIn(f"audited {self.blocks} of {self.blocks} blocks", shown[-1])
        self.assertEqual(self.at_terminal("--quiet"), "")

    def test_blocks_of_a_journal_come_on_top(self):
        halted = self.folder / "halted"
        plan = self.folder / "plan"
        plan.write_text("meter 5 signs with a foreign key at iteration 7 of day 0\n")
        self.assertEqual(run("solve", EMBEDDED_WEEK, "--output", halted, "--fault", plan, "--quiet").status, 4)
        ended = run("audit", halted, "--progress")
        self.assertEqual(ended.status, 0, ended.out)
        self.assertRegex(ended.err, r"\Aaudited 1 blocks, \d+ blocks/s\n")


if __name__ == "__main__":
    unittest.main()
