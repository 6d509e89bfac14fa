import json
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
import summary

FACTS = {
    "height": 72, "head": "ab" * 32, "prosumers": 4, "pairs": 6,
    "days": [
        {"day": 0, "converged": True, "iterations": 40, "residual": 5e-7, "cost": 150.0,
         "cost_alone": 200.0, "blocks": 41},
        {"day": 1, "converged": False, "iterations": 31, "residual": 0.01, "cost": None,
         "cost_alone": None, "blocks": 31},
    ],
    "losers": [{"index": 2, "name": "home-3", "cost_alone": 10.0, "cost": 12.5, "loss": 2.5}],
    "losers_by_day": [
        {"day": 0, "losers": [
            {"index": 2, "name": "home-3", "cost_alone": 10.0, "cost": 12.5, "loss": 2.5}]}],
}


class SummaryTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.results = Path(temporary.name)
        (self.results / "archive").mkdir()
        (self.results / "archive" / "day-0000.h5").write_bytes(b"x" * 120_000)
        (self.results / "summary.json").write_text(json.dumps(FACTS))
        (self.results / "audit.txt").write_text("sound: 72 blocks\n")
        self.screen = "\n".join(summary.lines(self.results))

    def test_a_day_shows_costs_saving_iterations_residual_blocks_and_size(self):
        row = next(line for line in self.screen.splitlines() if line.split()[:1] == ["0"])
        self.assertEqual(row.split(),
                         ["0", "200.00", "150.00", "25.0", "%", "40", "5.00e-07", "41", "120"])

    def test_a_day_that_did_not_converge_has_no_cost_and_is_named(self):
        row = next(line for line in self.screen.splitlines() if line.split()[:1] == ["1"])
        self.assertEqual(row.split()[:4], ["1", "-", "-", "-"])
        self.assertIn("Day 1 did not converge within 31 iterations", self.screen)

    def test_total_counts_converged_days_only(self):
        row = next(line for line in self.screen.splitlines() if line.startswith("total"))
        self.assertEqual(row.split()[1:4], ["200.00", "150.00", "25.0"])

    def test_verdict_and_places_are_shown_on_one_screen(self):
        self.assertIn("sound: 72 blocks", self.screen)
        for place in ("archive", "private", "figures"):
            self.assertIn(str(self.results / place), self.screen)
        self.assertLessEqual(len(self.screen.splitlines()), 24)

    def test_who_pays_more_than_alone_is_named(self):
        self.assertIn("Pay more than alone: 1 of 4: home-3 +2.50 ct; on single days 1", self.screen)

    def test_many_losers_are_counted_and_the_worst_named(self):
        losers = [{"name": f"home-{n}", "loss": 10.0 - n} for n in range(8)]
        text = summary.losers_text(losers, 1000)
        self.assertTrue(text.startswith("8 of 1000: home-0 +10.00 ct"), text)
        self.assertTrue(text.endswith("home-4 +6.00 ct and 3 more"), text)
        self.assertEqual(summary.losers_text([], 10), "nobody of 10")

    def test_a_cost_of_zero_has_no_saving(self):
        self.assertEqual(summary.saving(0.0, 0.0), "-")


if __name__ == "__main__":
    unittest.main()
