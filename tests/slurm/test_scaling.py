"""jobs/bench/scaling.sh within a job of two nodes: a small study, from the runs to tables and plots."""

import json
import re
import unittest

from test_jobs import ON_ONE_MACHINE, SlurmTest  # noqa: I001
from helper import ROOT, program

JOB = """#!/bin/bash
exec "{root}/jobs/bench/scaling.sh" "{output}" --homes 256 --strong-homes 512 --iterations 2 --tries 1
"""


class Scaling(SlurmTest):
    nodes = 2

    def test_study_of_two_nodes(self):
        output = self.folder / "study"
        script = self.folder / "study.sh"
        script.write_text(JOB.format(root=ROOT, output=output))
        number = self.slurm.submit("--output", self.output("%x-%j"), "--nodes=2", "--ntasks=2", "--exclusive", script, cwd=ROOT,
                                   environment=ON_ONE_MACHINE | {"BUILD": str(program("solve").parent.parent)})
        self.finished(number, "COMPLETED", seconds=500)

        study = json.loads((output / "scaling.json").read_text())
        self.assertEqual((study["ranks"], study["nodes"]), (2, 2))
        for kind, homes in (("strong", {1: 512, 2: 512}), ("weak", {1: 256, 2: 512})):
            for graph in ("complete", "20 partners"):
                runs = [run for run in study["results"][kind] if run["graph"] == graph]
                self.assertEqual({run["ranks"]: run["homes"] for run in runs}, homes)
                for run in runs:
                    self.assertGreater(run["seconds"], 0.0)
                self.assertEqual(runs[0]["received"], 0)
                self.assertGreater(runs[1]["received"], 0)
        blocks = {}
        for run in study["results"]["ledger"] + study["results"]["held_back"]:
            self.assertGreater(run["seconds"], 0.0)
            blocks.setdefault((run["homes"], run["validators"]), set()).add(run["blocks"])
        self.assertEqual({len(each) for each in blocks.values()}, {1}, "ranks change nothing in a run")

        page = (output / "scaling.md").read_text()
        self.assertEqual(re.findall("^## (.*)$", page, re.MULTILINE), ["Measured", "Fitted", "Predicted, not measured"])
        self.assertIn("2 ranks on 2 node(s)", page)
        for machine in ("48 Raspberry Pi", "10⁸ homes, complete, 1,000 nodes", "10⁸ homes, 20 partners, 1,000 nodes"):
            self.assertIn(machine, page.split("## Predicted")[1])
        self.assertTrue((output / "scaling.png").read_bytes().startswith(b"\x89PNG"))
        self.assertIn("<svg", (output / "scaling.svg").read_text())
        self.assertEqual([path.name for path in output.iterdir() if path.is_dir()], [], "runs are thrown away")


if __name__ == "__main__":
    unittest.main()
