"""The scripts of jobs/pi-cluster on hosts of their own: ssh, slow links, a link cut, a rank killed, the paper's 48 boards."""

import os
import re
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from helper import EMBEDDED_WEEK, ROOT, RunTest, chain, program, run  # noqa: E402

from boards import Boards, require  # noqa: E402

SWITCH = os.environ.get("GRIDTALLY_LINK_SWITCH", "")
VALIDATORS = 5


class BoardsTest(RunTest):
    in_memory = False
    count = 6
    slots = 2

    @classmethod
    def setUpClass(cls):
        require(SWITCH)
        super().setUpClass()
        cls.boards = Boards(cls.count, SWITCH)
        cls.addClassCleanup(cls.boards.stop)
        cls.boards.start()
        cls.make_project()

    @classmethod
    def make_project(cls):
        """On the first board, as after a checkout and a build: scripts and inputs of this one, programs without symbols."""
        place = cls.boards.place("pi1")
        for name in ("jobs", "inputs"):
            shutil.copytree(ROOT / name, place / name)
        programs = place / "build" / "release" / "bin"
        programs.mkdir(parents=True)
        for name in ("solve", "audit", "inspect", "keygen", "preflight"):
            subprocess.run(["strip", "-o", programs / program(name).name, program(name)], check=True)
        cls.write_hosts(cls.slots)

    @classmethod
    def write_hosts(cls, slots):
        (cls.boards.place("pi1") / "jobs/pi-cluster/hosts").write_text(
            "".join(f"{name} slots={slots}\n" for name in cls.boards.names))

    def archive(self, name):
        """Of a run, where the first board has it."""
        return self.boards.place("pi1") / "results" / name

    def settings(self, name, **more):
        return {"user": "root", "folder": self.boards.project, "network": "10.77.0.0/24", "archive": f"results/{name}",
                "keys": "/root/.gridtally/keys", "validators": VALIDATORS,
                "ssh_options": f"-F {self.boards.folder}/ssh_config", **more}

    def start(self, script, *arguments, name="none", **more):
        """A script of jobs/pi-cluster on the first board; `name` of the run."""
        clean = {key: value for key, value in self.boards.environment.items()
                 if not key.startswith(("GRIDTALLY_", "OMPI_"))}
        clean |= {key: str(value) for key, value in self.settings(name, **more).items()}
        command = self.boards.command("pi1", self.boards.project / "jobs/pi-cluster" / script, *arguments)
        return subprocess.Popen(command, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process, seconds=180):
        try:
            out, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            for name in self.boards.names:
                for pid in self.boards.ranks_on(name):
                    os.kill(pid, 9)
            process.kill()
            out, errors = process.communicate()
            self.fail(f"did not end within {seconds} s\n{out}{errors}")
        return process.returncode, out, errors

    def set_up(self, **more):
        status, out, errors = self.finish(self.start("setup.sh", "--no-packages", **more))
        self.assertEqual(status, 0, out + errors)
        return out

    def blocks_of(self, archive):
        ended = run("audit", archive, "--quiet")
        self.assertEqual(ended.status, 0, ended.out + ended.err)
        shown = run("audit", archive)
        return int(re.search(r"checked: (\d+) block", shown.out)[1])


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class SixBoards(BoardsTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up(cls("set_up"))
        cls.reference = cls("set_up").whole_run()

    def whole_run(self):
        status, out, errors = self.finish(self.start("run.sh", "--quiet", name="whole"))
        self.assertEqual(status, 0, out + errors)
        return self.archive("whole")

    def assert_same_chain(self, archive):
        for found, expected in zip(chain(archive), chain(self.reference)):
            self.assertTrue((found == expected).all())

    def stalled(self):
        """Lets a run last: meter 2 is slow at one iteration."""
        plan = self.boards.folder / "stalls"
        plan.write_text("meter 2 stalls 12 s at iteration 20\n")
        return f"--fault {plan}"

    def begun(self, name):
        """A run that is in the middle of its first day."""
        process = self.start("run.sh", "--quiet", name=name, options=self.stalled())
        journal = self.archive(name) / "journal-0000"
        self.boards.wait(lambda: journal.exists() and journal.stat().st_size > 60000, 60, "the run did not get going")
        return process

    def test_keys_are_made_on_each_board_and_stay_there(self):
        kept = [self.boards.folder / f"home.{name}" / "keys" for name in self.boards.names]
        for folder in kept:
            self.assertEqual(len(list(folder.glob("meter-*"))), 10)
            self.assertTrue(all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir()))
        secrets = {path.read_text() for folder in kept for path in folder.glob("meter-00000*")}
        self.assertEqual(len(secrets), len(kept))
        self.assertEqual(self.set_up().count("public key"), 0)  # a second call makes none

    def test_a_week_is_sound(self):
        self.assertEqual(self.blocks_of(self.reference), 487)

    def test_a_cut_link_ends_the_run_and_names_the_board(self):
        process = self.begun("cut")
        before = time.monotonic()
        self.boards.cut("pi4")
        try:
            status, _, errors = self.finish(process, 60)
            self.assertNotEqual(status, 0)
            self.assertLess(time.monotonic() - before, 30)
            self.assertRegex(errors, "run.sh: no answer from .*pi4")
        finally:
            self.boards.mend("pi4")
        self.goes_on("cut")

    def test_a_killed_rank_ends_the_run_and_names_the_board(self):
        process = self.begun("killed")
        before = time.monotonic()
        os.kill(self.boards.ranks_on("pi5")[0], 9)
        status, _, errors = self.finish(process, 60)
        self.assertNotEqual(status, 0)
        self.assertLess(time.monotonic() - before, 30)
        self.assertIn("pi5", errors)
        self.goes_on("killed")

    def goes_on(self, run_name):
        """Nothing of the run is left on the boards; it goes on with the same command and --resume."""
        for name in self.boards.names:
            self.boards.wait(lambda name=name: not self.boards.ranks_on(name), 30, f"{name} still runs a rank")
        self.assertGreater(self.blocks_of(self.archive(run_name)), 5)
        status, out, errors = self.finish(self.start("run.sh", "--resume", "--quiet", name=run_name))
        self.assertEqual(status, 0, out + errors)
        self.assert_same_chain(self.archive(run_name))

    def test_who_waits_leaves_its_core(self):
        process = self.begun("waiting")
        pids = [pid for name in self.boards.names for pid in self.boards.ranks_on(name)]
        before = {pid: processor_seconds(pid) for pid in pids}
        time.sleep(10)
        used = {pid: (processor_seconds(pid) - before[pid]) / 10 for pid in pids}
        for name in self.boards.names:
            for pid in self.boards.ranks_on(name):
                os.kill(pid, 9)
        self.finish(process, 60)
        print(f"a rank that waits uses {100 * max(used.values()):.1f} % of a core at most", file=sys.stderr)
        self.assertLess(max(used.values()), 0.05)

    def test_the_watch_shows_what_a_kernel_shows(self):
        board = self.folder / "sys"
        zone = board / "class/thermal/thermal_zone0"
        zone.mkdir(parents=True)
        (zone / "temp").write_text("81500\n")
        firmware = board / "devices/platform/soc/soc:firmware"
        firmware.mkdir(parents=True)
        (firmware / "get_throttled").write_text("50005\n")
        status, out, errors = self.finish(self.start("watch.sh", GRIDTALLY_SYS=board))
        self.assertEqual(status, 0, errors)
        self.assertEqual(len(out.splitlines()), 6)
        self.assertRegex(out, "pi3: 81 °C, supply too weak, throttled, load")
        shutil.rmtree(board)
        board.mkdir()
        _, out, _ = self.finish(self.start("watch.sh", GRIDTALLY_SYS=board))
        self.assertRegex(out, "pi1: temperature not shown by this kernel, throttling not shown by this kernel, load")

    def test_a_board_without_ssh_is_named(self):
        self.boards.cut("pi6")
        try:
            status, _, errors = self.finish(self.start("setup.sh", "--no-packages"))
        finally:
            self.boards.mend("pi6")
        self.assertEqual(status, 2)
        self.assertRegex(errors, "no ssh without a password to: pi6")


