"""Faults on purpose: the run goes on where it must, halts by name where it must, the audit names each
fault, and prices and schedules are those of the clean run, bit for bit."""

import json
import os
import re
import signal
import subprocess
import time
import unittest

import numpy as np

from helper import EMBEDDED_WEEK, PATIENCE, RunTest, chain, dataset, program, run, schedule_numbers, solve

# Two ranks of meters and three of validators.
SPREAD = 5
OPTIONS = ("--days", "1", "--round-timeout", "300")
# Where nobody is to be given up, a rank may be late by chance.
PATIENT = ("--days", "1", "--round-timeout", "10000")


class Misconduct(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_folder = cls.keys(2, 4)
        cls.clean = cls.day("clean")

    @classmethod
    def day(cls, name, *options, ranks=None, meters=2, timing=OPTIONS):
        return cls.solved(name, EMBEDDED_WEEK, "--keys", cls.keys(meters, 4), "--meters", meters,
                          *timing, *options, ranks=ranks)

    def own(self, suffix):
        """A path of this test alone in the folder that its class shares."""
        return self.folder / f"{self.id().rsplit('.', 1)[-1]}{suffix}"

    def plan(self, *sentences):
        path = self.own(".txt")
        path.write_text("".join(f"{sentence}\n" for sentence in sentences))
        return path

    def audited(self, archive, *options):
        ended = run("audit", archive, "--private", archive.with_name(archive.name + ".private"),
                    "--json", *options)
        self.assertEqual(ended.status, 0, ended.out + ended.err)
        return json.loads(ended.out)

    def assert_same_market(self, archive, clean=None):
        clean = clean or self.clean
        for name in ("trading/decision", "result/price", "result/trade", "result/bill"):
            for one, two in zip(dataset(clean, name), dataset(archive, name), strict=True):
                self.assertTrue(np.array_equal(one, two), name)
        self.assertTrue(np.array_equal(schedule_numbers(clean), schedule_numbers(archive)))

    def faulty(self, *sentences, ranks, options=(), meters=2, timing=OPTIONS):
        """A run with these faults, and what the audit says happened in it."""
        archive = self.day(self.own(f"-{ranks}").name, "--fault",
                           self.plan(*sentences), *options, ranks=ranks, meters=meters, timing=timing)
        return archive, self.incidents(self.audited(archive))

    @staticmethod
    def incidents(report):
        return [incident["what"] for incident in report["incidents"]]

    def assert_named(self, incidents, *patterns):
        for pattern in patterns:
            self.assertTrue(any(re.search(pattern, line) for line in incidents),
                            f"'{pattern}' in\n" + "\n".join(incidents))

    def test_clean_run_has_no_incident_and_round_0_only(self):
        self.assertEqual(self.incidents(self.audited(self.clean)), [])
        self.assertEqual(np.concatenate(dataset(self.clean, "blocks/consensus_round")).max(), 0)
        spread = self.day("clean-spread", ranks=SPREAD, timing=PATIENT)
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(spread)[0]))

    def test_silent_validator_costs_its_turns_only(self):
        for ranks in (1, SPREAD):
            with self.subTest(ranks=ranks):
                # Long enough that no other is given up by chance, and short enough to wait for.
                archive, incidents = self.faulty("validator 2 silent from height 10 to 16", ranks=ranks,
                                                 timing=("--days", "1", "--round-timeout", "3000"))
                self.assert_same_market(archive)
                self.assert_named(incidents, r"validator 2 missed .*\b10\b")
                rounds = dataset(archive, "blocks/consensus_round")[0]
                self.assertEqual(rounds[9], 1, "validator 2 was due at height 10")
                self.assertEqual(set(rounds[16:]), {0})

    def test_silent_validator_that_was_offered_a_wrong_block_catches_up(self):
        archive, incidents = self.faulty("validator 2 silent from height 10 to 20",
                                         "validator 1 equivocates at height 12", ranks=SPREAD)
        self.assert_same_market(archive)
        self.assert_named(incidents, r"validator 1 offered two blocks at height 12",
                          r"validator 2 missed")

    def test_equivocating_proposer_and_voter(self):
        for ranks in (1, SPREAD):
            with self.subTest(ranks=ranks):
                archive, incidents = self.faulty("validator 1 equivocates at height 13",
                                                 "validator 1 equivocates at height 15",
                                                 ranks=ranks)
                self.assert_same_market(archive)
                self.assert_named(incidents, r"validator 1 offered two blocks at height 13",
                                  r"validator 1 voted twice at height 15, round 0, prevote")

    def test_wrong_state_root(self):
        for ranks in (1, SPREAD):
            with self.subTest(ranks=ranks):
                archive, incidents = self.faulty(
                    "validator 3 reports a wrong state root at height 11", ranks=ranks)
                self.assert_same_market(archive)
                self.assert_named(incidents, r"validator 3 offered a wrong block at height 11.*"
                                             r"state root")
                self.assertGreater(dataset(archive, "blocks/consensus_round")[0][10], 0)

    def test_voter_with_a_wrong_state_root(self):
        archive, incidents = self.faulty("validator 3 reports a wrong state root at height 12",
                                         ranks=SPREAD, timing=PATIENT)
        self.assert_same_market(archive)
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(archive)[0]))
        self.assert_named(incidents, r"validator 3 voted for a block that nobody offered at "
                                     r"height 12, round 0, prevote$")

    def test_more_silent_validators_than_may_be_halt_by_name(self):
        for ranks in (1, SPREAD):
            with self.subTest(ranks=ranks):
                archive = self.own(f"-{ranks}")
                plan = self.plan("validator 2 silent from height 10",
                                 "validator 3 silent from height 12")
                ended = solve(EMBEDDED_WEEK, archive, "--keys", self.key_folder, "--meters", 2, *OPTIONS,
                              "--give-up", "2", "--fault", plan, ranks=ranks)
                self.assertEqual(ended.status, 4, ended.out + ended.err)
                self.assertIn("height 12 found no quorum", ended.err)
                self.assertIn("validators 2, 3", ended.err)
                report = run("audit", archive, "--json")
                self.assertEqual(report.status, 0, report.out)
                self.assertEqual(json.loads(report.out)["blocks"], 11)

    def test_every_silent_validator_is_named_also_at_home(self):
        archive = self.own("")
        plan = self.plan("validator 0 silent from height 5", "validator 1 silent from height 7")
        ended = solve(EMBEDDED_WEEK, archive, "--keys", self.key_folder, "--meters", 2, *OPTIONS,
                      "--give-up", "2", "--fault", plan, ranks=SPREAD)
        self.assertEqual(ended.status, 4, ended.out + ended.err)
        self.assertIn("validators 0, 1;", ended.err)

    def test_lag_that_nothing_allows_is_refused(self):
        archive = self.folder / "lag-refused"
        plan = self.plan("meter 1 lags 3 iterations")
        for options in ((), ("--deadline", "20", "--staleness", "2")):
            ended = solve(EMBEDDED_WEEK, archive, "--meters", 2, *OPTIONS, *options, "--fault",
                          plan)
            self.assertEqual(ended.status, 2, ended.err)
            self.assertIn("meter 1 lags 3 iterations", ended.err)
            self.assertFalse(archive.exists())

    def halted(self, sentence, ranks):
        """What a run says that must halt for that fault, and the report of its archive, which must be sound."""
        archive = self.own(f"-{ranks}")
        ended = solve(EMBEDDED_WEEK, archive, "--keys", self.key_folder, "--meters", 2, *OPTIONS,
                      "--fault", self.plan(sentence), ranks=ranks)
        self.assertEqual(ended.status, 4, ended.out + ended.err)
        report = run("audit", archive, "--json")
        self.assertEqual(report.status, 0, report.out)
        return ended.err, json.loads(report.out)

    def test_foreign_key_halts_without_a_deadline(self):
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                said, report = self.halted("meter 1 signs with a foreign key at iteration 7", ranks)
                self.assertRegex(said, r"meter 1 was refused.*signature.*iteration 7")
                self.assert_named(self.incidents(report), r"name of meter 1")

    def test_whose_key_is_stolen_signs_nothing_more(self):
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                said, report = self.halted("meter 1 is impersonated at iteration 7", ranks)
                self.assertIn("block of height 7 holds, in the name of meter 1, what the meter did not sign", said)
                self.assertEqual(report["height"], 7)
                self.assert_named(self.incidents(report), r"meter 1 .*two")

    def test_foreign_key_with_a_deadline_uses_the_last_decision(self):
        archive, incidents = self.faulty("meter 1 signs with a foreign key at iteration 7",
                                         ranks=3, options=("--deadline", "300"))
        self.assert_named(incidents, r"name of meter 1", r"meter 1 was late at iteration.*\b7\b")
        self.assertLess(self.audited(archive)["days"][0]["gap"], 1e-6)

    def test_stalled_meter_without_a_deadline_changes_nothing(self):
        archive, incidents = self.faulty("meter 1 stalls 1 s at iteration 9", ranks=3, timing=PATIENT)
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(archive)[0]))
        self.assertEqual(incidents, [])

    def test_stalled_meter_with_a_deadline_is_late(self):
        archive, incidents = self.faulty("meter 1 stalls 1 s at iteration 9", ranks=3,
                                         options=("--deadline", "200"))
        self.assert_named(incidents, r"meter 1 was late at iteration.*\b9\b")
        self.assertLess(self.audited(archive)["days"][0]["gap"], 1e-6)

    def test_meter_always_two_iterations_behind_reaches_the_optimum(self):
        for ranks in (1, 3):
            with self.subTest(ranks=ranks):
                archive, incidents = self.faulty(
                    "meter 1 lags 2 iterations", ranks=ranks,
                    options=("--deadline", "40", "--staleness", "2"), meters=10)
                self.assert_named(incidents, r"meter 1 was late")
                day = self.audited(archive)["days"][0]
                self.assertLess(day["gap"], 1e-6)
                clean = self.audited(self.clean)["days"][0]
                self.assertLess(abs(day["cost"] - clean["cost"]), 1e-6 * abs(clean["cost"]))

    def test_unknown_sentences_and_roles_are_refused(self):
        archive = self.folder / "refused"
        plan = self.plan("validator two silent from height 3", "meter 7 lags 2 iterations")
        ended = solve(EMBEDDED_WEEK, archive, "--meters", 2, *OPTIONS, "--fault", plan)
        self.assertEqual(ended.status, 2)
        self.assertIn(f"{plan.name}:1", ended.err)
        self.assertFalse(archive.exists())


