#!/usr/bin/env python3
"""Confirmation delay and throughput of the ledger, as the paper's Fig. 4, from files of gridtally-ledger-bench."""

import argparse
import csv
import sys
from dataclasses import dataclass

import drawing
from drawing import plt

PAPER_DELAY = 76.6  # ms
PAPER_RATE = 150.0  # transactions/s
COLUMNS = ("validators", "ranks", "offered_tps", "confirmed_tps", "delay_median_ms", "delay_p99_ms")


@dataclass
class Curve:
    """What one number of validators on one number of ranks came to, by ascending offered rate."""

    validators: int
    ranks: int
    steps: list

    @property
    def name(self):
        return f"{self.validators} validators on {self.ranks} rank{'s' if self.ranks > 1 else ''}"

    def __getitem__(self, column):
        return [step[column] for step in self.steps]


def read_curves(paths):
    """The curves of all files, by validators, then by ranks, the most first."""
    found = {}
    for path in paths:
        with open(path, newline="") as file:
            table = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
            if missing:
                raise ValueError(f"{path}: no column {missing[0]}; is it a file of gridtally-ledger-bench?")
            for row in table:
                step = {name: float(row[name]) for name in COLUMNS}
                found.setdefault((int(step["validators"]), int(step["ranks"])), []).append(step)
    order = sorted(found, key=lambda key: (key[0], -key[1]))
    return [Curve(*key, sorted(found[key], key=lambda step: step["offered_tps"])) for key in order]


def mark(axes, value, text):
    axes.axhline(value, color="black", linewidth=0.8, linestyle=(0, (2, 3)))
    axes.annotate(text, (0.01, value), (0, 3), xycoords=axes.get_yaxis_transform(), textcoords="offset points")


def draw_delay(curves, folder):
    """Writes ledger-delay.png and .svg: median and 99th percentile against the offered rate."""
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    for index, curve in enumerate(curves):
        style = drawing.line(index)
        axes.loglog(curve["offered_tps"], curve["delay_p99_ms"], **style, marker="o", markersize=3, label=curve.name)
        axes.loglog(curve["offered_tps"], curve["delay_median_ms"], **style | {"linewidth": 0.7}, marker="o",
                    markersize=2, markerfacecolor="white")
    mark(axes, PAPER_DELAY, f"the paper's longest: {PAPER_DELAY:g} ms")
    axes.set_xlabel("offered [transactions/s]")
    axes.set_ylabel("confirmation delay [ms]")
    axes.legend(title="filled: 99th percentile; hollow: median", loc="upper left")
    return drawing.save(figure, folder, "ledger-delay")


def draw_throughput(curves, folder):
    """Writes ledger-throughput.png and .svg: confirmed against offered rate."""
    figure, axes = plt.subplots(figsize=(8, 4.6), layout="constrained")
    for index, curve in enumerate(curves):
        axes.loglog(curve["offered_tps"], curve["confirmed_tps"], **drawing.line(index), marker="o", markersize=3,
                    label=curve.name)
    most = max(max(curve["offered_tps"]) for curve in curves)
    least = min(min(curve["offered_tps"]) for curve in curves)
    axes.loglog([least, most], [least, most], color="0.6", linewidth=0.8, zorder=0)
    mark(axes, PAPER_RATE, f"the paper's saturation: {PAPER_RATE:g} transactions/s")
    axes.set_xlabel("offered [transactions/s]")
    axes.set_ylabel("confirmed [transactions/s]")
    axes.legend(loc="upper left")
    return drawing.save(figure, folder, "ledger-throughput")


def draw(paths, folder):
    """Both figures of all files."""
    curves = read_curves(paths)
    if not curves:
        raise ValueError("no step was measured: nothing to draw")
    return draw_delay(curves, folder) + draw_throughput(curves, folder)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", metavar="CSV", help="written by gridtally-ledger-bench --output")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the figures")
    options = parser.parse_args(argv)
    try:
        paths = draw(options.files, options.output)
    except (OSError, ValueError) as error:
        print(f"plot_ledger.py: {error}", file=sys.stderr)
        return 2
    for path in paths:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
