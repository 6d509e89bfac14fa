"""What an iteration takes, as a sum of terms whose factors are fitted to measured runs.

Algorithm 1 over ranks, without the ledger (gridtally-scale):

    t = h c (1 + k (r - 1))  +  m log2(R) a  +  b / w

h homes a rank, r ranks a node, R ranks, m meetings of all ranks, b bytes that a rank receives; c [s a home],
k [what a neighbour on the node costs], a [s, latency], w [B/s, bandwidth].

On the ledger (gridtally-solve), where meters and validators take turns:

    t = e  +  M / p  +  V / p'  +  6 a  +  B / w
    M = sum over ranks of meters of      s (q + 1) + x H + u h
    V = sum over ranks of validators of  s (H + 2 N + 2) + x H

H homes, one a meter, h of a rank; N validators, q of them a quorum; e [s, whatever the size], s [s a signature], x [s
a home, execution of a block], u [s a home, its problem, commitment and signature]; p and p' processors that work at
once: as many as there are ranks, at most the cores. An iteration has six letters in a row: transaction, proposal, two
votes, block, acknowledgement; B are the bytes of the busiest link (src/cluster/README.md)."""

from dataclasses import dataclass
from math import ceil, log2

import numpy as np


def fit(rows, values):
    """Factors >= 0 that make rows @ factors closest to values, relative to the values: least squares, the most
    negative factor set to zero until none is."""
    rows, values = np.asarray(rows, float), np.asarray(values, float)
    free = list(range(rows.shape[1]))
    while True:
        factors = np.zeros(rows.shape[1])
        if free:
            factors[free] = np.linalg.lstsq(rows[:, free] / values[:, None], np.ones(len(values)), rcond=None)[0]
        worst = min(free, key=lambda each: factors[each], default=None)
        if worst is None or factors[worst] >= 0:
            return factors
        free.remove(worst)


@dataclass
class Network:
    """Between ranks on different nodes."""

    latency: float    # [s]
    bandwidth: float  # [B/s]


@dataclass
class Spread:
    """One run of gridtally-scale."""

    homes: int
    ranks: int
    ranks_a_node: int
    meetings: float
    received: float  # by the rank that receives most [B an iteration]

    @property
    def homes_a_rank(self):
        return self.homes / self.ranks


@dataclass
class SpreadModel:
    """Of one graph."""

    home: float       # [s]
    neighbour: float  # [1]

    @staticmethod
    def fitted(spreads, compute_seconds):
        rows = [[s.homes_a_rank, s.homes_a_rank * (s.ranks_a_node - 1)] for s in spreads]
        home, shared = fit(rows, compute_seconds)
        return SpreadModel(home, shared / home)

    def compute(self, spread):
        return spread.homes_a_rank * self.home * (1 + self.neighbour * (spread.ranks_a_node - 1))

    def seconds(self, spread, network):
        return self.compute(spread) + exchange_seconds(spread, network)


def exchange_seconds(spread, network):
    return spread.meetings * log2(spread.ranks) * network.latency + spread.received / network.bandwidth


def fitted_network(spreads, exchange):
    """Of the machine that the runs were on; None for a factor that they do not show."""
    latency, byte = fit([[s.meetings * log2(s.ranks), s.received] for s in spreads], exchange)
    return Network(latency, 1 / byte if byte > 0 else float("inf"))


@dataclass
class Ledger:
    """One run of gridtally-solve, a home a meter."""

    homes: int
    validators: int
    meter_ranks: int
    validator_ranks: int
    cores: int  # of all nodes together
    both: bool = False  # one rank is both

    @property
    def quorum(self):
        return 2 * self.validators // 3 + 1

    def terms(self):
        """What e, s, x, u are multiplied with."""
        meters_at_once = min(self.meter_ranks, self.cores)
        validators_at_once = min(self.validator_ranks, self.cores)
        # A rank that is both executes once, and has checked what its meters need.
        checks = 0 if self.both else self.meter_ranks * (self.quorum + 1) / meters_at_once
        executions = 0 if self.both else self.meter_ranks * self.homes / meters_at_once
        checks += self.validator_ranks * (self.homes + 2 * self.validators + 2) / validators_at_once
        executions += self.validator_ranks * self.homes / validators_at_once
        most = ceil(self.homes / self.meter_ranks) * max(1.0, self.meter_ranks / self.cores)
        return [1.0, checks, executions, most]

    def busiest_link_bytes(self, slots=24):
        """Of an iteration, one link a rank, sending and receiving at once: the proposer's or rank 0's."""
        row = 40 + 8 * slots
        block = 273 + 167 * self.homes + self.homes * row
        others = self.validator_ranks - 1
        shown = ceil(self.meter_ranks / self.validator_ranks) * (48 + 68 * self.quorum + block)
        sends = others * (157 + block) + 298 * others + shown
        receives = 164 * self.homes + self.homes * row + 298 * others
        return max(sends, receives)


@dataclass
class LedgerModel:
    block: float      # [s]
    signature: float  # [s]
    execution: float  # [s a home]
    home: float       # [s]

    @staticmethod
    def fitted(runs, seconds):
        return LedgerModel(*fit([run.terms() for run in runs], seconds))

    def compute(self, run):
        return float(np.dot(run.terms(), [self.block, self.signature, self.execution, self.home]))

    def seconds(self, run, network=None, slowness=1.0):
        """`network`: between nodes; None: all on the machine that was measured. `slowness`: of a core, against that
        machine's."""
        wire = 6 * network.latency + run.busiest_link_bytes() / network.bandwidth if network else 0.0
        return slowness * self.compute(run) + wire
