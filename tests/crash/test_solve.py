"""gridtally-solve killed before every call that touches a file of its run, and with a fault at many:
it resumes, and ends with the archive and the private files of a run that nothing interrupted.

GRIDTALLY_CRASH_ALL=1 leaves nothing out; see README.md for what is left out otherwise, and how long
both take."""

import json
import os
import random
import sys
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from helper import RunTest, private_of, program, run, segments, tree  # noqa: E402
from shim import Stage, acknowledged_height, stored_height  # noqa: E402

ALL = os.environ.get("GRIDTALLY_CRASH_ALL", "") == "1"
LIBRARY = os.environ.get("GRIDTALLY_CRASH_SHIM")
SEED = int(os.environ.get("GRIDTALLY_TEST_SEED", "5"))
WORKERS = 2

TEMPORARY_STEP = 1 if ALL else 12  # of the writes into one temporary HDF5 file
AUDIT_STEP = 1 if ALL else 8  # each so manieth wreck is audited, and those of private files
AGAIN_STEP = 1 if ALL else 6  # killed again while it resumes
RANKS_STEP = 1 if ALL else 40  # resumed on 2 or 3 ranks
MERGED_STEP = 1 if ALL else 4
THINNED_STEP = 1 if ALL else 8
OTHERWISE_RANKS_STEP = 1 if ALL else 20
FAULT_STEP = 1 if ALL else 23
MERGED_FAULT_STEP = 1 if ALL else 11  # of calls and kinds of fault together
THINNED_FAULT_STEP = 1 if ALL else 53
THROW_AWAY_STEP = 1 if ALL else 12
ACTIONS = ("ENOSPC", "EIO", "EINTR", "short", "full")
MORE_CALLS = 5  # of a run that syncs more often than the traced one
MPIRUN_KILLS = 60 if ALL else 5  # of each number of ranks


def datasets(archive, left_out=("measured/",)):
    found = {}
    for path in segments(archive):
        def keep(name, item, day=path.name):
            if isinstance(item, h5py.Dataset) and not name.startswith(left_out):
                found[day, name] = item[()].tobytes()
        with h5py.File(path, "r") as file:
            file.visititems(keep)
    return found


