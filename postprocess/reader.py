"""Reads archives, folders or packed ones (src/archive/FORMAT.md, the genesis: src/ledger/README.md) and private meter
files. With private_days.py the only module here that knows their layout. Energies are kWh per slot, money is cents, slots and days count from 0.

It reads for people and plots and checks nothing: gridtally-audit does that."""

import struct
import tarfile
from dataclasses import dataclass, fields
from fnmatch import fnmatch
from pathlib import Path

import h5py
import numpy as np

import private_days

CONVERGED, SETTLED = 1, 2  # bits of /blocks/flags
TRADING = 0  # /blocks/phase
MICROCENTS = 1e6  # in a cent
GENESIS_TAG, GENESIS_VERSION = b"gridtally-genesis", 4


@dataclass
class Genesis:
    """The public constants of a run."""

    prosumers: list  # names
    days: int
    slot_hours: float  # [h]
    peak_price: float  # [cents/kWh]
    form: str
    slots_per_day: int
    rho: float  # of the first iteration [cents/kWh²]
    memory: int  # steps that the contract extrapolates from; 0: rho stays as it is
    epsilon: float  # [kWh]
    gap: float  # certified relative gap that ends a day; 0: none
    max_iterations: int  # a day
    p2p_price: float  # [cents/kWh]


@dataclass
class Day:
    """What one study day came to. A day that did not settle has NaN costs."""

    day: int
    converged: bool
    settled: bool
    blocks: int
    residual: np.ndarray  # [iterations] [kWh]
    trade: np.ndarray  # [arcs][T] [kWh], u buys from v; None: too many pairs to be listed
    price: np.ndarray  # [arcs][T] [cents/kWh]; likewise
    net_trade: np.ndarray  # [prosumers][T] [kWh], positive: buys
    bill: np.ndarray  # [prosumers] [cents], positive: pays
    cost: np.ndarray  # [prosumers] [cents]
    cost_alone: np.ndarray  # [prosumers] [cents], without trading
    grid_price: np.ndarray  # [T] [cents/kWh]
    reserve_price: np.ndarray  # [T] [cents/kWh]


@dataclass
class Archive:
    """The sealed days of a run."""

    genesis: Genesis
    arc_from: np.ndarray  # [arcs] prosumer u; None: pairs are not listed
    arc_to: np.ndarray  # [arcs] its partner v
    days: list

    @property
    def settled_days(self):
        return [day for day in self.days if day.settled]

    @property
    def lists_trades(self):
        return self.arc_from is not None and all(day.trade is not None for day in self.days)


@dataclass
class Schedule:
    """One settled day of one home; arrays have T numbers."""

    day: int
    grid: np.ndarray
    renewable: np.ndarray
    flexible: np.ndarray
    charge: np.ndarray
    discharge: np.ndarray
    stored: np.ndarray  # level at the end of each slot [kWh]
    reserve: np.ndarray
    net_trade: np.ndarray
    cost: float  # [cents]
    cost_alone: float  # [cents]
    battery_start: float  # level before the first slot [kWh]


@dataclass
class Home:
    """One prosumer's private inputs and schedules."""

    prosumer: int
    name: str
    battery_min: float  # [kWh]
    battery_max: float  # [kWh]
    inflexible: np.ndarray  # [days][T], load that must be served
    schedules: list


