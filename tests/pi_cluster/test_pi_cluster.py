"""jobs/pi-cluster on a cluster of hosts made of namespaces: set up, the embedded week over ssh, a link cut and a rank killed in
the middle of it, what a waiting meter costs, what the watch sees; and the paper's 48 boards."""

import csv
import hashlib
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from helper import EMBEDDED_WEEK, ROOT, RunTest, program, run, solve, tree  # noqa: E402
from test_homes import keep_private_part  # noqa: E402

import cluster  # noqa: E402

FOLDER = "gridtally-cluster"
PI_CLUSTER = ROOT / "jobs" / "pi-cluster"
BAD_INPUT, LOST, STOPPED = 2, 4, 75
MOST_SECONDS = 30  # from a fault to the end of the job
MOST_PROCESSOR = 0.05  # of a core, for a rank that waits


class Job:
    """A script of jobs/pi-cluster that is going on on the head."""

    def __init__(self, of, script, *arguments, environment=()):
        words = ["env", f"HOME={Path.home()}", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
                 f"TMPDIR={of.head.folder}/scratch", *environment,
                 PI_CLUSTER / script, "--cluster", of.pis.folder / "cluster", *arguments]
        self.head, self.script = of.head, script
        self.output = of.pis.folder / f"{script}-{time.monotonic_ns()}.out"
        with open(self.output, "w") as out:
            self.process = of.pis.begin(*self.head.inside(*words), stdout=out, stderr=out)

    def end(self, seconds=120):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no end after {seconds} s:\n{self.said()}") from None

    def end_by_force(self):
        """Of a test that has failed: the next one must find the hosts free."""
        if self.process.poll() is None:
            for pid in (pid for name in (self.script, "mpirun") for pid in self.head.processes(name)):
                os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def said(self):
        return self.output.read_text()

    def ask_to_stop(self):
        for pid in self.head.processes(self.script):
            os.kill(pid, signal.SIGTERM)

    def wait_for_day(self, number, seconds=90):
        """Until so many days are settled."""
        cluster.wait(lambda: f"({number} of " in self.said() or self.process.poll() is not None, seconds,
                     lambda: f"no {number} days:\n{self.said()}")
        if self.process.poll() is not None:
            raise AssertionError(f"the run ended before its time:\n{self.said()}")


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class PiTest(RunTest):
    in_memory = False
    pis_count, validators = 6, 5
    setup_limit = 120  # [s]

    @classmethod
    def community(cls):
        return EMBEDDED_WEEK

    @classmethod
    def setUpClass(cls):
        cluster.require()
        super().setUpClass()
        cls.pis = cluster.Cluster(cls.pis_count)
        cls.addClassCleanup(cls.pis.stop)
        cls.pis.start()
        cls.head = cls.pis.hosts[0]
        cls.strip_programs()
        (cls.pis.folder / "cluster").mkdir()
        (cls.pis.folder / "cluster" / "hosts").write_text(
            "# the Pis\n" + "".join(f"{host.name} slots=4\n" for host in cls.pis.hosts))
        cls.describe("none")
        cls.before = [cls().job(script) for script in ("run.sh", "setup.sh")]
        for job in cls.before:
            job.end()
        cls.let_the_head_in()
        start = time.monotonic()
        cls.set_up = cls().job("setup.sh")
        if cls.set_up.end(cls.setup_limit) != 0:
            raise AssertionError(cls.set_up.said())
        cls.setup_seconds = time.monotonic() - start

    def runTest(self):
        pass  # an instance of its own is needed above

    @classmethod
    def strip_programs(cls):
        """Built already, for this architecture; debug information would be most of what goes over the links."""
        cls.programs = cls.pis.folder / "programs"
        cls.programs.mkdir()
        for name in ("solve", "keygen", "audit", "inspect", "pack", "vote"):
            cluster.call("strip", "-o", cls.programs / f"gridtally-{name}", program(name))

    @classmethod
    def describe(cls, archive, options="", community=None):
        """cluster.conf as users edit it."""
        values = {"community": community or cls.community(), "validators": cls.validators, "subnet": "10.77.0.0/16", "user": "root",
                  "folder": FOLDER, "archive": archive, "options": f"({options})", "programs_arm64": cls.programs,
                  "programs_amd64": cls.programs}
        text = (PI_CLUSTER / "cluster.conf").read_text()
        for name, value in values.items():
            text, found = re.subn(rf"(?m)^{name}=[^ \n]*", f"{name}={value}", text)
            assert found == 1, name
        (cls.pis.folder / "cluster" / "cluster.conf").write_text(text)
        cls.archive = cls.in_home(cls.head, archive)

    @classmethod
    def let_the_head_in(cls):
        """As one does who writes the Pis' cards, or types their passwords."""
        key = cls.in_home(cls.head, "ssh", "id.pub").read_text()
        for host in cls.pis.hosts[1:]:
            (host.home / ".ssh").mkdir(mode=0o700)
            (host.home / ".ssh" / "authorized_keys").write_text(key)

    def job(self, script, *arguments, **settings):
        job = Job(self, script, *arguments, **settings)
        self.addCleanup(job.end_by_force)
        return job

    def cut(self, number):
        self.pis.links.cut(number)
        self.addCleanup(self.pis.links.mend, number)

    def ended(self, script, *arguments, status=0, **settings):
        """What it said."""
        job = self.job(script, *arguments, **settings)
        found = job.end()
        self.assertEqual(found, status, job.said())
        return job.said()

    @staticmethod
    def in_home(host, *parts):
        return host.home.joinpath(FOLDER, *parts)

    @classmethod
    def everyones(cls, name, of):
        """All files in folder `of` of every host, in one folder, as no user has them."""
        folder = cls.folder / name
        folder.mkdir(mode=0o700)
        for host in cls.pis.hosts:
            for file in cls.in_home(host, of).iterdir():
                if (folder / file.name).exists():
                    raise AssertionError(f"{file.name} is on two hosts")
                shutil.copy(file, folder)
        return folder

    @classmethod
    def head_of_a_plain_run(cls):
        """On this machine alone, in one process, with the same keys."""
        if not hasattr(cls, "plain_head"):
            cls.plain_head = cls.audited(cls.solved("plain", cls.community(), "--validators", cls.validators, "--keys",
                                                    cls.everyones("all-keys", "keys")))["head"]
        return cls.plain_head

    @classmethod
    def own_homes(cls, host):
        """By the keys of its meters; here each has one home."""
        return sorted(int(path.stem.removeprefix("meter-")) for path in cls.in_home(host, "keys").glob("meter-*.key"))

    def assert_no_private_part_of_others(self):
        """In no file of a host, whatever its name, is a row with numbers of another's home."""
        names = [row.split(",")[0] for row in (self.community() / "prosumers.csv").read_text().splitlines()[1:]]
        for host in self.pis.hosts:
            own = {names[u].encode() for u in self.own_homes(host)}
            found = {path: set(re.findall(rb"\b(home-\d+) *, *[0-9.]", path.read_bytes()))
                     for folder in (host.home, host.folder / "scratch") for path in folder.rglob("*")
                     if path.is_file()}
            self.assertEqual({path: homes - own for path, homes in found.items() if homes - own}, {}, host.name)
            community = self.in_home(host, "community")
            self.assertEqual([found[community / file] for file in ("prosumers.csv", "profiles.csv")], [own, own])
            self.assertEqual(sorted(path.name for path in community.iterdir()),
                             sorted(path.name for path in self.community().iterdir()))
            self.assertEqual(community.stat().st_mode & 0o777, 0o700)

    @staticmethod
    def audited(archive, *options):
        """The report on an archive that must be sound."""
        ended = run("audit", archive, "--json", *options)
        if ended.status != 0:
            raise AssertionError(ended.out + ended.err)
        return json.loads(ended.out)

    def voted_height(self):
        """The highest block that any validator has a vote record of: the one before it was acknowledged."""
        heights = [0]
        for host in self.pis.hosts:
            for path in self.in_home(host, f"{self.archive.name}.run").glob("votes-*.record"):
                content = path.read_bytes()
                for found in re.finditer(b"gridtally-record", content):
                    height = content[found.end() + 66:found.end() + 74]  # behind version, run id and key
                    if len(height) == 8:
                        heights.append(struct.unpack("<Q", height)[0])
        return max(heights)

    def ranks(self):
        """[(host, process id)]"""
        return [(host, pid) for host in self.pis.hosts for pid in host.processes("gridtally-solve")]


