import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import paths  # noqa: F401
import plot_ledger

HEADER = ("validators,ranks,offered_tps,confirmed_tps,delay_median_ms,delay_p99_ms,delay_max_ms,"
          "validator_rss_mb,meter_rss_mb\n")


def run(*arguments):
    """(exit status, standard output, standard error) of plot_ledger."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = plot_ledger.main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


class LedgerFiguresTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.one = self.file("one.csv", "5,5,3000,3000,20,40,60,30,20", "5,5,150,150,3,6,9,30,20",
                             "20,20,150,149,30,60,70,30,20")
        self.two = self.file("two.csv", "20,2,150,150,5,9,12,30,20")

    def file(self, name, *rows):
        path = self.folder / name
        path.write_text(HEADER + "".join(row + "\n" for row in rows))
        return path

    def test_one_curve_a_number_of_validators_and_ranks_by_rate(self):
        curves = plot_ledger.read_curves([self.two, self.one])
        self.assertEqual([curve.name for curve in curves],
                         ["5 validators on 5 ranks", "20 validators on 20 ranks", "20 validators on 2 ranks"])
        self.assertEqual(curves[0]["offered_tps"], [150, 3000])
        self.assertEqual(curves[0]["delay_p99_ms"], [6, 40])

    def test_both_figures_are_drawn_as_png_and_svg(self):
        status, out, _ = run(self.one, self.two, "--output", self.folder / "a")
        self.assertEqual(status, 0)
        expected = {f"ledger-{name}.{kind}" for name in ("delay", "throughput") for kind in ("png", "svg")}
        self.assertEqual({path.name for path in (self.folder / "a").iterdir()}, expected)
        self.assertEqual(len(out.splitlines()), len(expected))

    def test_the_papers_figures_are_drawn_in(self):
        run(self.one, "--output", self.folder / "a")
        # matplotlib keeps each text of a figure as a comment beside its outlines
        self.assertIn("76.6 ms", (self.folder / "a" / "ledger-delay.svg").read_text())
        self.assertIn("150 transactions/s", (self.folder / "a" / "ledger-throughput.svg").read_text())

    def test_the_same_file_gives_the_same_bytes(self):
        for name in ("a", "b"):
            run(self.one, "--output", self.folder / name)
        for path in (self.folder / "a").iterdir():
            self.assertEqual(path.read_bytes(), (self.folder / "b" / path.name).read_bytes(), path.name)

    def test_another_file_is_one_clear_line(self):
        other = self.folder / "other.csv"
        other.write_text("a,b\n1,2\n")
        status, _, err = run(other, "--output", self.folder / "a")
        self.assertEqual(status, 2)
        self.assertEqual(err, f"plot_ledger.py: {other}: no column validators; is it a file of gridtally-ledger-bench?\n")

    def test_no_steps_no_figures(self):
        status, _, err = run(self.file("empty.csv"), "--output", self.folder / "a")
        self.assertEqual(status, 2)
        self.assertIn("nothing to draw", err)


if __name__ == "__main__":
    unittest.main()