class Stopped(RunTest):
    """SIGSTOP to one rank of a run, and SIGCONT some time later."""

    options = ("--meters", "2", "--days", "3", "--rho", "108")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_folder = cls.keys(2, 4)
        cls.clean = cls.solved("clean", EMBEDDED_WEEK, "--keys", cls.key_folder, *cls.options)

    def run_with_stop(self, name, stopped_rank, seconds, *options, waits=False):
        """The archive of a run in which this rank sleeps for so long; how many bytes the others
        appended meanwhile, if the run `waits` once what was under way has arrived."""
        archive = self.folder / name
        clean = {key: value for key, value in os.environ.items()
                 if not key.startswith("GRIDTALLY_")}
        command = ["mpirun", "-n", str(SPREAD), program("solve"), EMBEDDED_WEEK, "--output",
                   archive, "--keys", self.key_folder, *self.options, *options]
        with subprocess.Popen([str(part) for part in command], env=clean, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as job:
            pid = self.pid_of_rank(job, stopped_rank, archive)
            os.kill(pid, signal.SIGSTOP)
            before = self.size_at_rest(archive) if waits else self.size(archive)
            time.sleep(seconds)
            after = self.size(archive)
            os.kill(pid, signal.SIGCONT)
            out, err = job.communicate(timeout=200 * PATIENCE)
        self.assertEqual(job.returncode, 0, out + err)
        return archive, after - before

    @staticmethod
    def size(archive):
        while True:
            try:
                return sum(path.stat().st_size for path in archive.iterdir())
            except FileNotFoundError:
                pass  # one that was renamed or removed meanwhile

    def size_at_rest(self, archive):
        """Once it has not grown for a second."""
        size, since = self.size(archive), time.monotonic()
        end = since + 30 * PATIENCE
        while time.monotonic() < min(since + 1, end):
            time.sleep(0.05)
            if (now := self.size(archive)) != size:
                size, since = now, time.monotonic()
        return size

    def pid_of_rank(self, job, rank, archive):
        wanted = f"OMPI_COMM_WORLD_RANK={rank}".encode()
        deadline = time.monotonic() + 60 * PATIENCE
        while time.monotonic() < deadline:
            journal = archive / "journal-0000"
            if journal.exists() and journal.stat().st_size > 5000:  # a few blocks
                children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(job.pid)],
                                          capture_output=True, text=True).stdout.split()
                for pid in children:
                    with open(f"/proc/{pid}/environ", "rb") as file:
                        if wanted in file.read().split(b"\0"):
                            return int(pid)
            time.sleep(0.01)
        self.fail("the run did not begin")

    def test_validator_within_the_timeout_changes_nothing(self):
        archive, _ = self.run_with_stop("patient", 2, 3, "--round-timeout", "30000")
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(archive)[0]))

    def test_run_goes_on_without_one_validator_and_it_catches_up(self):
        archive, grown = self.run_with_stop("impatient", 2, 3, "--round-timeout", "100")
        self.assertGreater(grown, 0, "no block while one of four validators was stopped")
        for one, two in zip(dataset(self.clean, "result/price"), dataset(archive, "result/price")):
            self.assertTrue(np.array_equal(one, two))
        self.assertTrue(np.array_equal(schedule_numbers(self.clean), schedule_numbers(archive)))
        self.assertEqual(run("audit", archive).status, 0)

    def test_meter_is_waited_for(self):
        archive, grown = self.run_with_stop("meter", SPREAD - 1, 2, "--round-timeout", "10000", waits=True)
        self.assertEqual(grown, 0)
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(archive)[0]))

    def test_archivist_is_waited_for(self):
        archive, grown = self.run_with_stop("archivist", 0, 2, "--round-timeout", "10000", waits=True)
        self.assertEqual(grown, 0)
        self.assertTrue(np.array_equal(chain(self.clean)[0], chain(archive)[0]))


if __name__ == "__main__":
    unittest.main()
