"""Prints the table of kernel.sh from what it left in a folder."""

import json
import pathlib
import statistics
import sys


def kernel_times(folder):
    """Median microseconds a QP of each benchmark that has them, in the order of the run."""
    runs = json.loads((folder / "bench.json").read_text())["benchmarks"]
    return {run["name"].removesuffix("/iterations:1"): run["us_per_qp"] for run in runs}


def octave_time(folder):
    """Median microseconds a QP of Octave's qp, and how many it did not solve to 1e-5."""
    lines = (folder / "octave.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line[:1].isdigit()]  # GLPK talks in between
    seconds = statistics.median(float(row[0]) for row in rows)
    missed = sum(
        row[1] != "0" or abs(float(row[2]) - float(row[3])) > 1e-5 * max(1.0, abs(float(row[3])))
        for row in rows
    )
    return 1e6 * seconds, f"{missed} of {len(rows)} missed"


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = [(name, time, "") for name, time in kernel_times(folder).items()]
    if (folder / "octave.txt").exists():
        rows.append(("octave qp", *octave_time(folder)))
    dense = dict((name, time) for name, time, _ in rows)["primal_dense_reference"]
    print(f"\n{'':24}{'us a QP':>12}{'dense / this':>14}")
    for name, time, remark in rows:
        print(f"{name:24}{time:12.1f}{dense / time:14.1f}  {remark}".rstrip())


if __name__ == "__main__":
    main()
