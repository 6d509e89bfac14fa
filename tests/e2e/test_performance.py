"""Figures of the main job, printed; what does not depend on the machine is asserted: the embedded week, ten meters and four
validators on two ranks, with the archive on disk; then its audit. And that blocks stream: more of them take no more memory."""

import os
import resource
import subprocess
import time
import unittest

from helper import EMBEDDED_WEEK, RunTest, chain, private_of, program, run, solve, tree


class Performance(RunTest):
    in_memory = False

    def timed(self, call):
        start = time.monotonic()
        ended = call()
        self.assertEqual(ended.status, 0, ended.err)
        return time.monotonic() - start

    def test_embedded_week(self):
        archive = self.folder / "archive"
        solving = self.timed(lambda: solve(EMBEDDED_WEEK, archive, ranks=2))
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        auditing = self.timed(lambda: run("audit", archive))
        replaying = self.timed(lambda: run("audit", archive, "--private", private_of(archive)))
        blocks = len(chain(archive)[0])
        size = sum(map(len, tree(archive).values()))
        print(f"\n{blocks} blocks in {solving:.1f} s ({blocks / solving:.0f}/s), at most "
              f"{memory:.0f} MiB a rank, archive {size / blocks / 1000:.2f} kB a block, audit "
              f"{auditing:.1f} s, with every primal solve {replaying:.1f} s")
        self.assertLess(memory, 150, "MiB a rank")
        self.assertLess(size / blocks, 4600, "bytes a block")


class Streaming(RunTest):
    in_memory = False
    homes = 3000
    few, many = 30, 90  # blocks: the first fill what is written, read and checked at a time

    def peak(self, status, name, *arguments):
        """MiB that the program took at most."""
        command = [str(part) for part in (program(name), *arguments)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, ended, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(ended)
        self.assertEqual(process.returncode, status)
        return usage.ru_maxrss / 1024

    def test_memory_does_not_grow_with_the_blocks_of_a_day(self):
        community = self.folder / "community"
        made = run("generate", "--prosumers", self.homes, "--partners", 20, "--days", 1, "--output", community)
        self.assertEqual(made.status, 0, made.err)
        peaks = {}
        for blocks in (self.few, self.many):
            archive = self.folder / f"blocks-{blocks}"
            peaks[blocks] = (self.peak(3, "solve", community, "--output", archive, "--meters", 30,
                                       "--max-iterations", blocks),
                             self.peak(0, "audit", archive))
            self.assertEqual(len(chain(archive)[0]), blocks)
        block = self.homes * (24 * 8 + 32) / 2**20
        print(f"\n{self.homes} homes, {block:.2f} MiB a block: the run and its audit take {peaks} MiB at most")
        for few, many in zip(*peaks.values()):
            self.assertLess(many - few, (self.many - self.few) * block / 4)


if __name__ == "__main__":
    unittest.main()
