"""Iterations a day where the contract adapts ρ, and what --rho and --gap change (src/market/README.md)."""

import unittest

from helper import EMBEDDED_WEEK, RunTest, dataset, private_of, reader, run

MOST_ITERATIONS = 200
LARGEST_GAP = 1e-6


def gaps(archive):
    """Certified relative gap of each day."""
    costs = [each.sum() for each in dataset(archive, "result/cost")]
    bounds = [each.sum() for each in dataset(archive, "result/bound")]
    return [(cost - bound) / max(1.0, abs(cost)) for cost, bound in zip(costs, bounds, strict=True)]


def iterations(archive):
    return [len(each) for each in dataset(archive, "iteration")]


class Penalty(RunTest):
    def check_week(self, archive):
        counts, certified = iterations(archive), gaps(archive)
        print(f"\n{archive.name}: iterations {counts}, gaps", *(f"{gap:.1e}" for gap in certified))
        self.assertEqual(len(counts), 7)
        self.assertLessEqual(max(counts), MOST_ITERATIONS)
        self.assertLessEqual(max(certified), LARGEST_GAP)

    def test_embedded_week(self):
        self.check_week(self.solved("embedded", EMBEDDED_WEEK))

    def test_measured_week(self):
        self.check_week(self.solved("measured", self.published_week()))

    def test_a_fixed_rho_is_the_plain_algorithm(self):
        archive = self.solved("fixed", EMBEDDED_WEEK, "--rho", "108", "--days", "1")
        genesis = reader.read_archive(archive).genesis
        self.assertEqual((genesis.rho, genesis.memory), (108.0, 0))
        adapted = reader.read_archive(self.solved("adapted", EMBEDDED_WEEK, "--days", "1")).genesis
        self.assertEqual(adapted.memory, 8)
        self.assertGreater(iterations(archive)[0], iterations(self.folder / "adapted")[0])

    def test_the_day_ends_when_the_certified_gap_is_reached(self):
        wanted = 1e-3
        archive = self.solved("gap", EMBEDDED_WEEK, "--gap", str(wanted), "--days", "2")
        by_gap = iterations(archive)
        by_epsilon = iterations(self.solved("epsilon", EMBEDDED_WEEK, "--days", "2"))
        print(f"\niterations to a gap of {wanted}: {by_gap}, to epsilon: {by_epsilon}")
        self.assertLessEqual(max(gaps(archive)), wanted)
        self.assertTrue(all(one < two for one, two in zip(by_gap, by_epsilon, strict=True)))
        trials = [len(each) for each in dataset(archive, "settlement/cost")]
        self.assertGreater(max(trials), 1, "a trial that missed the gap")
        ended = run("audit", archive, "--private", private_of(archive))
        self.assertEqual(ended.status, 0, ended.out + ended.err)

    def test_at_the_iteration_limit_a_missed_gap_is_not_converged(self):
        ended = run("solve", EMBEDDED_WEEK, "--output", self.folder / "missed", "--quiet", "--gap",
                    "1e-6", "--max-iterations", "12", "--days", "1")
        self.assertEqual(ended.status, 3, ended.err)
        audited = run("audit", self.folder / "missed")
        self.assertEqual(audited.status, 0, audited.out + audited.err)


if __name__ == "__main__":
    unittest.main()
