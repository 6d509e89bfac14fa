"""Runs that something interrupts, and what they must equal once they have gone on."""

import os
import random
import signal
import subprocess
import time

import h5py
import numpy as np

from helper import PATIENCE, RunTest, private_of, program, run, schedule_numbers, segments

SEED = int(os.environ.get("GRIDTALLY_TEST_SEED", "5"))
METERS = 4
# mpirun sleeps when a rank was killed, for twice as long as it leaves the others to close in good order. Where all are killed
# there are no others.
ALL_ARE_KILLED = {"OMPI_MCA_odls_base_sigkill_timeout": "0"}


def folder_of_run(archive):
    return archive.with_name(archive.name + ".run")


def content(archive):
    """Every dataset of every day, but what was measured, and which precommits and evidence came
    first."""
    found = {}
    for path in segments(archive):
        def keep(name, item, day=path.name):
            chance = name.startswith(("measured/", "blocks/precommit", "evidence/"))
            if isinstance(item, h5py.Dataset) and not chance:
                found[day, name] = item[()]
        with h5py.File(path, "r") as file:
            file.visititems(keep)
    return found


class Life:
    """A run that is going on, alone or under mpirun; `starter`: what starts the program on each rank."""

    def __init__(self, *arguments, ranks=None, mpirun="mpirun", starter=(), environment=None):
        command = [*starter, program("solve"), *arguments]
        if ranks is not None:
            command = [mpirun, "-n", ranks, *command]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GRIDTALLY_")}
        self.ranks = ranks
        self.job = subprocess.Popen([str(part) for part in command], env=clean | (environment or {}),
                                    text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def processes(self):
        """Process ids of the ranks, in no order."""
        if self.ranks is None:
            return [self.job.pid]
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.job.pid)],
                             capture_output=True, text=True).stdout
        return [int(pid) for pid in out.split()]

    def rank(self, number):
        wanted = f"OMPI_COMM_WORLD_RANK={number}".encode()
        for pid in self.processes():
            with open(f"/proc/{pid}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    return pid
        raise AssertionError(f"no rank {number}")

    def kill(self):
        """Every rank at once, as far as that goes; mpirun too where it does not see it."""
        self.kill_ranks()
        try:
            self.job.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill_ranks()
            self.job.kill()
        return self.end()

    def kill_ranks(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def end(self):
        self.out, self.err = self.job.communicate(timeout=200 * PATIENCE)
        return self.job.returncode


class Interrupted(RunTest):
    options = ()
    days = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.community = cls.generated(METERS, cls.days)
        cls.key_folder = cls.keys(METERS, 4)
        cls.draw = random.Random(SEED)

    @classmethod
    def clean(cls, name, *options, ranks=None):
        """An archive of an uninterrupted run, and how long that took [s]."""
        start = time.monotonic()
        archive = cls.solved(name, cls.community, "--keys", cls.key_folder, *options, ranks=ranks)
        return archive, time.monotonic() - start

    def begin(self, name, *options, ranks=None, mpirun="mpirun", environment=None):
        archive = self.folder / name
        life = Life(self.community, "--output", archive, "--keys", self.key_folder, "--quiet",
                    *options, ranks=ranks, mpirun=mpirun, environment=environment)
        return archive, life

    def resumed(self, archive, *options, ranks=None):
        ended = run("solve", "--resume", archive, "--quiet", *options, ranks=ranks)
        self.assertEqual(ended.status, 0, f"{archive.name}, {ranks} ranks:\n{ended.out}{ended.err}")

    def wait_for_blocks(self, archive, size=3000):
        """Until some blocks are in the archive."""
        deadline = time.monotonic() + 60 * PATIENCE
        while time.monotonic() < deadline:
            try:
                if sum(path.stat().st_size for path in archive.glob("journal*")) > size:
                    return
            except FileNotFoundError:
                pass  # one that was retired meanwhile
            if segments(archive):
                return
            time.sleep(0.005)
        self.fail("the run did not begin")

    def assert_same(self, clean, archive):
        self.assertFalse(folder_of_run(archive).exists())
        one, two = content(clean), content(archive)
        self.assertEqual(one.keys(), two.keys())
        for key, values in one.items():
            equal = np.array_equal(values, two[key], equal_nan=values.dtype.kind == "f")
            self.assertTrue(equal, f"{key} of {archive.name} (seed {SEED})")
        self.assertTrue(np.array_equal(schedule_numbers(clean), schedule_numbers(archive)))

    def assert_sound(self, archive):
        ended = run("audit", archive, "--private", private_of(archive))
        self.assertEqual(ended.status, 0, ended.out + ended.err)
