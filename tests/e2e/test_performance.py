"""Figures of the main job, printed; what does not depend on the machine is asserted: the embedded week, ten meters and four
validators on two ranks, with the archive on disk; then its audit."""

import resource
import time
import unittest

from helper import EMBEDDED_WEEK, RunTest, chain, private_of, run, solve, tree


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


if __name__ == "__main__":
    unittest.main()
