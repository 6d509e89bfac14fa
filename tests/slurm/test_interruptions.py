"""What else happens to jobs of jobs/slurm: cancelled, cut off without a warning, a rank or a node that dies, an audit that
waits for a run that is queued again. On a real Slurm."""

import os
import re
import subprocess
import unittest
from pathlib import Path

from test_jobs import EMBEDDED_WEEK, ROOT, SlurmTest, run, solve, stalls

RUN = "jobs/slurm/run.sbatch"
DAYS = 2


class Runs(SlurmTest):
    """What an uninterrupted run ends with, and how to make one take long."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reference = cls.folder / "reference"
        ended = solve(EMBEDDED_WEEK, reference, "--keys", cls.keys(), "--days", DAYS)
        cls.head = re.search("head ([0-9a-f]{64})", ended.out)[1]

    @classmethod
    def settings(cls, stalled=range(9, 12), seconds=1):
        plan = stalls(cls.folder, stalled[0], stalled[-1], seconds)
        own = plan.rename(cls.folder / f"stalls-{stalled[0]}-{stalled[-1]}-{seconds}")
        return {"GRIDTALLY_KEYS": str(cls.keys()), "GRIDTALLY_DAYS": str(DAYS), "GRIDTALLY_FAULT": str(own)}

    @classmethod
    def srun_that(cls, name, does):
        """An environment with another srun in front of Slurm's: `does` says what, for which words."""
        folder = cls.folder / name
        folder.mkdir()
        srun = folder / "srun"
        srun.write_text(f'#!/bin/sh\n{does}\nPATH=${{PATH#*:}} exec srun "$@"\n')
        srun.chmod(0o755)
        return {"PATH": f"{folder}:{cls.slurm.environment['PATH']}"}

    def begun(self, archive):
        self.slurm.wait((archive / "manifest").exists, 180, f"the run of {archive.name} did not begin")

    def assert_same_head(self, archive):
        self.assertEqual(Path(f"{archive}.head").read_text().strip(), self.head, self.said("*"))
        self.assertEqual(run("audit", archive, "--head", self.head, "--quiet").status, 0)

    def stop(self, number, archive):
        """As Slurm does before the limit."""
        self.begun(archive)
        self.slurm.call("scancel", "--batch", "--signal=USR1", number, check=True)


