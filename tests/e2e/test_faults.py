"""Bad input: one message a fault, exit status 2, nothing written."""

import shutil
import unittest

from helper import RunTest, private_of, solve, tree


class Faults(RunTest):
    def fresh(self, name):
        return self.folder / self.id().rsplit(".", 1)[-1] / name

    def spoiled(self):
        """A community with five faults; returns it and what names each."""
        folder = self.fresh("community")
        shutil.copytree(self.generated(3, 2), folder)
        replace_field(folder / "prosumers.csv", 3, 6, "1.5")
        replace_field(folder / "profiles.csv", 5, 3, "-1")
        replace_field(folder / "profiles.csv", 100, 4, "1e5")
        replace_field(folder / "tariff.csv", 4, 2, "nan")
        replace_line(folder / "tariff.csv", 7, None)
        return folder, ("prosumers.csv:3: ", "profiles.csv:5: ", "profiles.csv:100: ",
                        "tariff.csv:4: ", "day 0, slot 5")

    def assert_refused(self, ended, archive, faults):
        """Each fault in exactly one message, and no message without one."""
        self.assertEqual(ended.status, 2, ended.err)
        for fault in faults:
            naming = [line for line in ended.messages if fault in line]
            self.assertEqual(len(naming), 1, f"{fault}\n{ended.err}")
        self.assertEqual(len(ended.messages), len(faults), ended.err)
        self.assertFalse(archive.exists(), "the archive was made")
        self.assertFalse(private_of(archive).exists(), "the private folder was made")

    def test_every_fault_of_a_community_is_named_once(self):
        community, faults = self.spoiled()
        for ranks in (None, 1, 3):
            with self.subTest(ranks=ranks):
                archive = self.fresh("archive")
                self.assert_refused(solve(community, archive, ranks=ranks), archive, faults)

    def test_a_day_that_cannot_be_lived_alone_names_prosumer_slot_and_limits(self):
        """Home 2 passes the reader's conditions: its battery could help in any one slot, but there
        is nothing to charge it from. Grid and load are 1 kWh in each slot, 12 are flexible."""
        folder = self.fresh("community")
        shutil.copytree(self.generated(3, 1), folder)
        rows = (folder / "prosumers.csv").read_text().splitlines()
        name = rows[2].split(",")[0]
        replace_line(folder / "prosumers.csv", 3, f"{name},0,1,0,1,1,1,1,1,1")
        profiles = (folder / "profiles.csv").read_text().splitlines()
        for number, row in enumerate(profiles, start=1):
            if row.startswith(name + ","):
                slot = row.split(",")[2]
                replace_line(folder / "profiles.csv", number, f"{name},0,{slot},0,1,0.5,0,1")
        for ranks in (None, 3):
            with self.subTest(ranks=ranks):
                archive = self.fresh("archive")
                ended = solve(folder, archive, ranks=ranks)
                self.assert_refused(ended, archive, [f"prosumer {name}, day 0, slot "])
                for limit in ("(12.000000 kWh in ", "grid_max_kwh 1", "no renewable",
                              "sum of flexible_reference_kwh"):
                    self.assertIn(limit, ended.err)

    def test_quiet_still_says_what_is_wrong(self):
        community, faults = self.spoiled()
        archive = self.fresh("archive")
        self.assert_refused(solve(community, archive, "--quiet"), archive, faults)

    def test_absent_community(self):
        archive = self.fresh("archive")
        for ranks in (None, 3):
            ended = solve(self.fresh("nowhere"), archive, ranks=ranks)
            self.assert_refused(ended, archive, ["nowhere: no such folder"])

    def test_every_wrong_option_is_named_once(self):
        archive = self.fresh("archive")
        for ranks in (None, 3):
            ended = solve(self.generated(2, 1), archive, "--rho", "-1", "--days", "many",
                          "--colour", "blue", ranks=ranks)
            self.assert_refused(ended, archive, ["--rho", "--days", "--colour"])

    def test_options_that_do_not_fit_the_community(self):
        archive = self.fresh("archive")
        community = self.generated(2, 1)
        for option, value, names in (("--days", "2", "has data for 1 day"),
                                     ("--meters", "3", "at most one a prosumer"),
                                     ("--form", "square", "auto, collapsed or pairwise"),
                                     ("--lanes", "3", "1, 2, 4 or 8")):
            with self.subTest(option=option):
                ended = solve(community, archive, option, value)
                self.assert_refused(ended, archive, [names])

    def test_missing_keys_are_named(self):
        archive = self.fresh("archive")
        for ranks in (None, 3):
            for missing in ("meter-00001.key", "validator-3.key"):
                with self.subTest(ranks=ranks, missing=missing):
                    folder = self.copied_keys(f"without-{missing}-{ranks}")
                    (folder / missing).unlink()
                    ended = solve(self.generated(2, 1), archive, "--keys", folder, ranks=ranks)
                    self.assert_refused(ended, archive, [missing])

    def test_all_missing_keys_are_named(self):
        archive = self.fresh("archive")
        missing = ("meter-00000.key", "meter-00001.key", "validator-2.key")
        folder = self.copied_keys("some")
        for name in missing:
            (folder / name).unlink()
        ended = solve(self.generated(2, 1), archive, "--keys", folder)
        self.assert_refused(ended, archive, missing)

    def test_keys_open_to_others_are_refused_by_name(self):
        archive = self.fresh("archive")
        folder = self.copied_keys("open")
        (folder / "meter-00000.key").chmod(0o644)
        ended = solve(self.generated(2, 1), archive, "--keys", folder)
        self.assert_refused(ended, archive, ["meter-00000.key"])
        self.assertIn("chmod 600", ended.err)

    def copied_keys(self, name):
        folder = self.fresh(name)
        shutil.copytree(self.keys(2, 4), folder)
        return folder


