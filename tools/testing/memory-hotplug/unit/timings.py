#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the timings of our allocator core and of the kernel's own, and print them side by side.

    timings.py OURS KERNELS [--data FILE]

The programs take turns, so that what else the machine does hits both. Of each time the least is kept.
"""

import argparse
import json
import subprocess

ROUNDS = 5


def measure(program):
    """Return [(pattern, ns)] of one run."""
    out = subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [(name, float(figure)) for name, figure in (line.split("\t") for line in out.splitlines())]


def least(runs):
    """Return [(pattern, least ns)] of several runs."""
    return [(rows[0][0], min(figure for _, figure in rows)) for rows in zip(*runs)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("ours")
    parser.add_argument("kernels")
    parser.add_argument("--data", help="also write the figures to this file, as JSON")
    args = parser.parse_args()

    runs = [(measure(args.ours), measure(args.kernels)) for _ in range(ROUNDS)]
    ours, kernels = (least(side) for side in zip(*runs))
    rows = [{"pattern": name, "ours_ns": ns, "kernel_ns": kernel_ns, "ratio": ns / kernel_ns}
            for (name, ns), (_, kernel_ns) in zip(ours, kernels)]
    print(f"{'to allocate and free once':34}{'ours':>10}{'kernel':>10}{'ratio':>8}")
    for row in rows:
        print(f"{row['pattern']:34}{row['ours_ns']:7.1f} ns{row['kernel_ns']:7.1f} ns{row['ratio']:8.2f}")
    if args.data:
        with open(args.data, "w", encoding="ascii") as file:
            json.dump(rows, file, indent=1)


if __name__ == "__main__":
    main()
