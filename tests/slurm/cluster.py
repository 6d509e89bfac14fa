"""A Slurm of one's own: slurmctld, munge and a slurmd for each of several nodes on this machine, without systemd, in a
folder that is removed. Each node has mount and UTS namespaces of its own: hostname, /dev/shm and scratch, as PMIx and
Open MPI take two nodes with the same ones for one. Needs root, and the packages of jobs/install.sh --tests."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch", "srun", "scontrol", "sinfo", "unshare")

CONFIGURATION = """\
ClusterName=gridtally
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/slurmd.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=100000
SlurmdParameters=config_overrides
ReturnToService=2
InactiveLimit=0
KillWait=15
MinJobAge=600
SlurmdTimeout={node_timeout}
SlurmctldTimeout=30
JobRequeue=0
PreemptType=preempt/partition_prio
PreemptMode=CANCEL
OverTimeLimit=0
PropagateResourceLimits=NONE
SrunPortRange={first_port}-{last_port}
TmpFS={folder}/scratch
"""

# What each node's slurmd stands in: $1 its name, $2 the folder.
NODE = """\
hostname "$1"
ulimit -c 0
mount --bind "$2/hosts" /etc/hosts
mount -t tmpfs -o size=1g tmpfs /dev/shm
mount -t tmpfs -o size=256m tmpfs "$2/scratch"
TMPDIR=$2/scratch exec slurmd -D -N "$1"
"""


def require():
    """Skips where Slurm cannot run; fails where CI is set."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None]
    reason = ""
    if missing:
        reason = f"no {', '.join(missing)}: run jobs/install.sh --tests"
    elif os.geteuid() != 0:
        reason = "a Slurm of several nodes on one machine needs root (namespaces)"
    elif subprocess.run(["unshare", "--mount", "--uts", "true"], check=False).returncode != 0:
        reason = "this machine gives no mount and UTS namespaces"
    if reason and "CI" in os.environ:
        raise AssertionError(reason)
    if reason:
        raise unittest.SkipTest(reason)


def free_ports(count):
    """A row of ports that nobody listens on."""
    for first in range(21000 + os.getpid() % 200 * 50, 40000, 50):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
    raise AssertionError("no free ports")


