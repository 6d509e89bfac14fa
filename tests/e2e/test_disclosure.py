"""What an authorised auditor is given: the archive, as folder or pack, and one meter's private file. Nothing else is
needed, and nothing else shown."""

import json
import re
import shutil
import unittest

import h5py
import numpy as np

from helper import RunTest, dataset, private_of, run, solve, tree

HOMES, DAYS, METER = 4, 2, 2


class Disclosure(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.community = cls.generated(HOMES, DAYS)
        cls.archive = cls.solved("archive", cls.community, ranks=2)
        packed = run("pack", cls.archive)
        if packed.status != 0:
            raise AssertionError(packed.err)
        cls.given = {"folder": cls.archive, "pack": cls.archive.with_name("archive.gridtally.tar")}
        cls.desks = 0

    def file_of(self, meter, archive=None):
        return private_of(archive or self.archive) / f"meter-{meter:05}.h5"

    def desk(self, archive, files):
        """A folder with the archive and these private files under their new names, and nothing else."""
        type(self).desks += 1
        folder = self.folder / f"desk-{self.desks}"
        folder.mkdir()
        (shutil.copytree if archive.is_dir() else shutil.copy)(archive, folder / archive.name)
        for name, file in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(file, folder / name)
        return folder

    def audited(self, folder, archive, *options, status=0):
        """The report as text and as JSON, which agree. The audit leaves nothing behind."""
        before = tree(folder)
        text, json_text = (run("audit", archive.name, *options, *form, cwd=folder) for form in ([], ["--json"]))
        self.assertEqual((text.status, json_text.status), (status, status), text.out + text.err + json_text.err)
        self.assertEqual(tree(folder), before)
        report = json.loads(json_text.out)
        self.assert_same_report(text.out, report)
        return text.out, report

    def assert_same_report(self, text, report):
        self.assertTrue(text.startswith(f"verdict: {report['verdict']}\n"), text)
        self.assertIn(f"height {report['height']}, {report['head']}", text)
        terms = re.findall(r"^ +(\d+) +(\d+) +(-?\d+\.\d{4}) +(-?\d+\.\d{4})$", text, re.MULTILINE)
        self.assertEqual(terms, [(str(term["day"]), str(term["prosumer"]), f"{term['cost']:.4f}", f"{term['bound']:.4f}")
                                 for term in report["certified_terms"]] if report["fault"] is None else [])
        meters = re.search(r"level:.* (\d+) of \d+ meters", text)
        self.assertEqual(int(meters[1]) if meters else 0, report["meters_certified"])
        self.assertEqual("every solve" in text, report["level"] == "solves")
        fault = report["fault"]
        self.assertEqual("first fault:" in text, fault is not None)
        for part in (fault["file"], fault["what"], fault["expected"], fault["found"]) if fault else ():
            self.assertIn(part, text)
        if fault and fault["meter"] is not None:
            self.assertIn(f"meter {fault['meter']}", text)

    def test_the_public_archive_alone_says_that_nothing_private_was_checked(self):
        for name, archive in self.given.items():
            with self.subTest(name):
                text, report = self.audited(self.desk(archive, {}), archive)
                self.assertIn("level:   public ledger only; schedules and solves need --private", text)
                self.assertEqual((report["level"], report["meters_certified"], report["meters_replayed"]), ("public", 0, 0))
                self.assertEqual((report["certified_days"], report["certified_terms"]), (0, []))

    def test_one_file_certifies_its_share_of_the_bounds_and_does_its_solves_again(self):
        for name, archive in self.given.items():
            with self.subTest(name):
                folder = self.desk(archive, {"given.h5": self.file_of(METER)})
                text, report = self.audited(folder, archive, "--private", "given.h5")
                self.assertIn(f"every solve of 1 of {HOMES} meters; the others' private files were not given", text)
                self.assertIn(f"not established: whether the other {HOMES - 1} meters solved", text)
                self.assertEqual((report["level"], report["meters_certified"], report["meters_replayed"]), ("solves", 1, 1))
                self.assertEqual(report["certified_days"], 0)  # they rest on the others' word
                self.assertEqual([day["left_out"] for day in report["days"]], [0] * DAYS)
                costs, bounds = (dataset(self.archive, f"result/{what}") for what in ("cost", "bound"))
                self.assertEqual(report["certified_terms"],
                                 [{"day": day, "prosumer": METER, "cost": costs[day][METER], "bound": bounds[day][METER]}
                                  for day in range(DAYS)])

    def test_without_solves_that_is_said(self):
        folder = self.desk(self.archive, {"given.h5": self.file_of(METER)})
        text, report = self.audited(folder, self.archive, "--private", "given.h5", "--no-solve")
        self.assertIn("no solve was done again", text)
        self.assertEqual((report["level"], report["meters_certified"], report["meters_replayed"]), ("certificates", 1, 0))
        self.assertEqual(len(report["certified_terms"]), DAYS)

    def test_a_changed_number_is_unsound_and_named(self):
        cases = {"profiles/inflexible_kwh": (0, 1, 7), "parameters/grid_max_kwh": (0,), "schedules/grid": (0, 1, 3),
                 "schedules/cost": (0, 0), "multipliers/flexible_price": (0, 1), "multipliers/premium": (0, 0, 5)}
        for number, (name, place) in enumerate(cases.items()):
            with self.subTest(name):
                archive = list(self.given.values())[number % 2]
                folder = self.desk(archive, {"given.h5": self.file_of(METER)})
                with h5py.File(folder / "given.h5", "r+") as file:
                    file[name][place] += 0.125
                _, report = self.audited(folder, archive, "--private", "given.h5", status=1)
                self.assertEqual((report["fault"]["file"], report["fault"]["meter"], report["fault"]["prosumer"]),
                                 (f"meter-{METER:05}.h5", METER, METER))

    def test_what_only_a_solve_can_tell_is_told_by_solves(self):
        """The last bit of a multiplier that is next to nothing: the bound is the same, but no solve has made it."""
        folder = self.desk(self.archive, {"given.h5": self.file_of(METER)})
        with h5py.File(folder / "given.h5", "r+") as file:
            shares = file["multipliers/peak_share"]
            slot = int(shares[0, 1].argmin())
            self.assertLess(shares[0, 1, slot], 1e-9)
            shares[0, 1, slot] = np.nextafter(shares[0, 1, slot], 1.0)
        self.audited(folder, self.archive, "--private", "given.h5", "--no-solve")
        _, report = self.audited(folder, self.archive, "--private", "given.h5", status=1)
        self.assertEqual((report["fault"]["meter"], report["fault"]["day"], report["fault"]["slot"]), (METER, 1, slot))

    def test_every_iteration_that_is_kept_is_solved_again(self):
        """Another signs with the meter's key at one iteration: whichever it is, the meter's own solve tells."""
        for iteration in (1, 6):
            with self.subTest(iteration=iteration):
                plan, archive = self.folder / f"plan-{iteration}", self.folder / f"halted-{iteration}"
                plan.write_text(f"meter {METER} is impersonated at iteration {iteration} of day 0\n")
                self.assertEqual(solve(self.community, archive, "--fault", plan, "--quiet", ranks=2).status, 4)
                folder = self.desk(archive, {"given.h5": self.file_of(METER, archive)})
                self.audited(folder, archive, "--private", "given.h5", "--no-solve")
                _, report = self.audited(folder, archive, "--private", "given.h5", status=1)
                self.assertEqual((report["fault"]["meter"], report["fault"]["height"]), (METER, iteration))

    def test_another_meters_file_is_told_by_what_it_holds_not_by_its_name(self):
        folder = self.desk(self.archive, {"meter-00002.h5": self.file_of(1)})
        _, report = self.audited(folder, self.archive, "--private", "meter-00002.h5")
        self.assertEqual([term["prosumer"] for term in report["certified_terms"]], [1] * DAYS)

    def test_another_meters_file_under_a_meters_name_is_refused(self):
        folder = self.desk(self.archive, {"private/meter-00002.h5": self.file_of(1)})
        text, report = self.audited(folder, self.archive, "--private", "private", status=2)
        self.assertEqual(report["fault"]["file"], "meter-00002.h5")
        self.assertIn("expected 2, found 1", text)
        with h5py.File(folder / "private/meter-00002.h5", "r+") as file:
            file.attrs.modify("meter", np.uint64(2))
        _, report = self.audited(folder, self.archive, "--private", "private", status=2)
        self.assertEqual((report["fault"]["file"], report["fault"]["meter"]), ("meter-00002.h5", 2))

    def test_of_a_thinned_archive_no_solve_is_done_again_with_one_file(self):
        archive = self.solved("thinned", self.community, "--iterates", "final", ranks=2)
        folder = self.desk(archive, {"given.h5": self.file_of(METER, archive)})
        text, report = self.audited(folder, archive, "--private", "given.h5")
        self.assertIn("no solve was done again", text)
        self.assertEqual((report["level"], report["meters_certified"], report["meters_replayed"]), ("certificates", 1, 0))
        self.assertEqual(len(report["certified_terms"]), DAYS)
        for day in report["days"]:
            self.assertEqual(day["left_out"], day["iterations"] - 1)


if __name__ == "__main__":
    unittest.main()
