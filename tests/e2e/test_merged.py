"""One private file for all meters, written by all ranks together."""

import json
import time
import unittest

import h5py
import numpy as np
import xarray

import test_format
from helper import EMBEDDED_WEEK, RunTest, private_of, run, segments, solve
from interrupted import Interrupted, folder_of_run

FILE = "all-meters.h5"


def content(path):
    """Every dataset of a file, by path."""
    found = {}
    with h5py.File(path, "r") as file:
        file.visititems(lambda name, item: found.update({name: item[()]})
                        if isinstance(item, h5py.Dataset) else None)
    return found


def assert_same_numbers(test, one, other):
    """In the merged files of two folders."""
    expected, found = content(one / FILE), content(other / FILE)
    test.assertEqual(found.keys(), expected.keys())
    for name, values in found.items():
        test.assertTrue(np.array_equal(values, expected[name]), f"{name} of {other.name}")


class Merged(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_folder = cls.keys()

    def solved_by(self, ranks):
        archive = self.folder / f"merged-{ranks}"
        private = self.folder / f"private-{ranks}"
        ended = solve(EMBEDDED_WEEK, archive, "--quiet", "--days", "1", "--keys", self.key_folder,
                      "--private", f"merged:{private}", ranks=ranks)
        self.assertEqual(ended.status, 0, ended.out + ended.err)
        return archive, private

    def test_the_same_datasets_whatever_the_ranks_and_taken_by_the_audit(self):
        first = None
        for ranks in (1, 2, 3, 5):
            archive, private = self.solved_by(ranks)
            self.assertEqual([path.name for path in private.iterdir()], [FILE])
            self.assertEqual((private / FILE).stat().st_mode & 0o777, 0o600)
            first = first or private
            assert_same_numbers(self, first, private)
        ended = run("audit", archive, "--private", private, "--json")
        report = json.loads(ended.out)
        self.assertEqual((ended.status, report["meters_certified"], report["meters_replayed"]),
                         (0, 10, 10), ended.out)

    def test_the_default_folder(self):
        ended = solve(EMBEDDED_WEEK, self.folder / "plain", "--quiet", "--days", "1", "--private", "merged")
        self.assertEqual(ended.status, 0, ended.out + ended.err)
        self.assertTrue((self.folder / "plain.private" / FILE).exists())

    def test_every_group_opens_with_xarray(self):
        path = private_of(self.solved("opened", EMBEDDED_WEEK, "--days", "1", "--private", "merged", ranks=2)) / FILE
        for group in test_format.OtherReaders.groups(self, path):
            with xarray.open_dataset(path, engine="h5netcdf", group=group) as dataset:
                dataset.load()
                for name, array in dataset.data_vars.items():
                    self.assertIn("long_name", array.attrs, f"{group}/{name}")
                    self.assertIn(array.dims[0], ("prosumer", "meter"), f"{group}/{name}")


class Damaged(Interrupted):
    """A meter's own file that cannot be read when all are merged."""

    days = 6
    options = ("--private", "merged", "--iterates", "final")

    def settled_days(self, path):
        try:
            with h5py.File(path, "r") as file:
                return int(file.attrs["settled_days"])
        except FileNotFoundError:
            return 0

    def test_ends_the_run_and_is_put_back(self):
        clean, _ = self.clean("clean", *self.options)
        plan = self.folder / "stall.txt"
        plan.write_text("meter 0 stalls 5 s at iteration 5 of day 4\n")
        archive, life = self.begin("damaged", *self.options, "--fault", plan, ranks=2)
        own = private_of(archive) / "meter-00000.h5"
        while self.settled_days(own) < 3 and life.job.poll() is None:  # next written after seven
            time.sleep(0.005)
        whole = own.read_bytes()
        own.write_bytes(whole[:-1000])
        self.assertEqual(life.end(), 2, life.err)
        self.assertIn(own.name, life.err)
        left = {path.name for path in private_of(archive).iterdir()}
        self.assertEqual(left & {FILE, FILE + ".tmp"}, set())
        own.write_bytes(whole)
        self.resumed(archive, ranks=2)
        self.assertEqual([path.name for path in private_of(archive).iterdir()], [FILE])
        assert_same_numbers(self, private_of(clean), private_of(archive))


class Killed(Interrupted):
    """Until the merged file stands each meter has its own."""

    days = 3
    options = ("--private", "merged", "--iterates", "final")

    def test_goes_on_from_the_meters_own_files(self):
        clean, _ = self.clean("clean", *self.options)
        archive, life = self.begin("killed", *self.options, ranks=2)
        while len(segments(archive)) < 2 and life.job.poll() is None:
            time.sleep(0.005)
        life.kill()
        if folder_of_run(archive).exists():  # else the run had ended before it was killed
            self.assertTrue((private_of(archive) / "meter-00000.h5").exists())
        self.resumed(archive, ranks=3)
        self.assertEqual([path.name for path in private_of(archive).iterdir()], [FILE])
        assert_same_numbers(self, private_of(clean), private_of(archive))
        self.assert_sound(archive)


if __name__ == "__main__":
    unittest.main()
