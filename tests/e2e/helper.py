"""What the tests of whole runs share: calling the programs, communities, reading results.

The programs are looked for in the folder GRIDTALLY_BIN_DIR. To run one module by hand, after
`. jobs/mpi_env.sh`:  GRIDTALLY_BIN_DIR=build/dev/bin /usr/bin/python3 tests/e2e/test_forms.py"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "postprocess"))
import reader  # noqa: E402  (the project's only reader of archives)

EMBEDDED_WEEK = ROOT / "inputs" / "ten-homes-week"
METERS, VALIDATORS = 10, 4
PATIENCE = int(os.environ.get("GRIDTALLY_TEST_PATIENCE", "1"))  # more for programs under an emulator
SERIES = ("grid", "renewable", "flexible", "charge", "discharge", "stored", "reserve", "net_trade")


def program(name):
    folder = os.environ.get("GRIDTALLY_BIN_DIR")
    if folder is None:
        raise RuntimeError("GRIDTALLY_BIN_DIR is not set: the folder of the built programs")
    return Path(folder).resolve() / f"gridtally-{name}"


@dataclass
class Ended:
    """How a program ended."""

    status: int
    out: str
    err: str

    @property
    def messages(self):
        """The program's own lines on stderr, without its name and without a hint at --help. mpirun
        adds lines of its own."""
        found = (re.match(r"gridtally-\w+: (?!see )(.*)", line) for line in self.err.splitlines())
        return [match[1] for match in found if match]


def run(name, *arguments, ranks=None, environment=None, cwd=None):
    """gridtally-NAME with `arguments`, under mpirun when `ranks` is given. Options of the programs
    in the test's own environment are not passed on."""
    command = [program(name), *arguments]
    if ranks is not None:
        command = ["mpirun", "-n", ranks, *command]
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GRIDTALLY_")}
    ended = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=clean | (environment or {}),
        timeout=300 * PATIENCE,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def solve(community, archive, *options, ranks=None, **settings):
    return run("solve", community, "--output", archive, *options, ranks=ranks, **settings)


class RunTest(unittest.TestCase):
    """A test with a folder of its own. It lies in memory where that is possible: most tests are
    about results, not about the disk."""

    in_memory = True

    @classmethod
    def setUpClass(cls):
        memory = Path("/dev/shm")
        fits = cls.in_memory and memory.is_dir() and os.access(memory, os.W_OK)
        fits = fits and shutil.disk_usage(memory).free > 256 << 20
        cls.folder = Path(tempfile.mkdtemp(prefix="gridtally-", dir=memory if fits else None))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    @classmethod
    def solved(cls, name, community, *options, ranks=None):
        """Archive of a run that must succeed; its private files lie beside it (private_of)."""
        archive = cls.folder / name
        ended = solve(community, archive, "--quiet", *options, ranks=ranks)
        if ended.status != 0:
            raise AssertionError(f"run '{name}' ended with {ended.status}:\n{ended.out}{ended.err}")
        return archive

    @classmethod
    def keys(cls, meters=METERS, validators=VALIDATORS):
        folder = cls.folder / f"keys-{meters}-{validators}"
        if not folder.exists():
            ended = run("keygen", folder, "--meters", meters, "--validators", validators)
            if ended.status != 0:
                raise AssertionError(ended.err)
        return folder

    @classmethod
    def generated(cls, prosumers, days, seed=1):
        folder = cls.folder / f"community-{prosumers}-{days}-{seed}"
        if not folder.exists():
            ended = run("generate", "--prosumers", prosumers, "--days", days, "--seed", seed,
                        "--output", folder)
            if ended.status != 0:
                raise AssertionError(ended.err)
        return folder

    @classmethod
    def published_week(cls):
        """The measured ten homes of inputs/README.md. Skips where the published files are absent,
        but fails where CI is set."""
        shared = Path(os.environ.get("GRIDTALLY_SHARED", ROOT.parent / "shared"))
        data = shared / "data"
        homes = data / "citylearn_2022_fontana"
        if not (homes / "schema.json").exists():
            message = f"no published data at {data}; set GRIDTALLY_SHARED (see inputs/README.md)"
            if "CI" in os.environ:
                raise AssertionError(message)
            raise unittest.SkipTest(message)
        folder = cls.folder / "measured-week"
        ended = run(
            "import", "citylearn", homes, "--homes", "1,2,3,8,9,10,11,13,16,17",
            "--start", "2016-09-12", "--days", "7", "--flexible-share", "0.2",
            "--wind", data / "kelmarsh_wind_2019" / "2019_wind_kelmarsh2.csv",
            "--wind-homes", "3,10", "--wind-kw", "3",
            "--reserve-prices", data / "caiso_prices_2020_dervet" / "timeseries.csv",
            "--output", folder)
        if ended.status != 0:
            raise AssertionError(ended.err)
        return folder


def private_of(archive):
    return archive.with_name(archive.name + ".private")


def segments(archive):
    return sorted(Path(archive).glob("day-*.h5"))


def dataset(archive, name):
    """One dataset of every day, in order."""
    values = []
    for path in segments(archive):
        with h5py.File(path, "r") as file:
            values.append(file[name][()])
    return values


def decisions(archive):
    """What each iteration decided, of every day [iteration][row][T]."""
    return [reader.read_decisions(archive, day) for day in range(len(segments(archive)))]


def chain(archive):
    """Block hashes and state roots of all days."""
    return (np.concatenate(dataset(archive, "blocks/hash")),
            np.concatenate(dataset(archive, "blocks/state_root")))


def schedules(archive):
    """[prosumer][settled day] of the private files."""
    return [home.schedules for home in reader.read_private(private_of(archive))]


def schedule_numbers(archive):
    """All schedules as one array [prosumer][day][series][slot]."""
    return np.array([[[getattr(day, name) for name in SERIES] for day in home]
                     for home in schedules(archive)])


def tree(folder):
    """Content of every file below `folder`: equal trees are equal."""
    return {path.relative_to(folder): path.read_bytes()
            for path in sorted(Path(folder).rglob("*")) if path.is_file()}
