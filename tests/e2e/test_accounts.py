"""Accounts: conserved over every shipped run, never overdrawn, who cannot pay is named."""

import csv
import json
import shutil
import unittest

import numpy as np

from helper import EMBEDDED_WEEK, ROOT, RunTest, dataset, run, solve


def with_balances(source, target, balances):
    """The community with opening balances [cents] by name; others have none."""
    shutil.copytree(source, target)
    path = target / "prosumers.csv"
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    fields = [*rows[0], "opening_balance_cents"]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, fields, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            row["opening_balance_cents"] = balances.get(row["prosumer"], "")
            writer.writerow(row)
    return target


class Accounts(RunTest):
    def assert_conserved(self, archive, opening):
        balances = dataset(archive, "result/balance")
        bills = dataset(archive, "result/bill")
        account = np.array(opening, dtype=np.int64)
        for day, (after, bill) in enumerate(zip(balances, bills, strict=True)):
            account = account - bill
            self.assertTrue(np.array_equal(after, account), f"day {day}")
            self.assertEqual(int(after.sum()), int(np.sum(opening)), f"day {day}")

    def test_every_shipped_run_conserves_money(self):
        shipped = [path for path in sorted((ROOT / "inputs").iterdir())
                   if (path / "community.cfg").exists()]
        self.assertTrue(shipped)
        for community in shipped:
            with self.subTest(community=community.name):
                archive = self.solved(community.name, community)
                prosumers = len(dataset(archive, "prosumer")[0])
                self.assert_conserved(archive, np.zeros(prosumers))

    def test_measured_week_conserves_money(self):
        archive = self.solved("measured", self.published_week(), ranks=2)
        self.assert_conserved(archive, np.zeros(10))

    def test_who_cannot_pay_is_named_and_never_overdrawn(self):
        free = self.solved("free", EMBEDDED_WEEK, "--days", "2")
        bills = dataset(free, "result/bill")
        debtor = int(np.argmax(bills[0]))
        name = dataset(free, "prosumer")[0][debtor].decode().rstrip("\0")
        short = bills[0][debtor] / 1e6 / 2  # half of the first day's bill [cents]
        community = with_balances(EMBEDDED_WEEK, self.folder / "short", {name: f"{short:.2f}"})
        archive = self.folder / "poor"
        ended = solve(community, archive, "--days", "2", ranks=3)
        self.assertEqual(ended.status, 0, ended.err)
        self.assertIn(f"day 0: insufficient funds of {name}", ended.out)
        balances = dataset(archive, "result/balance")
        opening = np.zeros(10, dtype=np.int64)
        opening[debtor] = round(float(f"{short:.2f}") * 1e6)
        self.assert_conserved(archive, opening)
        for day in balances:
            self.assertGreaterEqual(day[debtor], 0)
        unfunded = dataset(archive, "result/unfunded")
        self.assertEqual(unfunded[0][debtor], 1)
        self.assertEqual(dataset(archive, "result/bill")[0][debtor], 0)
        audited = run("audit", archive, "--private", archive.with_name("poor.private"), "--json")
        self.assertEqual(audited.status, 0, audited.out)
        incidents = "\n".join(each["what"] for each in json.loads(audited.out)["incidents"])
        self.assertRegex(incidents, f"{name} could not pay")
        shown = run("inspect", archive, "--prosumer", name)
        self.assertIn("could not have paid", shown.out)

    def test_who_cannot_pay_where_a_trial_of_the_gap_ends_the_day(self):
        community = with_balances(EMBEDDED_WEEK, self.folder / "broke",
                                  {f"home-{number}": "0" for number in range(1, 11)})
        archive = self.solved("broke-run", community, "--days", "1", "--gap", "1e-4", ranks=2)
        self.assertEqual(dataset(archive, "result/bill")[0].tolist(), [0] * 10)
        self.assertGreater(dataset(archive, "result/unfunded")[0].sum(), 0)
        audited = run("audit", archive, "--private", archive.with_name("broke-run.private"))
        self.assertEqual(audited.status, 0, audited.out)

    def test_who_can_pay_trades_as_without_an_account(self):
        free = self.solved("free-again", EMBEDDED_WEEK, "--days", "1")
        names = [each.decode().rstrip("\0") for each in dataset(free, "prosumer")[0]]
        community = with_balances(EMBEDDED_WEEK, self.folder / "rich",
                                  {name: "100000" for name in names})
        archive = self.solved("rich-run", community, "--days", "1")
        self.assertTrue(np.array_equal(dataset(free, "result/bill")[0],
                                       dataset(archive, "result/bill")[0]))


class Proofs(RunTest):
    """A normal node's reading: a small file, checked without the archive."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.solved("week", EMBEDDED_WEEK, "--days", "2")
        shown = run("inspect", cls.archive, "--json")
        cls.head = json.loads(shown.out)["head"]

    def proof(self, name, *what):
        path = self.folder / name
        ended = run("inspect", self.archive, "--prosumer", "home-3", *what, "--proof", path)
        self.assertEqual(ended.status, 0, ended.err)
        return path

    def check(self, path, head=None):
        return run("audit", "--proof", path, "--head", head or self.head, cwd=self.folder)

    def test_bill_trade_and_iterate(self):
        for name, what in (("bill", ("--day", "1")),
                           ("trade", ("--day", "0", "--partner", "home-5")),
                           ("iterate", ("--block", "17"))):
            with self.subTest(name):
                path = self.proof(name, *what)
                self.assertLess(path.stat().st_size, 8192)
                ended = self.check(path)
                self.assertEqual(ended.status, 0, ended.out + ended.err)
                self.assertIn("prosumer 2", ended.out)
                self.assertNotIn("home", ended.out)

    def test_bill_is_the_archives(self):
        ended = self.check(self.proof("own-bill", "--day", "1"))
        bill = dataset(self.archive, "result/bill")[1][2] / 1e6
        self.assertIn(f"{bill:.2f}", ended.out)

    def test_another_head_and_every_changed_byte_are_found(self):
        path = self.proof("to-change", "--day", "0")
        wrong = ("0" if self.head[0] != "0" else "1") + self.head[1:]
        self.assertEqual(self.check(path, wrong).status, 1)
        good = path.read_bytes()
        for at in range(0, len(good), 97):
            path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            self.assertIn(self.check(path).status, (1, 2), f"byte {at}")

    def test_head_is_needed(self):
        ended = run("audit", "--proof", self.proof("headless", "--day", "0"))
        self.assertEqual(ended.status, 2)
        self.assertIn("--head", ended.err)


if __name__ == "__main__":
    unittest.main()