class _Files:
    """The files of an archive by their names, in a folder or in a packed archive (a plain tar)."""

    def __init__(self, place):
        self.place = Path(place)
        self.tar = None
        if self.place.is_file():
            try:
                self.tar = tarfile.open(self.place, "r:")
            except tarfile.TarError as error:
                raise ValueError(f"'{place}' is neither an archive folder nor a packed one: {error}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.tar:
            self.tar.close()

    def names(self, pattern):
        names = self.tar.getnames() if self.tar else [path.name for path in self.place.glob("*")]
        return sorted(name for name in names if fnmatch(name, pattern))

    def open(self, name):
        if not self.tar:
            return open(self.place / name, "rb")
        try:
            return self.tar.extractfile(name)
        except KeyError:
            raise FileNotFoundError(f"'{name}' is not in '{self.place}'") from None


def read_archive(place):
    """The archive in a folder, or packed in one file. ValueError when it is none, or has no sealed day
    yet; OSError for files that cannot be opened."""
    with _Files(place) as files:
        with files.open("genesis.bin") as file:
            genesis = _decode_genesis(file.read(), files.place / "genesis.bin")
        names = files.names("day-*.h5")
        if not names:
            raise ValueError(f"'{place}' holds no sealed day (day-*.h5): its first day still runs, or "
                             "gridtally-solve --resume has to seal it")
        archive = Archive(genesis, None, None, [])
        for name in names:
            with files.open(name) as plain, h5py.File(plain, "r") as file:
                archive.arc_from = _optional(file, "arc_from")
                archive.arc_to = _optional(file, "arc_to")
                archive.days.append(_read_day(file))
        return archive


def decoded(steps, buyer=None):
    """The numbers of a dataset that is stored as steps, in its own axes. `buyer`: /arc_from, in the
    pairwise form, where the first arc of a buyer leads its others."""
    folded = steps[()]
    step = (folded >> 1) ^ -(folded & 1)
    if buyer is None:
        return np.cumsum(step, axis=-1, dtype="u8").view("f8")
    leader = np.searchsorted(buyer, buyer)
    follows = (leader != np.arange(len(leader)))[:, None]
    numbers = np.empty(step.shape)
    last = np.zeros(step.shape[:-1])
    for k in range(step.shape[-1]):
        now = (last.view("u8") + step[..., k]).view("f8")  # right where it leads
        with np.errstate(invalid="ignore", over="ignore"):
            guess = last + (now[leader] - last[leader])
        guess = np.where(follows & np.isfinite(guess), guess, last)
        last = (guess.view("u8") + step[..., k]).view("f8")
        numbers[..., k] = last
    return numbers


def read_decisions(place, day):
    """theta of every iteration that one day keeps [kept][prosumer][T] [kWh]; p of every arc in the
    pairwise form. NaN where a meter was absent. Their numbers: /kept."""
    with _Files(place) as files, files.open(f"day-{day:04d}.h5") as plain, h5py.File(plain, "r") as file:
        buyer = file["arc_from"][()] if file.attrs["form"] == b"pairwise" else None
        return np.moveaxis(decoded(file["trading/decision"], buyer), -1, 0)


def read_genesis(path):
    """The front part of the canonical encoding: what people and plots need."""
    return _decode_genesis(Path(path).read_bytes(), path)


def _decode_genesis(data, path):
    if not data.startswith(GENESIS_TAG):
        raise ValueError(f"'{path}' is not a genesis: not an archive folder?")
    at = len(GENESIS_TAG)

    def take(layout):
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    try:
        version, count = take("HI")
        if version != GENESIS_VERSION:
            raise ValueError(f"'{path}' has version {version}, known is {GENESIS_VERSION}")
        names = [take(f"{take('I')[0]}s")[0].decode() for _ in range(count)]
        days, slot_hours, peak_price = take("Idd")
        form, slots, rho, memory, epsilon, gap, max_iterations, p2p_price = take("BIdIddId")
    except struct.error as error:
        raise ValueError(f"'{path}' is cut off: {error}") from None
    return Genesis(names, days, slot_hours, peak_price, ("collapsed", "pairwise")[form], slots, rho,
                   memory, epsilon, gap, max_iterations, p2p_price)


def _optional(file, name):
    return file[name][()] if name in file else None


def _read_day(file):
    trading = file["blocks/phase"][()] == TRADING
    flags = int(np.bitwise_or.reduce(file["blocks/flags"][()]))
    return Day(
        day=int(file.attrs["day"]),
        converged=bool(flags & CONVERGED),
        settled=bool(flags & SETTLED),
        blocks=len(trading),
        residual=file["blocks/residual"][()][trading],
        trade=_optional(file, "result/trade"),
        price=_optional(file, "result/price"),
        net_trade=file["result/net_trade"][()],
        bill=file["result/bill"][()] / MICROCENTS,
        cost=file["result/cost"][()],
        cost_alone=file["result/cost_alone"][()],
        grid_price=file["tariff/grid_price"][()],
        reserve_price=file["tariff/reserve_price"][()],
    )


def read_private(folder):
    """Every home of the meters' private files in `folder`, or of the merged one, in prosumer order. While a run is
    not over, with the days that are not in the meters' files yet."""
    folder = Path(folder)
    paths = sorted(folder.glob("meter-*.h5")) or sorted(folder.glob("all-meters.h5"))
    if not paths:
        raise ValueError(f"'{folder}' holds no private file (meter-*.h5 or all-meters.h5)")
    homes = []
    for path in paths:
        with h5py.File(path, "r") as file:
            own = [_read_home(file, row) for row in range(len(file["index"]))]
            for meter, served in _by_meter(file, own):
                _add_later_days(file, meter, served)
        homes += own
    return sorted(homes, key=lambda home: home.prosumer)


def _read_home(file, row):
    return Home(
        prosumer=int(file["index"][row]),
        name=file["prosumer"][row].decode(),
        battery_min=float(file["parameters/battery_min_kwh"][row]),
        battery_max=float(file["parameters/battery_max_kwh"][row]),
        inflexible=file["profiles/inflexible_kwh"][row],
        schedules=[_read_schedule(file, row, day) for day in range(len(file["settled_day"]))],
    )


_SCHEDULE = [field.name for field in fields(Schedule) if field.name != "day"]


def _read_schedule(file, row, day):
    values = {name: file[f"schedules/{name}"][row, day] for name in _SCHEDULE}
    return Schedule(day=int(file["settled_day"][day]), **values)


def _by_meter(file, homes):
    """[(meter, its homes)] of a meter's own file or the merged one."""
    if "meter" in file.attrs:
        return [(int(file.attrs["meter"]), homes)]
    served_by = file["served_by"][()]
    return [(int(meter), [home for home, by in zip(homes, served_by, strict=True) if by == meter])
            for meter in file["meter"][()]]


def _add_later_days(file, meter, homes):
    """Those of the meter's file of days, where it goes on from this one."""
    path = Path(file.filename).with_name(f"meter-{meter:05d}.days")
    if not path.exists():
        return
    later = private_days.read_days(path, _text(file.attrs["run_id"]), meter)
    day = len(file["settled_day"])
    while day in later:
        for home, values in zip(homes, later[day], strict=True):
            home.schedules.append(Schedule(day=day, **{name: values[name] for name in _SCHEDULE}))
        day += 1


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)