class Ready(PiTest):
    def test_who_does_not_know_the_head_is_named(self):
        not_ready, no_log_in = self.before
        self.assertEqual(not_ready.end(), BAD_INPUT)
        self.assertIn("call jobs/pi-cluster/setup.sh first", not_ready.said())
        self.assertEqual(no_log_in.end(), BAD_INPUT)
        for host in self.pis.hosts[1:]:
            self.assertIn(f"{host.name}: root@{host.name}: Permission denied", no_log_in.said())
        self.assertIn(self.in_home(self.head, "ssh", "id.pub").read_text().strip(), no_log_in.said())

    def test_a_key_is_on_its_host_and_nowhere_else(self):
        found = {}
        for host in self.pis.hosts:
            for key in self.in_home(host, "keys").iterdir():
                self.assertNotIn(key.name, found)
                found[key.name] = host
                self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(found), [f"meter-{m:05}.key" for m in range(10)] + [f"validator-{v}.key" for v in range(5)])
        for name, host in found.items():
            seed = self.in_home(host, "keys", name).read_bytes().split()[-1]
            for other in self.pis.hosts:
                for path in other.home.rglob("*"):
                    if path.is_file() and path.parent.name != "keys":
                        self.assertNotIn(seed, path.read_bytes(), f"{name} of {host.name} in {path}")
        collected = [line.split() for line in self.in_home(self.head, "public-keys").read_text().splitlines()]
        self.assertEqual({name: host for name, _, host in collected},
                         {name.removesuffix(".key"): host.name for name, host in found.items()})

    def test_only_the_head_can_log_in(self):
        for host in self.pis.hosts[1:]:
            self.assertEqual([path.name for path in (host.home / ".ssh").iterdir()], ["authorized_keys"])

    def test_again_changes_nothing(self):
        def digests():
            return [f"{host.name} {path} {hashlib.sha256(content).hexdigest()}"
                    for host in self.pis.hosts for path, content in tree(host.home).items()]
        before = digests()
        said = self.ended("setup.sh")
        self.assertNotIn("not those of before", said)
        self.assertEqual(before, digests())

    def test_a_pi_has_the_private_part_of_its_own_homes_alone(self):
        self.assert_no_private_part_of_others()
        for host in self.pis.hosts[:2]:  # as before homes were kept apart, and as a call that broke off leaves it
            for place in ("community", "community.new", "source/inputs/ten-homes-week"):
                shutil.copytree(EMBEDDED_WEEK, self.in_home(host, place), dirs_exist_ok=True)
            shutil.copy(EMBEDDED_WEEK / "profiles.csv", self.in_home(host, "community", "profiles.csv~"))
        self.ended("setup.sh")
        self.assert_no_private_part_of_others()

    def test_the_operators_folder_is_not_replaced_by_the_heads_part(self):
        self.addCleanup(self.describe, "none")
        self.describe("none", community=Path.home() / FOLDER / "community")
        self.assertIn("keep the community elsewhere", self.ended("setup.sh", status=BAD_INPUT))

    def test_a_home_that_never_leaves_its_pi(self):
        source = self.pis.folder / "without-those-of-pi3"
        shutil.copytree(EMBEDDED_WEEK, source)
        pi3 = self.pis.hosts[2]
        own = self.own_homes(pi3)
        names = keep_private_part(source, [u for u in range(10) if u not in own])
        theirs = ", ".join(names[u] for u in own)

        def as_before():
            shutil.rmtree(self.in_home(pi3, "homes"), ignore_errors=True)
            self.describe("none")
            self.ended("setup.sh")
        self.addCleanup(as_before)

        self.describe("apart", options="--days 1", community=source)
        said = self.ended("setup.sh")
        self.assertRegex(said, rf"pi3 must be given .*/homes, with prosumers\.csv and profiles\.csv of {theirs}: ")
        self.assertIn("ready, but for the homes of pi3; then: ", said)
        said = self.ended("run.sh", status=BAD_INPUT)
        for u in own:
            self.assertRegex(said, rf"(?m)^gridtally-solve: pi3: prosumer {names[u]}: rank 7 hosts its meter {u} and has not")

        homes = self.in_home(pi3, "homes")
        homes.mkdir(mode=0o755)
        for file in ("prosumers.csv", "profiles.csv"):
            shutil.copy(EMBEDDED_WEEK / file, homes)
        keep_private_part(homes, own)
        self.assertRegex(self.ended("run.sh", status=LOST), r"pi3: .*/homes is open to others: chmod 700 it")
        self.assertRegex(self.ended("setup.sh", status=BAD_INPUT), r"pi3: .*/homes is open to others: chmod 700 it")
        homes.chmod(0o700)
        self.assertIn(f"for the private part of {theirs}\n", self.ended("setup.sh"))

        said = self.ended("run.sh")
        plain = self.solved("plain-day", EMBEDDED_WEEK, "--days", "1", "--validators", self.validators, "--keys",
                            self.everyones("keys-of-all", "keys"))
        self.assertIn(self.audited(plain)["head"], said)

    def test_a_key_that_is_another_is_named(self):
        key = self.in_home(self.pis.hosts[2], "keys", "validator-2.key")
        kept = key.read_bytes()
        key.unlink()
        registry = self.in_home(self.head, "public-keys")
        registered = registry.read_text()
        self.assertIn("validator-2 on pi3", self.ended("setup.sh"))
        registry.write_text(registered)
        self.assertIn("validator-2 signs with another key than the registry has", self.ended("run.sh", status=BAD_INPUT))
        self.assertFalse(self.archive.exists())
        key.write_bytes(kept)

    def test_a_key_that_is_missing_is_named_with_its_host(self):
        key = self.in_home(self.pis.hosts[5], "keys", "meter-00009.key")
        kept = key.read_bytes()
        key.unlink()
        said = self.ended("run.sh", status=BAD_INPUT)
        self.assertRegex(said, r"(?m)^gridtally-solve: pi6: .*meter-00009\.key: no such key")
        key.touch(0o600)
        key.write_bytes(kept)

    def test_another_community_is_named_with_its_host(self):
        tariff = self.in_home(self.pis.hosts[3], "community", "tariff.csv")
        kept = tariff.read_text()
        tariff.write_text(kept.replace("\n0,0,22,", "\n0,0,23,"))
        said = self.ended("run.sh", status=BAD_INPUT)
        tariff.write_text(kept)
        self.assertRegex(said, r"rank \d+ on pi4 has read another community")

    def test_who_does_not_answer_is_named_and_nothing_begun(self):
        self.cut(5)
        said = self.ended("run.sh", status=LOST)
        self.pis.links.mend(5)
        self.assertIn("pi5: ", said)
        self.assertIn("Nothing was started", said)

    def test_the_links_have_their_delay_and_rate(self):
        there = "import socket; s = socket.create_server(('', 5000)); c, _ = s.accept()\n"
        here = f"import socket, time; c = socket.create_connection(('{self.pis.hosts[1].name}', 5000))\n"
        size = 4 << 20
        server = self.pis.begin(*self.pis.hosts[1].inside("/usr/bin/python3", "-c", there + (
            "for _ in range(20): c.send(c.recv(1))\n"
            f"n = 0\nwhile n < {size}: n += len(c.recv(65536))\nc.send(b'.')")))
        time.sleep(0.5)
        ended = cluster.call(*self.head.inside("/usr/bin/python3", "-c", here + (
            "times = []\nfor _ in range(20):\n  t = time.monotonic(); c.send(b'.'); c.recv(1); times.append(time.monotonic() - t)\n"
            f"t = time.monotonic(); c.sendall(bytes({size})); c.recv(1); print(min(times), time.monotonic() - t)")))
        server.wait(10)
        there_and_back, seconds = (float(word) for word in ended.stdout.split())
        rate = 8e-6 * size / seconds
        print(f"links: {1e6 * there_and_back:.0f} us there and back, {rate:.0f} Mbit/s")
        self.assertGreater(there_and_back, 2e-6 * self.pis.delay_us)
        self.assertLess(rate, self.pis.megabits)
        self.assertGreater(rate, 0.3 * self.pis.megabits)

    # What the watch says.

    def look(self, heat=None, bits=None, status=0):
        """What the watch says of a Pi whose kernel shows these."""
        for host in self.pis.hosts:
            shown = host.home / "shown"
            shutil.rmtree(shown, ignore_errors=True)
            (shown / "thermal_zone0").mkdir(parents=True)
            if host is self.pis.hosts[3] and heat:
                (shown / "thermal_zone0" / "temp").write_text(heat + "\n")
            if host is self.pis.hosts[3] and bits:
                (shown / "throttled").write_text(bits + "\n")
        paths = [f"PI_THERMAL={Path.home()}/shown", f"PI_THROTTLED={Path.home()}/shown/throttled"]
        return self.ended("watch.sh", "--once", status=status, environment=paths)

    def test_what_the_kernel_does_not_show(self):
        said = self.look()
        for host in self.pis.hosts:
            self.assertRegex(said, rf"{host.name}: temperature not shown by this kernel; throttling not shown by this kernel")

    def test_what_it_shows(self):
        self.assertRegex(self.look("61234", "0"), r"pi4: 61\.2 C; not throttled\n")

    def test_heat(self):
        self.assertRegex(self.look("82001", "0", status=1), r"pi4: 82\.0 C, hot: .*; not throttled\n")

    def test_throttling_now_and_earlier(self):
        said = self.look("70000", "50005", status=1)
        self.assertIn("pi4: 70.0 C; under-voltage now, throttled now, under-voltage earlier, throttled earlier\n", said)
        self.assertIn("pi4: 70.0 C; under-voltage earlier, throttled earlier\n", self.look("70000", "50000"))

    def test_who_does_not_answer(self):
        self.cut(4)
        said = self.look(status=1)
        self.pis.links.mend(4)
        self.assertIn("pi4 does not answer", said)


