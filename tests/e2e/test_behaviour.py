"""What a user sees of a run: statuses, messages, options, and what stays secret."""

import base64
import shutil
import stat
import unittest

import h5py
import numpy as np

from helper import (RunTest, chain, dataset, private_of, reader, run, schedules, segments, solve,
                    tree)


class NotConverged(RunTest):
    def test_says_so_and_archives_what_it_has(self):
        for ranks in (None, 3):
            with self.subTest(ranks=ranks):
                archive = self.folder / f"stopped-{ranks}"
                ended = solve(self.generated(3, 2), archive, "--max-iterations", "5", ranks=ranks)
                self.assertEqual(ended.status, 3, ended.err)
                self.assertEqual(len(ended.messages), 1, ended.err)
                for part in ("day 0 did not converge", "5 iterations", "--max-iterations"):
                    self.assertIn(part, ended.messages[0])
                self.assertEqual(len(segments(archive)), 1)
                self.assertEqual(dataset(archive, "blocks/iteration")[0].tolist(), [1, 2, 3, 4, 5])

    def test_publishes_nothing_as_optimal(self):
        archive = self.folder / "unpublished"
        solve(self.generated(3, 1), archive, "--max-iterations", "5")
        day = reader.read_archive(archive).days[0]
        self.assertFalse(day.converged or day.settled)
        self.assertTrue(np.isnan(day.cost).all())
        self.assertFalse(day.bill.any())
        self.assertEqual(schedules(archive), [[], [], []])


class Options(RunTest):
    def days(self, name, *options, environment=None, cwd=None):
        ended = solve(self.generated(2, 3), self.folder / name, *options, environment=environment,
                      cwd=cwd)
        self.assertEqual(ended.status, 0, ended.err)
        return len(segments(self.folder / name))

    def config(self, text):
        path = self.folder / "run.cfg"
        path.write_text(text)
        return path

    def test_from_the_environment(self):
        self.assertEqual(self.days("environment", environment={"GRIDTALLY_DAYS": "1"}), 1)

    def test_from_a_config_file(self):
        config = self.config("days = 1\nform = pairwise\nquiet = true\n")
        self.assertEqual(self.days("config", "--config", config), 1)
        self.assertEqual(reader.read_archive(self.folder / "config").genesis.form, "pairwise")

    def test_command_line_goes_before_environment_before_config(self):
        config = self.config("days = 3\nmax-iterations = 4000\n")
        environment = {"GRIDTALLY_DAYS": "2", "GRIDTALLY_MAX_ITERATIONS": "3000"}
        self.assertEqual(
            self.days("precedence", "--days", "1", "--config", config, environment=environment), 1)
        self.assertEqual(reader.read_archive(self.folder / "precedence").genesis.max_iterations,
                         3000)

    def test_unknown_key_of_a_config_file(self):
        ended = solve(self.generated(2, 3), self.folder / "never", "--config",
                      self.config("iterations = 3\n"))
        self.assertEqual(ended.status, 2)
        self.assertEqual(len(ended.messages), 1, ended.err)
        self.assertIn("iterations", ended.messages[0])

    def test_archive_is_the_default_output(self):
        cwd = self.folder / "here"
        cwd.mkdir()
        ended = run("solve", self.generated(2, 1), "--quiet", cwd=cwd)
        self.assertEqual(ended.status, 0, ended.err)
        self.assertEqual(sorted(path.name for path in cwd.iterdir()),
                         ["archive", "archive.private"])

    def test_days_run_are_the_first_of_the_study(self):
        self.assertEqual(self.days("all", "--keys", self.keys(2, 4)), 3)
        self.assertEqual(self.days("first", "--keys", self.keys(2, 4), "--days", "1"), 1)
        for one, two in zip(schedules(self.folder / "all"), schedules(self.folder / "first")):
            self.assertTrue(np.array_equal(one[0].grid, two[0].grid))


