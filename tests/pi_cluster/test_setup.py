"""jobs/pi-cluster/setup.sh and watch.sh on hosts made of namespaces: what each Pi has of keys, programs and homes' data, who is named when
something is missing, what the watch sees."""

import hashlib
import os
import shutil
import signal
import time
from pathlib import Path

import cluster
from pis import BAD_INPUT, FOLDER, LOST, PiTest  # noqa: I001
from helper import EMBEDDED_WEEK, tree
from test_homes import keep_private_part


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
        missing = ", ".join(rf"{names[u]} \(meter {u}\)" for u in own)
        self.assertRegex(said, rf"(?m)^gridtally-solve: pi3: rank 7 lacks the private part of prosumers {missing}; put")

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
        here = ("import socket, time\nfor _ in range(200):\n  try:\n"
                f"    c = socket.create_connection(('{self.pis.hosts[1].name}', 5000)); break\n"
                "  except ConnectionRefusedError: time.sleep(0.1)\n")
        size = 4 << 20
        server = self.pis.begin(*self.pis.hosts[1].inside("/usr/bin/python3", "-c", there + (
            "for _ in range(20): c.send(c.recv(1))\n"
            f"for _ in range(5):\n  n = 0\n  while n < {size}: n += len(c.recv(65536))\n  c.send(b'.')")))
        ended = cluster.call(*self.head.inside("/usr/bin/python3", "-c", here + (
            "times = []\nfor _ in range(20):\n  t = time.monotonic(); c.send(b'.'); c.recv(1); times.append(time.monotonic() - t)\n"
            "many = []\nfor _ in range(5):\n"
            f"  t = time.monotonic(); c.sendall(bytes({size})); c.recv(1); many.append(time.monotonic() - t)\n"
            "print(min(times), min(many))")))
        server.wait(60)
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

    def test_who_is_too_busy_to_log_anyone_in_is_not_lost(self):
        lost = self.pis.folder / "lost"
        lost.mkdir()
        job = self.job("watch.sh", "--interval", 1, "--log", self.pis.folder / "watch.csv", "--lost", lost)
        log = self.pis.folder / "watch.csv"
        cluster.wait(lambda: log.exists() and ",pi4," in log.read_text(), 120, job.said)
        listener = self.pis.hosts[3].pid
        os.kill(listener, signal.SIGSTOP)
        for pid in self.head.processes("ssh"):
            if b"\0pi4\0" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
        cluster.wait(lambda: "pi4 is there, but lets nobody in" in job.said(), 120, job.said)
        self.assertEqual(list(lost.iterdir()), [])
        os.kill(listener, signal.SIGCONT)
        self.cut(4)
        cluster.wait((lost / "pi4").exists, 120, job.said)
        self.assertIn("pi4 does not answer", job.said())
        self.pis.links.mend(4)
        cluster.wait(lambda: not (lost / "pi4").exists(), 120, job.said)
        self.assertIn("pi4 answers again", job.said())
        job.ask_to_stop()
        job.end()


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