class ExistingOutput(RunTest):
    def setUp(self):
        name = self.id().rsplit(".", 1)[-1]
        self.archive = self.solved(name, self.generated(2, 1))
        self.before = tree(self.archive), tree(private_of(self.archive))

    def solve_again(self, *options, ranks=None):
        return solve(self.generated(3, 1), self.archive, *options, ranks=ranks)

    def untouched(self):
        return self.before == (tree(self.archive), tree(private_of(self.archive)))

    def test_is_refused_and_untouched(self):
        for ranks in (None, 3):
            ended = self.solve_again(ranks=ranks)
            self.assertEqual(ended.status, 2)
            self.assertEqual(len(ended.messages), 2, ended.err)  # the archive, the private files
            self.assertIn(f"'{self.archive}'", ended.err)
            self.assertIn(f"'{private_of(self.archive)}'", ended.err)
            self.assertEqual(ended.err.count("--force"), 2)
            self.assertTrue(self.untouched())

    def test_is_replaced_with_force(self):
        ended = self.solve_again("--force", ranks=2)
        self.assertEqual(ended.status, 0, ended.err)
        self.assertFalse(self.untouched())
        self.assertEqual(len(tree(private_of(self.archive))), 3)

    def test_with_more_meters_leaves_none_of_them(self):
        self.assertEqual(self.solve_again("--force").status, 0)
        self.assertEqual(solve(self.generated(1, 1), self.archive, "--force").status, 0)
        self.assertEqual(len(tree(private_of(self.archive))), 1)

    def test_force_with_bad_input_is_untouched(self):
        self.assertEqual(self.solve_again("--force", "--days", "9").status, 2)
        self.assertTrue(self.untouched())

    def test_private_files_alone_are_refused(self):
        other = self.archive.with_name(self.archive.name + "-other")
        ended = solve(self.generated(3, 1), other, "--private", private_of(self.archive))
        self.assertEqual(ended.status, 2)
        self.assertIn("--private", ended.err)
        self.assertFalse(other.exists())
        self.assertTrue(self.untouched())

    def test_private_folder_open_to_others_is_refused(self):
        other = self.archive.with_name(self.archive.name + "-open")
        private_of(other).mkdir()
        private_of(other).chmod(0o755)
        for ranks in (None, 3):
            ended = solve(self.generated(3, 1), other, ranks=ranks)
            self.assertEqual(ended.status, 2, ended.err)
            self.assertEqual(len(ended.messages), 1, ended.err)
            self.assertIn(str(private_of(other)), ended.err)
            self.assertFalse(other.exists())

    def test_folder_that_is_no_archive_is_kept(self):
        other = self.archive.with_name(self.archive.name + "-photos")
        other.mkdir()
        (other / "holiday.jpg").write_text("sea")
        for options in ((), ("--force",)):
            ended = solve(self.generated(2, 1), other, *options)
            self.assertEqual(ended.status, 2, ended.err)
            self.assertEqual((other / "holiday.jpg").read_text(), "sea")
            self.assertFalse(private_of(other).exists())


def replace_line(path, number, text):
    lines = path.read_text().splitlines()
    lines[number - 1:number] = [] if text is None else [text]
    path.write_text("\n".join(lines) + "\n")


def replace_field(path, number, column, value):
    fields = path.read_text().splitlines()[number - 1].split(",")
    fields[column] = value
    replace_line(path, number, ",".join(fields))


if __name__ == "__main__":
    unittest.main()
