"""gridtally-scale, and where the time of a run on the ledger went."""

import json
import re
import unittest

from helper import EMBEDDED_WEEK, RunTest, dataset, run, solve



class Scale(RunTest):
    def figures(self, *options, ranks=None):
        ended = run("scale", *options, "--json", ranks=ranks)
        self.assertEqual(ended.status, 0, ended.err)
        return json.loads(ended.out)

    def test_residual_does_not_depend_on_ranks_lanes_or_placement(self):
        for graph in ((), ("--partners", 6), ("--partners", 6, "--random-partners")):
            with self.subTest(graph=graph):
                homes = ("--prosumers", 300, "--iterations", 6, *graph)
                alone = self.figures(*homes)["residual"]
                self.assertGreater(alone, 0.0)
                self.assertEqual(self.figures(*homes, ranks=3)["residual"], alone)
                self.assertEqual(self.figures(*homes, "--lanes", 1, ranks=2)["residual"], alone)
                self.assertEqual(
                    self.figures(*homes, "--placement", "blocks", ranks=2)["residual"], alone)

    def test_placement_by_partners_cuts_fewer_pairs(self):
        figures = self.figures("--prosumers", 2000, "--partners", 8, "--iterations", 1, ranks=2)
        self.assertLess(10 * figures["cut_pairs"], figures["cut_pairs_in_blocks"])
        self.assertEqual(sum(rank["prosumers"] for rank in figures["ranks"]), 2000)

    def test_a_folder_takes_as_many_iterations_as_on_the_ledger(self):
        archive = self.solved("day", EMBEDDED_WEEK, "--days", "1")
        trading = sum(dataset(archive, "blocks/phase")[0] == 0)
        figures = self.figures(EMBEDDED_WEEK)
        self.assertTrue(figures["converged"])
        self.assertEqual(figures["iterations"], trading)

    def test_petsc_takes_its_options(self):
        ended = run("scale", "--prosumers", 600, "--partners", 4, "--iterations", 1,
                    "-mat_partitioning_view", ranks=2)
        self.assertEqual(ended.status, 0, ended.err)
        self.assertIn("ptscotch", ended.out)

    def test_faults_are_said_once_by_all_ranks(self):
        for options, part in ((("--partners", 3), "even number"),
                              (("--placement", "anywhere"), "partners or blocks"),
                              ((self.folder / "nowhere",), "nowhere"),
                              ((EMBEDDED_WEEK, "--day", 7), "days 0 to 6")):
            with self.subTest(options=options):
                ended = run("scale", *options, ranks=2)
                self.assertEqual(ended.status, 2, ended.err)
                self.assertEqual(len(ended.messages), 1, ended.err)
                self.assertIn(part, ended.messages[0])


class Timings(RunTest):
    def test_shares_of_every_rank_make_the_whole(self):
        ended = solve(EMBEDDED_WEEK, self.folder / "timed", "--days", "1", "--timings", ranks=2)
        self.assertEqual(ended.status, 0, ended.err)
        lines = [line for line in ended.out.splitlines() if re.match(r"rank \d: ", line)]
        self.assertEqual(len(lines), 2)
        for line in lines:
            total = float(re.search(r": ([\d.]+) s:", line)[1])
            parts = [float(part) for part in re.findall(r"(?:qp|ledger|archive|waiting) ([\d.]+) s", line)]
            self.assertEqual(len(parts), 4)
            self.assertTrue(all(0.0 <= part <= total for part in parts), line)
            self.assertAlmostEqual(sum(parts), total, delta=0.01)


if __name__ == "__main__":
    unittest.main()
