"""The model of jobs/bench/scaling.sh: it finds factors that it was made with, and counts bytes as a run does."""

import sys
import unittest
from math import log2
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "jobs" / "bench"))

import scaling_model as model  # noqa: E402


class Fit(unittest.TestCase):
    def test_finds_the_factors_of_exact_data(self):
        rows = np.array([[1, 2, 0], [1, 0, 3], [1, 5, 1], [1, 1, 1]], float)
        factors = np.array([0.5, 2.0, 0.25])
        np.testing.assert_allclose(model.fit(rows, rows @ factors), factors)

    def test_no_factor_is_negative(self):
        rows = [[1, 1], [1, 2], [1, 3]]
        factors = model.fit(rows, [3.0, 2.0, 1.0])
        self.assertGreaterEqual(factors.min(), 0.0)
        self.assertEqual(factors[1], 0.0)

    def test_small_runs_count_as_much_as_large_ones(self):
        # One factor, values 10 % above and below: least squares of absolute errors would follow the large one.
        factor = model.fit([[1.0], [1000.0]], [1.1, 900.0])[0]
        self.assertAlmostEqual(factor, (1 / 1.1 + 1 / 0.9) / (1 / 1.1**2 + 1 / 0.9**2))


class Spread(unittest.TestCase):
    spreads = [model.Spread(homes, ranks, ranks, meetings=3, received=homes * 2.0 if ranks > 1 else 0.0)
               for homes in (1000, 8000) for ranks in (1, 2, 4)]

    def test_homes_and_neighbours(self):
        seconds = [s.homes_a_rank * 5e-6 * (1 + 0.1 * (s.ranks_a_node - 1)) for s in self.spreads]
        fitted = model.SpreadModel.fitted(self.spreads, seconds)
        self.assertAlmostEqual(fitted.home, 5e-6)
        self.assertAlmostEqual(fitted.neighbour, 0.1)
        for spread, each in zip(self.spreads, seconds):
            self.assertAlmostEqual(fitted.compute(spread), each)

    def test_network(self):
        apart = [s for s in self.spreads if s.ranks > 1]
        seconds = [3 * log2(s.ranks) * 2e-6 + s.received / 1e9 for s in apart]
        network = model.fitted_network(apart, seconds)
        self.assertAlmostEqual(network.latency, 2e-6)
        self.assertAlmostEqual(network.bandwidth / 1e9, 1.0)

    def test_one_rank_exchanges_nothing(self):
        alone = model.Spread(1000, 1, 1, 3, 0.0)
        self.assertEqual(model.exchange_seconds(alone, model.Network(1.0, 1.0)), 0.0)


class Ledger(unittest.TestCase):
    def test_bytes_are_those_of_the_formula(self):
        # src/cluster/README.md: ten homes, 5 validators, each role on a rank of its own; counted by a run: a proposer
        # sends 4 proposals of 4,420 bytes, 8 votes and two blocks of 4,583.
        run = model.Ledger(10, 5, 10, 5, cores=15)
        self.assertEqual(run.busiest_link_bytes(), 4 * 4420 + 298 * 4 + 2 * 4583)

    def test_roles_apart_work_at_once_as_far_as_there_are_cores(self):
        apart = model.Ledger(48, 20, 48, 20, cores=1000).terms()
        self.assertEqual(apart, [1.0, 15 + 48 + 40 + 2, 96, 1])
        crowded = model.Ledger(48, 20, 48, 20, cores=2).terms()
        self.assertEqual(crowded, [1.0, 24 * 15 + 10 * 90, (24 + 10) * 48, 24])

    def test_one_rank_is_both(self):
        alone = model.Ledger(10, 4, 1, 1, cores=2, both=True).terms()
        self.assertEqual(alone, [1.0, 10 + 8 + 2, 10, 10])

    def test_finds_the_factors_of_exact_data(self):
        truth = model.LedgerModel(1e-3, 50e-6, 3e-6, 80e-6)
        runs = [model.Ledger(homes, validators, ranks, ranks, 2, both=ranks == 1)
                for homes in (10, 48, 100) for validators in (4, 20) for ranks in (1, 2)]
        fitted = model.LedgerModel.fitted(runs, [truth.compute(run) for run in runs])
        for name in ("block", "signature", "execution", "home"):
            self.assertAlmostEqual(getattr(fitted, name) / getattr(truth, name), 1.0, places=6)

    def test_slower_cores_and_a_network(self):
        truth = model.LedgerModel(1e-3, 50e-6, 3e-6, 80e-6)
        run = model.Ledger(10, 5, 10, 5, cores=15)
        network = model.Network(0.01, 1e6)
        self.assertAlmostEqual(truth.seconds(run, network, slowness=3.0),
                               3 * truth.compute(run) + 0.06 + run.busiest_link_bytes() / 1e6)


if __name__ == "__main__":
    unittest.main()
