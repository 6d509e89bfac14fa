"""Chain and schedules are a function of inputs and keys, not of how a run is spread over ranks."""

import unittest

import numpy as np

from helper import EMBEDDED_WEEK, RunTest, chain, schedule_numbers, solve


class Spread(RunTest):
    def assert_same_run(self, first, second):
        for name, one, two in zip(("block hashes", "state roots"), chain(first), chain(second)):
            self.assertTrue(np.array_equal(one, two), f"{name} of {first.name} and {second.name}")
        self.assert_same_schedules(first, second)

    def assert_same_schedules(self, first, second):
        one, two = schedule_numbers(first), schedule_numbers(second)
        self.assertTrue(np.array_equal(one, two), f"schedules of {first.name} and {second.name}")

    def week(self, name, *options, ranks=None):
        return self.solved(name, EMBEDDED_WEEK, "--keys", self.keys(), *options, ranks=ranks)


class OneDay(Spread):
    """The first day of the embedded week."""

    def day(self, name, *options, ranks=None):
        return self.week(name, "--days", "1", *options, ranks=ranks)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reference = cls.solved("reference", EMBEDDED_WEEK, "--keys", cls.keys(), "--days", "1")

    def test_ranks(self):
        for ranks in (1, 2, 3, 5):
            self.assert_same_run(self.reference, self.day(f"ranks-{ranks}", ranks=ranks))

    def test_ranks_of_validators_by_hand(self):
        for validators in (1, 3):
            self.assert_same_run(self.reference,
                                 self.day(f"by-hand-{validators}", "--validator-ranks", validators, ranks=4))

    def test_too_many_ranks_of_validators(self):
        ended = solve(EMBEDDED_WEEK, self.folder / "too-many", "--validator-ranks", "4", ranks=4)
        self.assertEqual(ended.status, 2)
        self.assertEqual(ended.messages, ["--validator-ranks 4: with 4 ranks and 4 validators at most 3"])
        self.assertFalse((self.folder / "too-many").exists())

    def test_lanes(self):
        for lanes in (1, 2):
            self.assert_same_run(self.reference, self.day(f"lanes-{lanes}", "--lanes", lanes))

    def test_fewer_meters_make_another_chain_with_the_same_schedules(self):
        archive = self.day("three-meters", "--meters", "3")
        self.assertFalse(np.array_equal(chain(self.reference)[0][0], chain(archive)[0][0]))
        self.assert_same_schedules(self.reference, archive)

    def test_more_ranks_than_roles(self):
        options = ("--validators", "1", "--meters", "2")
        self.assert_same_run(self.day("few-roles", *options),
                             self.day("few-roles-spread", *options, ranks=5))

    def test_pairwise_form(self):
        self.assert_same_run(self.day("pairwise", "--form", "pairwise"),
                             self.day("pairwise-spread", "--form", "pairwise", ranks=3))


class Week(Spread):
    def test_ranks(self):
        first = self.week("ranks-1", ranks=1)
        self.assertEqual(schedule_numbers(first).shape[:2], (10, 7))
        for ranks in (2, 3, 5):
            self.assert_same_run(first, self.week(f"ranks-{ranks}", ranks=ranks))


if __name__ == "__main__":
    unittest.main()
