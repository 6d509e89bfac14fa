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


class Interrupted(SlurmTest):
    nodes = 5

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reference = cls.folder / "reference"
        ended = solve(EMBEDDED_WEEK, reference, "--keys", cls.keys(), "--days", DAYS)
        cls.head = re.search("head ([0-9a-f]{64})", ended.out)[1]
        # Over a limit of one minute, for which Slurm looks twice a minute, while the others go on beside it.
        cls.late = cls.folder / "late"
        cls.late_settings = cls.settings(range(3, 50), 3)
        cls.late_job = cls.submit(RUN, EMBEDDED_WEEK, cls.late, environment=cls.late_settings,
                                  options=("--time=1", "--signal=B:CONT@1"))

    @classmethod
    def settings(cls, stalled=range(9, 12), seconds=1):
        plan = stalls(cls.folder, stalled[0], stalled[-1], seconds)
        own = plan.rename(cls.folder / f"stalls-{stalled[0]}-{stalled[-1]}-{seconds}")
        return {"GRIDTALLY_KEYS": str(cls.keys()), "GRIDTALLY_DAYS": str(DAYS), "GRIDTALLY_FAULT": str(own)}

    def begun(self, archive):
        self.slurm.wait((archive / "manifest").exists, 60, f"the run of {archive.name} did not begin")

    def assert_same_head(self, archive):
        self.assertEqual(Path(f"{archive}.head").read_text().strip(), self.head, self.said("*"))
        self.assertEqual(run("audit", archive, "--head", self.head, "--quiet").status, 0)

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
        self.begun(archive)
        self.slurm.call("scancel", "--batch", "--signal=USR1", run_job, check=True)
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
        stopped = results / "as-is" / "archive"
        self.begun(stopped)
        first = f"{array}_0"
        self.slurm.call("scancel", "--batch", "--signal=USR1", first, check=True)
        self.slurm.start_again(first)
        self.finished(first, "COMPLETED")
        self.assertEqual(self.finished(f"{array}_1", "COMPLETED")["Restarts"], "0")
        self.assert_same_head(stopped)

    def srun_that(self, name, does):
        """An environment with another srun in front of Slurm's: `does` says what, for which words."""
        folder = self.folder / name
        folder.mkdir()
        srun = folder / "srun"
        srun.write_text(f'#!/bin/sh\n{does}\nPATH=${{PATH#*:}} exec srun "$@"\n')
        srun.chmod(0o755)
        return {"PATH": f"{folder}:{self.slurm.environment['PATH']}"}

    def test_a_slurm_without_pmix_starts_by_mpirun(self):
        archive = self.folder / "mpirun"
        srun = self.srun_that("without-pmix", '[ "$*" != --mpi=list ] || { echo none; exit 0; }')
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings() | srun)
        self.begun(archive)
        self.slurm.call("scancel", "--batch", "--signal=USR1", number, check=True)
        self.slurm.start_again(number)
        self.finished(number, "COMPLETED")
        self.assertIn("mpirun", self.said(number))
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

    def test_a_rank_that_dies_is_no_end(self):
        archive = self.folder / "rank"
        number = self.submit(RUN, EMBEDDED_WEEK, archive, environment=self.settings())
        self.begun(archive)
        found = subprocess.run(["pgrep", "-f", f"^[^ ]*gridtally-solve .*{archive}"], capture_output=True, text=True, check=True)
        self.slurm.kill([int(found.stdout.split()[-1])])
        self.assertEqual(self.finished(number, "COMPLETED")["Restarts"], "0")
        self.assertIn("one was killed", self.said(number))
        self.assert_same_head(archive)

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

    def test_without_a_warning_it_is_cut_off_at_its_limit_and_queues_itself_again(self):
        self.slurm.wait(lambda: self.slurm.job(self.late_job)["Restarts"] == "1", 150, "the job did not go over its limit")
        Path(self.late_settings["GRIDTALLY_FAULT"]).write_text("# from now on as fast as it can\n")
        self.slurm.start_again(self.late_job)
        self.assertIn("DUE TO TIME LIMIT", self.said(self.late_job))
        self.assertRegex(self.said(self.late_job), "stopped after height [1-9][0-9]*: queued again")
        self.finished(self.late_job, "COMPLETED")
        self.assert_same_head(self.late)


if __name__ == "__main__":
    unittest.main()
