#!/usr/bin/env python3
"""Prints one screen about a results folder: archive/, summary.json (from gridtally-inspect --json),
audit.txt, figures/."""

import json
import sys
from pathlib import Path

HEADER = ("day", "alone [ct]", "trading [ct]", "saving", "iterations", "residual [kWh]", "blocks",
          "archive [kB]")
ROW = "{:>5}  {:>11}  {:>12}  {:>7}  {:>10}  {:>14}  {:>6}  {:>12}"


def saving(alone, trading):
    """Share of the cost without trading that trading saves, as text."""
    return f"{100 * (alone - trading) / abs(alone):.1f} %" if alone else "-"


def money(cents):
    return "-" if cents is None else f"{cents:.2f}"


def day_row(day, segment):
    """Cells of one day. A day that did not converge has no cost that could be called one."""
    size = f"{segment.stat().st_size / 1000:.0f}" if segment.exists() else "-"
    if not day.get("settled", day["converged"]):
        return (day["day"], "-", "-", "-", day["iterations"], f"{day['residual']:.2e}",
                day["blocks"], size)
    return (day["day"], money(day["cost_alone"]), money(day["cost"]),
            saving(day["cost_alone"], day["cost"]), day["iterations"], f"{day['residual']:.2e}",
            day["blocks"], size)


def total_row(days, archive):
    alone = sum(day["cost_alone"] for day in days if day.get("settled", day["converged"]))
    trading = sum(day["cost"] for day in days if day.get("settled", day["converged"]))
    size = sum(file.stat().st_size for file in archive.rglob("*") if file.is_file())
    return ("total", money(alone), money(trading), saving(alone, trading),
            sum(day["iterations"] for day in days), "", sum(day["blocks"] for day in days),
            f"{size / 1000:.0f}")


LOSERS_NAMED = 5


def losers_text(losers, prosumers):
    """Who pays more with trading, at the fixed trading price, than alone: the worst by name."""
    if not losers:
        return f"nobody of {prosumers}"
    named = ", ".join(f"{home['name']} +{home['loss']:.2f} ct" for home in losers[:LOSERS_NAMED])
    more = len(losers) - LOSERS_NAMED
    return f"{len(losers)} of {prosumers}: {named}" + (f" and {more} more" if more > 0 else "")


def loser_lines(facts):
    """Over the study, and on how many days anyone did who did not over the study."""
    if not facts["losers_by_day"]:
        return
    yield (f"Pay more than alone: {losers_text(facts['losers'], facts['prosumers'])}; on single days "
           + ", ".join(str(len(day["losers"])) for day in facts["losers_by_day"]))


def lines(results):
    """The screen, line by line."""
    results = Path(results)
    archive = results / "archive"
    facts = json.loads((results / "summary.json").read_text())
    yield ""
    yield f"{facts['prosumers']} homes, {facts['pairs']} pairs, {facts['height']} blocks, head {facts['head'][:16]}…"
    yield ROW.format(*HEADER)
    for day in facts["days"]:
        yield ROW.format(*day_row(day, archive / f"day-{day['day']:04d}.h5"))
    yield ROW.format(*total_row(facts["days"], archive))
    for day in facts["days"]:
        if not day.get("settled", day["converged"]):
            yield (f"Day {day['day']} did not converge within {day['iterations']} iterations: "
                   "nothing of it is published as optimal.")
    yield from loser_lines(facts)
    yield ""
    yield "Audit:    " + "\n          ".join((results / "audit.txt").read_text().strip().splitlines()[:7])
    yield f"Archive:  {archive}     look into it: build/release/bin/gridtally-inspect {archive}"
    yield f"Private:  {results / 'private'}     one file a meter, yours alone"
    yield f"Figures:  {results / 'figures'}"


def main(argv):
    if len(argv) != 2:
        print("usage: summary.py RESULTS", file=sys.stderr)
        return 2
    for line in lines(argv[1]):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
