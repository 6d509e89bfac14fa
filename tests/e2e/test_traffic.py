"""What goes over the wire: counted by a run, and by the formula of src/cluster/README.md."""

import csv
import unittest
from collections import defaultdict

from helper import EMBEDDED_WEEK, METERS, RunTest, dataset, solve

COUNTED_EXACTLY = ("transaction", "proposal", "block")


class Traffic(RunTest):
    def counted(self, name, *options, ranks):
        file = self.folder / f"{name}.csv"
        ended = solve(EMBEDDED_WEEK, self.folder / name, "--days", 1, "--traffic", file, "--force", *options, ranks=ranks)
        self.assertEqual(ended.status, 0, ended.err)
        with open(file, newline="") as rows:
            return [{key: value if key in ("kind", "host") else int(value) for key, value in row.items()}
                    for row in csv.DictReader(rows)]

    def counted_and_checked(self, name, *options, ranks):
        """On a machine so busy that nothing happens for a second, ranks say things again: then once more."""
        for last in (False, False, True):
            rows = self.counted(name, *options, ranks=ranks)
            try:
                self.check(rows)
                return rows
            except AssertionError:
                if last:
                    raise
        return rows

    def check(self, rows):
        for row in rows:
            for way in ("sent", "received"):
                for unit in ("letters", "bytes"):
                    is_, should = row[f"{unit}_{way}"], row[f"{unit}_{way}_expected"]
                    if row["kind"] in COUNTED_EXACTLY:
                        self.assertEqual(is_, should, row)
                    elif row["kind"] in ("vote", "acknowledgement"):
                        self.assertLessEqual(is_, should, row)
        self.assertTrue(any(row["bytes_sent"] for row in rows if row["kind"] == "transaction"))

    def test_each_role_on_a_rank_of_its_own(self):
        rows = self.counted_and_checked("apart", "--validators", 5, ranks=5 + METERS)
        roles = defaultdict(int)
        for row in rows:
            if row["kind"] == "transaction":
                roles[row["validators"], row["meters"]] += 1
        self.assertEqual(roles, {(1, 0): 5, (0, 1): METERS})
        # A quorum of each phase was needed for each block.
        votes = sum(row["letters_received"] for row in rows if row["kind"] == "vote")
        blocks = rows[0]["blocks"]
        self.assertGreaterEqual(votes, blocks * 2 * 3)
        self.assertEqual(blocks, dataset(self.folder / "apart", "blocks/phase")[0].size)

    def test_other_layouts_and_forms(self):
        self.counted_and_checked("three", "--validators", 7, "--meters", 4, ranks=3)
        self.counted_and_checked("pairs", "--form", "pairwise", ranks=3)

    def test_one_rank_sends_nothing(self):
        rows = self.counted("alone", ranks=None)
        self.assertEqual(sum(row["bytes_sent"] + row["bytes_received_expected"] for row in rows), 0)

    def test_a_file_that_cannot_be_is_named_before_anything_is_written(self):
        ended = solve(EMBEDDED_WEEK, self.folder / "never", "--traffic", self.folder / "nowhere" / "t.csv")
        self.assertEqual(ended.status, 2)
        self.assertIn("there is no folder", ended.messages[0])
        self.assertFalse((self.folder / "never").exists())


if __name__ == "__main__":
    unittest.main()
