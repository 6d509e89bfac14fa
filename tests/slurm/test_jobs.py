"""The job scripts of jobs/slurm on a real Slurm: what users submit, killed at its limit, queued again, audited."""

import csv
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from helper import EMBEDDED_WEEK, ROOT, RunTest, chain, program, run, solve  # noqa: E402

import cluster  # noqa: E402

# No shared memory between nodes of one machine, no other network.
ON_ONE_MACHINE = {"OMPI_MCA_btl": "self,vader,tcp", "OMPI_MCA_btl_tcp_if_include": "lo", "OMPI_MCA_oob_tcp_if_include": "lo"}


class SlurmTest(RunTest):
    in_memory = False
    nodes = 4
    node_timeout = 300

    @classmethod
    def setUpClass(cls):
        cluster.require()
        super().setUpClass()
        cls.prepare()
        cls.slurm = cluster.Cluster(cls.nodes, cls.node_timeout)
        cls.addClassCleanup(cls.slurm.stop)
        cls.slurm.start()

    @classmethod
    def prepare(cls):
        """Before the nodes are there: what is mounted later is not seen by them."""

    @classmethod
    def submit(cls, script, *arguments, options=(), environment=None):
        bin_folder = {"GRIDTALLY_BIN": str(program("solve").parent)}
        clean = {key: "" for key in os.environ if key.startswith("GRIDTALLY_")}
        return cls.slurm.submit("--output", cls.output("%x-%j"), "--exclusive", *options, script, *arguments, cwd=ROOT,
                                environment=clean | ON_ONE_MACHINE | bin_folder | (environment or {}))

    def submit_both(self, *arguments, environment=None):
        """Numbers of run and audit."""
        text = self.slurm.call("jobs/slurm/submit.sh", *arguments, "--exclusive", check=True, cwd=ROOT,
                               environment=ON_ONE_MACHINE | (environment or {}) | {
                                   "GRIDTALLY_BIN": str(program("solve").parent), "GRIDTALLY_DAYS": "1",
                                   "SBATCH_OUTPUT": str(self.output("%x-%j"))})
        return [int(number) for number in re.match(r"run (\d+), audit (\d+)", text).groups()]

    @classmethod
    def output(cls, name):
        return cls.slurm.folder / "out" / name

    def said(self, number):
        return "".join(path.read_text() for path in self.slurm.folder.joinpath("out").glob(f"*-{number}"))

    def finished(self, number, *states, seconds=300):
        """The job's last state, which must be one of these."""
        ends = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY")
        job = self.slurm.wait_for(number, *ends, seconds=seconds)
        self.assertIn(job["JobState"], states, self.said(number))
        return job

    def head_of(self, archive):
        ended = run("inspect", archive, "--json")
        self.assertEqual(ended.status, 0, ended.err)
        return re.search(r'"head": "?.*?([0-9a-f]{64})', ended.out)[1]


def stalls(folder, first, last, seconds):
    """A plan of faults that makes iterations of day 0 take long."""
    plan = folder / "stalls"
    plan.write_text("".join(f"meter 2 stalls {seconds} s at iteration {k}\n" for k in range(first, last + 1)))
    return plan


