#!/usr/bin/env python3
"""Measures what link_table.py computes: a run with each validator and each meter on a host of its own, the meters' links slow.

    sudo jobs/link/measure.py --links wi-fi nb-iot [--homes 10] [--validators 5] [--build build/release]

The hosts are made of namespaces, as tests/pi_cluster does: this needs root, and a build with -DGRIDTALLY_TESTS=ON. Validators
have links of 100 Mbit/s and 0.3 ms. Those of the meters are as slow as said while blocks are made, from the first vote to the last
day's sealing; with --whole from before mpirun starts until it has ended. Prints tables in Markdown. README.md beside this says what the figures are."""

import argparse
import csv
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "pi_cluster"), str(ROOT / "jobs" / "link")]
import cluster  # noqa: E402
import link_table  # noqa: E402
from link_table import Link  # noqa: E402

JOINED = link_table.LINKS[0]  # what joins the validators
NONE = Link("none, 10 Gbit/s, 0 ms", 1e10, 0.0)
LINKS = {link.name.split(",")[0].lower(): link for link in (NONE, *link_table.LINKS)}
SETTLING = 3  # blocks until TCP knows a link that has changed under it

# What Debian's cubic does without losses, whatever this machine has; and a link that has been idle keeps its window, or else a
# block of 48 homes waits for an answer half-way.
TCP = {"tcp_congestion_control": "reno", "tcp_slow_start_after_idle": "0"}

SSH = """\
Host *
  IdentityFile {key}
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  BatchMode yes
  ConnectTimeout 60
  LogLevel ERROR
"""


def microseconds(seconds):
    return round(1e6 * seconds)


def mpi_settings(link):
    """Those of jobs/pi-cluster; a slow link needs more patience: an answer takes twice its latency."""
    settings = {}
    for line in (ROOT / "jobs" / "pi-cluster" / "mpi.conf").read_text().splitlines():
        if line and line[0].isalpha():
            name, value = line.split(" = ")
            settings[name] = value
    if link.latency > 0.05 or link.rate < 1e6:
        settings |= {"oob_tcp_keepalive_time": "60", "oob_tcp_keepalive_intvl": "30", "oob_tcp_keepalive_probes": "4",
                     "coll": "^tuned", "coll_basic_crossover": "1000"}
    return settings


@dataclass
class Run:
    """What a run said, and what its last meter's link carried."""

    head: str = ""
    commits: np.ndarray = None  # [s], since 1970, by height
    trading: np.ndarray = None  # whether it is an iteration, by height
    traffic: list = field(default_factory=list)  # rows of --traffic
    shaped: float = 0.0         # [s], when the links became slow
    wire: list = field(default_factory=list)  # (when, bytes sent, received)
    starting: float = 0.0       # [s], from mpirun's start to the first block
    closing: float = 0.0        # [s], from the last block to mpirun's end

    def chosen(self):
        """Which steps from block to block are iterations that began once the links had their rate and TCP knew them."""
        first = np.searchsorted(self.commits, self.shaped) + SETTLING - 1
        if first >= len(self.commits):
            sys.exit("measure.py: the day ended before the links were slow: raise --days, or lower --epsilon")
        settled = self.commits[:-1] > self.commits[first]
        return settled & self.trading[:-1] & self.trading[1:]

    def iterations(self):
        """[s], of each."""
        return np.diff(self.commits)[self.chosen()]

    def wire_bytes_an_iteration(self):
        """(sent, received) of the last meter's host."""
        times, *counts = (np.array(column, float) for column in zip(*self.wire))
        return tuple(np.diff(np.interp(self.commits, times, count))[self.chosen()].mean() for count in counts)

    def letters(self, kind, rank=-1):
        """The row of --traffic of a rank, the last meter's by default."""
        ranks = sorted({int(row["rank"]) for row in self.traffic})
        return next(row for row in self.traffic if row["kind"] == kind and int(row["rank"]) == ranks[rank])


