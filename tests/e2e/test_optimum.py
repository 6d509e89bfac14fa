"""Each day's cost against an independent solution of the whole community's QP."""

import unittest

import numpy as np

from community import ACCURACY, Community, optimum
from helper import EMBEDDED_WEEK, RunTest, dataset, schedules

RELATIVE = 1e-6
LARGEST_GAP = 1e-6


class Optimum(RunTest):
    def check_week(self, folder):
        archive = self.solved(f"archive-of-{folder.name}", folder)
        community = Community(folder)
        homes = schedules(archive)
        costs = [each.sum() for each in dataset(archive, "result/cost")]
        bounds = [each.sum() for each in dataset(archive, "result/bound")]
        self.assertEqual(len(costs), community.days)
        print(f"\n{'day':>3} {'cost':>12} {'optimum':>12} {'bound':>12} {'above':>8} {'gap':>8}")
        for day, (cost, bound) in enumerate(zip(costs, bounds)):
            best = optimum(community, day, [home[day].battery_start for home in homes])
            gap = (cost - bound) / max(1.0, abs(cost))
            print(f"{day:3} {cost:12.5f} {best:12.5f} {bound:12.5f} {(cost - best) / best:8.1e} "
                  f"{gap:8.1e}")
            room = ACCURACY * abs(best)
            with self.subTest(day=day):
                self.assertLessEqual(abs(cost - best), RELATIVE * abs(best))
                self.assertGreaterEqual(cost, best - room, "no schedule is better than the optimum")
                self.assertLessEqual(bound, best + room, "the lower bound holds")
                self.assertLessEqual(bound, cost)
                self.assertLess(gap, LARGEST_GAP)

    def test_embedded_week(self):
        self.check_week(EMBEDDED_WEEK)

    def test_measured_week(self):
        self.check_week(self.published_week())

    def test_first_day_starts_from_the_configured_levels(self):
        homes = schedules(self.solved("one-day", EMBEDDED_WEEK, "--days", "1"))
        initial = [row["battery_initial_kwh"] for row in Community(EMBEDDED_WEEK).prosumers]
        self.assertTrue(np.array_equal([home[0].battery_start for home in homes], initial))


if __name__ == "__main__":
    unittest.main()