class SolveTest(RunTest):
    """Two homes, two days, one validator, a few iterations a day."""

    options = ("--validators", "1", "--gap", "0.5", "--epsilon", "5", "--quiet")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if LIBRARY is None:
            raise RuntimeError("GRIDTALLY_CRASH_SHIM is not set: the built shim library")
        cls.community = cls.generated(2, 2)
        cls.key_options = ("--keys", cls.keys(2, 1))
        cls.local = threading.local()
        cls.stages = []
        cls.figures = {"points": 0, "lost": 0, "again": 0, "ranks": 0, "overcome": 0, "audits": 0,
                       "behind": 0, "ahead": 0}
        cls.lock = threading.Lock()
        cls.reference = cls.complete_run()

    @classmethod
    def tearDownClass(cls):
        for stage in cls.stages:
            stage.remove()

    @classmethod
    def stage(cls):
        """One of its own for each thread."""
        if not hasattr(cls.local, "stage"):
            cls.local.stage = Stage(LIBRARY)
            with cls.lock:
                cls.stages.append(cls.local.stage)
        return cls.local.stage

    @classmethod
    def complete_run(cls):
        stage = cls.stage()
        stage.clear()
        archive = cls.solve(stage)
        cls.calls = stage.counts()[0]
        cls.trace = stage.trace()
        cls.last_height = stored_height(archive)
        cls.of_private_files = {at for at, call in enumerate(cls.trace, 1)
                                if "a.private/" in call.path and call.name != "write"}
        if acknowledged_height(cls.trace, {}) != cls.last_height:
            raise AssertionError("the trace does not show that all blocks were acknowledged")
        return cls.content(stage)

    @classmethod
    def content(cls, stage):
        """All that a run which has ended leaves, but for the bytes of what is neither a dataset nor
        private: of that the names."""
        archive = stage.run / "a"
        names = sorted(str(path.relative_to(stage.run)) for path in stage.run.rglob("*"))
        if "a.run" in names:
            raise AssertionError("the run's folder is still there")
        return {"archive": datasets(archive), "private": tree(private_of(archive)),
                "set of files": dict.fromkeys(names)}

    @classmethod
    def command(cls, stage, resume):
        archive = stage.run / "a"
        return [program("solve"), cls.community, *cls.options, *cls.key_options, "--output", archive,
                *(("--resume", archive) if resume else ())]

    @classmethod
    def solve(cls, stage, resume=False, **settings):
        """A run that must end well."""
        ended = stage.call(cls.command(stage, resume), **settings)
        if ended.returncode != 0:
            raise AssertionError(f"status {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return stage.run / "a"

    @classmethod
    def points(cls):
        """Numbers of the calls before which the run is killed. What stands in a temporary HDF5 file
        is never read: between the writes into it, only some are tried."""
        def is_tried(at, call):
            within = call.name == "write" and call.path.endswith(".h5.tmp")
            return not within or at % TEMPORARY_STEP == 0
        tried = [at for at, call in enumerate(cls.trace, 1) if is_tried(at, call)]
        return tried + [len(cls.trace) + more for more in range(1, MORE_CALLS + 1)]

    @classmethod
    def points_of_merging(cls):
        """Of these, those from the merged file's first call on."""
        begins = next(at for at, call in enumerate(cls.trace, 1)
                      if call.name == "open" and "all-meters" in call.path)
        return [at for at in cls.points() if begins - 3 <= at <= cls.calls]

    def count(self, what, number=1):
        with self.lock:
            self.figures[what] += number

    def all_points(self, check, points):
        """check(point) for each, on all workers; the faults of all, by point."""
        def safely(point):
            try:
                check(point)
                return ""
            except AssertionError as error:
                return f"{point}: {error}\n"
        with ThreadPoolExecutor(WORKERS) as pool:
            faults = [fault for fault in pool.map(safely, points) if fault]
        print("{}: {points} points, {again} killed again, {ranks} resumed on 2 or 3 ranks, "
              "{overcome} faults overcome, {audits} audited, {behind} with private files behind, "
              "{ahead} ahead; blocks lost: {lost}"
              .format(self.id(), **self.figures), file=sys.stderr)
        if faults:
            self.fail("\n" + "".join(faults))
        self.assertEqual(self.figures["lost"], 0)

    def kill(self, stage, at, resume, before=0, **settings):
        """Height of the last block acknowledged by a run that was killed at call `at`. Where one sync
        served for several blocks, a run makes fewer calls than another, and may end before."""
        journals = stage.journals()
        ended = stage.call(self.command(stage, resume), "kill", at, **settings)
        if ended.returncode == 0 and stage.counts()[0] < at:
            return self.last_height
        self.assertNotEqual(ended.returncode, 0, "was not killed")
        self.assertEqual(stage.counts()[1], 1, f"not killed but\n{ended.stdout}{ended.stderr}")
        return max(before, acknowledged_height(stage.trace(), journals))

    def killed_at(self, at):
        """A stage with what a run left that was killed at call `at`, and the height it acknowledged:
        no block of that is missing."""
        stage = self.stage()
        stage.clear()
        acknowledged = self.kill(stage, at, resume=False)
        self.count("points")
        self.assert_nothing_lost(stage, acknowledged)
        return stage, acknowledged

    def assert_nothing_lost(self, stage, acknowledged):
        stored = stored_height(stage.run / "a")
        if acknowledged > (stored or 0):
            self.count("lost", acknowledged - (stored or 0))
            self.fail(f"{acknowledged} blocks were acknowledged, {stored} are there")

    def assert_audits(self, stage, acknowledged):
        """What a crash left is sound as far as it goes, private files included."""
        self.count("audits")
        archive = stage.run / "a"
        expected = (0,) if acknowledged > 0 else (0, 2)
        ended = run("audit", archive, "--quiet")
        self.assertIn(ended.status, expected, ended.out + ended.err)
        ended = run("audit", archive, "--private", private_of(archive), "--json")
        self.assertIn(ended.status, expected, ended.out + ended.err)
        if ended.status == 0:
            report = json.loads(ended.out)
            settled = sum(day["settled"] for day in report["days"])
            days = [file["days"] for file in report["unfinished_private_files"]]
            self.count("behind", int(any(count < settled for count in days)))
            self.count("ahead", int(any(count > settled for count in days)))

    def assert_finishes(self, stage, ranks=None):
        self.solve(stage, resume=True, ranks=ranks)
        self.assert_complete(stage)

    def assert_complete(self, stage):
        found = self.content(stage)
        for part, expected in self.reference.items():
            self.assertEqual(expected.keys(), found[part].keys())
            different = [key for key in expected if found[part][key] != expected[key]]
            self.assertEqual(different, [], f"another {part}")


class Killed(SolveTest):
    def test_before_every_call(self):
        def check(at):
            draw = random.Random(SEED * 100000 + at)
            stage, acknowledged = self.killed_at(at)
            if at % AUDIT_STEP == 0 or at in self.of_private_files:
                self.assert_audits(stage, acknowledged)
            if at % AGAIN_STEP == 0:
                self.kill_again(stage, draw, acknowledged)
            ranks = None if at % RANKS_STEP else 2 + at // RANKS_STEP % 2
            self.count("ranks", 0 if ranks is None else 1)
            self.assert_finishes(stage, ranks)

        self.all_points(check, self.points())
        self.assertGreater(self.figures["behind"], 0, "no private file was behind its archive")

    def kill_again(self, stage, draw, acknowledged):
        """Early in resuming more often than late; perhaps it has ended by then."""
        journals = stage.journals()
        at = int(self.calls ** draw.uniform(0.0, 1.0))
        ended = stage.call(self.command(stage, True), "kill", at)
        acknowledged = max(acknowledged, acknowledged_height(stage.trace(), journals))
        self.count("again", stage.counts()[1])
        if ended.returncode == 0:
            acknowledged = self.last_height
        self.assert_nothing_lost(stage, acknowledged)


class KilledOtherwise(SolveTest):
    """Private files may be written in other ways, and the archive may leave decisions out."""

    def audit_and_finish(self, points):
        def check(at):
            stage, acknowledged = self.killed_at(at)
            self.assert_audits(stage, acknowledged)
            ranks = 2 + at % 2 if at % OTHERWISE_RANKS_STEP == 0 else None
            self.count("ranks", 0 if ranks is None else 1)
            self.assert_finishes(stage, ranks)

        self.all_points(check, points)


class KilledMerged(KilledOtherwise):
    """At its end, as one file takes the place of the meters' own."""

    options = (*SolveTest.options, "--private", "merged")

    def test_before_calls_of_the_end(self):
        self.audit_and_finish(self.points_of_merging()[::MERGED_STEP])


class KilledThinned(KilledOtherwise):
    options = (*SolveTest.options, "--iterates", "final")

    def test_before_calls(self):
        self.audit_and_finish(self.points()[::THINNED_STEP])


class Faults(SolveTest):
    def fault_points(self):
        return self.faults_at(self.points()[::FAULT_STEP])

    def faults_at(self, calls):
        """Each kind at each call; half a write at writes alone."""
        writes = {at for at, call in enumerate(self.trace, 1) if call.name == "write"}
        return [(at, action) for at in calls for action in ACTIONS
                if action != "short" or at in writes]

    def test_every_kind(self):
        def check(point):
            at, action = point
            stage = self.stage()
            stage.clear()
            ended = stage.call(self.command(stage, False), action, at)
            if stage.counts()[1] == 0:
                return
            self.count("points")
            self.assertIn(ended.returncode, (0, 4), ended.stdout + ended.stderr)
            if ended.returncode == 4:
                self.assertIn(str(stage.run), ended.stderr, "the error does not name the place")
            acknowledged = acknowledged_height(stage.trace(), {})
            self.assert_nothing_lost(stage, acknowledged)
            self.assert_audits(stage, acknowledged)
            if ended.returncode == 0:
                self.count("overcome")
                self.assert_complete(stage)
            else:
                self.assert_finishes(stage)

        self.all_points(check, self.fault_points())


class FaultsMerged(Faults):
    """As the merged file takes the place of the meters' own."""

    options = KilledMerged.options

    def fault_points(self):
        return self.faults_at(self.points_of_merging())[::MERGED_FAULT_STEP]


class FaultsThinned(Faults):
    options = KilledThinned.options

    def fault_points(self):
        return self.faults_at(self.points())[::THINNED_FAULT_STEP]


class ThrowAwayKeys(SolveTest):
    """Each run draws keys, so chains differ; what was traded does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_options = ()
        cls.reference = cls.complete_run()

    @staticmethod
    def traded(archive):
        return {key: values for key, values in archive.items()
                if key[1].startswith(("result/", "trading/decision", "settlement/cost"))}

    def test_before_many_calls(self):
        expected = self.traded(self.reference["archive"])

        def check(at):
            stage, _ = self.killed_at(at)
            archive = self.solve(stage, resume=True)
            found = self.traded(datasets(archive))
            different = [key for key in expected if not np.array_equal(found[key], expected[key])]
            self.assertEqual(different, [])
            self.assert_audits(stage, self.last_height)
            self.assertFalse(archive.with_name("a.run").exists(), "secret keys are still there")

        self.all_points(check, self.points()[::THROW_AWAY_STEP])


class UnderMpirun(SolveTest):
    """Any rank of several is killed; the others end with it."""

    def test_any_rank(self):
        draw = random.Random(SEED)
        points = []
        for ranks in (2, 3):
            for _ in range(MPIRUN_KILLS):
                points.append((ranks, draw.randrange(ranks), draw.random()))

        def check(point):
            ranks, rank, share = point
            stage = self.stage()
            stage.clear()
            self.solve(stage, rank=rank, ranks=ranks)
            at = 1 + int(share * stage.counts()[0])
            stage.clear()
            acknowledged = self.kill(stage, at, resume=False, rank=rank, ranks=ranks)
            self.count("points")
            self.assert_nothing_lost(stage, acknowledged)
            self.assert_finishes(stage, ranks=5 - ranks)

        self.all_points(check, points)


if __name__ == "__main__":
    unittest.main()
