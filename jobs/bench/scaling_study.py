#!/usr/bin/env python3
"""Weak and strong scaling of whole runs, a model fitted to them, and what it says of larger machines. Started by
scaling.sh; README.md beside this says what is measured and what is assumed. Prints tables; writes scaling.md,
scaling.json, scaling.png and scaling.svg."""

import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
import tempfile
from math import sqrt
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "postprocess"))

import scaling_model as model  # noqa: E402

GRAPHS = {"complete": [], "20 partners": ["--partners", "20"]}
# Homes, validators: to fit; and to hold the fit against.
LEDGER_RUNS = [(10, 4), (10, 10), (30, 4), (48, 20), (100, 4), (100, 20)]
HELD_BACK = [(60, 7), (20, 13)]
# Assumed, not measured here: networks by their data sheets; a Raspberry Pi 4's core as a share of this machine's.
FAST_ETHERNET = model.Network(latency=0.3e-3, bandwidth=100e6 / 8 * 0.94)
TEN_GIGABIT = model.Network(latency=20e-6, bandwidth=10e9 / 8 * 0.94)
PI_SLOWNESS = 4.0
MEMORY_OF_MPI = 40e6  # [B a rank]


def cores_here():
    return int(os.environ.get("SLURM_NTASKS", os.cpu_count()))


def ranks_to_try(cores):
    counts = []
    ranks = 1
    while ranks < cores:
        counts.append(ranks)
        ranks *= 2
    return counts + [cores]


def launch(ranks, command):
    if "SLURM_JOB_ID" in os.environ:
        start = ["srun", "--mpi=pmix", "--ntasks", ranks]
    else:
        start = [*shlex.split(os.environ.get("MPIRUN", "mpirun")), "-n", ranks]
    return call([*start, *command])


def nodes_of(ranks):
    """On how many nodes so many ranks are."""
    return len(set(launch(ranks, ["hostname"]).split()))


def call(command):
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"scaling_study: {' '.join(map(str, command))} ended with {ended.returncode}\n{ended.stderr}")
    return ended.stdout


def best_of(tries, measure):
    """Least time: what the machine can do when nobody else uses it."""
    return min((measure() for _ in range(tries)), key=lambda run: run["seconds"])


