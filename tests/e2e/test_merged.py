"""One private file for all meters, written by all ranks together."""

import json
import time
import unittest

import h5py
import numpy as np

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
            found = content(private / FILE)
            first = first or found
            self.assertEqual(found.keys(), first.keys())
            for name, values in found.items():
                self.assertTrue(np.array_equal(values, first[name]), f"{name} of {ranks} ranks")
        ended = run("audit", archive, "--private", private, "--json")
        report = json.loads(ended.out)
        self.assertEqual((ended.status, report["meters_certified"], report["meters_replayed"]),
                         (0, 10, 10), ended.out)

    def test_the_default_folder(self):
        ended = solve(EMBEDDED_WEEK, self.folder / "plain", "--quiet", "--days", "1", "--private", "merged")
        self.assertEqual(ended.status, 0, ended.out + ended.err)
        self.assertTrue((self.folder / "plain.private" / FILE).exists())


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
        expected, found = content(private_of(clean) / FILE), content(private_of(archive) / FILE)
        self.assertEqual(found.keys(), expected.keys())
        for name, values in found.items():
            self.assertTrue(np.array_equal(values, expected[name]), name)
        self.assert_sound(archive)


if __name__ == "__main__":
    unittest.main()