class Talk(RunTest):
    def test_quiet_is_silent(self):
        for ranks in (None, 3):
            ended = solve(self.generated(2, 2), self.folder / f"quiet-{ranks}", "--quiet",
                          ranks=ranks)
            self.assertEqual((ended.status, ended.out, ended.err), (0, "", ""))

    def test_a_log_has_one_line_a_day_and_says_where_files_lie(self):
        archive = self.folder / "log"
        ended = solve(self.generated(2, 2), archive, ranks=2)
        days = [line for line in ended.out.splitlines() if line.startswith("day ")]
        self.assertEqual(len(days), 2, ended.out)
        self.assertNotIn("\r", ended.out)
        self.assertIn(str(archive), ended.out)
        self.assertIn("keys made for this run only", ended.out)
        self.assertIn(bytes(chain(archive)[0][-1]).hex(), ended.out)

    def test_verbose_adds_lines(self):
        ended = solve(self.generated(2, 1), self.folder / "verbose", "--verbose")
        self.assertIn("iteration 10, residual", ended.out)

    def test_own_keys_are_not_called_throw_away(self):
        ended = solve(self.generated(2, 1), self.folder / "own", "--keys", self.keys(2, 4))
        self.assertNotIn("keys made for this run", ended.out)

    def test_help_and_version_of_several_ranks_are_said_once(self):
        for option, part in (("--help", "Usage:"), ("--version", "gridtally-solve")):
            ended = run("solve", option, ranks=3)
            self.assertEqual(ended.status, 0, ended.err)
            self.assertEqual(ended.out.count(part), 1, ended.out)


class Secrets(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.folder / "archive"
        cls.ended = solve(cls.generated(2, 1), cls.archive, "--keys", cls.keys(2, 2),
                          "--validators", "2", ranks=3)
        if cls.ended.status != 0:
            raise AssertionError(cls.ended.err)

    def signing_keys(self):
        """The seed of each key file."""
        seeds = [path.read_text().split()[-1] for path in self.keys(2, 2).glob("*.key")]
        self.assertEqual([len(seed) for seed in seeds], [64] * 4)
        return [bytes.fromhex(seed) for seed in seeds]

    def secrets(self):
        yield from self.signing_keys()
        for path in private_of(self.archive).glob("meter-*.h5"):
            with h5py.File(path, "r") as file:
                yield file["salt_key"][()].tobytes()

    def contents(self, folder):
        """Every file as it stands, and every dataset unpacked."""
        yield from tree(folder).values()
        for path in sorted(folder.glob("*.h5")):
            parts = []
            with h5py.File(path, "r") as file:
                file.visititems(lambda _, item: parts.append(item[()].tobytes())
                                if isinstance(item, h5py.Dataset) else None)
            self.assertGreater(len(parts), 10)
            yield from parts

    def test_public_archive_holds_no_key_and_no_salt(self):
        secrets = list(self.secrets())
        self.assertEqual(len(secrets), 6)
        for content in self.contents(self.archive):
            self.assert_hides(secrets, content)

    def test_terminal_shows_no_key_and_no_salt(self):
        self.assertIn("day 0", self.ended.out)
        for text in (self.ended.out, self.ended.err):
            self.assert_hides(self.secrets(), text.encode())

    def assert_hides(self, secrets, content):
        """None of them stands in `content` as bytes, in hexadecimal or in base64."""
        for secret in secrets:
            for form in (secret, secret.hex().encode(), secret.hex().upper().encode(),
                         base64.b64encode(secret)[:42],
                         base64.urlsafe_b64encode(secret)[:42]):
                self.assertNotIn(form, content)

    def test_private_files_hold_no_signing_key(self):
        for content in self.contents(private_of(self.archive)):
            self.assert_hides(self.signing_keys(), content)

    def test_private_files_are_for_their_owner_only(self):
        def mode(path):
            return stat.S_IMODE(path.stat().st_mode)

        folder = private_of(self.archive)
        self.assertEqual(mode(folder), 0o700)
        files = sorted(folder.iterdir())
        self.assertEqual([path.name for path in files], ["meter-00000.h5", "meter-00001.h5"])
        self.assertEqual({mode(path) for path in files}, {0o600})

    def test_throw_away_keys_leave_no_file(self):
        archive = self.solved("thrown", self.generated(2, 1))
        both = {**tree(archive), **tree(private_of(archive))}
        self.assertFalse([path for path in both if path.suffix == ".key"])
        shutil.rmtree(archive)


if __name__ == "__main__":
    unittest.main()
