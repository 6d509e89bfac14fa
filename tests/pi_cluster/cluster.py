"""A cluster of small hosts on this machine, of the kernel's own parts: each host has network, process, mount, IPC and UTS
namespaces, an address, a home and a sshd of its own, and 1 GiB of memory. Links have a rate and a delay: by tc where the kernel
has netem, else by test-switch (switch.cpp). Needs root, and the packages of jobs/install.sh --tests. Whatever happens to the
test, the hosts end with it."""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
PROGRAMS = ("sshd", "ssh", "ssh-keygen", "ip", "tc", "nsenter", "unshare", "setpriv", "prlimit")
MEMORY = 1 << 30  # bytes a host
MEMORY_CGROUPS = Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup")  # version 1, version 2

# What each host begins with: $1 its name, $2 the cluster's folder, $3 its address, $4 the checkout, $5 its Ethernet address.
HOST = """\
set -e
hostname "$1"
mount --bind "$2/hosts" /etc/hosts
mount -t tmpfs -o size=256m tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
case $4 in "$HOME"/*)
  mkdir -p "$2/$1/home/${4#"$HOME"/}"
  mount --bind "$4" "$2/$1/home/${4#"$HOME"/}" ;;
esac
mount --rbind "$2/$1/home" "$HOME"
ip link set lo up
while ! ip link show eth0 >/dev/null 2>&1; do sleep 0.02; done
ip link set eth0 address "$5"
ip addr add "$3/16" dev eth0
ip link set eth0 up
ip -batch "$2/neighbours"
exec /usr/sbin/sshd -D -e -f "$2/$1/sshd_config"
"""

# The account's shell environment on a Pi needs none of this: here everybody is root.
SSHD = """\
HostKey {folder}/{name}/host_key
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
MaxStartups 100
SetEnv OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 TMPDIR={folder}/{name}/scratch
"""