class FortyEightBoards(BoardsTest):
    """The paper's: 48 boards, a home each, 20 of them validators as well."""

    count = 48
    slots = 1

    def test_a_day(self):
        community = self.generated(48, 1)
        self.write_hosts(1)
        hosts = self.boards.place("pi1") / "jobs/pi-cluster/hosts"
        hosts.write_text("".join(f"{name} slots={2 if i < 20 else 1}\n" for i, name in enumerate(self.boards.names)))
        for name in self.boards.names:  # setup.sh copies all this; here it takes no time
            if name != "pi1":
                shutil.copytree(self.boards.place("pi1"), self.boards.place(name), dirs_exist_ok=True,
                                copy_function=os.link)
            subprocess.run(self.boards.command(name, self.boards.project / "build/release/bin/gridtally-keygen",
                                               "/root/.gridtally/keys", "--meters", 48, "--validators", 20),
                           check=True, capture_output=True)
        counted = self.boards.folder / "paper.csv"
        before = time.monotonic()
        status, out, errors = self.finish(self.start(
            "run.sh", name="paper", community=community, validators=20,
            options=f"--traffic {counted} --validator-ranks 20 --gap 1e-2"), 300)
        seconds = time.monotonic() - before
        self.assertEqual(status, 0, out + errors)
        self.assertIn("48 meters and 20 validators on 68 ranks", out)
        archive = self.archive("paper")
        blocks = self.blocks_of(archive)
        received, sent = self.boards.bytes_on_wire("pi48")
        rows = [line.split(",") for line in counted.read_text().splitlines()]
        meter = next(row for row in rows if row[3] == "1" and row[5] == "all")
        print(f"48 boards: a day of {blocks} blocks in {seconds:.1f} s; a meter's letters: {meter[7]} bytes sent, {meter[9]} "
              f"received; the last board's link: {sent} bytes sent, {received} received", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
