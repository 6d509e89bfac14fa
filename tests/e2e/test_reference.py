"""gridtally-reference against the run on the ledger, against cvxopt, and against itself."""

import json
import shutil
import unittest

from community import Community, optimum
from helper import EMBEDDED_WEEK, RunTest, dataset, run, schedules

CLOSE = 1e-7  # of an optimum, relative: to cvxopt and to the run
SAME = 2e-9  # of an optimum, relative: between two solves of ours, each to a gap of 1e-9
SPARSE = [(u, (u + step) % 10, None) for u in range(10) for step in (1, 3)]
PARTS = [(0, 1, None), (1, 2, None), (4, 7, None), (8, 9, None)]  # and 3, 5, 6 alone
LIMITED = [(u, v, 0.3) for u, v, _ in SPARSE]
MIXED = [(u, v, None if (u + v) % 3 == 0 else 0.2) for u, v, _ in SPARSE]


def reference(*arguments, ranks=None):
    """What --json prints; the run must succeed."""
    ended = run("reference", *arguments, "--json", ranks=ranks)
    if ended.status != 0:
        raise AssertionError(f"ended with {ended.status}:\n{ended.out}{ended.err}")
    return json.loads(ended.out)


class ReferenceTest(RunTest):
    def assert_close(self, one, two, relative):
        self.assertLessEqual(abs(one - two), relative * max(1.0, abs(two)), f"{one} and {two}")

    @classmethod
    def with_partners(cls, name, pairs):
        folder = cls.folder / name
        if folder.exists():
            return folder
        shutil.copytree(EMBEDDED_WEEK, folder)
        names = Community(EMBEDDED_WEEK).names
        rows = [f"{names[u]},{names[v]},{'' if limit is None else limit}" for u, v, limit in pairs]
        (folder / "partners.csv").write_text("prosumer,partner,limit_kwh\n" + "\n".join(rows) + "\n")
        return folder

    def assert_certified(self, figures):
        self.assertTrue(figures["solved"])
        self.assertLessEqual(figures["gap"], 1e-9)
        self.assert_close(figures["dual_bound"], figures["optimum"], 1e-9)
        self.assertLess(figures["infeasibility_kwh"], 1e-6)


class Week(ReferenceTest):
    def test_days_agree_with_the_run_and_with_cvxopt(self):
        archive = self.solved("week", EMBEDDED_WEEK)
        homes = schedules(archive)
        costs = [each.sum() for each in dataset(archive, "result/cost")]
        community = Community(EMBEDDED_WEEK)
        days = reference(EMBEDDED_WEEK, "--day", 6)["days"]
        self.assertEqual([day["day"] for day in days], list(range(7)))
        for day, figures in enumerate(days):
            with self.subTest(day=day):
                best = optimum(community, day, [home[day].battery_start for home in homes])
                self.assert_certified(figures)
                self.assertLessEqual(figures["iterations"], 20)
                self.assert_close(figures["optimum"], best, CLOSE)
                self.assert_close(figures["optimum"], costs[day], CLOSE)

    def test_the_day_asked_for_is_the_last(self):
        whole = reference(EMBEDDED_WEEK, "--day", 3)
        self.assertEqual(whole["day"], 3)
        for name in ("optimum", "dual_bound", "iterations", "seconds", "gap"):
            self.assertEqual(whole[name], whole["days"][3][name])


class Graphs(ReferenceTest):
    def check(self, name, pairs, method, nodes):
        folder = self.with_partners(name, pairs)
        figures = reference(folder)
        self.assert_certified(figures)
        self.assertEqual((figures["method"], figures["nodes"]), (method, nodes))
        self.assertEqual(len(figures["clearing_prices"]), nodes)
        return figures, Community(folder)

    def best(self, community):
        return optimum(community, 0, [row["battery_initial_kwh"] for row in community.prosumers])

    def test_sparse_graph_is_worth_as_much_as_everyone_with_everyone(self):
        figures, community = self.check("sparse", SPARSE, "eliminate", 1)
        self.assert_close(figures["optimum"], self.best(community), CLOSE)
        self.assertEqual(figures["optimum"], reference(EMBEDDED_WEEK)["optimum"])

    def test_disconnected_graph_clears_part_by_part(self):
        figures, community = self.check("parts", PARTS, "eliminate", 6)
        self.assert_close(figures["optimum"], self.best(community), CLOSE)
        kkt = reference(self.with_partners("parts", PARTS), "--method", "kkt")
        self.assert_close(kkt["optimum"], figures["optimum"], SAME)

    def test_limits(self):
        figures, community = self.check("limited", LIMITED, "kkt", 10)
        self.assert_close(figures["optimum"], self.best(community), CLOSE)
        free = reference(EMBEDDED_WEEK)["optimum"]
        self.assertGreater(figures["optimum"], free * 1.001, "the limits should hold something back")

    def test_every_graph_agrees_with_the_run(self):
        for name, pairs in (("sparse", SPARSE), ("parts", PARTS), ("limited", LIMITED)):
            with self.subTest(name=name):
                folder = self.with_partners(name, pairs)
                archive = self.solved(f"{name}-archive", folder, "--days", 1)
                cost = float(dataset(archive, "result/cost")[0].sum())
                self.assert_close(reference(folder)["optimum"], cost, CLOSE)

    def test_pairs_with_and_without_limits(self):
        figures = reference(self.with_partners("mixed", MIXED))
        wide = [(u, v, 100.0 if limit is None else limit) for u, v, limit in MIXED]
        other, community = self.check("wide", wide, "kkt", 10)
        self.assertLess(figures["nodes"], 10)
        self.assert_close(figures["optimum"], other["optimum"], SAME)
        self.assert_close(figures["optimum"], self.best(community), CLOSE)


