"""What jobs/install.sh installs without --tests suffices for jobs/build.sh release, as pages and messages say."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OF_TESTS = ["Eigen3", "GTest", "benchmark"]


class Presets(unittest.TestCase):
    def test_release_needs_nothing_of_the_tests(self):
        with tempfile.TemporaryDirectory() as folder:
            clean = {name: value for name, value in os.environ.items() if not name.startswith("CMAKE_")}
            generator = ["-G", "Ninja"] if shutil.which("ninja") else []  # as jobs/build.sh
            done = subprocess.run(["cmake", "--preset", "release", *generator, "-B", folder,
                                   *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{each}=ON" for each in OF_TESTS)],
                                  cwd=ROOT, env=clean, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