class Study:
    def __init__(self, given):
        self.bin = given.build / "bin"
        self.iterations = given.iterations
        self.tries = given.tries
        self.cores = given.ranks
        self.homes_a_rank = given.homes
        self.strong_homes = given.strong_homes
        self.folder = given.output  # all nodes see it

    def spread(self, graph, homes, ranks):
        figures = json.loads(launch(ranks, [self.bin / "gridtally-scale", "--json", "--prosumers", homes,
                                            "--iterations", self.iterations, *GRAPHS[graph]]))
        each = figures["ranks"]
        split = [rank["seconds_per_iteration"] for rank in each]
        return {"graph": graph, "homes": homes, "ranks": ranks, "seconds": figures["seconds_per_iteration"],
                "compute": max(rank["qp"] + rank["contract"] for rank in split),
                # Who comes last waits for nobody.
                "exchange": min(rank["exchange"] for rank in split),
                "meetings": each[0]["meetings_per_iteration"],
                "received": max(rank["received_bytes_per_iteration"] for rank in each),
                "memory": max(rank["peak_memory_bytes"] for rank in each)}

    def spreads(self, homes_of):
        return [best_of(self.tries, lambda: self.spread(graph, homes_of(ranks), ranks))
                for graph in GRAPHS for ranks in ranks_to_try(self.cores)]

    def traded(self, homes, validators, ranks):
        """One day on the ledger, with a loose stop test: seconds a block."""
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            folder = Path(scratch)
            call([self.bin / "gridtally-generate", "--prosumers", homes, "--days", 1, "--output", folder / "homes"])
            text = launch(ranks, [self.bin / "gridtally-solve", folder / "homes", "--output", folder / "archive",
                                  "--validators", validators, "--epsilon", "1e-3", "--timings", "--quiet",
                                  "--traffic", folder / "traffic.csv"])
            with open(folder / "traffic.csv", newline="", encoding="ascii") as rows:
                counted = [row for row in csv.DictReader(rows) if row["kind"] == "all"]
        blocks = int(counted[0]["blocks"])
        total = max(float(line.split(": ")[1].split(" s")[0]) for line in text.splitlines()
                    if line.startswith("rank "))
        hosts = sum(int(row["validators"]) > 0 for row in counted)
        return {"homes": homes, "validators": validators, "ranks": ranks, "blocks": blocks,
                "seconds": total / blocks, "validator_ranks": hosts, "meter_ranks": max(1, ranks - hosts)}

    def ledgers(self, cases):
        return [best_of(self.tries, lambda: self.traded(*case, ranks)) for case in cases
                for ranks in sorted({1, self.cores})]

    def spread_of(self, run):
        return model.Spread(run["homes"], run["ranks"], -(-run["ranks"] // self.nodes), run["meetings"],
                            run["received"])

    def ledger_of(self, run):
        return model.Ledger(run["homes"], run["validators"], run["meter_ranks"], run["validator_ranks"],
                            self.cores, both=run["ranks"] == 1)


def measure(study):
    return {"strong": study.spreads(lambda ranks: study.strong_homes),
            "weak": study.spreads(lambda ranks: study.homes_a_rank * ranks),
            "ledger": study.ledgers(LEDGER_RUNS), "held_back": study.ledgers(HELD_BACK)}


def fitted(study, results):
    runs = results["strong"] + results["weak"]
    models = {}
    for graph in GRAPHS:
        own = [run for run in runs if run["graph"] == graph]
        models[graph] = model.SpreadModel.fitted([study.spread_of(run) for run in own],
                                                 [run["compute"] for run in own])
    apart = [run for run in runs if run["ranks"] > 1]
    network = model.fitted_network([study.spread_of(run) for run in apart], [run["exchange"] for run in apart]) \
        if apart else model.Network(0.0, float("inf"))
    ledger = model.LedgerModel.fitted([study.ledger_of(run) for run in results["ledger"]],
                                      [run["seconds"] for run in results["ledger"]])
    return models, network, ledger


def scaling_table(results, kind):
    lines = [f"| {kind} | ranks | homes | ms an iteration | efficiency % | exchange ms | MB a rank |",
             "|---|---|---|---|---|---|---|"]
    for graph in GRAPHS:
        rows = [run for run in results[kind] if run["graph"] == graph]
        for run in rows:
            work = run["ranks"] if kind == "strong" else 1
            efficiency = 100 * rows[0]["seconds"] / (run["seconds"] * work)
            lines.append(f"| {graph} | {run['ranks']} | {run['homes']:,} | {1e3 * run['seconds']:.1f} | "
                         f"{efficiency:.0f} | {1e3 * run['exchange']:.2f} | {run['memory'] / 1e6:.0f} |")
    return lines


def ledger_table(study, results, ledger):
    lines = ["| on the ledger: homes | validators | ranks | ms a block, measured | by the model | used to fit |",
             "|---|---|---|---|---|---|"]
    for kind, used in (("ledger", "yes"), ("held_back", "no")):
        for run in results[kind]:
            said = ledger.compute(study.ledger_of(run))
            lines.append(f"| {run['homes']} | {run['validators']} | {run['ranks']} | {1e3 * run['seconds']:.2f} | "
                         f"{1e3 * said:.2f} | {used} |")
    return lines


def factors_table(models, network, ledger):
    lines = ["| factor | fitted |", "|---|---|"]
    for graph, each in models.items():
        lines.append(f"| {graph}: a home | {1e6 * each.home:.2f} µs, each neighbour on the node +"
                     f"{100 * each.neighbour:.0f} % |")
    lines += [f"| latency, bandwidth between ranks here | {1e6 * network.latency:.1f} µs, "
              f"{network.bandwidth / 1e9:.2f} GB/s |",
              f"| ledger: a block | {1e3 * ledger.block:.3f} ms |",
              f"| a signature | {1e6 * ledger.signature:.1f} µs |",
              f"| a home executed | {1e6 * ledger.execution:.1f} µs |",
              f"| a home solved and signed | {1e6 * ledger.home:.1f} µs |"]
    return lines


def per_root_home(results):
    """Rows of partners that a rank receives, over the square root of its homes: partners live nearby, and a rank's
    homes have a border. Of two parts, one border in common; a part among many has up to 4 / sqrt(2) times as much."""
    runs = [run for run in results["strong"] + results["weak"] if run["graph"] == "20 partners" and run["ranks"] == 2]
    return max((run["received"] / sqrt(run["homes"] / 2) for run in runs), default=0.0) * 4 / sqrt(2)


def predictions(study, results, models, ledger):
    """Each with what it rests on."""
    boards = model.Ledger(48, 20, 48, 20, cores=4 * 48)
    on_boards = ledger.seconds(boards, FAST_ETHERNET, PI_SLOWNESS)
    wire = on_boards - PI_SLOWNESS * ledger.compute(boards)
    blocks = max((run["blocks"] for run in results["ledger"] if run["homes"] == 48), default=0)
    rows = [("48 Raspberry Pi 4, 48 homes, 20 validators, 100 Mbit/s, on the ledger",
             f"{1e3 * on_boards:.0f} ms a block ({1e3 * wire:.0f} ms of them the network), "
             f"{on_boards * blocks:.1f} s a day of {blocks} blocks")]
    homes, nodes = 100_000_000, 1000
    bytes_a_home = max(run["memory"] - MEMORY_OF_MPI for run in results["weak"]) / study.homes_a_rank
    for graph, each in models.items():
        wide = [run for run in results["strong"] if run["graph"] == graph and run["ranks"] > 1]
        if not wide:
            continue
        ranks = nodes * study.cores // study.nodes
        sample = wide[-1]
        if graph == "complete":  # block sums of all others
            here = study.strong_homes * (1 - 1 / sample["ranks"])
            received = sample["received"] * homes * (1 - 1 / ranks) / here
        else:
            received = per_root_home(results) * sqrt(homes / ranks)
        large = model.Spread(homes, ranks, study.cores // study.nodes, sample["meetings"], received)
        seconds = each.seconds(large, TEN_GIGABIT)
        rows.append((f"10⁸ homes, {graph}, 1,000 nodes like this one, 10 Gbit/s, without ledger",
                     f"{seconds:.2f} s an iteration ({1e3 * model.exchange_seconds(large, TEN_GIGABIT):.0f} ms of "
                     f"them exchange of {received / 1e6:.1f} MB a rank), about "
                     f"{(MEMORY_OF_MPI + bytes_a_home * homes / ranks) / 1e9:.1f} GB a rank"))
    return rows


def draw(study, results, models, network, ledger, folder):
    import drawing

    figure, axes = drawing.plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained")
    for axis, kind in zip(axes, ("strong", "weak")):
        for index, graph in enumerate(GRAPHS):
            rows = [run for run in results[kind] if run["graph"] == graph]
            ranks = [run["ranks"] for run in rows]
            axis.plot(ranks, [1e3 * run["seconds"] for run in rows], marker="o", label=graph, **drawing.line(index))
            axis.plot(ranks, [1e3 * models[graph].seconds(study.spread_of(run), network) for run in rows],
                      marker="x", linestyle="none", color=drawing.line(index)["color"])
        axis.set(xlabel="ranks", ylabel="an iteration [ms]", title=f"{kind} scaling (x: model)", xscale="log",
                 xticks=ranks, xticklabels=ranks, ylim=(0, None))
        axis.legend()
    for index, kind in enumerate(("ledger", "held_back")):
        axes[2].loglog([1e3 * run["seconds"] for run in results[kind]],
                       [1e3 * ledger.compute(study.ledger_of(run)) for run in results[kind]],
                       marker="o^"[index], linestyle="none", color=drawing.line(index)["color"],
                       label=("used to fit", "held back")[index])
    ends = [1e3 * function(run["seconds"] for run in results["ledger"]) for function in (min, max)]
    axes[2].loglog(ends, ends, **drawing.line(4))
    axes[2].set(xlabel="a block, measured [ms]", ylabel="by the model [ms]", title="on the ledger")
    axes[2].legend()
    return drawing.save(figure, folder, "scaling")


def page(study, results, machine):
    models, network, ledger = fitted(study, results)
    lines = ["# Scaling", "", *machine, f"{study.cores} ranks on {study.nodes} node(s).", "", "## Measured", ""]
    for kind in ("strong", "weak"):
        lines += [*scaling_table(results, kind), ""]
    lines += [*ledger_table(study, results, ledger), "", "## Fitted", "", *factors_table(models, network, ledger), "",
              "## Predicted, not measured", "",
              f"Assumed: 100 Mbit/s with {1e3 * FAST_ETHERNET.latency:.1f} ms, 10 Gbit/s with "
              f"{1e6 * TEN_GIGABIT.latency:.0f} µs a letter, 94 % of either for use; a Raspberry Pi 4's core takes "
              f"{PI_SLOWNESS:.0f} times as long as one here.", "", "| machine | |", "|---|---|",
              *(f"| {what} | {says} |" for what, says in predictions(study, results, models, ledger))]
    return "\n".join(lines) + "\n", (models, network, ledger)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder")
    options.add_argument("--output", type=Path, default=ROOT / "results/bench", help="folder to write")
    options.add_argument("--ranks", type=int, default=cores_here(), help="most ranks (default: tasks or cores)")
    # 40 blocks of the ordered sum.
    options.add_argument("--homes", type=int, default=10_240, help="a rank of weak scaling")
    options.add_argument("--strong-homes", type=int, default=40_960, help="of strong scaling")
    options.add_argument("--iterations", type=int, default=20, help="of each run without ledger")
    options.add_argument("--tries", type=int, default=3, help="runs of each kind; the fastest counts")
    options.add_argument("--again", type=Path, metavar="JSON", help="only the tables and plots of an earlier study")
    given = options.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    study = Study(given)
    if given.again:
        kept = json.loads(given.again.read_text())
        results, machine = kept["results"], kept["machine"]
        study.cores, study.nodes = kept["ranks"], kept["nodes"]
        study.homes_a_rank, study.strong_homes = kept.get("homes", study.homes_a_rank), kept.get("strong_homes", study.strong_homes)
    else:
        machine = call(["bash", "-c", f'cd "{ROOT}" && . jobs/bench/machine.sh && '
                                      f'print_machine "{given.build.resolve()}"']).splitlines()
        study.nodes = nodes_of(study.cores)
        results = measure(study)
    text, (models, network, ledger) = page(study, results, machine)
    print(text)
    (given.output / "scaling.md").write_text(text)
    (given.output / "scaling.json").write_text(json.dumps(
        {"machine": machine, "ranks": study.cores, "nodes": study.nodes, "homes": study.homes_a_rank,
         "strong_homes": study.strong_homes, "results": results}, indent=1) + "\n")
    for path in draw(study, results, models, network, ledger, given.output):
        print(path)


if __name__ == "__main__":
    main()
