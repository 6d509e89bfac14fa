import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import numpy as np

import paths  # noqa: F401
import drawing
import make_figures
import plot_dispatch
import plot_trades
import reader
import synthetic


def lightness(colour):
    """How bright a colour prints in grey, 0 to 1."""
    red, green, blue = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def run(*arguments):
    """(exit status, standard output, standard error) of make_figures."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = make_figures.main([str(argument) for argument in arguments])
    return status, out.getvalue(), err.getvalue()


class FiguresTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.archive, self.private = self.folder / "archive", self.folder / "private"
        synthetic.write_archive(self.archive)
        synthetic.write_private(self.private)

    def test_every_figure_is_drawn_as_png_and_svg(self):
        status, out, _ = run(self.archive, "--private", self.private, "--output", self.folder / "a")
        self.assertEqual(status, 0)
        names = ["convergence", "trades", "dispatch-day-0", "dispatch-day-1"]
        expected = {f"{name}.{kind}" for name in names for kind in ("png", "svg")}
        self.assertEqual({path.name for path in (self.folder / "a").iterdir()}, expected)
        self.assertEqual(len(out.splitlines()), len(expected))

    def test_the_same_archive_gives_the_same_bytes(self):
        for name in ("a", "b"):
            run(self.archive, "--private", self.private, "--output", self.folder / name)
        for path in (self.folder / "a").iterdir():
            self.assertEqual(path.read_bytes(), (self.folder / "b" / path.name).read_bytes(), path.name)

    def test_without_private_files_no_dispatch(self):
        status, out, _ = run(self.archive, "--output", self.folder / "a")
        self.assertEqual(status, 0)
        self.assertNotIn("dispatch", out)

    def test_without_listed_pairs_the_net_trade_is_drawn(self):
        synthetic.write_archive(self.folder / "large", lists_pairs=False)
        status, out, _ = run(self.folder / "large", "--output", self.folder / "a")
        self.assertEqual(status, 0)
        self.assertIn("trades.svg", out)

    def test_nothing_settled_nothing_traded(self):
        for day in (0, 1):
            (self.archive / f"day-{day:04d}.h5").unlink()
        status, out, err = run(self.archive, "--output", self.folder / "a")
        self.assertEqual(status, 0)
        self.assertIn("No day settled", err)
        self.assertNotIn("trades", out)

    def test_wrong_folder_is_one_clear_line(self):
        status, _, err = run(self.folder, "--output", self.folder / "a")
        self.assertEqual(status, 2)
        self.assertIn("genesis.bin", err)
        self.assertEqual(len(err.splitlines()), 1)

    def test_unknown_prosumer_is_named(self):
        status, _, err = run(self.archive, "--private", self.private, "--output", self.folder / "a",
                             "--prosumer", 9)
        self.assertEqual(status, 2)
        self.assertIn("prosumer 9", err)

    def test_typical_pair_is_the_strongest_seller_and_buyer(self):
        archive = reader.read_archive(self.archive)
        seller, buyer = plot_trades.typical_pair(archive.days[0].net_trade)
        self.assertEqual((synthetic.NAMES[seller], synthetic.NAMES[buyer]), ("Sunny", "Dark"))

    def test_layers_of_a_prosumer_sum_to_its_net_trade(self):
        archive = reader.read_archive(self.archive)
        net = np.concatenate([day.net_trade[1] for day in archive.settled_days])
        layers = plot_trades.layers(archive, 1)
        np.testing.assert_allclose(sum(trade for _, trade in layers), net, atol=1e-12)

    def test_typical_home_stores_and_generates(self):
        homes = reader.read_private(self.private)
        self.assertEqual(plot_dispatch.typical_home(homes).name, "Sunny")

    def test_fills_and_lines_stay_apart_in_grey(self):
        for first, second in zip(drawing.FILLS, drawing.FILLS[1:]):
            self.assertGreater(abs(lightness(first[0]) - lightness(second[0])), 0.15)
        self.assertEqual(len({hatch for _, hatch in drawing.FILLS}), len(drawing.FILLS))
        self.assertEqual(len({style for _, style in drawing.LINES}), len(drawing.LINES))


if __name__ == "__main__":
    unittest.main()
