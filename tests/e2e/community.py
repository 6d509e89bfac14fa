"""Reads community folders (src/model/README.md) for tests, apart from the project's own reader, and
knows the QP of a whole community's day: model.md 1 as it stands there, for cvxopt."""

import csv
from pathlib import Path

import cvxopt
import numpy as np

ACCURACY = 1e-7  # of an optimum, relative: the duality gap that cvxopt must reach


class Community:
    """settings: community.cfg; prosumers: rows of prosumers.csv; profiles[column][u][day][t];
    tariff[column][day][t]; pairs: [(u, v, limit or None)], or None for everyone with everyone."""

    def __init__(self, folder):
        folder = Path(folder)
        self.settings = dict(_settings(folder / "community.cfg"))
        days, slots = int(self.settings["days"]), int(self.settings["slots_per_day"])
        self.days, self.slots = days, slots
        self.prosumers = _rows(folder / "prosumers.csv")
        self.names = [row.pop("prosumer") for row in self.prosumers]
        self.prosumers = [{key: float(value) for key, value in row.items()}
                          for row in self.prosumers]
        index = {name: u for u, name in enumerate(self.names)}
        columns = ("renewable", "inflexible", "flexible_reference", "flexible_min", "flexible_max")
        self.profiles = {column: np.full((len(index), days, slots), np.nan) for column in columns}
        for row in _rows(folder / "profiles.csv"):
            at = index[row["prosumer"]], int(row["day"]), int(row["slot"])
            for column in columns:
                self.profiles[column][at] = float(row[column + "_kwh"])
        self.tariff = {column: np.full((days, slots), np.nan)
                       for column in ("grid_price", "reserve_price")}
        for row in _rows(folder / "tariff.csv"):
            for column, values in self.tariff.items():
                values[int(row["day"]), int(row["slot"])] = float(row[column])
        self.pairs = None
        if (folder / "partners.csv").exists():
            self.pairs = [(index[row["prosumer"]], index[row["partner"]],
                           float(row["limit_kwh"]) if row["limit_kwh"] else None)
                          for row in _rows(folder / "partners.csv")]

    def __len__(self):
        return len(self.prosumers)

    @property
    def peak_price(self):
        return float(self.settings["peak_price"])

    @property
    def p2p_price(self):
        return float(self.settings["p2p_price"])


def _settings(path):
    for line in path.read_text().splitlines():
        key, sign, value = line.partition("=")
        if sign and not line.lstrip().startswith("#"):
            yield key.strip(), value.strip()


def _rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


class Program:
    """min ½ x'Px + q'x subject to rows of equalities and bounds, put together piece by piece."""

    def __init__(self):
        self.lower, self.upper, self.linear, self.square = [], [], [], []
        self.equal, self.most = [], []  # rows: ({variable: factor}, right side)
        self.constant = 0.0

    def variables(self, count, lower, upper, linear=0.0):
        """Indices of `count` new ones; bounds and prices are numbers or arrays."""
        first = len(self.lower)
        for target, given in ((self.lower, lower), (self.upper, upper), (self.linear, linear)):
            target.extend(np.broadcast_to(np.asarray(given, float), count))
        self.square.extend([0.0] * count)
        return range(first, first + count)

    def solve(self):
        """(optimal cost, x). Variables whose bounds meet are put in as constants: an
        interior-point method needs room inside."""
        lower, upper = np.array(self.lower), np.array(self.upper)
        free = ~(upper - lower <= 1e-12)
        column = np.cumsum(free) - 1
        x = np.where(free, 0.0, lower)
        bounds = [({i: -1.0}, -lower[i]) for i in np.flatnonzero(free)]
        bounds += [({i: 1.0}, upper[i]) for i in np.flatnonzero(free)]
        a, b = _matrix(self.equal, free, column, x)
        g, h = _matrix(bounds + self.most, free, column, x)
        square = cvxopt.spdiag(cvxopt.matrix(np.array(self.square)[free]))
        options = {"show_progress": False, "abstol": 1e-10, "reltol": 1e-10, "feastol": 1e-10,
                   "refinement": 2}
        linear = cvxopt.matrix(np.array(self.linear)[free])
        answer = cvxopt.solvers.qp(cvxopt.sparse(square), linear, g, h, a, b, options=options)
        x[free] = np.array(answer["x"]).ravel()
        cost = self.constant + np.dot(self.linear, x) + 0.5 * np.dot(self.square, x * x)
        if answer["gap"] > ACCURACY * abs(cost):
            raise RuntimeError(f"cvxopt: {answer['status']}, gap {answer['gap']:.1e} cents")
        return float(cost), x


