"""Published schedules, trades and bills against model.md 1 and 4, from the input files alone."""

import math
import unittest

import numpy as np

from community import Community
from helper import EMBEDDED_WEEK, RunTest, dataset, schedules

ENERGY = 1e-9  # [kWh] room for the rounding of a day's sums
MICROCENTS = 1e6


class Schedules(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.solved("archive", EMBEDDED_WEEK)
        cls.community = Community(EMBEDDED_WEEK)
        cls.homes = schedules(cls.archive)

    def each(self):
        """(sub-test to enter, prosumer's parameters, its profile of the day, tariff, schedule)"""
        for u, days in enumerate(self.homes):
            self.assertEqual(len(days), self.community.days)
            for day, schedule in enumerate(days):
                profile = {name: rows[u, day] for name, rows in self.community.profiles.items()}
                tariff = {name: rows[day] for name, rows in self.community.tariff.items()}
                where = self.subTest(prosumer=u, day=day)
                yield where, self.community.prosumers[u], profile, tariff, schedule

    def assert_within(self, values, least, most):
        self.assertTrue(np.isfinite(values).all())
        self.assertTrue((values >= least - ENERGY).all(), values.min())
        self.assertTrue((values <= most + ENERGY).all(), values.max())

    def test_bounds(self):
        for where, own, profile, _, x in self.each():
            with where:
                self.assert_within(x.grid, 0.0, own["grid_max_kwh"])
                self.assert_within(x.renewable, 0.0, profile["renewable"])
                self.assert_within(x.flexible, profile["flexible_min"], profile["flexible_max"])
                self.assert_within(x.charge, 0.0, own["charge_max_kwh"])
                self.assert_within(x.discharge, 0.0, own["discharge_max_kwh"])
                self.assert_within(x.stored, own["battery_min_kwh"], own["battery_max_kwh"])
                self.assert_within(x.reserve, 0.0, np.minimum(own["discharge_max_kwh"],
                                                              x.stored - own["battery_min_kwh"]))
                self.assertGreaterEqual(x.stored[-1], own["battery_initial_kwh"] - ENERGY)

    def test_battery_equation_and_its_days_in_order(self):
        for where, own, _, _, x in self.each():
            with where:
                eta = own["battery_efficiency"]
                before = np.concatenate([[x.battery_start], x.stored[:-1]])
                residual = before + eta * x.charge - x.discharge / eta - x.stored
                self.assertLess(np.abs(residual).max(), ENERGY)
        for u, days in enumerate(self.homes):
            starts = [schedule.battery_start for schedule in days]
            ends = [schedule.stored[-1] for schedule in days]
            initial = self.community.prosumers[u]["battery_initial_kwh"]
            self.assertEqual(starts, [initial, *ends[:-1]])

    def test_flexible_energy(self):
        for where, _, profile, _, x in self.each():
            with where:
                self.assertAlmostEqual(x.flexible.sum(), profile["flexible_reference"].sum(),
                                       delta=ENERGY)

    def test_balance(self):
        for where, _, profile, _, x in self.each():
            with where:
                residual = (x.renewable + x.grid + x.discharge + x.net_trade - x.flexible -
                            profile["inflexible"] - x.charge)
                self.assertLess(np.abs(residual).max(), ENERGY)

    def test_cost_is_that_of_the_schedule(self):
        public = dataset(self.archive, "result/cost")
        for where, own, profile, tariff, x in self.each():
            with where:
                discomfort = ((x.flexible - profile["flexible_reference"])**2).sum()
                cost = (tariff["grid_price"] @ x.grid + self.community.peak_price * x.grid.max() +
                        own["discomfort_weight"] * discomfort +
                        own["wear_cost"] * (x.charge + x.discharge).sum() +
                        self.community.p2p_price * x.net_trade.sum() -
                        tariff["reserve_price"] @ x.reserve)
                self.assertAlmostEqual(cost, x.cost, delta=1e-9 * max(1.0, abs(cost)))
                self.assertIn(x.cost, public[x.day])

    def test_nobody_published_is_dearer_than_alone_in_sum(self):
        for cost, alone in zip(dataset(self.archive, "result/cost"),
                               dataset(self.archive, "result/cost_alone")):
            self.assertLess(cost.sum(), alone.sum())


class Market(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.solved("archive", EMBEDDED_WEEK)
        cls.price = Community(EMBEDDED_WEEK).p2p_price

    def days(self):
        names = ("arc_from", "arc_to", "result/trade", "result/net_trade", "result/bill")
        return zip(*(dataset(self.archive, name) for name in names))

    def test_every_trade_has_its_mirror(self):
        for arc_from, arc_to, trade, _, _ in self.days():
            arcs = {pair: row for row, pair in enumerate(zip(arc_from, arc_to))}
            self.assertEqual(len(arcs), 90)
            for (u, v), row in arcs.items():
                self.assertTrue(np.array_equal(trade[row], -trade[arcs[v, u]]), (u, v))

    def test_net_trades_are_sums_of_trades_and_those_of_the_schedules(self):
        homes = schedules(self.archive)
        for day, (arc_from, _, trade, net_trade, _) in enumerate(self.days()):
            for u, net in enumerate(net_trade):
                self.assertLess(np.abs(trade[arc_from == u].sum(axis=0) - net).max(), ENERGY)
                self.assertTrue(np.array_equal(homes[u][day].net_trade, net))
            self.assertLess(np.abs(net_trade.sum(axis=0)).max(), ENERGY)

    def test_bills_are_payments_of_pairs_in_microcents_and_sum_to_zero(self):
        for arc_from, arc_to, trade, _, bill in self.days():
            self.assertEqual(bill.dtype, np.dtype("int64"))
            self.assertEqual(int(bill.sum()), 0)
            expected = [0] * len(bill)
            for u, v, row in zip(arc_from, arc_to, trade):
                if u > v:
                    continue
                amount = self.price * sum(row.tolist()) * MICROCENTS
                payment = int(math.copysign(math.floor(abs(amount) + 0.5), amount))
                expected[u] += payment
                expected[v] -= payment
            self.assertEqual(bill.tolist(), expected)


if __name__ == "__main__":
    unittest.main()