class Run(SlurmTest):
    def setUp(self):
        self.settings = {"GRIDTALLY_KEYS": str(self.keys()), "GRIDTALLY_DAYS": "2"}

    def reference(self):
        """The same run, uninterrupted."""
        archive = self.folder / "reference"
        if not archive.exists():
            ended = solve(EMBEDDED_WEEK, archive, "--keys", self.keys(), "--days", "2", "--quiet")
            self.assertEqual(ended.status, 0, ended.err)
        return archive

    def assert_same_chain(self, archive):
        for found, expected in zip(chain(archive), chain(self.reference())):
            self.assertTrue((found == expected).all())
        self.assertEqual(Path(f"{archive}.head").read_text().strip(), self.head_of(self.reference()))
        self.assertFalse(Path(f"{archive}.height").exists())

    def stop(self, number, archive):
        """As Slurm does before the limit; then waits until it is queued again, and lets it start."""
        self.slurm.wait((archive / "manifest").exists, 180, "the run did not begin")
        self.slurm.call("scancel", "--batch", "--signal=USR1", number, check=True)
        self.slurm.start_again(number)

    def test_stopped_it_queues_itself_and_ends_like_one_that_was_not(self):
        archive = self.folder / "stopped"
        self.settings["GRIDTALLY_FAULT"] = str(stalls(self.folder, 9, 9, 10))
        number = self.submit("jobs/slurm/run.sbatch", EMBEDDED_WEEK, archive, environment=self.settings)
        self.stop(number, archive)
        self.finished(number, "COMPLETED")
        self.assertIn("queued again", self.said(number))
        self.assertIn("start 2", self.said(number))
        self.assert_same_chain(archive)

    def test_over_its_time_limit(self):
        archive = self.folder / "over"
        self.settings["GRIDTALLY_FAULT"] = str(stalls(self.folder, 3, 70, 2))
        number = self.submit("jobs/slurm/run.sbatch", EMBEDDED_WEEK, archive, environment=self.settings,
                             options=("--time=2", "--signal=B:USR1@30"))
        self.slurm.wait(lambda: "queued again" in self.said(number), 150, "it was not stopped")
        Path(self.settings["GRIDTALLY_FAULT"]).write_text("# from now on as fast as it can\n")
        self.slurm.start_again(number)
        self.assertIn("time is nearly up", self.said(number))
        self.finished(number, "COMPLETED")
        self.assert_same_chain(archive)

    def test_a_limit_too_short_for_one_block_ends_the_job_and_says_so(self):
        archive = self.folder / "short"
        self.settings["GRIDTALLY_FAULT"] = str(stalls(self.folder, 1, 1, 60))
        number = self.submit("jobs/slurm/run.sbatch", EMBEDDED_WEEK, archive, environment=self.settings)
        self.stop(number, archive)
        self.slurm.wait(lambda: "start 2" in self.said(number) and "goes on" in self.said(number), 180, "no second start")
        self.slurm.call("scancel", "--batch", "--signal=USR1", number, check=True)
        job = self.finished(number, "FAILED")
        self.assertEqual(job["ExitCode"], "75:0")
        self.assertIn("raise --time", self.said(number))

    def test_bad_input_is_said_and_not_tried_again(self):
        number = self.submit("jobs/slurm/run.sbatch", self.folder / "nowhere", self.folder / "none")
        self.assertEqual(self.finished(number, "FAILED")["ExitCode"], "2:0")
        self.assertIn("nowhere", self.said(number))
        self.assertNotIn("attempt", self.said(number))
        self.assertFalse((self.folder / "none").exists())

    def test_without_programs_it_says_what_to_do(self):
        number = self.submit("jobs/slurm/run.sbatch", environment={"GRIDTALLY_BIN": str(self.folder)})
        self.assertEqual(self.finished(number, "FAILED")["ExitCode"], "2:0")
        self.assertIn("jobs/build.sh release", self.said(number))


