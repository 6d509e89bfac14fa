"""Runs that are asked to stop do so in good order, and go on to the archive of one that nothing interrupted."""

import os
import re
import signal
import time
from pathlib import Path

from helper import program, solve
from interrupted import Interrupted, folder_of_run

KILLED_BY_MPIRUN = 1
MPIRUN = str(Path(__file__).resolve().parents[2] / "jobs" / "mpirun.sh")


class Stopping(Interrupted):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reference, _ = cls.clean("reference")

    def assert_stops(self, name, send, status, ranks, mpirun="mpirun"):
        archive, life = self.begin(name, ranks=ranks, mpirun=mpirun)
        self.wait_for_blocks(archive)
        send(life)
        self.assertEqual(life.end(), status, life.err)
        message = re.search(r"stopped by (\S+) after height (\d+); to go on: (.*)", life.err)
        # mpirun kills those who are not fast enough on a busy machine.
        self.assertTrue(message or status == KILLED_BY_MPIRUN, life.err)
        if message:
            self.assertEqual(message[3], (f"{mpirun} -n {ranks} " if ranks else "") +
                             f"{program('solve')} --resume {archive}")
        self.assert_goes_on(archive, ranks)

    def assert_goes_on(self, archive, ranks=None):
        self.assertTrue(folder_of_run(archive).exists(), "it had ended by itself")
        self.resumed(archive, ranks=ranks)
        self.assert_same(self.reference, archive)


class AskedToStop(Stopping):
    days = 15  # takes seconds; who is asked stops within the first of them

    def test_signals_to_one_process(self):
        for name in ("SIGTERM", "SIGINT", "SIGUSR1"):
            with self.subTest(name):
                self.assert_stops(name, lambda life: life.job.send_signal(signal.Signals[name]), 75,
                                  None)

    def test_signal_to_any_rank(self):
        for rank in (0, 2):
            with self.subTest(rank=rank):
                self.assert_stops(f"rank-{rank}",
                                  lambda life: os.kill(life.rank(rank), signal.SIGTERM), 75, 3)

    def test_sigusr1_to_mpirun(self):
        """mpirun simply passes it on."""
        self.assert_stops("mpirun", lambda life: life.job.send_signal(signal.SIGUSR1), 75, 2)

    def test_signals_to_the_script(self):
        for name in ("SIGUSR1", "SIGTERM", "SIGINT", "SIGHUP"):
            with self.subTest(name):
                self.assert_stops("script-" + name,
                                  lambda life: life.job.send_signal(signal.Signals[name]), 75, 2,
                                  MPIRUN)

    def test_script_that_a_script_has_put_into_the_background(self):
        """A shell ignores SIGINT for those."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self.assert_stops("script-background",
                              lambda life: life.job.send_signal(signal.SIGINT), 75, 2, MPIRUN)
        finally:
            signal.signal(signal.SIGINT, before)

    def test_script_that_is_asked_before_there_is_a_run(self):
        """mpirun drops what it should pass on while it starts, and a signal ends who does not heed it yet."""
        archive = self.folder / "early"
        for milliseconds in (0, 20, 60, 100, 200):
            with self.subTest(milliseconds=milliseconds):
                _, life = self.begin("early", "--force", ranks=2, mpirun=MPIRUN)
                time.sleep(milliseconds / 1000)
                life.job.send_signal(signal.SIGTERM)
                self.assertIn(life.end(), (75, -signal.SIGTERM), life.err)  # the latter: the shell itself was just starting
        self.solved("early", self.community, "--keys", self.key_folder, "--force")
        self.assert_same(self.reference, archive)

    def test_script_that_is_asked_three_times(self):
        archive, life = self.begin("three-times", ranks=2, mpirun=MPIRUN)
        self.wait_for_blocks(archive)
        for _ in range(3):
            life.job.send_signal(signal.SIGTERM)
            time.sleep(0.1)
        self.assertIn(life.end(), (75, 128 + signal.SIGKILL), life.err)
        self.assert_goes_on(archive, 2)

    def test_wall_time(self):
        archive = self.folder / "wall-time"
        ended = solve(self.community, archive, "--keys", self.key_folder, "--wall-time", "0:00:03")
        self.assertEqual(ended.status, 75, ended.err)
        self.assertIn("stopped by --wall-time", ended.err)
        self.assert_goes_on(archive)

    def test_wall_time_must_be_a_time(self):
        ended = solve(self.community, self.folder / "none", "--wall-time", "1:75:00")
        self.assertEqual(ended.status, 2)
        self.assertIn("or hours:minutes:seconds as in 1:30:00", ended.err)


class EndedByMpirun(Stopping):
    """mpirun takes up to four seconds to pass on that it is to end a job, and ends with 1."""
    days = 60

    def test_signals_to_mpirun(self):
        for name in ("SIGTERM", "SIGINT"):
            with self.subTest(name):
                self.assert_stops("mpirun-" + name,
                                  lambda life: life.job.send_signal(signal.Signals[name]),
                                  KILLED_BY_MPIRUN, 2)

    def test_killed_script_leaves_nothing_running(self):
        archive, life = self.begin("script-killed", ranks=2, mpirun=MPIRUN)
        self.wait_for_blocks(archive)
        life.job.kill()
        life.end()  # what it said to is closed: none of its processes lives
        self.assert_goes_on(archive, 2)