def call(*command, check=True, **settings):
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                           env=os.environ | {"PATH": PATH}, check=False, **settings)
    if check and ended.returncode != 0:
        raise AssertionError(f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended


def require():
    """Skips where there can be no such cluster; fails where CI is set."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    reason = ""
    if missing:
        reason = f"no {', '.join(missing)}: run jobs/install.sh --tests"
    elif os.geteuid() != 0:
        reason = "hosts made of namespaces need root"
    elif call("unshare", "--net", "--mount", "--uts", "--pid", "--ipc", "--fork", "true", check=False).returncode != 0:
        reason = "this machine gives no namespaces"
    elif not kernel_delays() and not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        reason = "this kernel has neither netem nor /dev/net/tun: no slow links"
    if reason and "CI" in os.environ:
        raise AssertionError(reason)
    if reason:
        raise unittest.SkipTest(reason)


def kernel_delays():
    """Whether the kernel has netem."""
    return call("unshare", "--net", "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms",
                check=False).returncode == 0


def wait(condition, seconds, complaint):
    """Until it holds; AssertionError of what `complaint` says otherwise."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(complaint())
        time.sleep(0.05)


def child_of(process):
    """Process id of the only child, once there is one."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if words := path.read_text().split():
            return int(words[0])
        time.sleep(0.01)
    raise AssertionError(f"{process.args} has no child")


class Switch:
    """Links by test-switch."""

    def __init__(self, cluster, count, megabits, delay_us):
        self.log = open(cluster.folder / "switch.log", "wb")
        program = Path(os.environ["GRIDTALLY_TEST_SWITCH"])
        self.process = cluster.begin("unshare", "--net", program, count, megabits, delay_us, "port",
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        if self.process.stdout.readline() != b"ready\n":
            raise AssertionError((cluster.folder / "switch.log").read_text())

    def plug(self, number, pid):
        call("nsenter", "-t", self.process.pid, "-n", "ip", "link", "set", f"port{number}", "name", "eth0", "netns", pid)

    def say(self, *words):
        self.process.stdin.write((" ".join(str(word) for word in words) + "\n").encode())
        self.process.stdin.flush()

    def cut(self, number):
        self.say("cut", number)

    def mend(self, number):
        self.say("mend", number)

    def shape(self, number, megabits, delay_us):
        self.say("shape", number, megabits, round(delay_us))


class Bridge:
    """Links by tc: netem and tbf on both ends of each."""

    def __init__(self, cluster, _, megabits, delay_us):
        self.megabits, self.delay_us = megabits, delay_us
        self.pids = {}
        self.process = cluster.begin("unshare", "--net", "sleep", "infinity")
        own = os.readlink("/proc/self/ns/net")
        wait(lambda: os.readlink(f"/proc/{self.process.pid}/ns/net") != own, 30,
             lambda: "no network of its own")
        self.inside("ip", "link", "add", "bridge", "type", "bridge")
        self.inside("ip", "link", "set", "bridge", "up")

    def inside(self, *command, pid=None):
        call("nsenter", "-t", pid or self.process.pid, "-n", *command)

    def plug(self, number, pid):
        port = f"port{number}"
        self.inside("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", pid)
        self.inside("ip", "link", "set", port, "master", "bridge", "up")
        self.pids[number] = pid
        self.set_up("add", number, self.megabits, self.delay_us / 2)

    def set_up(self, verb, number, megabits, delay_us):
        burst = "16kb" if megabits >= 10 else "1600"  # bytes that may go at once
        queue = f"{max(50, 8 * (32 << 10) / (1000 * megabits)):.0f}ms"
        for device, of in ((f"port{number}", None), ("eth0", self.pids[number])):
            self.inside("tc", "qdisc", verb, "dev", device, "root", "handle", "1:", "netem", "delay",
                        f"{delay_us:.0f}us", pid=of)
            self.inside("tc", "qdisc", verb, "dev", device, "parent", "1:", "handle", "2:", "tbf", "rate",
                        f"{1000 * megabits:.0f}kbit", "burst", burst, "latency", queue, pid=of)

    def cut(self, number):
        self.inside("ip", "link", "set", f"port{number}", "nomaster")

    def mend(self, number):
        self.inside("ip", "link", "set", f"port{number}", "master", "bridge")

    def shape(self, number, megabits, delay_us):
        self.set_up("change", number, megabits, delay_us)


class Memory:
    """At most MEMORY for all processes of a host together, where a memory cgroup can be made; else for each."""

    def __init__(self, name):
        self.group = None
        for root in MEMORY_CGROUPS:
            group = root / f"gridtally-{os.getpid()}-{name}"
            try:
                group.mkdir()
            except OSError:
                continue
            for file in ("memory.limit_in_bytes", "memory.max"):
                if (group / file).exists():
                    (group / file).write_text(str(MEMORY))
                    self.group = group
                    return
            group.rmdir()

    def command(self):
        """What a command is put behind."""
        if self.group is None:
            return ["prlimit", f"--as={MEMORY}"]
        return ["sh", "-c", f'echo $$ >"{self.group}/cgroup.procs" && exec "$@"', "_"]

    def peak(self):
        """Bytes, page cache included; None where nobody counts them."""
        for file in ("memory.max_usage_in_bytes", "memory.peak"):
            if self.group is not None and (self.group / file).exists():
                return int((self.group / file).read_text())
        return None

    def remove(self):
        for _ in range(100 if self.group is not None else 0):
            try:
                return self.group.rmdir()
            except OSError:  # its processes are still ending
                time.sleep(0.05)


class Host:
    def __init__(self, cluster, number):
        self.name, self.number = f"pi{number}", number
        self.address = f"10.77.0.{number}"
        self.ethernet = f"02:00:00:00:00:{number:02x}"
        self.folder = cluster.folder / self.name
        self.home = self.folder / "home"
        self.memory = Memory(self.name)
        self.home.mkdir(parents=True, mode=0o700)
        (self.folder / "scratch").mkdir()
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "host_key")
        (self.folder / "sshd_config").write_text(SSHD.format(folder=cluster.folder, name=self.name))

    def start(self, cluster):
        self.log = self.folder / "sshd.log"
        with open(self.log, "wb") as log:
            self.process = cluster.begin(
                *self.memory.command(), "unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--mount-proc",
                "--kill-child=KILL", "sh", "-c", HOST, "_", self.name, cluster.folder, self.address, ROOT,
                self.ethernet, stdout=log, stderr=log)
        self.pid = child_of(self.process)

    def inside(self, *command):
        """A command's words, to be run in the host by root, in the checkout."""
        return [*self.memory.command(), "nsenter", "-t", str(self.pid), "-m", "-u", "-n", "-p", "-i",
                "sh", "-c", f'cd "{ROOT}" && exec "$@"', "_", *(str(word) for word in command)]

    def wire_bytes(self):
        """Sent and received by its link, Ethernet's headers included."""
        lines = Path(f"/proc/{self.pid}/net/dev").read_text().splitlines()
        fields = next(line.split(":")[1].split() for line in lines if line.strip().startswith("eth0:"))
        return int(fields[8]), int(fields[0])

    def processes(self, program):
        """Process ids, as this machine numbers them, of the host's processes of that name."""
        mine = os.readlink(f"/proc/{self.pid}/ns/pid")
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                same = os.readlink(path / "ns/pid") == mine
                words = (path / "cmdline").read_bytes().split(b"\0") if same else []
            except OSError:
                continue  # it has ended
            if any(Path(os.fsdecode(word)).name == program for word in words[:2]):
                found.append(int(path.name))
        return found


def sweep():
    """Removes what tests that were killed have left in folders; their hosts have ended with them."""
    folders = [Path(tempfile.gettempdir()).glob("gridtally-pi-*-*"), *(root.glob("gridtally-*-pi*") for root in MEMORY_CGROUPS)]
    for path in (path for found in folders for path in found):
        owner = path.name.removeprefix("gridtally-").removeprefix("pi-").split("-")[0]
        if not Path(f"/proc/{owner}").exists():
            if MEMORY_CGROUPS[0] in path.parents or MEMORY_CGROUPS[1] in path.parents:
                with contextlib.suppress(OSError):  # still in use
                    path.rmdir()
            else:
                shutil.rmtree(path)


class Cluster:
    def __init__(self, count, megabits=100, delay_us=300):
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"gridtally-pi-{os.getpid()}-"))
        atexit.register(self.stop)
        os.chmod(self.folder, 0o755)
        self.begun = []
        self.links = None
        self.hosts = []
        self.count, self.megabits, self.delay_us = count, megabits, delay_us

    def start(self):
        self.links = (Bridge if kernel_delays() else Switch)(self, self.count, self.megabits, self.delay_us)
        self.hosts = [Host(self, number) for number in range(1, self.count + 1)]
        (self.folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(
            f"{host.address} {host.name}\n" for host in self.hosts))
        # All hosts together may have no more than 1024 neighbours that the kernel has to find.
        (self.folder / "neighbours").write_text("".join(
            f"neigh add {host.address} lladdr {host.ethernet} nud permanent dev eth0\n" for host in self.hosts))
        for host in self.hosts:
            host.start(self)
        for host in self.hosts:
            self.links.plug(host.number, host.pid)
        for host in self.hosts:
            wait(lambda: "Server listening" in host.log.read_text(), 20,
                      lambda: f"{host.name}: no sshd: {host.log.read_text()}")

    def begin(self, *command, **settings):
        """A process that is killed when this one ends, however it ends."""
        words = ["setpriv", "--pdeathsig", "KILL", *(str(word) for word in command)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRIDTALLY_")}
        process = subprocess.Popen(words, **({"stdin": subprocess.DEVNULL} | settings), env=environment | {"PATH": PATH})
        self.begun.append(process)
        return process

    def stop(self):
        atexit.unregister(self.stop)
        for host in self.hosts:
            if hasattr(host, "pid"):
                try:
                    os.kill(host.pid, signal.SIGKILL)  # all of its processes end with the first
                except ProcessLookupError:
                    pass
        for process in reversed(self.begun):
            process.kill()
            process.communicate()
        for host in self.hosts:
            host.memory.remove()
        if self.links is not None and hasattr(self.links, "log"):
            self.links.log.close()
        shutil.rmtree(self.folder)
