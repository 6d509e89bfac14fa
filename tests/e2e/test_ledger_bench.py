"""The ledger's benchmark measures something: a run of a second on few ranks, its file read back."""

import csv
import unittest

from helper import RunTest, run

COLUMNS = ["validators", "ranks", "offered_tps", "confirmed_tps", "delay_median_ms", "delay_p99_ms", "delay_max_ms",
           "validator_rss_mb", "meter_rss_mb"]


class LedgerBench(RunTest):
    def measured(self, *options, ranks):
        file = self.folder / "ledger.csv"
        ended = run("ledger-bench", "--seconds", 1, "--output", file, *options, ranks=ranks)
        self.assertEqual(ended.status, 0, ended.err)
        with file.open() as rows:
            table = csv.DictReader(rows)
            steps = [{name: float(value) for name, value in row.items()} for row in table]
        self.assertEqual(table.fieldnames, COLUMNS)
        return steps, ended.out

    def test_four_validators_on_three_ranks(self):
        steps, out = self.measured("--validators", 4, "--rate", 150, ranks=4)
        self.assertGreaterEqual(len(steps), 1)
        for step in steps:
            self.assertEqual((step["validators"], step["ranks"]), (4, 3))
            self.assertGreater(step["confirmed_tps"], 0)
            self.assertLessEqual(step["delay_median_ms"], step["delay_p99_ms"])
            self.assertLessEqual(step["delay_p99_ms"], step["delay_max_ms"])
            self.assertGreater(step["validator_rss_mb"], 1)
        self.assertIn("4 validators on 3 ranks: saturation", out)
        self.assertIn("where it goes at 150", out)

    def test_ranks_that_are_not_needed_wait(self):
        steps, _ = self.measured("--validators", "1,3", "--rate", 150, "--validator-ranks", 2, ranks=4)
        self.assertEqual({(step["validators"], step["ranks"]) for step in steps}, {(1, 1), (3, 2)})

    def test_vote_records_are_kept_where_asked_for(self):
        self.measured("--validators", 2, "--rate", 150, "--records", self.folder / "records", ranks=3)
        names = sorted(path.name for path in (self.folder / "records").iterdir())
        self.assertEqual(names, ["votes-1-0.record", "votes-1-1.record"])

    def test_one_rank_is_refused(self):
        ended = run("ledger-bench", ranks=1)
        self.assertEqual(ended.status, 2)
        self.assertIn("mpirun -n 2 or more", ended.err)

    def test_a_bad_rate_is_named(self):
        ended = run("ledger-bench", "--rate", "fast", ranks=2)
        self.assertEqual(ended.status, 2)
        self.assertIn("--rate is 'fast'; give auto or a comma-separated list", ended.err)


if __name__ == "__main__":
    unittest.main()
