"""Validators that come and go by vote, from a file and from gridtally-vote."""

import json
import subprocess
import time
import unittest

import numpy as np

from helper import EMBEDDED_WEEK, PATIENCE, RunTest, chain, dataset, program, run, schedule_numbers, solve

OPTIONS = ("--days", "1", "--meters", "2")


class Governance(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_folder = cls.keys(2, 6)

    def votes(self, *lines):
        path = self.folder / f"{self.id().rsplit('.', 1)[-1]}.votes"
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def day(self, name, *options, ranks=None):
        return self.solved(name, EMBEDDED_WEEK, "--keys", self.key_folder, *OPTIONS, *options,
                           ranks=ranks)

    def test_file_adds_and_removes_the_same_on_any_ranks(self):
        plan = self.votes("# four become five, then four again",
                          "validator 0 votes to add validator-4 at height 5",
                          "validator 1 votes to add validator-4 at height 5",
                          "validator 2 votes to add validator-4 at height 6",
                          "validator 0 votes to remove 1 at height 12",
                          "validator 2 votes to remove 1 at height 12",
                          "validator 3 votes to remove 1 at height 12")
        archives = [self.day(f"file-{ranks}", "--candidates", "1", "--governance", plan,
                             ranks=ranks) for ranks in (1, 3, 7)]
        for archive in archives[1:]:
            self.assertTrue(np.array_equal(chain(archives[0])[0], chain(archive)[0]))
        proposers = dataset(archives[0], "blocks/proposer")[0]
        self.assertNotIn(4, proposers[:6])
        self.assertIn(4, proposers[6:12])
        self.assertIn(1, proposers[:12])
        self.assertNotIn(1, proposers[12:])
        clean = self.day("clean")
        self.assertTrue(np.array_equal(schedule_numbers(clean), schedule_numbers(archives[0])))
        report = run("audit", archives[0], "--json")
        self.assertEqual(report.status, 0, report.out)
        incidents = "\n".join(each["what"] for each in json.loads(report.out)["incidents"])
        self.assertRegex(incidents, "validator 4 .*joined at height 7")
        self.assertRegex(incidents, "validator 1 .*left at height 13")

    def test_too_few_votes_change_nothing(self):
        plan = self.votes("validator 0 votes to add validator-4 at height 5",
                          "validator 1 votes to add validator-4 at height 5")
        archive = self.day("few", "--candidates", "1", "--governance", plan)
        self.assertNotIn(4, dataset(archive, "blocks/proposer")[0])

    def test_votes_of_strangers_and_for_nobody_are_refused(self):
        plan = self.votes("validator 4 votes to add validator-5 at height 5",
                          "validator 0 votes to add validator-9 at height 5")
        archive = self.folder / "refused"
        ended = solve(EMBEDDED_WEEK, archive, "--keys", self.key_folder, *OPTIONS, "--candidates",
                      "1", "--governance", plan)
        self.assertEqual(ended.status, 2, ended.err)
        self.assertIn("validator 4 votes", ended.err)
        self.assertIn("validator-9", ended.err)
        self.assertFalse(archive.exists())

    def test_gridtally_vote_reaches_a_run_that_goes_on(self):
        archive = self.folder / "live"
        plan = self.folder / "slow.txt"
        plan.write_text("meter 0 stalls 15 s at iteration 20\n")
        command = ["mpirun", "-n", "3", program("solve"), EMBEDDED_WEEK, "--output", archive,
                   "--keys", self.key_folder, *OPTIONS, "--candidates", "1", "--fault", plan]
        with subprocess.Popen([str(part) for part in command], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as job:
            while job.poll() is None and not (archive / "manifest").exists():
                time.sleep(0.05)
            time.sleep(0.5)
            for voter in (0, 1, 3):
                ended = run("vote", archive, "--keys", self.key_folder, "--validator", voter,
                            "--add", "validator-4")
                self.assertEqual(ended.status, 0, ended.err)
            out, err = job.communicate(timeout=100 * PATIENCE)
        self.assertEqual(job.returncode, 0, out + err)
        self.assertIn(4, dataset(archive, "blocks/proposer")[0][20:])
        self.assertEqual(run("audit", archive).status, 0)

    def test_nobody_votes_in_a_run_that_has_ended(self):
        archive = self.day("ended")
        ended = run("vote", archive, "--keys", self.key_folder, "--validator", "0", "--add",
                    "validator-4")
        self.assertEqual(ended.status, 2)
        self.assertIn("no run writes", ended.err)

    def test_who_is_no_member_cannot_vote(self):
        archive = self.day("done")
        ended = run("vote", archive, "--keys", self.key_folder, "--validator", "5", "--add",
                    "validator-4")
        self.assertEqual(ended.status, 2)
        self.assertIn("not a member", ended.err)

    def test_part_of_a_key_names_nobody(self):
        archive = self.day("part")
        for whom in ("00", "ab12", "validator-", "77"):
            ended = run("vote", archive, "--keys", self.key_folder, "--validator", "0", "--add", whom)
            self.assertEqual(ended.status, 2)
            self.assertIn(f"'{whom}' names no validator", ended.err)


if __name__ == "__main__":
    unittest.main()
