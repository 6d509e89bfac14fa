"""What all figures share: sizes, fills that stay apart in grey, and files that do not change between runs."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

plt.rcParams.update(
    {
        "figure.dpi": 100,
        "savefig.dpi": 150,
        "font.size": 9,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "0.88",
        "hatch.linewidth": 0.5,
        "legend.frameon": False,
        "svg.hashsalt": "gridtally",
    }
)

# (fill colour, hatch): neighbours differ in lightness and in hatch.
FILLS = [
    ("#1b4965", ""),
    ("#f4d58d", "///"),
    ("#5fa8d3", "..."),
    ("#a4303f", "\\\\\\"),
    ("#cae9ff", "xxx"),
    ("#8d8d8d", "---"),
]

# (colour, line style)
LINES = [
    ("#000000", "-"),
    ("#d1495b", "--"),
    ("#1b4965", "-."),
    ("#2a9d8f", ":"),
    ("#777777", (0, (8, 2))),
    ("#b5651d", (0, (3, 1, 1, 1, 1, 1))),
    ("#5fa8d3", (0, (1, 1))),
]


def fill(index):
    """Keyword arguments of the index-th filled area."""
    colour, hatch = FILLS[index % len(FILLS)]
    return {"facecolor": colour, "hatch": hatch, "edgecolor": "black", "linewidth": 0.4}


def line(index):
    """Keyword arguments of the index-th line."""
    colour, style = LINES[index % len(LINES)]
    return {"color": colour, "linestyle": style, "linewidth": 1.3}


def save(figure, folder, name):
    """Writes folder/name.png and .svg, the same bytes for the same data. Returns both paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    figure.savefig(png, metadata={"Software": None})
    figure.savefig(svg, metadata={"Date": None})
    plt.close(figure)
    return [png, svg]
