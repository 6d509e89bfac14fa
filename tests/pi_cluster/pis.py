"""What a test of jobs/pi-cluster needs: hosts made of namespaces as its Pis, its scripts on their head, what these leave behind."""

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from helper import EMBEDDED_WEEK, ROOT, RunTest, program, run  # noqa: E402

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

    def wait_for_day(self, number, seconds=300):
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
    setup_limit, run_limit = 120, 120  # [s]
    copied_programs = ("solve", "keygen", "audit", "inspect", "pack", "vote")

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
        for name in cls.copied_programs:
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
        found = job.end(self.run_limit)
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
            found = {path: set(re.findall(rb"(home-\d+) *, *[0-9.]", path.read_bytes()))
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
