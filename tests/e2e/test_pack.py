"""One file of an archive: every reader takes it, and other programs read it."""

import json
import subprocess
import tarfile
import unittest

import numpy as np

from helper import EMBEDDED_WEEK, RunTest, reader, run


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "lock"}


class Pack(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.solved("archive", EMBEDDED_WEEK, "--days", "2")
        cls.pack = cls.folder / "archive.gridtally.tar"
        cls.packed = run("pack", cls.archive)

    def test_is_written_beside_the_folder_and_says_what_it_holds(self):
        self.assertEqual(self.packed.status, 0, self.packed.err)
        head = json.loads(run("inspect", self.archive, "--json").out)["head"]
        self.assertIn(f"{self.pack}: 4 files", self.packed.out)
        self.assertIn(head, self.packed.out)
        again = run("pack", self.archive)
        self.assertEqual(again.status, 2)
        self.assertIn("--force replaces it", again.err)
        before = self.pack.read_bytes()
        self.assertEqual(run("pack", f"{self.archive}/", "--force").status, 0)
        self.assertEqual(self.pack.read_bytes(), before)

    def test_comes_back_the_same(self):
        ended = run("pack", "--unpack", self.pack, "--output", self.folder / "back")
        self.assertEqual(ended.status, 0, ended.err)
        self.assertEqual(files_of(self.folder / "back"), files_of(self.archive))
        taken = run("pack", "--unpack", self.pack)
        self.assertEqual(taken.status, 2)
        self.assertIn("never overwritten", taken.err)

    def test_other_programs_unpack_it(self):
        with tarfile.open(self.pack, "r:") as tar:
            members = {member.name: tar.extractfile(member).read() for member in tar}
            self.assertEqual({member.mode for member in tar}, {0o644})
        self.assertEqual(members, files_of(self.archive))
        folder = self.folder / "by-tar"
        folder.mkdir()
        subprocess.run(["tar", "xf", self.pack, "-C", folder], check=True)
        self.assertEqual(files_of(folder), files_of(self.archive))

    def test_audit_and_inspect_say_what_they_say_of_the_folder(self):
        private = f"{self.archive}.private"
        for arguments in (["audit"], ["audit", "--private", private], ["inspect"],
                          ["inspect", "--prosumer", "3", "--day", "1"]):
            name, *options = arguments
            of_folder, of_pack = (run(name, place, *options, "--json")
                                  for place in (self.archive, self.pack))
            self.assertEqual((of_folder.status, of_pack.status), (0, 0), of_pack.err)
            left, right = (json.loads(ended.out) for ended in (of_folder, of_pack))
            for report in (left, right):
                report.pop("seconds", None)
            self.assertEqual(left, right, arguments)

    def test_proofs_and_heads(self):
        proof = self.folder / "bill"
        ended = run("inspect", self.pack, "--prosumer", "3", "--day", "1", "--proof", proof)
        self.assertEqual(ended.status, 0, ended.err)
        self.assertEqual(run("audit", "--proof", proof, "--head", self.pack).status, 0)
        self.assertEqual(run("audit", self.archive, "--head", self.pack).status, 0)

    def test_a_damaged_one_is_unsound_and_not_unpacked(self):
        damaged = self.folder / "damaged.gridtally.tar"
        data = bytearray(self.pack.read_bytes())
        data[len(data) // 2] ^= 1
        damaged.write_bytes(data)
        self.assertEqual(run("audit", damaged, "--quiet").status, 1)
        ended = run("pack", "--unpack", damaged)
        self.assertEqual(ended.status, 2)
        self.assertRegex(ended.err, r"day-000\d.h5: SHA-256 expected")
        self.assertFalse((self.folder / "damaged").exists())
        damaged.write_bytes(data[:-1])
        ended = run("audit", damaged)
        self.assertEqual(ended.status, 2, ended.out)
        self.assertIn("the pack is cut off", ended.out)

    def test_no_run_goes_on_in_one(self):
        ended = run("solve", "--resume", self.pack)
        self.assertEqual(ended.status, 2, ended.err)
        self.assertIn("gridtally-pack --unpack", ended.err)

    def test_figures_read_it_too(self):
        folder, pack = (reader.read_archive(place) for place in (self.archive, self.pack))
        self.assertEqual(folder.genesis, pack.genesis)
        for left, right in zip(folder.days, pack.days, strict=True):
            self.assertTrue(np.array_equal(left.net_trade, right.net_trade))
        self.assertTrue(np.array_equal(*(reader.read_decisions(place, 1)
                                         for place in (self.archive, self.pack)), equal_nan=True))


if __name__ == "__main__":
    unittest.main()