class Ranks(ReferenceTest):
    def test_elimination_gives_the_same_bits_on_any_number_of_ranks(self):
        one, two, three = (reference(EMBEDDED_WEEK, "--day", 1, ranks=ranks)
                           for ranks in (None, 2, 3))
        for other in (two, three):
            for name in ("optimum", "dual_bound", "iterations", "clearing_prices"):
                self.assertEqual(other[name], one[name], name)
        self.assertEqual([each["ranks"] for each in (one, two, three)], [1, 2, 3])

    def test_kkt_agrees_with_elimination_on_any_number_of_ranks(self):
        eliminated = reference(EMBEDDED_WEEK)["optimum"]
        for ranks in (None, 2, 3):
            with self.subTest(ranks=ranks):
                figures = reference(EMBEDDED_WEEK, "--method", "kkt", ranks=ranks)
                self.assert_certified(figures)
                self.assert_close(figures["optimum"], eliminated, SAME)

    def test_limits_on_ranks(self):
        folder = self.with_partners("limited", LIMITED)
        one, three = (reference(folder, ranks=ranks)["optimum"] for ranks in (None, 3))
        self.assert_close(three, one, SAME)


class Options(ReferenceTest):
    def test_generated_in_memory_is_the_generated_folder(self):
        inside = reference("--generate", "12,5", "--day", 1)
        folder = reference(self.generated(12, 2, seed=5), "--day", 1)
        self.assertEqual(inside["optimum"], folder["optimum"])
        self.assertEqual(inside["prosumers"], 12)

    def test_petsc_gets_its_options(self):
        ended = run("reference", EMBEDDED_WEEK, "--method", "kkt", "-ksp_view", "-log_view")
        self.assertEqual(ended.status, 0, ended.err)
        for text in ("package used to perform factorization: mumps", "MatCholFctrNum", "optimum"):
            self.assertIn(text, ended.out)
        eliminated = run("reference", EMBEDDED_WEEK, "-log_view")
        self.assertRegex(eliminated.out, r"ProsumersMoved +\d\d")
        other = run("reference", EMBEDDED_WEEK, "--method", "kkt", "--", "-pc_type", "lu",
                    "-ksp_view")
        self.assertIn("type: lu", other.out)

    def test_an_option_that_petsc_has_no_use_for_is_named(self):
        ended = run("reference", EMBEDDED_WEEK, "-ksp_tipe", "cg")
        self.assertEqual(ended.status, 0)
        self.assertIn("PETSc had no use for -ksp_tipe", ended.err)
        used = run("reference", EMBEDDED_WEEK, "--method", "kkt", "-mat_mumps_icntl_14", 60)
        self.assertNotIn("no use for", used.err)

    def test_a_solver_of_petsc_that_fails_is_named(self):
        ended = run("reference", EMBEDDED_WEEK, "--method", "kkt", "-ksp_type", "richardson",
                    "-pc_type", "none", "-ksp_max_it", "3")
        self.assertEqual(ended.status, 3)
        self.assertIn("PETSc's linear solver did not converge (DIVERGED_", ended.err)

    def test_what_cannot_be_solved_is_said(self):
        limited = self.with_partners("limited", LIMITED)
        cases = (
            ((), 2, "argument COMMUNITY is missing"),
            (("-log_view", EMBEDDED_WEEK), 2, "put it before PETSc's options"),
            ((EMBEDDED_WEEK, "--day", 7), 2, "has data for days 0 to 6"),
            ((EMBEDDED_WEEK, "--days", 1), 2, "unknown option --days"),
            ((EMBEDDED_WEEK, "--generate", "3,1"), 2, "not both"),
            (("--generate", "0,1"), 2, "PROSUMERS,SEED"),
            ((EMBEDDED_WEEK, "--method", "magic"), 2, "not auto, eliminate or kkt"),
            ((limited, "--method", "eliminate"), 2, "only the kkt method solves"),
            ((EMBEDDED_WEEK, "--max-iterations", 2), 3, "after 2 iterations the gap is"),
        )
        for arguments, status, text in cases:
            with self.subTest(arguments=arguments):
                ended = run("reference", *arguments)
                self.assertEqual(ended.status, status, ended.err)
                self.assertIn(text, ended.err)
                self.assertNotIn("PETSC ERROR", ended.out + ended.err)

    def test_text_and_json_of_an_unsolved_day_say_so(self):
        ended = run("reference", EMBEDDED_WEEK, "--max-iterations", 2, "--json")
        self.assertEqual(ended.status, 3)
        self.assertIs(json.loads(ended.out)["solved"], False)


if __name__ == "__main__":
    unittest.main()