def _matrix(rows, free, column, x):
    values, row_of, column_of, right = [], [], [], []
    for factors, side in rows:
        inside = {i: factor for i, factor in factors.items() if free[i]}
        if not inside:
            continue
        for i, factor in inside.items():
            values.append(factor)
            row_of.append(len(right))
            column_of.append(int(column[i]))
        right.append(side - sum(f * x[i] for i, f in factors.items() if not free[i]))
    size = (len(right), int(np.count_nonzero(free)))
    return cvxopt.spmatrix(values, row_of, column_of, size), cvxopt.matrix(right, (len(right), 1))


def optimum(community, day, battery_start):
    """Least cost of the whole community's day [cents], from the given battery levels [kWh]."""
    program = Program()
    trades = [_add_prosumer(program, community, u, day, battery_start[u])
              for u in range(len(community))]
    pairs = community.pairs
    if pairs is None or all(limit is None for _, _, limit in pairs):
        for part in _connected(len(community), pairs):
            for t in range(community.slots):
                program.equal.append(({trades[u][t]: 1.0 for u in part}, 0.0))
    else:
        _add_pairs(program, community, trades)
    return program.solve()[0]


def _add_prosumer(program, community, u, day, battery_start):
    """Adds u's variables, costs and constraints; returns the indices of its net trades."""
    own, slots = community.prosumers[u], range(community.slots)
    profile = {name: values[u, day] for name, values in community.profiles.items()}
    wear, discomfort = own["wear_cost"], own["discomfort_weight"]
    least, most = own["battery_min_kwh"], own["battery_max_kwh"]
    has_battery = most > least
    charge_max = own["charge_max_kwh"] if has_battery else 0.0
    discharge_max = own["discharge_max_kwh"] if has_battery else 0.0
    eta = own["battery_efficiency"]

    def new(lower, upper, linear=0.0):
        return program.variables(community.slots, lower, upper, linear)

    grid = new(0.0, own["grid_max_kwh"], community.tariff["grid_price"][day])
    renewable = new(0.0, profile["renewable"])
    flexible = new(profile["flexible_min"], profile["flexible_max"])
    charge = new(0.0, charge_max, wear)
    discharge = new(0.0, discharge_max, wear)
    stored = new(least, most)
    reserve = new(0.0, discharge_max, -community.tariff["reserve_price"][day])
    # Free in the model; these bounds follow from the balance and give the solver a bounded problem.
    net_trade = new(-(profile["renewable"] + own["grid_max_kwh"] + discharge_max),
                    profile["inflexible"] + profile["flexible_max"] + charge_max,
                    community.p2p_price)
    peak = program.variables(1, 0.0, own["grid_max_kwh"], community.peak_price)[0]

    reference = profile["flexible_reference"]
    program.constant += discomfort * float(np.dot(reference, reference))
    for t in slots:  # ω (l − L_ref)²
        program.square[flexible[t]] = 2.0 * discomfort
        program.linear[flexible[t]] -= 2.0 * discomfort * reference[t]
        program.equal.append(({renewable[t]: 1.0, grid[t]: 1.0, discharge[t]: 1.0,
                               net_trade[t]: 1.0, flexible[t]: -1.0, charge[t]: -1.0},
                              profile["inflexible"][t]))
        program.most.append(({grid[t]: 1.0, peak: -1.0}, 0.0))
    program.equal.append(({flexible[t]: 1.0 for t in slots}, float(reference.sum())))
    if has_battery:
        for t in slots:
            row = {stored[t]: 1.0, charge[t]: -eta, discharge[t]: 1.0 / eta}
            if t > 0:
                row[stored[t - 1]] = -1.0
            program.equal.append((row, battery_start if t == 0 else 0.0))
            program.most.append(({reserve[t]: 1.0, stored[t]: -1.0}, -least))
        program.lower[stored[-1]] = own["battery_initial_kwh"]
    return net_trade


def _connected(size, pairs):
    """Who can reach whom: without limits, net trades need only balance within each part."""
    parts = [{u} for u in range(size)] if pairs is not None else [set(range(size))]
    for u, v, _ in pairs or ():
        one, two = (next(part for part in parts if w in part) for w in (u, v))
        if one is not two:
            parts.remove(two)
            one |= two
    return parts


def _add_pairs(program, community, net_trades):
    """p_uv of each pair, all of them limited."""
    for t in range(community.slots):
        rows = [{s[t]: -1.0} for s in net_trades]
        for u, v, limit in community.pairs:
            p = program.variables(1, -limit, limit)[0]
            rows[u][p] = 1.0
            rows[v][p] = -1.0
        program.equal.extend((row, 0.0) for row in rows)
