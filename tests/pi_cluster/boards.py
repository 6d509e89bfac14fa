"""Hosts out of namespaces of this machine: each with its own network, hostname, /dev/shm, /run, project folder, keys and sshd,
joined by a switch (link_switch.cpp) with 100 Mbit/s and a delay. Each process on a host may take 1 GiB (a limit of its address space:
there is no memory controller to be had everywhere). Needs root."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PROGRAMS = ("ip", "sshd", "ssh", "ssh-keygen", "unshare", "nsenter", "prlimit", "mpirun")
MEMORY = 1 << 30

SSHD = """\
Port 22
HostKey {folder}/hostkey
PidFile none
AuthorizedKeysFile {folder}/id.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
UseDNS no
MaxStartups 200
"""

SSH = """\
Host *
  User root
  IdentityFile {folder}/id
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  BatchMode yes
  ConnectTimeout 5
  LogLevel ERROR
"""

# What a host's sshd stands in: $1 its name, $2 the folder. /tmp is its own too: Open MPI's session folders.
HOST = """\
hostname "$1"
mount --bind "$2/hosts" /etc/hosts
mount -t tmpfs -o size=256m tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd
mount --bind "$2/home.$1" /root/.gridtally
mount --bind "$2/project.$1" "$2/project"
exec prlimit --as="$3" /usr/sbin/sshd -D -e -f "$2/sshd_config"
"""

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def require(switch):
    """Skips where such hosts cannot be; fails where CI is set."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    reason = ""
    if missing:
        reason = f"no {', '.join(missing)}: run jobs/install.sh --tests"
    elif os.geteuid() != 0:
        reason = "hosts out of namespaces need root"
    elif not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        reason = "no /dev/net/tun to join the hosts by"
    elif not Path(switch).exists():
        reason = f"no {switch}: build the tests"
    if reason and "CI" in os.environ:
        raise AssertionError(reason)
    if reason:
        raise unittest.SkipTest(reason)


class Boards:
    def __init__(self, count, switch, rate=100.0, delay=0.15):
        """`rate` [Mbit/s] of each host's link, each way; `delay` [ms] of it, each way."""
        self.names = [f"pi{i}" for i in range(1, count + 1)]
        self.switch, self.rate, self.delay = switch, rate, delay
        self.folder = Path(tempfile.mkdtemp(prefix="gridtally-pi-"))
        self.prefix = f"gt{os.getpid() % 100000}"
        self.sshd = {}
        self.processes = []
        self.environment = os.environ | {"PATH": PATH}
        self.project = self.folder / "project"  # as each host sees its own

    def start(self):
        os.chmod(self.folder, 0o700)
        self.project.mkdir()
        Path("/root/.gridtally").mkdir(exist_ok=True)
        for name in ("id", "hostkey"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        hostkey = " ".join((self.folder / "hostkey.pub").read_text().split()[:2])
        self.write("known_hosts", "".join(f"{name} {hostkey}\n" for name in self.names))
        self.write("hosts", "127.0.0.1 localhost\n" + "".join(
            f"10.77.0.{i} {name}\n" for i, name in enumerate(self.names, 1)))
        self.write("sshd_config", SSHD.format(folder=self.folder))
        self.write("ssh_config", SSH.format(folder=self.folder))
        self.start_switch()
        for i, name in enumerate(self.names, 1):
            self.start_host(i, name)
        for name in self.names:
            self.wait(lambda log=self.log(name): "Server listening" in log.read_text(), 20, f"sshd of {name} did not start")

    def start_switch(self):
        self.ip("netns", "add", self.namespace("switch"))
        self.between = subprocess.Popen(
            ["ip", "netns", "exec", self.namespace("switch"), self.switch, f"{self.prefix}p", str(len(self.names)),
             str(self.rate), str(self.delay)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=self.environment)
        if self.between.stdout.readline() != "ready\n":
            raise AssertionError("link_switch did not start")

    def start_host(self, number, name):
        space = self.namespace(name)
        (self.folder / f"home.{name}").mkdir()
        self.place(name).mkdir()
        self.ip("netns", "add", space)
        self.ip("-n", space, "link", "set", "lo", "up")
        self.ip("-n", self.namespace("switch"), "link", "set", f"{self.prefix}p{number}", "netns", space, "name", "eth0")
        self.ip("-n", space, "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
        self.ip("-n", space, "link", "set", "eth0", "up")
        with open(self.log(name), "wb") as log:
            process = subprocess.Popen(["ip", "netns", "exec", space, "unshare", "--mount", "--uts", "sh", "-c", HOST, "_",
                                        name, str(self.folder), str(MEMORY)], stdin=subprocess.DEVNULL, stdout=log,
                                       stderr=log, env=self.environment)
        self.processes.append(process)
        self.sshd[name] = process.pid

    def stop(self):
        for name in self.names:
            for pid in self.processes_on(name):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in self.processes:
            process.wait()
        if hasattr(self, "between"):
            self.between.stdin.close()
            self.between.wait()
            self.between.stdout.close()
        for name in (*self.names, "switch"):
            subprocess.run(["ip", "netns", "del", self.namespace(name)], check=False, capture_output=True,
                           env=self.environment)
            shutil.rmtree(f"/tmp/ompi.{name}.0", ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, name):
        """The project's folder of a host, as seen from outside."""
        return self.folder / f"project.{name}"

    def namespace(self, name):
        return f"{self.prefix}-{name}"

    def log(self, name):
        return self.folder / f"sshd.{name}.log"

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def ip(self, *words):
        subprocess.run(["ip", *words], check=True, env=self.environment)

    def processes_on(self, name):
        found = subprocess.run(["ip", "netns", "pids", self.namespace(name)], check=False, capture_output=True, text=True,
                               env=self.environment)
        return [int(pid) for pid in found.stdout.split()]

    def ranks_on(self, name):
        """Processes of gridtally-solve."""
        def is_rank(pid):
            try:
                return b"gridtally-solve" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
            except OSError:
                return False
        return [pid for pid in self.processes_on(name) if is_rank(pid)]

    def command(self, name, *words):
        """To run on that host."""
        return ["nsenter", "-t", str(self.sshd[name]), "-m", "-u", "-n", "--", *map(str, words)]

    def set_link(self, name, rate, delay):
        self.between.stdin.write(f"{self.names.index(name) + 1} {rate} {delay}\n")
        self.between.stdin.flush()

    def cut(self, name):
        self.ip("-n", self.namespace(name), "link", "set", "eth0", "down")

    def mend(self, name):
        self.ip("-n", self.namespace(name), "link", "set", "eth0", "up")

    def bytes_on_wire(self, name):
        """Of its link since it is there: received, sent."""
        text = subprocess.run(self.command(name, "cat", "/proc/net/dev"), check=True, capture_output=True, text=True).stdout
        numbers = next(line for line in text.splitlines() if "eth0:" in line).split(":")[1].split()
        return int(numbers[0]), int(numbers[8])

    @staticmethod
    def wait(condition, seconds, complaint):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(complaint)
            time.sleep(0.05)
