#!/usr/bin/env python3
"""What a day takes for a meter behind a slow link, by the formula of src/cluster/README.md: jobs/link/link_table.py --help

The validators are joined by a fast network; one home has a meter of its own. Prints a table in Markdown."""

import argparse
from dataclasses import dataclass

ROW = 40 + 8 * 24  # a home's numbers in a transaction, 24 slots


@dataclass
class Link:
    name: str
    rate: float      # [bit/s]
    latency: float   # [s], one way
    duty: float = 1  # share of the time that a sender may send


LINKS = (Link("Ethernet, 100 Mbit/s, 0.3 ms", 100e6, 0.3e-3), Link("Wi-Fi, 20 Mbit/s, 3 ms", 20e6, 3e-3),
         Link("NB-IoT, 60 kbit/s, 1.5 s", 60e3, 1.5), Link("LoRa, 5 kbit/s, duty cycle 1 %", 5e3, 0.1, 0.01))


def letters(homes, validators):
    """Of a meter in an iteration, each validator on a rank of its own: (letters, bytes) sent, (letters, bytes) received."""
    quorum = 2 * validators // 3 + 1
    block = 273 + 167 * homes + homes * ROW
    return (validators + 1, validators * (164 + ROW) + 9), (2, 57 + 68 * quorum + block)


def seconds(link, homes, validators, around):
    """Of an iteration: the block comes, the transaction goes. `around`: bytes that MPI and TCP add to a letter."""
    sent, received = ((size + count * around) * 8 / link.rate / link.duty for count, size in letters(homes, validators))
    return 2 * link.latency + sent + received


def in_words(time):
    if time < 0.1:
        return f"{1000 * time:.1f} ms"
    if time < 100:
        return f"{time:.1f} s"
    return f"{time / 60:.1f} min" if time < 6000 else f"{time / 3600:.1f} h"


def table(homes, validators, iterations, around):
    lines = ["| link of the meter | an iteration | a day | the same without MPI and TCP |", "|---|---|---|---|"]
    for link in LINKS:
        with_all, bare = (seconds(link, homes, validators, each) for each in (around, 0))
        lines.append(f"| {link.name} | {in_words(with_all)} | {in_words(iterations * with_all)} | "
                     f"{in_words(iterations * bare)} |")
    return lines


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--homes", type=int, default=10)
    options.add_argument("--validators", type=int, default=5)
    options.add_argument("--iterations", type=int, default=70, help="of a day; the embedded week has 52 to 103")
    options.add_argument("--around", type=int, default=210, help="bytes that MPI, TCP, IP and Ethernet add to a letter")
    given = options.parse_args()
    (_, sent), (_, received) = letters(given.homes, given.validators)
    print(f"{given.homes} homes, {given.validators} validators, {given.iterations} iterations: a meter sends {sent:,} and "
          f"receives {received:,} bytes of letters an iteration\n")
    print("\n".join(table(given.homes, given.validators, given.iterations, given.around)))


if __name__ == "__main__":
    main()