class Built(PiTest):
    """Where no programs are given, the first Pi builds them: seconds where it has done so before, else a quarter of an hour."""

    pis_count, validators = 2, 4
    setup_limit = 1500

    @classmethod
    def strip_programs(cls):
        cls.programs = ""

    def test_the_head_builds_and_the_cluster_runs(self):
        self.assertRegex(self.set_up.said(), "building for [a-z0-9]+ on pi1")
        for host in self.pis.hosts:
            self.assertTrue(os.access(self.in_home(host, "bin", "gridtally-solve"), os.X_OK), host.name)
        self.describe("built", "--days 1")
        self.assertIn("54 blocks, head", self.ended("run.sh"))


class Week(PiTest):
    def assert_all_acknowledged_is_kept(self):
        report = self.audited(self.archive)
        self.assertGreaterEqual(report["height"], self.voted_height() - 1)
        return report["height"]

    def assert_ends_in_time(self, job, since, *words):
        status = job.end(MOST_SECONDS)
        seconds = time.monotonic() - since
        self.assertEqual(status, LOST, job.said())
        self.assertLess(seconds, MOST_SECONDS)
        for expected in words:
            self.assertRegex(job.said(), expected)
        cluster.wait(lambda: not self.ranks(), MOST_SECONDS - seconds, lambda: f"left: {self.ranks()}\n{job.said()}")
        return seconds

    def test_of_one_run_a_link_is_cut_and_a_rank_killed(self):
        self.describe("broken")
        job = self.job("run.sh")
        job.wait_for_day(2)
        self.cut(4)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "lost: pi4 does not answer", "run.sh --resume")
        self.pis.links.mend(4)
        height = self.assert_all_acknowledged_is_kept()
        print(f"link cut: ended after {seconds:.1f} s at height {height}")

        job = self.job("run.sh", "--resume")
        job.wait_for_day(4)
        os.kill(self.pis.hosts[2].processes("gridtally-solve")[0], signal.SIGKILL)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "on node pi3 exited on signal 9", "run.sh --resume")
        self.assertNotIn("lost:", job.said())
        self.assertGreater(self.assert_all_acknowledged_is_kept(), height)
        print(f"rank killed: ended after {seconds:.1f} s")

        said = self.ended("run.sh", "--resume")
        self.assertIn(self.head_of_a_plain_run(), said)
        self.assertEqual(self.archive.with_name("broken.head").read_text().strip(), self.head_of_a_plain_run())
        report = self.audited(self.archive, "--private", self.everyones("private", "broken.private"))
        self.assertEqual((report["head"], report["meters_replayed"]), (self.head_of_a_plain_run(), 10))
        for host in self.pis.hosts:
            self.assertFalse(self.in_home(host, "broken.run").exists())
            self.assertEqual(self.in_home(host, "broken").exists(), host is self.head)

    def test_undisturbed(self):
        self.describe("whole", options="--traffic whole.csv")
        start = time.monotonic()
        said = self.ended("run.sh")
        seconds = time.monotonic() - start
        self.assertIn(self.head_of_a_plain_run(), said)
        print(f"week: {seconds:.1f} s, set up in {self.setup_seconds:.1f} s")
        for host in self.pis.hosts:
            self.assertLess(host.memory.peak() or 0, cluster.MEMORY)
        self.assert_no_private_part_of_others()

    def test_the_heads_own_link_is_cut(self):
        self.describe("alone")
        job = self.job("run.sh")
        job.wait_for_day(1)
        self.cut(1)
        seconds = self.assert_ends_in_time(job, time.monotonic(), "lost: pi1, this Pi, reaches none of the others")
        self.pis.links.mend(1)
        print(f"head cut: ended after {seconds:.1f} s")
        self.assert_all_acknowledged_is_kept()

    def test_asked_to_stop_it_stops_in_good_order(self):
        self.describe("stopped")
        job = self.job("run.sh")
        job.wait_for_day(1)
        job.ask_to_stop()
        self.assertEqual(job.end(), STOPPED, job.said())
        self.assertIn("stopped by SIGUSR1 after height", job.said())
        self.assertIn("to go on: jobs/pi-cluster/run.sh --resume", job.said())

    def test_asked_to_stop_when_a_link_is_gone_it_ends_too(self):
        self.describe("stuck")
        job = self.job("run.sh")
        job.wait_for_day(1)
        self.cut(6)
        since = time.monotonic()
        job.ask_to_stop()
        status = job.end(MOST_SECONDS + 10)
        self.pis.links.mend(6)
        self.assertLess(time.monotonic() - since, MOST_SECONDS + 10)
        self.assertEqual(status, STOPPED, job.said())
        self.assertIn("lost: pi6 does not answer", job.said())

    def test_who_waits_leaves_the_core_alone(self):
        self.describe("waiting")
        plan = self.pis.folder / "stall"
        plan.write_text("meter 5 stalls 45 s at iteration 9\n")
        job = self.job("run.sh", "--", "--fault", plan, "--days", "1")
        cluster.wait(lambda: self.voted_height() >= 8, 60, job.said)
        time.sleep(2)
        ranks = self.ranks()
        height, start = self.voted_height(), time.monotonic()
        before = [processor_seconds(pid) for _, pid in ranks]
        time.sleep(8)
        after = [processor_seconds(pid) for _, pid in ranks]
        shares = [(two - one) / (time.monotonic() - start) for one, two in zip(before, after)]
        self.assertEqual((self.voted_height(), job.process.poll()), (height, None), "it did not wait")
        print("waiting: " + " ".join(f"{100 * share:.2f}" for share in shares) + " % of a core")
        self.assertEqual(len(ranks), 11)
        self.assertLess(max(shares), MOST_PROCESSOR)
        cluster.wait(lambda: "waiting for meters" in job.said(), 40, job.said)
        self.assertRegex(job.said(), "for 3[0-9] s no block: waiting for meters 5 on pi3\n")
        job.ask_to_stop()
        self.assertEqual(job.end(), STOPPED, job.said())


