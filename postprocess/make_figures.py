#!/usr/bin/env python3
"""Draws all figures of an archive, as PNG and SVG."""

import argparse
import sys

import plot_convergence
import plot_dispatch
import plot_trades
import reader


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", help="archive folder written by gridtally-solve, or a packed one")
    parser.add_argument("--private", metavar="DIR",
                        help="the meters' private files; without them no dispatch is drawn")
    parser.add_argument("--output", metavar="DIR", required=True, help="folder for the figures")
    parser.add_argument("--prosumer", type=int, metavar="P",
                        help="whose dispatch to draw, counted from 0 (default: who stores most)")
    return parser.parse_args(argv)


def main(argv=None):
    options = arguments(argv)
    try:
        archive = reader.read_archive(options.archive)
        paths = plot_convergence.draw(archive, options.output)
        if archive.settled_days:
            paths += plot_trades.draw(archive, options.output)
        else:
            print("No day settled: no trades to draw.", file=sys.stderr)
        if options.private:
            homes = reader.read_private(options.private)
            paths += plot_dispatch.draw(archive, homes, options.output, options.prosumer)
    except (OSError, KeyError, ValueError) as error:
        message = error.args[0] if isinstance(error, KeyError) else error
        print(f"make_figures.py: {message}", file=sys.stderr)
        return 2
    for path in paths:
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
