"""Each day's certificate, evaluated from the files alone, apart from the project's code: model.md 4 as it
stands there."""

import csv
import json
import shutil
import unittest

import h5py
import numpy as np

from helper import EMBEDDED_WEEK, RunTest, private_of, run, segments

LARGEST_GAP = 1e-6
ROUNDING = 1e-11  # of sums in another order, relative


class Home:
    """One prosumer's inputs, schedules and multipliers, as its meter's private file holds them."""

    def __init__(self, file, row):
        self.index = int(file["index"][row])
        self.parameters = {name.removesuffix("_kwh"): float(file["parameters"][name][row])
                           for name in file["parameters"]}
        self.profiles = {name.removesuffix("_kwh"): file["profiles"][name][row]
                         for name in file["profiles"]}
        self.schedules = {name: file["schedules"][name][row] for name in file["schedules"]}
        self.multipliers = {name: file["multipliers"][name][row] for name in file["multipliers"]}


def homes_of(archive):
    homes = []
    for path in sorted(private_of(archive).glob("meter-*.h5")):
        with h5py.File(path, "r") as file:
            homes += [Home(file, row) for row in range(len(file["index"]))]
    return sorted(homes, key=lambda home: home.index)


def settings_of(community):
    lines = (community / "community.cfg").read_text().splitlines()
    pairs = (line.split("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key.strip(): float(value) for key, value in pairs if value.strip()[0] in "-.0123456789"}


def schedule_cost(home, day, tariff, settings):
    """C_u of the published schedule [cents]."""
    x, p = {name: values[day] for name, values in home.schedules.items()}, home.parameters
    away = x["flexible"] - home.profiles["flexible_reference"][day]
    return (tariff["grid_price"] @ x["grid"] + settings["peak_price"] * x["grid"].max()
            + p["discomfort_weight"] * away @ away
            + p["wear_cost"] * (x["charge"] + x["discharge"]).sum()
            + settings["p2p_price"] * x["net_trade"].sum() - tariff["reserve_price"] @ x["reserve"])


def lowest(slope, low, high):
    return np.where(slope < 0, slope * high, slope * low).sum()


def proven_bound(home, day, tariff, settings):
    """min over the boxes of the Lagrangian of C_u + q s with the multipliers kept [cents]. The net
    trade is free, so the multiplier of the balance is π + q."""
    p, profile = home.parameters, {name: v[day] for name, v in home.profiles.items()}
    kept = {name: values[day] for name, values in home.multipliers.items()}
    price = settings["p2p_price"] + kept["premium"]
    mu, nu = kept["battery_price"], kept["flexible_price"]
    zeta, xi = np.maximum(kept["peak_share"], 0), np.maximum(kept["reserve_share"], 0)
    after = np.append(mu[1:], 0.0)
    battery = p["battery_max"] > p["battery_min"]
    charge_max, discharge_max = (p[name] if battery else 0.0
                                 for name in ("charge_max", "discharge_max"))
    start = home.schedules["battery_start"][day]
    least = np.full(len(mu), p["battery_min"] if battery else start)
    most = np.full(len(mu), p["battery_max"] if battery else start)
    if battery:
        least[-1] = max(p["battery_min"], p["battery_initial"])
    reference, low, high = (profile[f"flexible_{name}"] for name in ("reference", "min", "max"))
    if reference.sum() >= high.sum() - 1e-11:
        low = high  # the energy leaves no choice
    elif reference.sum() <= low.sum() + 1e-11:
        high = low
    omega = p["discomfort_weight"]
    flexible = np.clip(reference - (price - nu) / (2 * omega), low, high) if omega > 0 else (
        np.where(price < nu, high, low))
    bound = price @ profile["inflexible"] + nu * reference.sum() + xi.sum() * p["battery_min"]
    bound += (omega * (flexible - reference) ** 2 + (price - nu) * flexible).sum() - mu[0] * start
    bound += lowest(tariff["grid_price"] + zeta - price, 0.0, p["grid_max"])
    bound += lowest(-price, 0.0, profile["renewable"])
    bound += lowest(p["wear_cost"] + price - p["battery_efficiency"] * mu, 0.0, charge_max)
    bound += lowest(p["wear_cost"] - price + mu / p["battery_efficiency"], 0.0, discharge_max)
    bound += lowest(xi - tariff["reserve_price"], 0.0,
                    min(discharge_max, p["battery_max"] - p["battery_min"]))
    bound += lowest(mu - after - xi, least, most)
    return bound + lowest(settings["peak_price"] - zeta.sum(), 0.0, p["grid_max"])


def limits_of(community):
    path = community / "partners.csv"
    if not path.exists():
        return []
    with open(community / "prosumers.csv", newline="") as file:
        index = {row["prosumer"]: u for u, row in enumerate(csv.DictReader(file))}
    with open(path, newline="") as file:
        return [(index[row["prosumer"]], index[row["partner"]], float(row["limit_kwh"]))
                for row in csv.DictReader(file) if row["limit_kwh"]]


class Certificate(RunTest):
    def check(self, community, archive):
        """Bounds and costs of every day as the archive says; the gap that they leave."""
        homes, settings, gaps = homes_of(archive), settings_of(community), []
        for day, path in enumerate(segments(archive)):
            with h5py.File(path, "r") as file:
                tariff = {name: file["tariff"][name][()] for name in file["tariff"]}
                costs, bounds = file["result/cost"][()], file["result/bound"][()]
                rent = float(file.attrs["congestion_rent"])
            found = np.array([schedule_cost(home, day, tariff, settings) for home in homes])
            scale = max(1.0, np.abs(found).sum())
            self.assertLess(np.abs(found - costs).max(), ROUNDING * scale)
            proven = np.array([proven_bound(home, day, tariff, settings) for home in homes])
            self.assertLess(np.abs(proven - bounds).max(), ROUNDING * scale)
            q = [home.multipliers["premium"][day] for home in homes]
            apart = sum(limit * np.abs(q[u] - q[v]).sum() for u, v, limit in limits_of(community))
            self.assertAlmostEqual(apart, rent, delta=ROUNDING * scale)
            gaps.append((found.sum() - (proven.sum() - apart)) / max(1.0, abs(found.sum())))
        print(f"\n{archive.name}: gaps {', '.join(f'{gap:.1e}' for gap in gaps)}")
        self.assertLess(max(gaps), LARGEST_GAP)
        self.assertGreaterEqual(min(gaps), -ROUNDING)
        return gaps

    def audit(self, archive, *options):
        return run("audit", archive, "--private", private_of(archive), "--no-solve", *options)

    def test_of_the_embedded_week(self):
        archive = self.solved("week", EMBEDDED_WEEK)
        gaps = self.check(EMBEDDED_WEEK, archive)
        self.assert_audit_agrees(archive, gaps)

    def assert_audit_agrees(self, archive, gaps):
        audited = json.loads(self.audit(archive, "--json").out)
        self.assertEqual(audited["verdict"], "sound")
        self.assertEqual((audited["certified_days"], audited["meters_replayed"]), (len(gaps), 0))
        self.assertAlmostEqual(audited["certified_gap"], max(gaps), delta=1e-9)

    def test_under_limits_that_bind(self):
        base = self.generated(5, 1, seed=7)
        folder = self.folder / "limited"
        shutil.copytree(base, folder)
        with open(base / "prosumers.csv", newline="") as file:
            names = [row["prosumer"] for row in csv.DictReader(file)]
        rows = [f"{one},{other},0.25" for u, one in enumerate(names) for other in names[:u]]
        (folder / "partners.csv").write_text("prosumer,partner,limit_kwh\n" + "\n".join(rows) + "\n")
        archive = self.solved("limited-archive", folder)
        with h5py.File(segments(archive)[0], "r") as file:
            self.assertGreater(file.attrs["congestion_rent"], 1.0)
        self.assert_audit_agrees(archive, self.check(folder, archive))

    def test_files_that_were_changed_are_named_without_a_solver(self):
        archive = self.solved("changed", self.generated(3, 2))
        self.assertEqual(self.audit(archive).status, 0)
        path = private_of(archive) / "meter-00001.h5"
        kept = path.read_bytes()
        for name, place in (("schedules/renewable", (0, 1, 12)), ("multipliers/peak_share", (0, 1, 3)),
                            ("multipliers/flexible_price", (0, 1))):
            with self.subTest(name=name):
                path.write_bytes(kept)
                with h5py.File(path, "r+") as file:
                    file[name][place] += 0.125
                audited = self.audit(archive)
                self.assertEqual(audited.status, 1, audited.out)
                self.assertIn("meter-00001.h5", audited.out)
                self.assertIn("prosumer 1, day 1", audited.out)


if __name__ == "__main__":
    unittest.main()