class Boards(PiTest):
    """The paper's 48 boards: 20 validators, a day of 48 prosumers."""

    pis_count, validators = 48, 20

    @classmethod
    def community(cls):
        return cls.generated(48, 1)

    def test_a_day(self):
        self.describe("day", options="--traffic day.csv")
        start = time.monotonic()
        said = self.ended("run.sh")
        seconds = time.monotonic() - start
        self.assertIn(self.head_of_a_plain_run(), said)
        report = self.audited(self.archive)
        with open(self.in_home(self.head, "day.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        sent, received = ({host.name: sum(int(row[which]) for row in rows if row["kind"] == "all" and row["host"] == host.name) for host in self.pis.hosts}
                          for which in ("bytes_sent", "bytes_received"))
        self.assertEqual(sum(sent.values()), sum(received.values()))
        peaks = [host.memory.peak() or 0 for host in self.pis.hosts]
        print(f"48 boards: set up in {self.setup_seconds:.1f} s, a day in {seconds:.1f} s, {report['blocks']} blocks; a board sent "
              f"{max(sent.values()) / 1e6:.1f} MB and received {max(received.values()) / 1e6:.1f} MB at most, "
              f"{sum(sent.values()) / 1e6:.0f} MB in all; {max(peaks) / 2**20:.0f} MiB of memory at most on a board")
        self.assertLess(max(peaks), cluster.MEMORY)


if __name__ == "__main__":
    unittest.main()
