"""Communities of other shapes than everyone with everyone."""

import shutil
import unittest

import h5py
import numpy as np

from community import ACCURACY, Community, optimum
from helper import RunTest, dataset, private_of, reader, schedules, segments, solve

PROSUMERS, DAYS = 5, 1
RING = [(u, (u + 1) % PROSUMERS) for u in range(PROSUMERS)]
LIMIT = 0.25  # [kWh per slot]; holds back some trade, but not all


def lower_bound(archive, day):
    """Of the day's optimum [cents] (model.md 4): the prosumers' terms less the limits'."""
    with h5py.File(segments(archive)[day], "r") as file:
        return float(file["result/bound"][()].sum() - file.attrs["congestion_rent"])


class Communities(RunTest):
    def with_partners(self, name, pairs, limit=None):
        base = self.generated(PROSUMERS, DAYS, seed=7)
        folder = self.folder / name
        shutil.copytree(base, folder)
        names = Community(base).names
        rows = ["prosumer,partner,limit_kwh"]
        rows += [f"{names[u]},{names[v]},{'' if limit is None else limit}" for u, v in pairs]
        (folder / "partners.csv").write_text("\n".join(rows) + "\n")
        return folder

    def assert_optimal(self, folder, archive, relative=1e-6, gap=1e-6):
        community = Community(folder)
        starts = [row["battery_initial_kwh"] for row in community.prosumers]
        best = optimum(community, 0, starts)
        cost = float(dataset(archive, "result/cost")[0].sum())
        bound = lower_bound(archive, 0)
        print(f"\n{archive.name}: cost {cost:.6f}, optimum {best:.6f}, bound {bound:.6f} cents")
        self.assertLessEqual(abs(cost - best), relative * abs(best))
        self.assertLessEqual(bound, best + ACCURACY * abs(best))
        self.assertLess((cost - bound) / max(1.0, abs(cost)), gap)

    def form(self, archive):
        return reader.read_archive(archive).genesis.form

    def test_one_prosumer_lives_alone(self):
        archive = self.solved("one", self.generated(1, 2))
        for cost, alone in zip(dataset(archive, "result/cost"),
                               dataset(archive, "result/cost_alone")):
            self.assertAlmostEqual(float(cost[0]), float(alone[0]), delta=1e-6)
        for net_trade in dataset(archive, "result/net_trade"):
            self.assertFalse(net_trade.any())
        self.assert_optimal(self.generated(1, 2), archive)

    def test_one_prosumer_on_five_ranks(self):
        one, five = (self.solved(f"one-on-{ranks}", self.generated(1, 1), "--keys",
                                 self.keys(1, 4), ranks=ranks) for ranks in (1, 5))
        self.assertTrue(np.array_equal(dataset(one, "blocks/hash")[0],
                                       dataset(five, "blocks/hash")[0]))

    def test_two_prosumers(self):
        archive = self.solved("two", self.generated(2, 2))
        self.assertEqual([len(home) for home in schedules(archive)], [2, 2])
        for trade in dataset(archive, "result/trade"):
            self.assertEqual(len(trade), 2)
            self.assertTrue(np.array_equal(trade[0], -trade[1]))
        self.assert_optimal(self.generated(2, 2), archive)

    def test_ring_reaches_the_optimum_of_everyone_with_everyone(self):
        folder = self.with_partners("ring", RING)
        archive = self.solved("ring-archive", folder)
        self.assertEqual(self.form(archive), "collapsed")
        pairs = set(zip(dataset(archive, "arc_from")[0].tolist(),
                        dataset(archive, "arc_to")[0].tolist()))
        self.assertEqual(pairs, {*RING, *((v, u) for u, v in RING)})
        self.assert_optimal(folder, archive)
        self.assert_optimal(self.generated(PROSUMERS, DAYS, seed=7), archive)

    def test_prosumer_without_partners_trades_nothing(self):
        archive = self.solved("lonely-archive", self.with_partners("lonely", [(0, 1), (1, 2)]))
        net_trade = dataset(archive, "result/net_trade")[0]
        self.assertFalse(net_trade[3:].any())
        self.assertTrue(net_trade[:3].any())
        self.assert_optimal(self.folder / "lonely", archive)

    def test_parts_that_cannot_reach_each_other_have_prices_of_their_own(self):
        folder = self.with_partners("parted", [(0, 1), (2, 3), (3, 4)])
        archive = self.solved("parted-archive", folder)
        self.assert_optimal(folder, archive)

    def test_everyone_with_everyone_can_be_said_in_many_ways(self):
        keys = ("--keys", self.keys(PROSUMERS, 4))
        everyone = [(u, v) for u in range(PROSUMERS) for v in range(u)]
        said = [self.generated(PROSUMERS, DAYS, seed=7), self.with_partners("once", everyone),
                self.with_partners("twice", everyone + [(v, u) for u, v in everyone])]
        chains = [dataset(self.solved(f"said-{i}", folder, *keys), "blocks/hash")[0]
                  for i, folder in enumerate(said)]
        self.assertTrue(np.array_equal(chains[0], chains[1]), "partners.csv present or absent")
        self.assertTrue(np.array_equal(chains[0], chains[2]), "a partner listed twice")

    def test_islands_trade_by_themselves(self):
        pairs = [(0, 1), (2, 3), (3, 4)]
        folder = self.with_partners("islands", pairs)
        archive = self.solved("islands-archive", folder)
        trade = dataset(archive, "result/trade")[0]
        self.assertEqual(len(trade), 2 * len(pairs))
        net_trade = dataset(archive, "result/net_trade")[0]
        self.assertTrue(net_trade.any(axis=1).all(), "everyone trades")
        for island in ([0, 1], [2, 3, 4]):
            self.assertLess(np.abs(net_trade[island].sum(axis=0)).max(), 1e-12)
        self.assert_optimal(folder, archive)

    def test_limits_hold_and_choose_the_pairwise_form(self):
        everyone = [(u, v) for u in range(PROSUMERS) for v in range(u)]
        folder = self.with_partners("limited", everyone, LIMIT)
        archive = self.solved("limited-archive", folder)
        self.assertEqual(self.form(archive), "pairwise")
        trade = dataset(archive, "result/trade")[0]
        self.assertLessEqual(np.abs(trade).max(), LIMIT)
        self.assertTrue((np.abs(trade) == LIMIT).any(), "the limit should hold something back")
        self.assert_optimal(folder, archive)

    def test_limits_cannot_be_collapsed(self):
        folder = self.with_partners("limited-collapsed", RING, LIMIT)
        archive = self.folder / "never"
        ended = solve(folder, archive, "--form", "collapsed")
        self.assertEqual(ended.status, 2)
        self.assertEqual(len(ended.messages), 1, ended.err)
        self.assertIn("--form pairwise", ended.messages[0])
        self.assertFalse(archive.exists() or private_of(archive).exists())

    def test_segments_name_their_form(self):
        archive = self.solved("named", self.generated(2, 1), "--form", "pairwise")
        with h5py.File(segments(archive)[0], "r") as file:
            self.assertEqual(file.attrs["form"], np.bytes_(b"pairwise"))


if __name__ == "__main__":
    unittest.main()