class Cluster:
    def __init__(self, nodes, node_timeout=300):
        """`node_timeout`: after so many seconds without a word a node is dead [s]; a busy machine's nodes are slow to answer."""
        self.node_timeout = node_timeout
        self.nodes = [f"n{i}" for i in range(1, nodes + 1)]
        self.folder = Path(tempfile.mkdtemp(prefix="gridtally-slurm-"))
        self.processes = []
        self.slurmds = {}
        self.environment = os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf"),
                                         "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}

    def start(self):
        os.chmod(self.folder, 0o755)
        for name in ("state", "munge", "log", "scratch", "out", *(f"spool.{node}" for node in self.nodes)):
            (self.folder / name).mkdir()
        os.chmod(self.folder / "munge", 0o711)
        self.start_munge()
        self.configure()
        self.begin("slurmctld", ["slurmctld", "-D"])
        for node in self.nodes:
            self.slurmds[node] = self.begin(node, ["unshare", "--mount", "--uts", "sh", "-c", NODE, "_", node, self.folder])
        self.wait(lambda: self.call("sinfo", "-h", "-p", "main", "-t", "idle", "-o", "%D").strip() == str(len(self.nodes)), 180,
                  "the nodes did not become idle")

    def start_munge(self):
        folder = self.folder / "munge"
        (folder / "key").write_bytes(os.urandom(128))
        os.chmod(folder / "key", 0o400)
        self.begin("munged", ["munged", "--foreground", "--force", f"--key-file={folder}/key", f"--socket={folder}/socket",
                              f"--pid-file={folder}/pid", f"--seed-file={folder}/seed", f"--log-file={folder}/log"])
        self.wait((folder / "socket").exists, 60, "munge did not start")

    def configure(self):
        first = free_ports(50)
        text = CONFIGURATION.format(folder=self.folder, controller_port=first, first_port=first + 20,
                                    last_port=first + 49, node_timeout=self.node_timeout)
        hosts = "127.0.0.1 localhost " + socket.gethostname() + "\n"
        for i, node in enumerate(self.nodes, 1):
            text += f"NodeName={node} NodeHostname={node} NodeAddr=127.0.0.1 Port={first + i} CPUs=4 RealMemory=900\n"
            hosts += f"127.0.0.1 {node}\n"
        for partition in ("main Default=YES", "short MaxTime=3", "graced GraceTime=30", "requeued PreemptMode=REQUEUE",
                          "urgent PriorityTier=9 PreemptMode=OFF"):
            text += f"PartitionName={partition} Nodes={','.join(self.nodes)} State=UP\n"
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "hosts").write_text(hosts)

    def begin(self, name, command):
        log = open(self.folder / "log" / f"{name}.out", "wb")
        self.processes.append(subprocess.Popen([str(word) for word in command], stdout=log, stderr=log,
                                               stdin=subprocess.DEVNULL, env=self.environment))
        log.close()
        return self.processes[-1]

    def on_node(self, slurmd):
        """Processes on the node of this slurmd: those in its namespace, which must not be this test's own."""
        def namespace(entry):
            try:
                return os.readlink(f"/proc/{entry}/ns/uts")
            except OSError:
                return None  # has ended
        there = namespace(slurmd.pid)
        if slurmd.poll() is not None or there in (None, namespace("self")):
            return []
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and namespace(entry) == there]

    def has_step(self, slurmd, job):
        """Whether this slurmd's node still has a step of a job, or what clears it away."""
        for process in self.on_node(slurmd):
            try:
                with open(f"/proc/{process}/cmdline", "rb") as file:
                    if file.read().startswith(f"slurmstepd: [{job}.".encode()):
                        return True
            except OSError:
                pass  # has ended
        return False

    def kill(self, processes):
        for process in processes:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def kill_node(self, name):
        """As if its power were cut."""
        self.kill(self.on_node(self.slurmds[name]))

    def stop(self):
        if self.slurmds:
            self.call("scancel", "--full", "--user=root")
        for slurmd in self.slurmds.values():
            self.kill(set(self.on_node(slurmd)) - {slurmd.pid})  # what a job that hangs would leave behind
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, condition, seconds, complaint):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-1500:]}"
                                 for path in sorted(self.folder.glob("log/*")) + sorted(self.folder.glob("out/*")))
                raise AssertionError(f"{complaint}\n{logs}")
            time.sleep(0.2)

    def call(self, *command, check=False, environment=None, cwd=None):
        ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, cwd=cwd,
                               env=self.environment | (environment or {}), check=False)
        if check and ended.returncode != 0:
            raise AssertionError(f"{command}: {ended.returncode}\n{ended.stdout}{ended.stderr}")
        return ended.stdout

    def submit(self, *arguments, environment=None, cwd):
        """Number of the job."""
        return int(self.call("sbatch", "--parsable", *arguments, check=True, environment=environment, cwd=cwd))

    def job(self, number):
        """What scontrol knows of a job, as a dict."""
        text = self.call("scontrol", "--oneliner", "show", "job", number)
        return dict(word.split("=", 1) for word in text.split() if "=" in word)

    def state(self, number):
        return self.job(number).get("JobState", "")

    def wait_for(self, number, *states, seconds=120):
        self.wait(lambda: self.state(number) in states, seconds, f"job {number} did not become {states}, but "
                  + self.state(number))
        return self.job(number)

    def start_again(self, number, before=0):
        """A job that has queued itself again, more often than `before`, waits two minutes otherwise."""
        self.wait(lambda: int(self.job(number).get("Restarts", 0)) > before, 90,
                  f"job {number} was not queued again, but {self.state(number)}")
        self.wait(lambda: set(self.call("squeue", "-h", "-j", number, "-o", "%T").split()) == {"PENDING"},
                  90, f"job {number} was not queued again, but {self.state(number)}")
        # Its first step will have the number that the old one had, which nodes refuse while that is being cleared away.
        jobs = self.call("squeue", "-h", "-j", number, "-o", "%A").split()
        self.wait(lambda: not any(self.has_step(slurmd, job) for slurmd in self.slurmds.values() for job in jobs), 60,
                  f"the old step of job {number} is still there")
        # Nodes refuse a job of the second in which its last start was ended, as one whose credential was revoked.
        time.sleep(3)
        self.call("scontrol", "update", f"jobid={number}", "starttime=now", check=True)
