"""Runs that are killed go on: the archive is that of a run that nothing interrupted. Moments of
death are drawn from a seed and lie where they may: each must do."""

import os
import shutil
import signal
import time
import unittest

from helper import private_of, run, segments, solve
from interrupted import ALL_ARE_KILLED, METERS, Interrupted, Life, folder_of_run


class Killed(Interrupted):
    def die_and_resume(self, name, clean, seconds, lives, options=()):
        """Killed in each of `lives` (numbers of ranks) but the last, which must end."""
        archive, life = self.begin(name, *options, ranks=lives[0], environment=ALL_ARE_KILLED)
        for ranks in (*lives[1:], None):
            time.sleep(self.draw.uniform(0.2, 1.1) * seconds)
            life.kill()
            if ranks is not None:
                life = Life(self.community, "--keys", self.key_folder, *options, "--resume", archive,
                            "--quiet", ranks=ranks, environment=ALL_ARE_KILLED)
        ended = run("solve", self.community, "--keys", self.key_folder, *options, "--resume", archive,
                    "--quiet", ranks=lives[-1])  # it may have died before it had begun
        self.assertEqual(ended.status, 0, f"{archive.name}:\n{ended.out}{ended.err}")
        self.assert_same(clean, archive)
        return archive

    def test_on_other_numbers_of_ranks_and_killed_again(self):
        clean, seconds = self.clean("clean")
        for lives in ([None], [2, 1], [3, 5], [5, 2, 3]):
            with self.subTest(lives=lives):
                name = "killed-" + "-".join(map(str, lives))
                self.assert_sound(self.die_and_resume(name, clean, seconds, lives))

    def test_fewer_meters_pairwise_and_gap(self):
        for name, options in (("two-meters", ("--meters", "2")),
                              ("pairwise", ("--form", "pairwise", "--days", "1")),
                              ("gap", ("--gap", "1e-3", "--rho", "0"))):
            with self.subTest(name):
                clean, seconds = self.clean("clean-" + name, *options)
                self.die_and_resume(name, clean, seconds, [2, 3], options)

    def test_faults_are_in_force_again(self):
        plan = self.folder / "plan"
        plan.write_text("validator 1 equivocates at height 12\n"
                        "validator 3 reports a wrong state root at height 7\n")
        options = ("--fault", plan, "--days", "1")
        clean, seconds = self.clean("clean-faults", *options, ranks=3)
        archive = self.die_and_resume("faults", clean, seconds, [3], options)
        self.assert_sound(archive)

    def test_late_meters_make_another_chain_that_is_sound(self):
        archive, life = self.begin("late", "--deadline", "20", "--days", "1", ranks=3,
                                   environment=ALL_ARE_KILLED)
        self.wait_for_blocks(archive)
        life.kill()
        self.resumed(archive, ranks=2)
        self.assert_sound(archive)

    def test_votes_on_members(self):
        votes = self.folder / "votes"
        votes.write_text("validator 0 votes to add validator-4 at height 5\n"
                         "validator 1 votes to add validator-4 at height 6\n"
                         "validator 2 votes to add validator-4 at height 30\n")
        keys = self.keys(METERS, 5)
        options = ("--keys", keys, "--governance", votes, "--candidates", "1", "--days", "1")
        clean = self.solved("clean-votes", self.community, *options)
        archive = self.folder / "votes-archive"
        life = Life(self.community, "--output", archive, *options, "--quiet", ranks=3,
                    environment=ALL_ARE_KILLED)
        self.wait_for_blocks(archive)
        life.kill()
        self.resumed(archive, ranks=5)
        self.assert_same(clean, archive)

    def test_throw_away_keys_are_kept_until_the_end(self):
        archive = self.folder / "own-keys"
        life = Life(self.community, "--output", archive, ranks=2, environment=ALL_ARE_KILLED)
        self.wait_for_blocks(archive)
        life.kill()
        kept = sorted(path.name for path in (folder_of_run(archive) / "keys").iterdir())
        self.assertEqual(len(kept), METERS + 4)
        self.resumed(archive, ranks=3)
        self.assertFalse(folder_of_run(archive).exists())
        self.assert_sound(archive)

    def test_missing_private_files_are_solved_again(self):
        clean, _ = self.clean("clean-private")
        plan = self.folder / "stall.txt"  # so that the run is still under way
        plan.write_text("meter 0 stalls 5 s at iteration 5 of day 1\n")
        archive, life = self.begin("private", "--fault", plan, ranks=2, environment=ALL_ARE_KILLED)
        while not segments(archive) and life.job.poll() is None:
            time.sleep(0.005)
        life.kill()
        (private_of(archive) / "meter-00001.h5").unlink()
        self.resumed(archive, ranks=2)
        self.assert_same(clean, archive)