class Hosts:
    """A host for each validator, then one for each meter; mpirun is called on the first."""

    def __init__(self, homes, validators, programs):
        self.homes, self.validators, self.programs = homes, validators, Path(programs).resolve()
        self.all = cluster.Cluster(homes + validators, JOINED.rate / 1e6, microseconds(JOINED.latency))
        self.folder = self.all.folder

    def start(self):
        self.all.start()
        self.meters = self.all.hosts[self.validators:]
        key = self.folder / "id"
        cluster.call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        (self.folder / "ssh_config").write_text(SSH.format(key=key))
        settings = "; ".join(f"echo {value} >/proc/sys/net/ipv4/{name}" for name, value in TCP.items())
        for host in self.all.hosts:
            cluster.call(*host.inside("sh", "-ec", settings))
            (host.home / ".ssh").mkdir(mode=0o700)
            (host.home / ".ssh" / "authorized_keys").write_text(key.with_suffix(".pub").read_text())
        (self.folder / "ranks").write_text("".join(f"{host.name}\n" for host in self.all.hosts))
        cluster.call(self.programs / "gridtally-keygen", self.folder / "keys", "--meters", self.homes, "--validators",
                     self.validators)

    def stop(self):
        self.all.stop()

    def shape(self, link):
        """Of each meter. `link.latency` is that of the way to a validator."""
        delay = max(0, microseconds(link.latency) - microseconds(JOINED.latency) // 2)
        for host in self.meters:
            self.all.links.shape(host.number, link.rate / 1e6, delay)

    def run(self, name, community, link, *options, days=1, whole=False, most_seconds=7200):
        """AssertionError where it does not end with status 0."""
        self.shape(link if whole else JOINED)
        archive, said = self.folder / name, self.folder / f"{name}.log"
        mca = mpi_settings(link) | {"plm_rsh_agent": f"ssh -F {self.folder}/ssh_config",
                                    "btl_tcp_if_include": "10.77.0.0/16", "oob_tcp_if_include": "10.77.0.0/16"}
        words = ["env", f"HOME={Path.home()}", "OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
                 f"TMPDIR={self.all.hosts[0].folder}/scratch", "mpirun"]
        for setting, value in mca.items():
            words += ["--mca", setting, value]
        words += ["-n", len(self.all.hosts), "--hostfile", self.folder / "ranks", "--map-by", "seq", "-wdir", self.folder,
                  self.programs / "gridtally-solve", community, "--keys", self.folder / "keys", "--validators",
                  self.validators, "--validator-ranks", self.validators, "--output", archive, "--traffic",
                  self.folder / f"{name}.csv", "--days", days, *options]
        run, start = Run(), time.time()
        with open(said, "w") as out:
            process = self.all.begin(*self.all.hosts[0].inside(*words), stdout=out, stderr=out)
        run.shaped = start if whole else 0.0
        votes, is_slow, pause = self.folder / f"{name}.run" / "votes-1-0.record", whole, 0.002
        while process.poll() is None:
            if not run.shaped and votes.exists() and votes.stat().st_size > 0:
                self.shape(link)
                run.shaped, is_slow = time.time(), True
                pause = 0.02 if link.latency < 0.05 else 0.1
            if is_slow and not whole and len(list(archive.glob("day-*.h5"))) == days:
                self.shape(JOINED)
                is_slow = False
            run.wire.append((time.time(), *self.meters[-1].wire_bytes()))
            if time.time() > start + most_seconds:
                process.kill()
            time.sleep(pause)
        end = time.time()
        if process.returncode != 0:
            raise AssertionError(f"'{name}' ended with {process.returncode}:\n{said.read_text()}")
        run.head = next(line for line in said.read_text().splitlines() if ", head " in line).rsplit(" ", 1)[1]
        days = [h5py.File(path, "r") for path in sorted(archive.glob("day-*.h5"))]
        run.commits = np.concatenate([day["measured/commit_time"][()] for day in days])
        run.trading = np.concatenate([day["blocks/phase"][()] == 0 for day in days])
        run.starting, run.closing = run.commits[0] - start, end - run.commits[-1]
        with open(self.folder / f"{name}.csv", newline="") as file:
            run.traffic = list(csv.DictReader(file))
        return run


def community_of(homes, programs, folder):
    if homes == 10:
        return ROOT / "inputs" / "ten-homes-week"
    made = Path(folder) / f"homes-{homes}"
    if not made.exists():
        cluster.call(Path(programs) / "gridtally-generate", "--prosumers", homes, "--days", 1, "--seed", 1, "--output", made)
    return made


def row(link, run, homes, validators, around, own):
    steps = run.iterations()
    model = link_table.seconds(Link(link.name, link.rate, link.latency), homes, validators, around)
    on_wire = run.wire_bytes_an_iteration()
    letters = link_table.letters(homes, validators)
    expected = [size + around * count for count, size in letters]
    words = link_table.in_words
    name = link.name + (" (measured without it)" if link.duty < 1 else "")
    return (f"| {name} | {len(steps)} | {words(steps.mean())} | {words(np.median(steps))} | {words(model)} | "
            f"{words(model + own)} | {on_wire[0]:.0f} / {expected[0]} | {on_wire[1]:.0f} / {expected[1]} | "
            f"{words(run.starting)} | {words(run.closing)} |")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--links", nargs="+", choices=LINKS, default=["ethernet", "wi-fi", "nb-iot"])
    options.add_argument("--homes", type=int, default=10)
    options.add_argument("--validators", type=int, default=5)
    options.add_argument("--days", type=int, default=1)
    options.add_argument("--epsilon", default="1e-6", help="stop test [kWh]: a looser one makes the day shorter")
    options.add_argument("--tries", type=int, default=1, help="of each link; the fastest counts")
    options.add_argument("--gap", default="0", help="a day also ends at this certified gap")
    options.add_argument("--whole", action="store_true", help="starting and closing go over the slow links too")
    options.add_argument("--build", default=ROOT / "build" / "release")
    options.add_argument("--around", type=int, default=210, help="bytes that MPI, TCP, IP and Ethernet add to a letter")
    given = options.parse_args()
    programs = Path(given.build).resolve() / "bin"
    os.environ.setdefault("GRIDTALLY_TEST_SWITCH", str(programs / "test-switch"))
    cluster.require()
    print(f"{given.homes} homes, {given.validators} validators; {os.cpu_count()} cores, load "
          f"{' '.join(f'{load:.1f}' for load in os.getloadavg())} at the start\n")
    print("| link of the meter | iterations | mean | median | model | model with the run's own time | bytes sent, measured / model | received | start | close |")
    print("|" + 10 * "---|", flush=True)
    hosts = Hosts(given.homes, given.validators, programs)
    with tempfile.TemporaryDirectory() as folder:
        community = community_of(given.homes, programs, folder)
        hosts.start()
        own = 0.0
        for name in dict.fromkeys(["none", *given.links]):
            link = LINKS[name]
            runs = [hosts.run(f"{name}-{number}", community, link, "--epsilon", given.epsilon, "--gap", given.gap,
                              days=given.days, whole=given.whole) for number in range(given.tries)]
            best = min(runs, key=lambda run: run.iterations().mean())
            if name == "none":
                own = best.iterations().mean()
            print(row(link, best, given.homes, given.validators, given.around, own), flush=True)
        hosts.stop()


if __name__ == "__main__":
    main()