class Interrupted(Runs):
    nodes = 5

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Over a limit of one minute, for which Slurm looks twice a minute, while the others go on beside it. Slow in its first start.
        cls.late = cls.folder / "late"
        quick = cls.folder / "quick"
        quick.write_text("# no stalls\n")
        srun = cls.srun_that("slow-at-first", f'[ -z "$SLURM_RESTART_COUNT" ] || export GRIDTALLY_FAULT={quick}')
        cls.late_job = cls.submit(RUN, EMBEDDED_WEEK, cls.late, environment=cls.settings(range(3, 50), 3) | srun,
                                  options=("--time=1", "--signal=B:CONT@1"))

    def test_cancelled_it_does_not_queue_itself_again(self):
        archive, settings = self.folder / "cancelled", self.settings()
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=settings)
        self.begun(archive)
        self.slurm.call("scancel", number, check=True)
        self.assertEqual(self.finished(number, "CANCELLED")["Restarts"], "0")
        self.assertIn("cancelled: the archive is whole", self.said(number))
        again = self.submit(RUN, EMBEDDED_WEEK, archive, environment=settings)
        self.finished(again, "COMPLETED")
        self.assert_same_head(archive)

    def test_an_audit_waits_until_a_run_that_queues_itself_again_is_done(self):
        archive = self.folder / "followed"
        run_job = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings())
        audit_job = self.submit("jobs/slurm/audit.sbatch", archive, f"{archive}.private",
                                options=(f"--dependency=afterok:{run_job}", "--kill-on-invalid-dep=yes"))
        self.stop(run_job, archive)
        self.slurm.start_again(run_job)
        self.assertEqual(self.slurm.job(audit_job)["Reason"], "Dependency")
        self.finished(run_job, "COMPLETED")
        self.finished(audit_job, "COMPLETED")
        self.assertIn("audit passed", self.said(audit_job))
        self.assert_same_head(archive)

    def test_an_element_of_an_array_queues_itself_again_alone(self):
        results = self.folder / "scenarios"
        array = self.submit("jobs/slurm/array.sbatch", options=("--array=0-1",),
                            environment=self.settings() | {"RESULTS": str(results)})
        # The last element, whose SLURM_JOB_ID is the number of the whole array.
        stopped, other = (results / name / "archive" for name in ("other-weather", "as-is"))
        last = f"{array}_1"
        self.stop(last, stopped)
        self.slurm.start_again(last)
        self.finished(last, "COMPLETED")
        self.assertEqual(self.finished(f"{array}_0", "COMPLETED")["Restarts"], "0")
        self.assert_same_head(other)
        self.assertEqual(run("audit", stopped, "--quiet").status, 0)

    def test_a_slurm_without_pmix_starts_by_mpirun(self):
        archive = self.folder / "mpirun"
        srun = self.srun_that("without-pmix", '[ "$*" != --mpi=list ] || { echo none; exit 0; }')
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings() | srun)
        self.stop(number, archive)
        self.slurm.start_again(number)
        self.finished(number, "COMPLETED")
        self.assertIn(" by mpirun, start 2", self.said(number))
        self.assert_same_head(archive)

    def test_an_srun_that_starts_nothing_and_ends_with_0(self):
        archive = self.folder / "nothing"
        mark = self.folder / "once"
        srun = self.srun_that("starts-nothing", f'[ "$*" = --mpi=list ] || ! mkdir {mark} 2>/dev/null || exit 0')
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings() | srun)
        self.finished(number, "COMPLETED")
        self.assertIn("did not start", self.said(number))
        self.assert_same_head(archive)
        mark.rmdir()
        number = self.submit("jobs/slurm/audit.sbatch", archive, environment=srun)
        self.finished(number, "FAILED")
        self.assertIn("AUDIT FAILED", self.said(number))

    def test_an_srun_that_stays_when_its_ranks_have_ended(self):
        """As that of Slurm 22.05 does at times, where the ranks were stopped."""
        archive = self.folder / "stayed"
        srun = self.srun_that("stays", '''[ "$*" != --mpi=list ] || exec /usr/bin/env PATH="${PATH#*:}" srun "$@"
trap 'kill -USR1 $child' USR1
PATH=${PATH#*:} srun "$@" &
child=$!
while kill -0 $child; do wait $child; done
exec sleep 1000''')
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings() | srun)
        self.stop(number, archive)
        self.slurm.start_again(number)
        self.finished(number, "COMPLETED")
        self.assertEqual(self.said(number).count("srun stays although the ranks have ended"), 2, self.said(number))
        self.assert_same_head(archive)
        audit = self.submit("jobs/slurm/audit.sbatch", archive, environment=srun)
        self.finished(audit, "COMPLETED")
        self.assertIn("srun stays", self.said(audit))

    def test_a_rank_that_dies_is_no_end(self):
        archive = self.folder / "rank"
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings())
        self.begun(archive)
        found = subprocess.run(["pgrep", "-f", f"^[^ ]*gridtally-solve .*{archive}"], capture_output=True, text=True, check=True)
        self.slurm.kill([int(found.stdout.split()[-1])])
        self.assertEqual(self.finished(number, "COMPLETED")["Restarts"], "0")
        self.assertIn("one was killed", self.said(number))
        self.assert_same_head(archive)

    def test_without_a_warning_it_is_cut_off_at_its_limit_and_queues_itself_again(self):
        self.slurm.wait(lambda: "queued again" in self.said(self.late_job), 150, "the job did not go over its limit")
        self.assertIn("DUE TO TIME LIMIT", self.said(self.late_job))
        self.assertRegex(self.said(self.late_job), "stopped after height [1-9][0-9]*: queued again")
        self.finished(self.late_job, "COMPLETED", seconds=420)  # Slurm itself waits two minutes
        self.assert_same_head(self.late)

    def test_a_warning_that_comes_before_there_are_ranks(self):
        archive = self.folder / "early"
        mark = self.folder / "warned"
        srun = self.srun_that("warns", f'[ "$*" != --mpi=list ] || ! mkdir {mark} 2>/dev/null || '
                              "{ scancel --batch --signal=USR1 $SLURM_JOB_ID; sleep 2; }")
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings() | srun)
        self.slurm.start_again(number)
        self.assertIn("stopped after height 0: queued again", self.said(number))
        self.assertFalse(archive.exists())
        self.finished(number, "COMPLETED")
        self.assert_same_head(archive)

    def test_where_it_may_not_queue_itself_again_it_says_what_to_do(self):
        archive = self.folder / "refused"
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings(), options=("--no-requeue",))
        self.stop(number, archive)
        job = self.finished(number, "FAILED")
        self.assertEqual((job["ExitCode"], job["Restarts"]), ("75:0", "0"))
        self.assertRegex(self.said(number), r"Slurm does not queue this job again \(.*disabled.*submit the same")
        again = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings())
        self.finished(again, "COMPLETED")
        self.assert_same_head(archive)


class Preempted(Runs):
    """By a job in a partition that goes before, which cancels others."""

    nodes = 2

    def assert_goes_on_after(self, partition, words="(?s)goes before this one.*queued again"):
        archive = self.folder / partition
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings(), options=(f"--partition={partition}",))
        self.begun(archive)
        urgent = self.submit("--wrap", "sleep 1", options=("--partition=urgent", "--nodes=2"))
        self.slurm.start_again(number)
        self.finished(urgent, "COMPLETED")
        self.assertRegex(self.said(number), words)
        self.finished(number, "COMPLETED")
        self.assert_same_head(archive)

    def test_at_once(self):
        self.assert_goes_on_after("main")

    def test_with_time_to_end(self):
        self.assert_goes_on_after("graced")

    def test_where_slurm_itself_queues_it_again(self):
        self.assert_goes_on_after("requeued", "queues the job again itself")


class NodeDies(Runs):
    nodes = 3
    node_timeout = 15

    def test_when_a_node_dies_slurm_queues_it_again(self):
        archive = self.folder / "node"
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings(range(9, 25)))
        self.begun(archive)
        dead = self.slurm.job(number)["NodeList"].strip("n[]")[-1]
        self.slurm.kill_node(f"n{dead}")
        self.slurm.start_again(number)
        self.finished(number, "COMPLETED")
        self.assertNotIn(dead, self.slurm.job(number)["NodeList"])
        self.assert_same_head(archive)


if __name__ == "__main__":
    unittest.main()