class KeepingTheLastIteratesOnly(Interrupted):
    """Sealed days lack their decisions: a run goes on from what they carry over."""

    options = ("--iterates", "final")

    def killed_after_a_day(self, name):
        archive, life = self.begin(name, *self.options, ranks=2, environment=ALL_ARE_KILLED)
        while not segments(archive) and life.job.poll() is None:
            time.sleep(0.005)
        life.kill()
        return archive

    def test_goes_on_from_the_last_sealed_day(self):
        clean, _ = self.clean("clean-final", *self.options)
        archive = self.killed_after_a_day("final")
        self.resumed(archive, ranks=3)
        self.assert_same(clean, archive)
        self.assert_sound(archive)

    def test_private_files_that_are_missing_cannot_be_made_again(self):
        archive = self.killed_after_a_day("final-private")
        (private_of(archive) / "meter-00001.h5").unlink()
        ended = run("solve", "--resume", archive, "--quiet")
        if folder_of_run(archive).exists():  # else the run had ended before it was killed
            self.assertEqual(ended.status, 2, ended.out + ended.err)
            self.assertIn("leaves out decisions of day 0", ended.err)

class WhatThereIs(Interrupted):
    days = 6  # so that a run of some blocks is under way for a while

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.whole, _ = cls.clean("whole")
        archive = cls.folder / "stopped"
        life = Life(cls.community, "--output", archive, "--keys", cls.key_folder)
        cls().wait_for_blocks(archive)
        life.job.send_signal(signal.SIGTERM)
        life.end()
        cls.stopped = archive

    def runTest(self):
        pass  # an instance of its own is needed above

    def copy(self, name):
        archive = self.folder / name
        for of in (lambda path: path, private_of, folder_of_run):
            if of(self.stopped).exists():
                shutil.copytree(of(self.stopped), of(archive))
        settings = folder_of_run(archive) / "settings"
        settings.write_text(settings.read_text().replace(str(private_of(self.stopped)),
                                                         str(private_of(archive))))
        return archive

    def resume(self, archive, *options, **settings):
        return run("solve", "--resume", archive, *options, **settings)

    def assert_refused(self, archive, ended, *parts, status=2):
        self.assertEqual(ended.status, status, ended.out + ended.err)
        for part in parts:
            self.assertIn(part, ended.err)

    def test_nothing(self):
        archive = self.folder / "nothing"
        self.assert_refused(archive, self.resume(archive), "there is nothing at", "COMMUNITY")
        self.assertFalse(archive.exists())

    def test_nothing_yet_begins_the_run(self):
        archive = self.folder / "first"
        self.resumed_with_all(archive)
        self.assert_same(self.whole, archive)

    def resumed_with_all(self, archive):
        ended = solve(self.community, archive, "--keys", self.key_folder, "--resume", archive)
        self.assertEqual(ended.status, 0, ended.err)
        return ended

    def test_a_run_that_has_ended_says_so(self):
        archive = self.folder / "first-and-last"
        self.resumed_with_all(archive)
        ended = self.resumed_with_all(archive)
        self.assertIn("has ended already: every day is settled", ended.out)

    def test_only_what_it_needs_to_go_on_is_there(self):
        archive = self.copy("no-archive")
        shutil.rmtree(archive)
        shutil.rmtree(private_of(archive))
        self.resumed(archive)
        self.assert_same(self.whole, archive)

    def test_only_the_genesis_is_there(self):
        archive = self.copy("genesis")
        for path in archive.iterdir():
            if path.name != "genesis.bin":
                path.unlink()
        self.resumed(archive)
        self.assert_same(self.whole, archive)

    def test_settings_are_missing(self):
        archive = self.copy("no-settings")
        (folder_of_run(archive) / "settings").unlink()
        self.assert_refused(archive, self.resume(archive), "cannot go on", "settings' is missing")

    def test_keys_are_missing(self):
        archive = self.folder / "no-keys"
        life = Life(self.community, "--output", archive)
        self.wait_for_blocks(archive)
        life.kill()
        (folder_of_run(archive) / "keys" / "meter-00002.key").unlink()
        self.assert_refused(archive, self.resume(archive), "meter-00002.key: no such key")

    def test_other_keys_options_and_communities_are_named(self):
        archive = self.copy("others")
        before = (archive / "manifest").read_bytes()
        others = self.folder / "other-keys"
        run("keygen", others, "--meters", METERS, "--validators", 4)
        self.assert_refused(archive, self.resume(archive, "--keys", others), "validator 0: ")
        self.assert_refused(archive, self.resume(archive, "--days", "1", "--rho", "50"),
                            f"days: {self.days} then, 1 now (--days", "rho: ")
        other = self.generated(METERS, self.days, seed=2)
        ended = run("solve", other, "--resume", archive)
        self.assert_refused(archive, ended, "is of another run")
        self.assertEqual(before, (archive / "manifest").read_bytes())

    def test_private_file_of_another_run(self):
        archive = self.copy("other-private")
        foreign = self.solved("foreign", self.community)
        shutil.copy(private_of(foreign) / "meter-00001.h5", private_of(archive))
        self.assert_refused(archive, self.resume(archive), "meter-00001.h5", "run_id",
                            "or take it away")

    def test_damage_is_named_and_nothing_changed(self):
        archive = self.copy("damaged")
        journal = next(archive.glob("journal*"))
        bytes_ = bytearray(journal.read_bytes())
        bytes_[len(bytes_) // 3] ^= 1
        journal.write_bytes(bytes_)
        ended = self.resume(archive)
        self.assertNotIn(ended.status, (0, 75), ended.out)
        self.assertIn(journal.name, ended.err)
        self.assertEqual(bytes(bytes_), journal.read_bytes())

    def test_another_writer_is_alive(self):
        archive = self.folder / "alive"
        life = Life(self.community, "--output", archive, "--keys", self.key_folder)
        self.wait_for_blocks(archive)
        os.kill(life.job.pid, signal.SIGSTOP)
        self.assert_refused(archive, self.resume(archive), "is being written by another run")
        forced = solve(self.community, archive, "--keys", self.key_folder, "--force")
        self.assert_refused(archive, forced, "is being written by another run")
        os.kill(life.job.pid, signal.SIGCONT)
        self.assertEqual(life.end(), 0, life.err)
        self.assert_same(self.whole, archive)

    def test_existing_archive_tells_of_resume_and_force_drops_it(self):
        archive = self.copy("existing")
        ended = solve(self.community, archive, "--keys", self.key_folder)
        self.assert_refused(archive, ended, "go on with it by --resume")
        ended = solve(self.community, archive, "--keys", self.key_folder, "--force")
        self.assertEqual(ended.status, 0, ended.err)
        self.assert_same(self.whole, archive)

    def test_force_and_resume_contradict_each_other(self):
        self.assert_refused(self.stopped, self.resume(self.stopped, "--force"), "give one of them")


if __name__ == "__main__":
    unittest.main()
