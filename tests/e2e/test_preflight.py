"""What gridtally-preflight expects of a run, held against that run; what it says of this machine."""

import json
import os
import re
import subprocess
import unittest

from helper import EMBEDDED_WEEK, RunTest, program, run, solve


def bytes_in(*folders):
    return sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())


class Forecast(RunTest):
    ranks = 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.archive = cls.folder / "archive"
        asked = run("preflight", EMBEDDED_WEEK, "--nodes", 1, "--tasks-per-node", cls.ranks, "--output", cls.archive, "--json",
                    environment={"SLURM_CONF": "/dev/null"})  # this machine only
        cls.expected = json.loads(asked.out)["expected"]
        cls.ended = solve(EMBEDDED_WEEK, cls.archive, "--timings", ranks=cls.ranks)
        shown = run("inspect", cls.archive, "--json")
        cls.days = json.loads(shown.out)["days"]

    def test_iterations_of_each_day(self):
        self.assertEqual(len(self.days), 7)
        least, most = self.expected["iterations_a_day"]["low"], self.expected["iterations_a_day"]["high"]
        for day in self.days:
            self.assertTrue(least <= day["iterations"] <= most, f"{day['iterations']}, expected {least} to {most}")

    def test_disk(self):
        found = bytes_in(self.archive, self.archive.with_name("archive.private"))
        self.assertTrue(found <= self.expected["disk_bytes"] <= 4 * found, f"{found}, expected {self.expected['disk_bytes']}")

    def test_memory_of_each_rank(self):
        found = [1e6 * float(text) for text in re.findall(r"^rank \d+: .* ([\d.]+) MB at most$", self.ended.out, re.MULTILINE)]
        self.assertEqual(len(found), self.ranks)
        self.assertLessEqual(max(found), self.expected["memory_a_rank_bytes"], found)

    def test_time_is_shown_only(self):
        """How long it takes depends on what else this machine does."""
        took = max(float(text) for text in re.findall(r"^rank \d+: ([\d.]+) s:", self.ended.out, re.MULTILINE))
        expected = self.expected["seconds"]
        print(f"the run took {took:.1f} s, expected {expected['low']:.1f} to {expected['high']:.1f} s")
        self.assertLess(expected["low"], expected["high"])


class Interfaces(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode != 0:
            message = "a network of one's own needs root, and namespaces"
            if "CI" in os.environ:
                raise AssertionError(message)
            raise unittest.SkipTest(message)

    def interfaces(self, *addresses):
        """What it says of a machine that has one interface with these."""
        lines = ["ip link add d0 type veth peer name d1", "ip link set d0 up",
                 *(f"ip address add {each} dev d0" for each in addresses), '"$0" --node-report']
        asked = subprocess.run(["unshare", "--net", "sh", "-ec", "\n".join(lines), program("preflight")],
                               capture_output=True, text=True, check=True)
        return re.sub(r" \d+ Mbit/s", "", re.search(r"\tinterfaces=([^\t]*)", asked.stdout)[1])

    def test_addresses_of_both_versions_but_not_those_of_one_link(self):
        self.assertEqual(self.interfaces("192.0.2.1/24", "2001:db8::1/64", "fe80::1/64"), "d0 192.0.2.1 2001:db8::1;")
        self.assertEqual(self.interfaces("2001:db8::1/64"), "d0 2001:db8::1;")
        self.assertEqual(self.interfaces("fe80::1/64"), "")


if __name__ == "__main__":
    unittest.main()
