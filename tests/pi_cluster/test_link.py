"""jobs/link/measure.py: runs whose meters stand behind slow links, on hosts made of namespaces."""

import json
import sys
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS.parent / "jobs" / "link")]
from helper import EMBEDDED_WEEK, RunTest, program, run  # noqa: E402

import cluster  # noqa: E402
import link_table  # noqa: E402
import measure  # noqa: E402

HOMES, VALIDATORS = 10, 5


class LinkTest(RunTest):
    days = 1

    @classmethod
    def setUpClass(cls):
        cluster.require()
        super().setUpClass()
        cls.hosts = measure.Hosts(HOMES, VALIDATORS, program("solve").parent)
        cls.addClassCleanup(cls.hosts.stop)
        cls.hosts.start()

    def over(self, link, *options):
        """A run over that link, which must end as one without."""
        name = self.id().rsplit(".", 1)[-1]
        found = self.hosts.run(name, EMBEDDED_WEEK, measure.LINKS[link], *options, days=self.days)
        self.assertEqual(found.head, self.head_of_a_plain_run(*options))
        return found

    def head_of_a_plain_run(self, *options):
        """On this machine alone, in one process, with the same keys."""
        archive = self.solved("plain", EMBEDDED_WEEK, "--days", self.days, "--validators", VALIDATORS, "--keys", self.hosts.folder / "keys",
                              "--force", *options)
        return json.loads(run("audit", archive, "--json").out)["head"]

    def assert_letters_are_those_of_the_table(self, found):
        """Of the last meter; a settlement, or a trial of one, is a block of its own."""
        count, sent = link_table.letters(HOMES, VALIDATORS)[0]
        acknowledgement, settlement = 9, VALIDATORS * (164 + 65 + 8 * 24)
        iterations, settlements = int(found.trading.sum()), int((~found.trading).sum())
        transactions, blocks = found.letters("transaction"), found.letters("block")
        self.assertEqual(int(transactions["bytes_sent"]), iterations * (sent - acknowledgement) + settlements * settlement)
        self.assertEqual(int(transactions["letters_sent"]), (iterations + settlements) * (count - 1))
        self.assertGreaterEqual(int(blocks["bytes_received"]), int(blocks["bytes_received_expected"]))


class Fast(LinkTest):
    days = 2  # the first may be over before its links are slow

    def test_a_day_over_wi_fi(self):
        found = self.over("wi-fi")
        self.assert_letters_are_those_of_the_table(found)
        # Of single ones the archive cannot say it: rank 0 may see a block later than the meters did.
        self.assertGreaterEqual(found.iterations().mean(), 2 * measure.LINKS["wi-fi"].latency)
        # What MPI, TCP, IP and Ethernet add to a letter: at least their headers, and not much more than the table says.
        for wire, (count, size) in zip(found.wire_bytes_an_iteration(), link_table.letters(HOMES, VALIDATORS)):
            self.assertGreater(wire, size + 66 * count)
            self.assertLess(wire, size + 1.5 * 210 * (VALIDATORS + 3))


class Slow(LinkTest):
    def test_a_short_day_over_nb_iot(self):
        found = self.over("nb-iot", "--gap", 0.05)
        self.assert_letters_are_those_of_the_table(found)
        # Whoever waits longer than it is used to asks for a block that is under way; it must not go on doing so.
        blocks = found.letters("block")
        self.assertLess(int(blocks["letters_received"]), 2 * int(blocks["letters_received_expected"]))
        self.assertGreaterEqual(found.iterations().mean(), 2 * measure.LINKS["nb-iot"].latency)


if __name__ == "__main__":
    unittest.main()
