#!/usr/bin/env python3
"""Whole runs, timed: lanes, prosumers, ranks, and where a run on the ledger spends its time.

    . jobs/mpi_env.sh; jobs/bench/whole_runs.py [--build build/release] [--output results/bench] [--largest 100000]

Prints tables; writes whole_runs.json, and whole_runs.png and .svg. README.md beside this says what is measured. Ratios
within one run mean something on a busy machine; times do not."""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "postprocess"))

SIZES = [10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000]
GRAPHS = {"complete": [], "20 partners": ["--partners", "20"]}
CORES = os.cpu_count()


def call(command):
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{ended.stderr}")
    return ended.stdout


def iterate(build, prosumers, iterations, options=(), ranks=CORES):
    """The figures of gridtally-scale."""
    return json.loads(call(["mpirun", "-n", ranks, build / "bin/gridtally-scale", "--json", "--prosumers", prosumers,
                            "--iterations", iterations, *options]))


def slowest(run, part):
    """Seconds an iteration of the rank that spent most on `part`."""
    return max(rank["seconds_per_iteration"][part] for rank in run["ranks"])


def memory(run):
    return sum(rank["peak_memory_bytes"] for rank in run["ranks"]) / 1e6


def time_lanes(build, iterations):
    """QPs a second and core against lanes."""
    rows = []
    for lanes in (1, 2, 4, 8):
        command = [build / "bin/gridtally-scale", "--json", "--prosumers", 1000, "--iterations", iterations, "--lanes",
                   lanes]
        ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if ended.returncode == 2:
            print(f"{lanes} lanes: {ended.stderr.strip()}")
            continue
        run = json.loads(ended.stdout)
        rows.append({"lanes": lanes, "qp_per_second": 1000 / slowest(run, "qp")})
    return rows


def time_sizes(build, iterations, largest):
    """Time of an iteration and memory against prosumers, for each graph."""
    rows = []
    for graph, options in GRAPHS.items():
        for prosumers in (size for size in SIZES if size <= largest):
            if graph != "complete" and prosumers <= 20:
                continue
            run = iterate(build, prosumers, iterations, options)
            rows.append({"graph": graph, "prosumers": prosumers, "seconds": run["seconds_per_iteration"],
                         "qp": slowest(run, "qp"), "contract": slowest(run, "contract"),
                         "exchange": slowest(run, "exchange"), "memory_mb": memory(run),
                         "pairs": run["pairs"], "cut_pairs": run["cut_pairs"],
                         "cut_pairs_in_blocks": run["cut_pairs_in_blocks"]})
    return rows


def time_ranks(build, iterations):
    """Speed-up of 10,240 prosumers (40 blocks) against ranks."""
    rows = []
    for graph, options in GRAPHS.items():
        alone = None
        for ranks in range(1, CORES + 1):
            run = iterate(build, 10_240, iterations, options, ranks)
            alone = alone or run["seconds_per_iteration"]
            rows.append({"graph": graph, "ranks": ranks, "seconds": run["seconds_per_iteration"],
                         "speed_up": alone / run["seconds_per_iteration"]})
    return rows