class Array(SlurmTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.results = cls.folder / "scenarios"
        cls.settings = {"RESULTS": str(cls.results), "GRIDTALLY_DAYS": "1"}

    def states(self, array, elements):
        return [self.finished(f"{array}_{element}", "COMPLETED", "FAILED", "CANCELLED")["JobState"] for element in elements]

    def with_scenarios(self, *lines):
        """array.sbatch, edited."""
        text = (ROOT / "jobs/slurm/array.sbatch").read_text()
        listed = "".join(f'  "{line}"\n' for line in lines)
        script = self.folder / "edited.sbatch"
        script.write_text(re.sub(r"(?s)scenarios=\(\n.*?\)", f"scenarios=(\n{listed})", text))
        return script

    def test_an_element_for_each_scenario_and_an_audit_that_follows_it(self):
        unknown = self.results / "other-weather" / "archive"
        unknown.mkdir(parents=True)
        runs, audits = self.submit_both("--scenarios", "--private", "--array=0,1,3", environment=self.settings)
        self.assertEqual(self.states(runs, (0, 1, 3)), ["COMPLETED", "FAILED", "COMPLETED"], self.said("*"))
        self.assertEqual(self.states(audits, (0, 1, 3)), ["COMPLETED", "CANCELLED", "COMPLETED"], self.said("*"))
        self.assertRegex(self.said("*"), "other-weather/archive was run with .*another name, or move")
        heads = set()
        for name in ("as-is", "neighbours-only"):
            self.assertIn(f"audit passed: {self.results / name / 'archive'}", self.said("*"))
            heads.add((self.results / name / "archive.head").read_text())
        self.assertEqual(len(heads), 2)
        self.assertFalse((self.results / "twice-as-many").exists())

    def test_a_line_that_was_edited_makes_its_community_anew_but_never_goes_on_with_another_archive(self):
        folder = self.results / "edited"
        (folder / "community").mkdir(parents=True)
        (folder / "scenario").write_text("--prosumers 3 --days 1 --seed 1\n")
        script = self.with_scenarios("edited --prosumers 4 --days 1 --seed 2")
        first = self.submit(script, options=("--array=0",), environment=self.settings)
        self.assertEqual(self.states(first, (0,)), ["COMPLETED"], self.said("*"))
        self.assertEqual(run("audit", folder / "archive", "--quiet").status, 0)
        head = (folder / "archive.head").read_text()
        script = self.with_scenarios("edited --prosumers 4 --days 1 --seed 3")
        second = self.submit(script, options=("--array=0",), environment=self.settings)
        self.assertEqual(self.states(second, (0,)), ["FAILED"], self.said("*"))
        self.assertIn("was run with '--prosumers 4 --days 1 --seed 2', and the line of edited now says", self.said("*"))
        self.assertEqual((folder / "archive.head").read_text(), head)


class Audit(SlurmTest):
    def test_follows_a_run_and_solves_again(self):
        archive = self.folder / "audited"
        run_job, audit_job = self.submit_both("--private", EMBEDDED_WEEK, archive)
        self.finished(run_job, "COMPLETED")
        self.finished(audit_job, "COMPLETED")
        said = self.said(audit_job)
        self.assertIn("verdict: sound", said)
        self.assertIn("audit passed", said)

    def test_fails_loudly(self):
        archive = self.folder / "tampered"
        ended = solve(EMBEDDED_WEEK, archive, "--days", "1", "--quiet")
        self.assertEqual(ended.status, 0, ended.err)
        day = archive / "day-0000.h5"
        content = bytearray(day.read_bytes())
        content[len(content) // 2] ^= 1
        day.write_bytes(content)
        number = self.submit("jobs/slurm/audit.sbatch", archive)
        self.assertEqual(self.finished(number, "FAILED")["ExitCode"], "1:0")
        self.assertIn("AUDIT FAILED", self.said(number))
        self.assertIn("day-0000.h5", self.said(number))

    def test_does_not_wait_for_a_run_that_failed(self):
        run_job, audit_job = self.submit_both("--private", EMBEDDED_WEEK, self.folder / "never")
        self.slurm.call("scancel", run_job)
        self.finished(audit_job, "CANCELLED")


class Hetero(SlurmTest):
    def begin(self, name, **more):
        """Job, archive, and the file that says where each rank was."""
        archive, counted = self.folder / name, self.folder / f"{name}.csv"
        number = self.submit("jobs/slurm/hetero.sbatch", EMBEDDED_WEEK, archive,
                             environment={"GRIDTALLY_TRAFFIC": str(counted), "GRIDTALLY_DAYS": "2", **more})
        return number, archive, counted

    def assert_apart(self, number, archive, counted):
        self.finished(number, "COMPLETED")
        hosts = {"validators": set(), "meters": set()}
        with open(counted, newline="", encoding="ascii") as rows:
            for row in csv.DictReader(rows):
                for role, names in hosts.items():
                    if int(row[role]) > 0:
                        names.add(row["host"])
        self.assertEqual(len(hosts["validators"]), 1)
        self.assertEqual(len(hosts["meters"]), 2)
        self.assertFalse(hosts["validators"] & hosts["meters"])
        self.assertEqual(run("audit", archive, "--quiet").status, 0)

    def test_validators_and_meters_on_different_nodes(self):
        self.assert_apart(*self.begin("hetero"))


class HeteroStopped(Hetero):
    def test_validators_and_meters_on_different_nodes(self):
        """Also where it was stopped and has queued itself again."""
        number, archive, counted = self.begin("stopped", GRIDTALLY_FAULT=str(stalls(self.folder, 9, 9, 10)))
        self.slurm.wait((archive / "manifest").exists, 180, "the run did not begin")
        self.slurm.call("scancel", "--batch", "--signal=USR1", number, check=True)
        self.slurm.start_again(number)
        self.assert_apart(number, archive, counted)
        self.assertIn("queued again", self.said(number))


class Preflight(SlurmTest):
    @classmethod
    def prepare(cls):
        cls.small = cls.folder / "small"
        cls.small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", cls.small], check=True)
        cls.addClassCleanup(subprocess.run, ["umount", cls.small], check=True)

    def ask(self, *options):
        return subprocess.run([program("preflight"), EMBEDDED_WEEK, "--measure", "30", *map(str, options)], check=False,
                              capture_output=True, text=True, env=self.slurm.environment | ON_ONE_MACHINE, timeout=120)

    def test_asks_the_nodes_and_its_line_can_be_submitted(self):
        archive = self.folder / "proposed"
        ended = self.ask("--nodes", 3, "--tasks-per-node", 2, "--output", archive, "--partition", "short")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertIn("nodes: 3 of 3 nodes answered", ended.stdout)
        self.assertRegex(ended.stdout, "MPI between the nodes: 3 ranks, at worst")
        self.assertRegex(ended.stdout, r"ok +clock offset: at worst [0-9.]+ ms")
        line = ended.stdout.splitlines()[-1].split()
        self.assertEqual(line[0], "sbatch")
        self.assertIn("--time=0:03:00", line)  # such a job may have no more
        number = self.submit(*line[-3:], options=line[1:-3])
        self.assertEqual(self.finished(number, "COMPLETED")["NumNodes"], "3")
        self.assertEqual(run("audit", archive, "--quiet").status, 0)

    def test_more_nodes_than_there_are(self):
        ended = self.ask("--nodes", 9, "--wait", 5, "--output", self.folder / "none", "--json")
        self.assertEqual(ended.returncode, 1, ended.stdout + ended.stderr)
        report = json.loads(ended.stdout)
        self.assertFalse(report["ready"])
        self.assertEqual([check["what"] for check in report["checks"] if check["level"] == "failure"],
                         ["nodes", "starting on the nodes", "MPI between the nodes"])

    def test_inside_a_job_it_asks_the_nodes_of_that_job(self):
        command = f"{program('preflight')} {EMBEDDED_WEEK} --output {self.folder / 'inside'} --tasks-per-node 2 --nodes"
        two = self.submit("--wrap", f"{command} 2", options=("--nodes=2", "--ntasks-per-node=2"))
        self.finished(two, "COMPLETED")
        self.assertIn("nodes: 2 of 2 nodes answered", self.said(two))
        self.assertRegex(self.said(two), "MPI between the nodes: 2 ranks, at worst")
        three = self.submit("--wrap", f"{command} 3", options=("--nodes=2", "--ntasks-per-node=2"))
        self.assertEqual(self.finished(three, "FAILED")["ExitCode"], "1:0")
        self.assertIn("FAILURE  nodes: 0 of 3 nodes answered", self.said(three))

    def test_a_full_disk(self):
        ended = self.ask("--nodes", 1, "--output", self.small / "archive")
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertRegex(ended.stdout, "FAILURE +disk: .* free, .* needed")


if __name__ == "__main__":
    unittest.main()
