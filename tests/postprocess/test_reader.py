import re
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np

import paths  # noqa: F401
import reader
import synthetic


def datasets(file):
    """[(path without the leading slash, dataset)] of an HDF5 file."""
    found = []
    file.visititems(lambda name, item: found.append((name, item)) if isinstance(item, h5py.Dataset) else None)
    return found


class ReaderTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_synthetic_files_follow_the_specified_format(self):
        page = (paths.PROJECT / "src" / "archive" / "FORMAT.md").read_text()
        synthetic.write_archive(self.folder)
        synthetic.write_private(self.folder)
        for path in sorted(self.folder.glob("*.h5")):
            with h5py.File(path, "r") as file:
                for name, dataset in datasets(file):
                    axes = re.search(rf"^\| /{name} \| \w+ \| ([^|]+) \|", page, re.MULTILINE)
                    self.assertIsNotNone(axes, f"{path.name}: /{name} is not in FORMAT.md")
                    self.assertEqual(dataset.ndim, len(axes[1].split(",")), f"{path.name}: /{name}")

    def test_genesis_facts(self):
        synthetic.write_archive(self.folder)
        genesis = reader.read_archive(self.folder).genesis
        self.assertEqual(genesis.prosumers, synthetic.NAMES)
        self.assertEqual((genesis.days, genesis.slots_per_day, genesis.slot_hours), (3, 24, 1.0))
        self.assertEqual((genesis.form, genesis.rho, genesis.epsilon), ("collapsed", 100.0, 1e-6))
        self.assertEqual((genesis.max_iterations, genesis.p2p_price), (5000, 12.0))

    def test_residual_has_one_number_a_trading_block(self):
        synthetic.write_archive(self.folder)
        days = reader.read_archive(self.folder).days
        self.assertEqual([len(day.residual) for day in days], synthetic.ITERATIONS)
        self.assertEqual([day.blocks for day in days], [41, 31, 20])

    def test_day_that_did_not_converge_is_not_settled(self):
        synthetic.write_archive(self.folder)
        archive = reader.read_archive(self.folder)
        self.assertEqual([day.converged for day in archive.days], [True, True, False])
        self.assertEqual([day.day for day in archive.settled_days], [0, 1])

    def test_bills_are_in_cents_and_sum_to_zero(self):
        synthetic.write_archive(self.folder)
        bill = reader.read_archive(self.folder).days[0].bill
        self.assertEqual(bill.tolist(), [-3.0, 2.0, 0.0, 1.0])

    def test_trades_mirror(self):
        synthetic.write_archive(self.folder)
        archive = reader.read_archive(self.folder)
        arcs = {pair: row for row, pair in enumerate(zip(archive.arc_from, archive.arc_to))}
        for (u, v), row in arcs.items():
            np.testing.assert_array_equal(archive.days[0].trade[row],
                                          -archive.days[0].trade[arcs[v, u]])

    def test_archive_without_listed_pairs(self):
        synthetic.write_archive(self.folder, lists_pairs=False)
        archive = reader.read_archive(self.folder)
        self.assertFalse(archive.lists_trades)
        self.assertEqual(archive.days[0].net_trade.shape, (4, 24))

    def test_folder_that_is_no_archive(self):
        with self.assertRaisesRegex(FileNotFoundError, "genesis.bin"):
            reader.read_archive(self.folder)

    def test_archive_without_a_sealed_day(self):
        (self.folder / "genesis.bin").write_bytes(synthetic.genesis_bytes())
        with self.assertRaisesRegex(ValueError, "no sealed day"):
            reader.read_archive(self.folder)

    def test_genesis_of_another_format(self):
        for content, fault in ((b"something else", "not a genesis"),
                               (b"gridtally-genesis\x09\x00\x00\x00\x00\x00", "version 9"),
                               (synthetic.genesis_bytes()[:40], "cut off")):
            (self.folder / "genesis.bin").write_bytes(content)
            with self.assertRaisesRegex(ValueError, fault):
                reader.read_genesis(self.folder / "genesis.bin")

    def test_homes_of_all_meters_in_prosumer_order(self):
        synthetic.write_private(self.folder)
        homes = reader.read_private(self.folder)
        self.assertEqual([home.prosumer for home in homes], [0, 1, 2, 3])
        self.assertEqual([home.name for home in homes], synthetic.NAMES)

    def test_schedules_balance(self):
        synthetic.write_private(self.folder)
        for home in reader.read_private(self.folder):
            for day in home.schedules:
                obtained = day.renewable + day.grid + day.discharge + day.net_trade
                used = home.inflexible[day.day] + day.flexible + day.charge
                np.testing.assert_allclose(obtained, used, atol=1e-12)

    def schedules_with(self, name="meter-00001.days", meter=1, first_day=2, days=2, cut=0, **more):
        """Those of home 3, which meter 1 serves with two days in its own file."""
        synthetic.write_private(self.folder)
        path = self.folder / name
        synthetic.write_days(path, meter, [3], first_day, days, **more)
        path.write_bytes(path.read_bytes()[:path.stat().st_size - cut])
        return reader.read_private(self.folder)[3].schedules

    def test_days_of_a_run_that_is_not_over_follow_those_of_the_file(self):
        schedules = self.schedules_with()
        self.assertEqual([each.day for each in schedules], [0, 1, 2, 3])
        numbers = 12 * synthetic.SLOTS + 5
        np.testing.assert_array_equal(schedules[3].grid, 3000 + np.arange(synthetic.SLOTS) / numbers)
        np.testing.assert_array_equal(schedules[3].net_trade,
                                      3000 + np.arange(7 * synthetic.SLOTS, 8 * synthetic.SLOTS) / numbers)
        self.assertEqual(schedules[3].cost, 3000 + 12 * synthetic.SLOTS / numbers)
        self.assertEqual(schedules[3].battery_start, 3000 + (12 * synthetic.SLOTS + 2) / numbers)
        self.assertEqual(len(reader.read_private(self.folder)[0].schedules), 2)

    def test_days_go_on_from_the_merged_file_too(self):
        synthetic.write_meter(self.folder / "all-meters.h5", [0, 1, 2, 3])
        with h5py.File(self.folder / "all-meters.h5", "r+") as file:
            del file.attrs["meter"]
            file["meter"] = np.array([0, 1], "u4")
            file["served_by"] = np.array([0, 0, 0, 1], "u4")
        synthetic.write_days(self.folder / "meter-00001.days", 1, [3], 2, 1)
        homes = reader.read_private(self.folder)
        self.assertEqual([len(home.schedules) for home in homes], [2, 2, 2, 3])
        self.assertEqual(homes[3].schedules[2].grid[0], 2000)

    def test_days_that_the_file_has_too_count_once(self):
        self.assertEqual([each.day for each in self.schedules_with(first_day=1, days=3)], [0, 1, 2, 3])

    def test_day_that_was_cut_off_does_not_count(self):
        self.assertEqual(len(self.schedules_with(cut=1)), 3)
        self.assertEqual(len(self.schedules_with(cut=40)), 3)
        self.assertEqual(len(self.schedules_with(days=0, cut=1)), 2)

    def test_days_after_a_gap_do_not_count(self):
        self.assertEqual(len(self.schedules_with(first_day=3)), 2)

    def test_days_of_another_run_or_meter_are_refused(self):
        with self.assertRaisesRegex(ValueError, "of meter 0 of run 5a5a.*, not of meter 1 of run 5a5a"):
            self.schedules_with(meter=0)
        with self.assertRaisesRegex(ValueError, "of run 0b0b.*, not of meter 1 of run 5a5a"):
            self.schedules_with(run_id="0b" * 32)

    def test_folder_without_private_files(self):
        with self.assertRaisesRegex(ValueError, "no private file"):
            reader.read_private(self.folder)


if __name__ == "__main__":
    unittest.main()
