"""The table of jobs/link, beside bytes that a run has counted."""

import sys
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "jobs" / "link"))

import link_table  # noqa: E402


class LinkTable(unittest.TestCase):
    def test_letters_are_those_of_a_run(self):
        # --traffic of ten homes, 5 validators, each role on a rank of its own, 53 iterations and a settlement.
        sent, received = link_table.letters(10, 5)
        self.assertEqual(sent, (6, 1989))
        self.assertEqual(received, (2, 4592))
        self.assertEqual(53 * sent[1] + 5 * (164 + 65 + 192) + 9, 107531)

    def test_time_is_rate_latency_and_duty(self):
        slow = link_table.Link("", rate=8000.0, latency=0.5)
        self.assertAlmostEqual(link_table.seconds(slow, 10, 5, 0), 1.0 + (1989 + 4592) / 1000)
        rare = link_table.Link("", rate=8000.0, latency=0.0, duty=0.01)
        self.assertAlmostEqual(link_table.seconds(rare, 10, 5, 0), 100 * (1989 + 4592) / 1000)

    def test_every_link_has_its_line(self):
        self.assertEqual(len(link_table.table(10, 5, 70, 210)), 2 + 4)


if __name__ == "__main__":
    unittest.main()
