"""jobs/pi-cluster: which homes a Pi has, and what it gets of a community's files."""

import subprocess
import tempfile
import unittest
from pathlib import Path

PI_CLUSTER = Path(__file__).resolve().parents[2] / "jobs" / "pi-cluster"
HEADER = ("prosumer,battery_min_kwh,battery_max_kwh,battery_initial_kwh,charge_max_kwh,discharge_max_kwh,battery_efficiency,"
          "grid_max_kwh,discomfort_weight,wear_cost")
PROFILES = "prosumer,day,slot,renewable_kwh,inflexible_kwh,flexible_reference_kwh,flexible_min_kwh,flexible_max_kwh"


class Part(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.prosumers, self.profiles = (Path(folder.name) / name for name in ("prosumers.csv", "profiles.csv"))
        # Blanks, empty lines, line ends of Windows: as the programs read it.
        self.prosumers.write_text("\n".join((
            "", f" {HEADER.replace(',', ' , ')} , opening_balance_cents \r", "a,1,5,2,3,3,0.9,10,1,1,", " \t",
            "  b b ,0,0,0,0,0,1,4,1,1, 7.5 \r", "c,,, ,,,,,,,3", "bb,0,0,0,0,0,1,4,1,1,")))
        self.profiles.write_text("\n".join((
            PROFILES, "bb,0,0,1,2,3,4,5", " a ,0,0,0,1,0.5,0,2", "", "b b,0,0,0,1,0.5,0,2\r", "z,0,0,9,9,9,9,9", "\tb b ,0,1,0,1,0.5,0,2", "")))

    def asked(self, what, first=0, count=0, status=0):
        ended = subprocess.run(
            ["awk", "-v", f"what={what}", "-v", f"first={first}", "-v", f"count={count}", "-f", PI_CLUSTER / "homes.awk",
             "file=prosumers", self.prosumers, "file=profiles", self.profiles], capture_output=True)
        self.assertEqual(ended.returncode, status, ended.stderr)
        return (ended.stdout if status == 0 else ended.stderr).decode()

    def test_list(self):
        self.assertEqual(self.asked("list"), "here a\nhere b b\nelsewhere c\nhere bb\n")

    def test_own_homes_as_they_are_of_others_what_is_public(self):
        rows = self.prosumers.read_text().splitlines()
        self.assertEqual(self.asked("prosumers", 1, 1).splitlines(), [rows[1], "a,,,,,,,,,,", rows[4], "c,,,,,,,,,,3", "bb,,,,,,,,,,"])
        rows = self.profiles.read_text().splitlines()
        self.assertEqual(self.asked("profiles", 1, 1).splitlines(), [rows[0], rows[4], rows[6]])

    def test_without_balances(self):
        self.prosumers.write_text(f"{HEADER}\na,1,5,2,3,3,0.9,10,1,1\nb,0,0,0,0,0,1,4,1,1\n")
        self.assertEqual(self.asked("prosumers", 1, 1), f"{HEADER}\na,,,,,,,,,\nb,0,0,0,0,0,1,4,1,1\n")

    def test_no_homes(self):
        self.assertEqual(self.asked("profiles"), PROFILES + "\n")
        self.assertNotIn("0.9", self.asked("prosumers"))

    def test_what_leaves_in_doubt_whose_data_a_row_is(self):
        whole = self.prosumers.read_text()
        for spoiled, message in (
                (whole.replace("a,1,5", "a,1"), "prosumers.csv:3: the row has 10 fields; give 11"),
                (whole.replace("\nbb,", "\na ,"), "prosumers.csv:7: the name 'a' is"),
                (whole.replace("\nbb,", "\n ,"), "prosumers.csv:7: the name '' is"),
                (whole.replace("wear_cost", "cost"), "prosumers.csv:2: the header is"),
                (whole.replace(" , opening_balance_cents", ""), "prosumers.csv:3: the row has 11 fields; give 10"),
                (whole.replace("opening_balance_cents", "balance"), "prosumers.csv:2: the header is")):
            with self.subTest(message):
                self.prosumers.write_text(spoiled)
                for what in ("list", "prosumers", "profiles"):
                    self.assertIn(message, self.asked(what, 0, 1, status=1))
        self.prosumers.write_text(whole)
        self.profiles.write_text("a,0,0,0,1,0.5,0,2\n")
        self.assertIn("profiles.csv:1: the header is", self.asked("profiles", 1, 1, status=1))


def shares(total, parts):
    """[(first, count)], as src/cluster/layout.cpp and src/ledger/genesis.cpp have it."""
    counts = [total // parts + (i < total % parts) for i in range(parts)]
    return [(sum(counts[:i]), counts[i]) for i in range(parts)]


class HomesOfAPi(unittest.TestCase):
    def test_are_those_of_its_meters(self):
        cases = [(homes, meters, pis) for homes in (1, 2, 7, 10) for meters in range(1, homes + 1) for pis in (1, 2, 3, 6, 12)]
        script = f". '{PI_CLUSTER}/common.sh'\n"
        expected = []
        for homes, meters, pis in cases:
            ranks = min(meters, pis)
            script += f"homes=({' '.join('h' * homes)}) meters={meters} meter_ranks={ranks}\n"
            script += f"for i in {{0..{pis - 1}}}; do homes_of $i; done\n"
            for first, count in shares(meters, ranks):
                own = [u for of, many in shares(homes, meters)[first:first + count] for u in range(of, of + many)]
                expected.append(f"{own[0]} {len(own)}")
            expected += ["0 0"] * (pis - ranks)
        ended = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(ended.stdout.splitlines(), expected)


if __name__ == "__main__":
    unittest.main()
