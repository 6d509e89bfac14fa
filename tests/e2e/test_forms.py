"""The collapsed form against the paper's literal pairwise form, iterate by iterate (model.md 3)."""

import shutil
import unittest

import numpy as np

from community import Community
from helper import EMBEDDED_WEEK, RunTest, dataset, decisions, schedule_numbers

TOLERANCE = 1e-7  # [kWh]


def pairs_of(theta, arc_from, arc_to):
    """p_uv^k [iteration][arc][slot] of the collapsed decisions θ_u^k: a_uv + θ_u with
    a_uv = p'_uv + λ_uv/ρ = ½ (Θ_u − Θ_v) − ½ (θ_u + θ_v) of iteration k − 1."""
    before = np.concatenate([np.zeros_like(theta[:1]), theta[:-1]])
    total = np.cumsum(before, axis=0)
    u, v = arc_from, arc_to
    return 0.5 * (total[:, u] - total[:, v]) - 0.5 * (before[:, u] + before[:, v]) + theta[:, u]


class Forms(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # ρ fixed: the paper's Algorithm 1, in which rounding does not grow from iterate to iterate. All
        # pairs but one: on the complete graph the collapsed form stops by a bound, a little later.
        week = cls.all_pairs_but_one()
        cls.collapsed = cls.solved("collapsed", week, "--rho", "108")
        cls.pairwise = cls.solved("pairwise", week, "--rho", "108", "--form", "pairwise")

    @classmethod
    def all_pairs_but_one(cls):
        folder = cls.folder / "week"
        shutil.copytree(EMBEDDED_WEEK, folder)
        names = Community(folder).names
        pairs = [(u, v) for u in names for v in names if u < v][1:]
        rows = ["prosumer,partner,limit_kwh", *(f"{u},{v}," for u, v in pairs)]
        (folder / "partners.csv").write_text("\n".join(rows) + "\n")
        return folder

    def test_schedules_agree(self):
        one, two = schedule_numbers(self.collapsed), schedule_numbers(self.pairwise)
        self.assertEqual(one.shape[:2], (10, 7))
        by_day = np.abs(one - two).max(axis=(0, 2, 3))
        print("largest difference of schedules by day [kWh]:", by_day)
        self.assertLess(by_day.max(), TOLERANCE)

    def test_decisions_agree_in_every_iteration(self):
        arcs = zip(dataset(self.pairwise, "arc_from"), dataset(self.pairwise, "arc_to"))
        collapsed, pairwise = decisions(self.collapsed), decisions(self.pairwise)
        largest = []
        for theta, p, (arc_from, arc_to) in zip(collapsed, pairwise, arcs, strict=True):
            common = min(len(theta), len(p))
            self.assertLessEqual(max(len(theta), len(p)) - common, 1, "iterations")
            expanded = pairs_of(theta[:common], arc_from, arc_to)
            largest.append(np.abs(expanded - p[:common]).max())
        print("largest difference of decisions by day [kWh]:", np.array(largest))
        self.assertLess(max(largest), TOLERANCE)

    def test_trades_agree_and_prices_are_the_same_market(self):
        for one, two in zip(dataset(self.collapsed, "result/trade"),
                            dataset(self.pairwise, "result/trade"), strict=True):
            self.assertLess(np.abs(one - two).max(), TOLERANCE)

    def test_with_rho_adapted_both_find_the_same_costs(self):
        one = self.solved("collapsed-adapted", self.folder / "week")
        two = self.solved("pairwise-adapted", self.folder / "week", "--form", "pairwise")
        for day, (a, b, plain) in enumerate(zip(*(
                [each.sum() for each in dataset(archive, "result/cost")]
                for archive in (one, two, self.collapsed)), strict=True)):
            with self.subTest(day=day):
                self.assertLess(abs(a - b), 1e-7 * abs(a))
                self.assertLess(abs(a - plain), 1e-7 * abs(a))

    def test_everyone_with_everyone_stops_by_a_bound_hardly_later(self):
        one = self.solved("bounded", EMBEDDED_WEEK, "--rho", "108", "--days", "2")
        two = self.solved("summed", EMBEDDED_WEEK, "--rho", "108", "--days", "2", "--form", "pairwise")
        counts = [[len(day) for day in dataset(each, "iteration")] for each in (one, two)]
        print("\niterations by the bound and by the sum:", *counts)
        for bounded, summed in zip(*counts, strict=True):
            self.assertLessEqual(summed, bounded)
            self.assertLessEqual(bounded, 1.1 * summed)


if __name__ == "__main__":
    unittest.main()