def time_ledger(build, prosumers=100, validators=4):
    """Where each rank of a run on the ledger spends its time: one day of made-up homes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        call([build / "bin/gridtally-generate", "--prosumers", prosumers, "--days", 1, "--output", folder / "homes"])
        text = call(["mpirun", "-n", CORES, build / "bin/gridtally-solve", folder / "homes", "--output",
                     folder / "archive", "--epsilon", "1e-3", "--validators", validators, "--timings", "--quiet"])
    rows = []
    for line in text.splitlines():
        found = dict(re.findall(r"(qp|ledger|archive|waiting) ([\d.]+) s", line))
        total = re.search(r": ([\d.]+) s:", line)
        if found and total:
            rows.append({"total": float(total[1])} | {part: float(value) for part, value in found.items()})
    return rows


def print_lanes(rows):
    print("\nQPs a second and core, 1,000 prosumers")
    for row in rows:
        print(f"  {row['lanes']} lanes {row['qp_per_second']:10,.0f}   x {row['qp_per_second'] / rows[0]['qp_per_second']:.2f}")


def print_sizes(rows):
    print(f"\nAn iteration on {CORES} ranks")
    print(f"  {'graph':12}{'prosumers':>10}{'ms':>10}{'us a prosumer':>15}{'qp %':>7}{'contract %':>11}{'exchange %':>11}"
          f"{'MB':>7}{'cut pairs':>18}")
    for row in rows:
        share = {part: 100 * row[part] / row["seconds"] for part in ("qp", "contract", "exchange")}
        cut = f"{row['cut_pairs']:,} ({row['cut_pairs_in_blocks']:,})" if row["graph"] != "complete" else ""
        print(f"  {row['graph']:12}{row['prosumers']:10,}{1e3 * row['seconds']:10.2f}"
              f"{1e6 * row['seconds'] / row['prosumers']:15.2f}{share['qp']:7.0f}{share['contract']:11.0f}"
              f"{share['exchange']:11.0f}{row['memory_mb']:7.0f}{cut:>18}")
    for graph in GRAPHS:
        costs = [row["seconds"] / row["prosumers"] for row in rows
                 if row["graph"] == graph and row["prosumers"] >= 1000]
        if costs:
            middle = (max(costs) + min(costs)) / 2
            print(f"  {graph}: cost a prosumer from 1,000 prosumers on within ±{100 * (max(costs) / middle - 1):.0f} %")


def print_ranks(rows):
    print("\nSpeed-up, 10,240 prosumers")
    for row in rows:
        print(f"  {row['graph']:12}{row['ranks']:3} ranks{1e3 * row['seconds']:10.1f} ms   x {row['speed_up']:.2f}")


def print_ledger(rows):
    print("\nA day of 100 prosumers on the ledger, 4 validators")
    for rank, row in enumerate(rows):
        shares = ", ".join(f"{part} {100 * row[part] / row['total']:.0f} %"
                           for part in ("qp", "ledger", "archive", "waiting"))
        print(f"  rank {rank}: {row['total']:.2f} s: {shares}")


def draw(results, folder):
    import drawing

    figure, (times, memories) = drawing.plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for index, graph in enumerate(GRAPHS):
        rows = [row for row in results["sizes"] if row["graph"] == graph]
        sizes = [row["prosumers"] for row in rows]
        times.loglog(sizes, [1e6 * row["seconds"] / row["prosumers"] for row in rows], marker="o", markersize=3,
                     label=graph, **drawing.line(index))
        memories.loglog(sizes, [row["memory_mb"] for row in rows], marker="o", markersize=3, label=graph,
                        **drawing.line(index))
    times.set(xlabel="prosumers", ylabel="an iteration [µs a prosumer]", title=f"{CORES} ranks")
    memories.set(xlabel="prosumers", ylabel="peak memory, all ranks [MB]")
    times.legend()
    return drawing.save(figure, folder, "whole_runs")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder")
    options.add_argument("--output", type=Path, default=ROOT / "results/bench", help="folder to write")
    options.add_argument("--largest", type=int, default=100_000, help="prosumers of the largest community")
    options.add_argument("--iterations", type=int, default=20, help="of each run; the first is cold")
    given = options.parse_args()
    machine = call(["bash", "-c", f'cd "{ROOT}" && . jobs/bench/machine.sh && print_machine "{given.build.resolve()}"'])
    print(machine, end="", flush=True)
    results = {"machine": machine.splitlines()}
    stages = {"lanes": (lambda: time_lanes(given.build, given.iterations), print_lanes),
              "sizes": (lambda: time_sizes(given.build, given.iterations, given.largest), print_sizes),
              "ranks": (lambda: time_ranks(given.build, given.iterations), print_ranks),
              "ledger": (lambda: time_ledger(given.build), print_ledger)}
    for name, (measure, show) in stages.items():
        results[name] = measure()
        show(results[name])
        sys.stdout.flush()
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "whole_runs.json").write_text(json.dumps(results, indent=1) + "\n")
    for path in draw(results, given.output):
        print(path)


if __name__ == "__main__":
    main()
