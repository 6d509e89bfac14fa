"""Archives that keep some iterates only: the same chain, less room, and what the audit says of it."""

import json
import shutil
import unittest

import h5py
import numpy as np

from helper import EMBEDDED_WEEK, RunTest, chain, dataset, private_of, run, segments

LEVELS = {"all": 1, "every:10": 10, "final": 0}
DAYS = 2


class Iterates(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        keys = cls.keys()
        cls.archives = {
            level: cls.solved(level.replace(":", "-"), EMBEDDED_WEEK, "--days", DAYS, "--keys", keys,
                              "--iterates", level, ranks=1 + (level == "final"))
            for level in LEVELS}

    def audited(self, level, *options, status=0):
        ended = run("audit", self.archives[level], "--json", *options)
        self.assertEqual(ended.status, status, ended.out + ended.err)
        return json.loads(ended.out)

    def test_every_level_has_the_same_chain(self):
        hashes = {level: chain(archive) for level, archive in self.archives.items()}
        for level, found in hashes.items():
            for one, other in zip(hashes["all"], found, strict=True):
                self.assertTrue(np.array_equal(one, other), level)

    def test_kept_decisions_are_those_of_the_whole_archive(self):
        for level, every in LEVELS.items():
            archive = self.archives[level]
            for day, kept in enumerate(dataset(archive, "kept")):
                iterations = dataset(archive, "iteration")[day][-1]
                expected = [k for k in range(1, iterations + 1)
                            if k == iterations or (every and k % every == 0)]
                self.assertEqual(kept.tolist(), expected)
                whole = dataset(self.archives["all"], "trading/commitment")[day]
                found = dataset(archive, "trading/commitment")[day]
                self.assertTrue(np.array_equal(whole[kept - 1], found))

    def test_fewer_iterates_take_less_room(self):
        sizes = {level: sum(path.stat().st_size for path in segments(archive))
                 for level, archive in self.archives.items()}
        print("\nbytes of two days by level:", sizes)
        self.assertLess(sizes["every:10"], sizes["all"])
        self.assertLess(sizes["final"], sizes["every:10"])

    def test_public_audit_says_what_it_proved(self):
        for level in LEVELS:
            report = self.audited(level)
            for day in report["days"]:
                if level == "all":
                    self.assertEqual((day["left_out"], day["level"]), (0, "contract re-executed"))
                    continue
                self.assertGreater(day["left_out"], 0)
                self.assertEqual(
                    day["level"],
                    f"signed: {day['left_out']} of {day['iterations']} iterations left out, result "
                    "proven against the signed state root")

    def test_all_private_files_make_everything_again(self):
        for level in ("every:10", "final"):
            report = self.audited(level, "--private", private_of(self.archives[level]))
            self.assertEqual(report["meters_replayed"], 10)
            for day in report["days"]:
                self.assertIn("regenerated from private files", day["level"])

    def test_with_some_private_files_that_is_said(self):
        some = self.folder / "some"
        shutil.copytree(private_of(self.archives["final"]), some)
        (some / "meter-00004.h5").unlink()
        report = self.audited("final", "--private", some)
        self.assertEqual((report["meters_certified"], report["meters_replayed"]), (9, 0))
        for day in report["days"]:
            self.assertIn("left out", day["level"])

    def test_text_report_names_the_level_of_each_day(self):
        ended = run("audit", self.archives["final"])
        self.assertRegex(ended.out, r"day 1: +signed: \d+ of \d+ iterations left out")

    def test_a_byte_changed_in_what_is_kept_or_left_out_is_found(self):
        for name in ("trading/rows_root", "trading/decision", "carried/iterate", "carried/globals"):
            bad = self.folder / "bad"
            shutil.copytree(self.archives["final"], bad)
            with h5py.File(bad / "day-0001.h5", "r+") as file:
                values = file[name][()]
                values.reshape(-1).view("u1")[3] ^= 1
                file[name][...] = values
            ended = run("audit", bad, "--json")
            shutil.rmtree(bad)
            self.assertEqual(ended.status, 1, name)
            self.assertEqual(json.loads(ended.out)["fault"]["file"], "day-0001.h5")

    def test_inspect_shows_results_and_refuses_an_iterate_that_is_not_there(self):
        whole = json.loads(run("inspect", self.archives["all"], "--json").out)
        thin = json.loads(run("inspect", self.archives["final"], "--json").out)
        for one, other in zip(whole["days"], thin["days"], strict=True):
            self.assertEqual([one[name] for name in ("cost", "bound", "iterations", "residual")],
                             [other[name] for name in ("cost", "bound", "iterations", "residual")])
        ended = run("inspect", self.archives["final"], "--prosumer", 1, "--block", 5, "--proof",
                    self.folder / "proof")
        self.assertEqual(ended.status, 2)
        self.assertIn("decisions were left out", ended.err)

    def test_a_run_that_has_ended_says_so_when_it_is_resumed(self):
        for level, archive in self.archives.items():
            ended = run("solve", "--resume", archive)
            self.assertEqual(ended.status, 0, f"{level}\n{ended.out}{ended.err}")
            self.assertIn("has ended already: every day is settled", ended.out)

    def test_another_level_is_refused(self):
        ended = run("solve", EMBEDDED_WEEK, "--iterates", "every:1", "--output", self.folder / "no")
        self.assertEqual(ended.status, 2)
        self.assertIn("expected all, every:N with N from 2 on, or final", ended.err)


if __name__ == "__main__":
    unittest.main()
