"""A small archive made by hand: four homes on a street, three days of 24 slots, the last day not
converged. Sunny sells, Dark buys, Windy does both, Plain trades a little; all trades mirror."""

import hashlib
import struct

import h5py
import numpy as np

NAMES = ["Sunny", "Dark", "Windy", "Plain"]
SLOTS, DAYS, EPSILON = 24, 3, 1e-6
ITERATIONS = [40, 30, 20]
PAIRS = [(u, v) for u in range(4) for v in range(4) if u != v]


def genesis_bytes():
    """The front part of the encoding (src/ledger/README.md) and some bytes more."""
    data = b"gridtally-genesis" + struct.pack("<HI", 4, len(NAMES))
    for name in NAMES:
        data += struct.pack("<I", len(name)) + name.encode()
    data += struct.pack("<Idd", DAYS, 1.0, 5.0)
    data += struct.pack("<BIdIddId", 0, SLOTS, 100.0, 8, EPSILON, 0.0, 5000, 12.0)
    return data + b"\0" * 64


def day_shape():
    """What the sun offers in each slot, 0 to 1."""
    return np.maximum(0, np.sin((np.arange(SLOTS) - 6) * np.pi / 12))


def trades(day):
    """p'[arc][slot] [kWh]: exactly antisymmetric."""
    sun, night = day_shape(), 1 - day_shape()
    sold = {(0, 1): 1.5 * sun, (0, 2): 0.6 * sun, (0, 3): 0.3 * sun, (2, 1): 0.4 * night,
            (2, 3): 0.2 * night, (3, 1): 0.1 * sun}
    out = np.zeros((len(PAIRS), SLOTS))
    for (seller, buyer), energy in sold.items():
        out[PAIRS.index((buyer, seller))] = energy * (1 + 0.2 * day)
        out[PAIRS.index((seller, buyer))] = -energy * (1 + 0.2 * day)
    return out


def net_trades(trade):
    return np.array([sum(trade[i] for i, pair in enumerate(PAIRS) if pair[0] == u)
                     for u in range(4)])


def write_day(path, day, lists_pairs=True):
    settled = day < 2
    iterations, rounds = ITERATIONS[day], 1 if settled else 0
    trade = trades(day)
    residual = np.concatenate([np.geomspace(10, EPSILON / 2 if settled else 0.01, iterations),
                               np.full(rounds, EPSILON / 2)])
    flags = np.zeros(iterations + rounds, "u1")
    if settled:
        flags[iterations - 1] = 1
        flags[-1] = 3
    cost = np.array([10.0, 80, 30, 40]) if settled else np.full(4, np.nan)
    with h5py.File(path, "w") as file:
        file.attrs["day"] = np.uint64(day)
        file["prosumer"] = np.array(NAMES, "S5")
        file["slot"] = np.arange(SLOTS, dtype="u4")
        file["blocks/phase"] = np.repeat([0, 1], [iterations, rounds]).astype("u1")
        file["blocks/flags"] = flags
        file["blocks/residual"] = residual
        if lists_pairs:
            file["arc_from"] = np.array([u for u, _ in PAIRS], "u4")
            file["arc_to"] = np.array([v for _, v in PAIRS], "u4")
            file["result/trade"] = trade
            file["result/price"] = np.full_like(trade, 12.0)
        file["result/net_trade"] = net_trades(trade)
        file["result/bill"] = np.array([-3_000_000, 2_000_000, 0, 1_000_000], "i8")
        file["result/cost"] = cost
        file["result/cost_alone"] = cost * 1.25
        file["tariff/grid_price"] = np.full(SLOTS, 22.0)
        file["tariff/reserve_price"] = np.full(SLOTS, 1.0)


def write_archive(folder, lists_pairs=True):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "genesis.bin").write_bytes(genesis_bytes())
    for day in range(DAYS):
        write_day(folder / f"day-{day:04d}.h5", day, lists_pairs)


def home_schedules(net, sun, battery):
    """Schedules of one home over the settled days, [2][T] each; they balance:
    renewable + grid + discharge + net trade = fixed + flexible + charge."""
    charge = np.where(np.arange(SLOTS) == 11, battery, 0.0) * np.ones((2, 1))
    discharge = np.where(np.arange(SLOTS) > 17, battery / 6, 0.0) * np.ones((2, 1))
    flexible = np.where(np.arange(SLOTS) == 12, 1.0, 0.0) * np.ones((2, 1))
    fixed = 0.4 + 0.3 * (np.arange(SLOTS) > 17) * np.ones((2, 1))
    need = fixed + flexible + charge - discharge - net
    renewable = np.clip(need, 0, sun * day_shape())
    return {"grid": need - renewable, "renewable": renewable, "flexible": flexible,
            "charge": charge, "discharge": discharge,
            "stored": 1 + np.cumsum(charge - discharge, axis=1), "reserve": 0 * charge,
            "net_trade": net}


def write_meter(path, homes, meter=0):
    """One private file that serves the prosumers `homes`."""
    net = np.array([net_trades(trades(day)) for day in range(2)])
    with h5py.File(path, "w") as file:
        file.attrs["run_id"] = RUN_ID
        file.attrs["meter"] = np.uint64(meter)
        file["index"] = np.array(homes, "u4")
        file["prosumer"] = np.array([NAMES[u] for u in homes], "S5")
        file["settled_day"] = np.arange(2, dtype="u4")
        file["parameters/battery_min_kwh"] = np.ones(len(homes))
        file["parameters/battery_max_kwh"] = np.full(len(homes), 6.4)
        fixed = 0.4 + 0.3 * (np.arange(SLOTS) > 17)
        file["profiles/inflexible_kwh"] = np.tile(fixed, (len(homes), DAYS, 1))
        rows = [home_schedules(net[:, u], 4.0 if u == 0 else 0.0, 2.0 - u if u < 2 else 0.0)
                for u in homes]
        for name in rows[0]:
            file[f"schedules/{name}"] = np.array([row[name] for row in rows])
        file["schedules/cost"] = np.array([[10.0, 11.0]] * len(homes))
        file["schedules/cost_alone"] = np.array([[12.5, 13.0]] * len(homes))
        file["schedules/battery_start"] = np.ones((len(homes), 2))


RUN_ID = "5a" * 32


def write_days(path, meter, homes, first_day, days, run_id=RUN_ID):
    """What a run that is not over keeps beside a meter's file: every number of a day is 1000 day + 100 row + its place."""
    def sealed(content):
        return content + hashlib.sha256(content).digest()

    numbers = 12 * SLOTS + 5
    header = b"gridtally-days" + struct.pack("<H", 1) + bytes.fromhex(run_id)
    content = sealed(header + struct.pack("<IIII", meter, len(homes), SLOTS, first_day))
    for day in range(first_day, first_day + days):
        rows = [1000.0 * day + 100.0 * row + np.arange(numbers) / numbers for row in range(len(homes))]
        content += sealed(struct.pack("<I", day) + np.concatenate(rows).astype("<f8").tobytes())
    path.write_bytes(content)


def write_private(folder):
    folder.mkdir(parents=True, exist_ok=True)
    write_meter(folder / "meter-00000.h5", [0, 1, 2])
    write_meter(folder / "meter-00001.h5", [3], meter=1)
