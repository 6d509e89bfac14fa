"""The shim from Python: a folder in which gridtally-solve runs under it, and what its trace says."""

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

BOARD_BYTES = 8192
PATIENCE = int(os.environ.get("GRIDTALLY_TEST_PATIENCE", "1"))  # as in ../e2e/helper.py
FRAME_HEAD = struct.Struct("<IBQ")  # of a journal, src/archive/FORMAT.md
TRACE_HEAD = struct.Struct("<IiiiqqiIII")  # protocol.hpp
CALLS = {1: "open", 2: "write", 3: "sync", 4: "truncate", 5: "close", 6: "rename", 7: "unlink",
         8: "mkdir", 9: "rmdir", 10: "link", 11: "flock", 12: "chmod", 13: "note"}
# One process without mpirun: no daemon is started for it, and it talks to nobody.
ALONE = {"OMPI_MCA_ess_singleton_isolated": "1", "OMPI_MCA_btl": "self"}


@dataclass
class Call:
    name: str
    path: str
    second_path: str
    offset: int
    result: int
    data: bytes


def read_trace(path):
    bytes_, at, calls = Path(path).read_bytes(), 0, []
    while at < len(bytes_):
        call, _, _, _, offset, result, _, *sizes = TRACE_HEAD.unpack_from(bytes_, at)
        at += TRACE_HEAD.size
        parts = []
        for size in sizes:
            parts.append(bytes_[at:at + size])
            at += size
        calls.append(Call(CALLS[call], parts[0].decode(), parts[1].decode(), offset, result,
                          parts[2]))
    return calls


def journalled_heights(journal):
    """Height before the first and height of the last block in the bytes of a journal, of those that
    are whole and have their hash. None: there is no header yet."""
    at, before, height = 0, None, None
    while at + FRAME_HEAD.size <= len(journal):
        size, kind, _ = FRAME_HEAD.unpack_from(journal, at)
        end = at + FRAME_HEAD.size + size
        if hashlib.sha256(journal[at:end]).digest() != journal[end:end + 32]:
            break
        if kind == 1:
            before = height = struct.unpack_from("<Q", journal, at + FRAME_HEAD.size + 36)[0] - 1
        elif kind == 2:
            height += 1
        at = end + 32
    return None if before is None else (before, height)


def stored_height(archive):
    """Of the manifest and of the journals that follow it without a gap. None: no archive yet."""
    try:
        lines = (archive / "manifest").read_text().splitlines()
    except FileNotFoundError:
        return None
    height = next(int(line.split()[1]) for line in lines if line.startswith("head "))
    for path in sorted(archive.glob("journal-*")):
        found = journalled_heights(path.read_bytes()) if path.suffix != ".tmp" else None
        if found is not None and found[0] <= height:
            height = max(height, found[1])
    return height


def acknowledged_height(trace, before):
    """Height of the last block that a sync of its journal has covered. `before`: bytes of the
    journals, by path, when the trace began."""
    journals, height = dict(before), 0
    for call in trace:
        if call.result < 0:
            continue
        if call.name == "write" and "/journal-" in call.path:
            old = journals.get(call.path, b"")
            end = call.offset + len(call.data)
            journals[call.path] = old[:call.offset] + call.data + old[end:]
        elif call.name == "rename" and call.path in journals:
            journals[call.second_path] = journals.pop(call.path)
        elif call.name == "unlink":
            journals.pop(call.path, None)
        elif call.name == "sync" and call.path in journals:
            found = journalled_heights(journals[call.path])
            height = max(height, found[1] if found else 0)
    return height


class Stage:
    """A folder in memory, where that is possible. Programs work in `run`, below it."""

    def __init__(self, library):
        memory = Path("/dev/shm")
        fits = memory.is_dir() and os.access(memory, os.W_OK)
        self.library = library
        self.home = Path(tempfile.mkdtemp(prefix="gridtally-crash-", dir=memory if fits else None))
        self.run = self.home / "run"
        (self.home / "tmp").mkdir()
        self.clear()

    def clear(self):
        shutil.rmtree(self.run, ignore_errors=True)
        self.run.mkdir()

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def journals(self):
        return {str(path): path.read_bytes() for path in self.run.rglob("journal-*")}

    def trace(self):
        path = self.home / "trace"
        return read_trace(path) if path.exists() else []

    def counts(self):
        """Calls counted, and how many of them were changed."""
        return struct.unpack_from("<QQ", (self.home / "board").read_bytes())

    def call(self, command, action="", at=0, rank=None, ranks=None):
        """Runs `command` under the shim, under mpirun when `ranks` is given."""
        (self.home / "board").write_bytes(bytes(BOARD_BYTES))
        (self.home / "trace").unlink(missing_ok=True)
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GRIDTALLY_")}
        shim = {
            "LD_PRELOAD": self.library,
            "GRIDTALLY_CRASH_FOLDER": self.run,
            "GRIDTALLY_CRASH_BOARD": self.home / "board",
            "GRIDTALLY_CRASH_TRACE": self.home / "trace",
            "GRIDTALLY_CRASH_ACTION": action,
            "GRIDTALLY_CRASH_AT": at,
        }
        if rank is not None:
            shim["GRIDTALLY_CRASH_RANK"] = rank
        shim = {key: str(value) for key, value in shim.items()}
        if ranks is None:
            # Of its own: Open MPI's files of two such processes would have the same names.
            clean |= ALONE | shim | {"TMPDIR": str(self.home / "tmp")}
        else:
            exports = [f"{key}={value}" for key, value in shim.items()]
            command = ["mpirun", "-n", ranks, "env", *exports, *command]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              env=clean, timeout=120 * PATIENCE)
