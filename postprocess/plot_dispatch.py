"""One home's day: where its energy comes from (upwards), where it goes (downwards), and how full its
battery is. Needs private files."""

import numpy as np

import drawing
from drawing import plt


def typical_home(homes):
    """The home whose figure shows most: of those with own generation, the one that stores most."""
    def key(home):
        stored = sum(schedule.charge.sum() for schedule in home.schedules)
        used = sum(schedule.renewable.sum() for schedule in home.schedules)
        return (used > 0, stored, used)
    return max(homes, key=key)


def parts(home, schedule):
    """[(label, obtained, used)] [kWh per slot]: all obtained is used, in every slot."""
    nothing = np.zeros(len(schedule.grid))
    return [
        ("grid", schedule.grid, nothing),
        ("own generation", schedule.renewable, nothing),
        ("battery", schedule.discharge, schedule.charge),
        ("partners", np.maximum(schedule.net_trade, 0), np.maximum(-schedule.net_trade, 0)),
        ("flexible load", nothing, schedule.flexible),
        ("fixed load", nothing, home.inflexible[schedule.day]),
    ]


def stack(axes, hours, width, named_parts):
    """Obtained upwards, used downwards, the loads next to the axis."""
    bars = {}
    fills = {label: drawing.fill(index) for index, (label, _, _) in enumerate(named_parts)}
    for sign, column, order in ((1, 1, named_parts), (-1, 2, named_parts[::-1])):
        base = np.zeros(len(hours))
        for part in order:
            label, energy = part[0], part[column]
            bars[label] = axes.bar(hours, sign * energy, width, bottom=sign * base, align="edge",
                                   label=label, **fills[label])
            base = base + energy
    return [bars[label] for label in fills]


def draw_day(archive, home, schedule, folder):
    """Writes dispatch-day-<n>.png and .svg."""
    width = archive.genesis.slot_hours
    hours = np.arange(archive.genesis.slots_per_day) * width
    figure, (energy, battery) = plt.subplots(
        2, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 1), layout="constrained")
    bars = stack(energy, hours, width, parts(home, schedule))
    energy.axhline(0, color="black", linewidth=1.2)
    most = 1.08 * max(sum(part[1] for part in parts(home, schedule)).max(), 0.01)
    energy.set_ylim(-most, most)
    energy.set_ylabel("used (−), obtained (+) [kWh per slot]")
    energy.set_title(f"{home.name}, day {schedule.day}: {schedule.cost:.1f} cents, "
                     f"{schedule.cost_alone:.1f} without trading", loc="left")
    energy.legend(handles=bars, title="to and from", loc="center left", bbox_to_anchor=(1.0, 0.5))
    levels = np.concatenate([[schedule.battery_start], schedule.stored])
    battery.plot(np.arange(len(levels)) * width, levels, color="black", marker=".", label="stored")
    battery.axhline(home.battery_max, color="0.4", linestyle="--", label="full")
    battery.axhline(home.battery_min, color="0.4", linestyle=":", label="least level")
    battery.set_ylabel("stored [kWh]")
    battery.set_ylim(bottom=0)
    battery.set_xlabel("time of day [h]")
    battery.set_xlim(0, archive.genesis.slots_per_day * width)
    battery.set_xticks(np.arange(0, archive.genesis.slots_per_day * width + 1, 3))
    battery.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return drawing.save(figure, folder, f"dispatch-day-{schedule.day}")


def draw(archive, homes, folder, prosumer=None):
    """Every settled day of one home (default: the typical one)."""
    if prosumer is None:
        home = typical_home(homes)
    else:
        home = next((home for home in homes if home.prosumer == prosumer), None)
        if home is None:
            raise KeyError(f"no private file holds prosumer {prosumer}")
    paths = []
    for schedule in home.schedules:
        paths += draw_day(archive, home, schedule, folder)
    return paths
