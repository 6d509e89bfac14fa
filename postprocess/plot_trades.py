"""Figure 5 of the paper: what the two most typical prosumers, a strong seller and a strong buyer,
trade with each partner over the study."""

import numpy as np

import drawing
from drawing import plt

NAMED_PARTNERS = 4


def typical_pair(net_trade):
    """(seller, buyer): who sells most and who buys most. net_trade: [prosumers][slots] [kWh]."""
    total = net_trade.sum(axis=1)
    return int(np.argmin(total)), int(np.argmax(total))


def by_partner(archive, prosumer):
    """{partner: trade over all settled days [kWh per slot], positive bought}, largest first."""
    rows = np.flatnonzero(archive.arc_from == prosumer)
    trades = np.concatenate([day.trade[rows] for day in archive.settled_days], axis=1)
    order = np.argsort(-np.abs(trades).sum(axis=1), kind="stable")
    return {int(archive.arc_to[rows[i]]): trades[i] for i in order}


def layers(archive, prosumer):
    """[(label, trade)] to stack: the largest partners by name, then all the others together."""
    partners = list(by_partner(archive, prosumer).items())
    named = [(archive.genesis.prosumers[v], trade) for v, trade in partners[:NAMED_PARTNERS]]
    rest = [trade for _, trade in partners[NAMED_PARTNERS:]]
    return named + ([(f"{len(rest)} others", np.sum(rest, axis=0))] if rest else [])


def stack(axes, days, named_trades):
    """Bought upwards, sold downwards, each in steps of a slot."""
    above = np.zeros(len(days) - 1)
    below = np.zeros(len(days) - 1)
    for index, (label, trade) in enumerate(named_trades):
        for base, part in ((above, np.maximum(trade, 0)), (below, np.minimum(trade, 0))):
            low, high = np.append(base, base[-1]), np.append(base + part, base[-1] + part[-1])
            axes.fill_between(days, low, high, step="post", **drawing.fill(index),
                              label=label if base is above else None)
            base += part


def draw(archive, folder):
    """Writes trades.png and .svg. Archives of very large communities list no pairs: net trade only."""
    net = np.concatenate([day.net_trade for day in archive.settled_days], axis=1)
    slots = net.shape[1]
    first_day = archive.settled_days[0].day
    days = first_day + np.arange(slots + 1) / archive.genesis.slots_per_day
    figure, panels = plt.subplots(2, 1, figsize=(10, 6.4), sharex=True, layout="constrained")
    for axes, prosumer, role in zip(panels, typical_pair(net), ("seller", "buyer")):
        if archive.lists_trades:
            stack(axes, days, layers(archive, prosumer))
        axes.stairs(net[prosumer], days, baseline=None, color="black", linewidth=1.4, label="net trade")
        axes.axhline(0, color="black", linewidth=0.6)
        axes.set_title(f"{archive.genesis.prosumers[prosumer]}, a strong {role}", loc="left")
        axes.set_ylabel("bought (+), sold (−) [kWh per slot]")
        axes.legend(title="partner", loc="center left", bbox_to_anchor=(1.0, 0.5))
    panels[1].set_xlabel("time [days from the start of the study]")
    panels[1].set_xlim(days[0], days[-1])
    panels[1].set_xticks(np.arange(np.floor(days[0]), np.ceil(days[-1]) + 1))
    return drawing.save(figure, folder, "trades")
