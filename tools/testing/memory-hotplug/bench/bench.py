#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run the same scenarios with our kernel and with the kernel's own, and compare.

Prints a table. It, the data and the pictures come to build/bench, or to --out. What was measured before with the
same kernels in the same way, and is not measured now, stays in them.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import time
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import console
import options
import pictures
import table
from firmware import FirmwareError
from host import HostError, only_one, run
from kernels import Kernel, build_initramfs
from machine import Machine, MachineError
from measure import Guest
from scenarios import SCENARIOS
from terminal import Terminal, size_text


def describe_host():
    """Return what the machine is that measures."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    qemu = run(["qemu-system-x86_64", "--version"], "QEMU").splitlines()[0]
    return {"cores": len(os.sched_getaffinity(0)), "memory": size_text(pages >> 30 << 30),
            "qemu": "QEMU " + re.search(r"version (\S+)", qemu)[1]}


def describe_kernels(kernels):
    return {kernel.name: {"title": kernel.title, "release": kernel.release(), "identity": kernel.identity()}
            for kernel in kernels}


def own_digest():
    """Return what tells this program, with its loads, from others."""
    total = hashlib.sha256()
    for path in sorted(path for path in HERE.rglob("*") if path.suffix in (".py", ".c", ".h")):
        total.update(path.read_bytes())
    return total.hexdigest()[:16]


def earlier_results(path, described, program):
    """Return the results in a data file if they are of these kernels and of this program."""
    try:
        data = json.loads(path.read_text())
        return data["results"] if (data["kernels"], data["program"]) == (described, program) else {}
    except (OSError, ValueError, KeyError):
        return {}


class Bench:
    """Runs scenarios and keeps what they return in a data file."""

    def __init__(self, kernels, initramfs, out, terminal):
        self.kernels = kernels
        self.initramfs = initramfs
        self.out = out
        self.terminal = terminal
        self.path = out / "data.json"
        self.failed = False
        described, program = describe_kernels(kernels), own_digest()
        self.data = {"date": time.strftime("%Y-%m-%d"), "host": describe_host(), "kernels": described,
                     "program": program, "results": earlier_results(self.path, described, program)}

    def machine(self, scenario, kernel, part):
        logs = self.out / "logs" / f"{scenario.name}-{kernel.name}-{part}"
        shutil.rmtree(logs, ignore_errors=True)
        return Machine(scenario.config, kernel.image, self.initramfs[kernel.name], logs, scenario.accel)

    def run(self, scenario):
        """Run a scenario with every kernel, and store its results."""
        results = self.together(scenario) if scenario.together else self.in_turn(scenario)
        self.data["results"][scenario.name] = results
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(self.data))
        new.replace(self.path)

    def in_turn(self, scenario):
        results = {kernel.name: [] for kernel in self.kernels}
        for seed in scenario.seeds:
            for kernel in self.kernels:
                result = self.guarded(scenario, kernel.title, seed, lambda stack: scenario.run(
                    self.booted(stack, scenario, kernel, seed), seed, kernel, scenario.plan))
                results[kernel.name] += [result] if result else []
        self.check_steps(scenario, results)
        return results

    def check_steps(self, scenario, results):
        """See that every kernel had the same load."""
        for of_seed in zip(*results.values()):
            steps = {result["steps"] for result in of_seed if result.get("ended", 1) and "steps" in result}
            if len(steps) > 1:
                self.failed = True
                self.terminal.step(f"{scenario.name}: the load was not the same: {sorted(steps)} steps")

    def together(self, scenario):
        """Run in machines beside each other, anew for each seed; return the rounds of all machines as one result.

        How fast a machine is depends on how it came up and on its neighbours, more than on its kernel.
        """
        rounds = {kernel.name: {} for kernel in self.kernels}
        for seed in scenario.seeds:
            result = self.guarded(scenario, "all", seed, lambda stack: scenario.run(
                {kernel.name: self.booted(stack, scenario, kernel, seed) for kernel in self.kernels}, scenario.plan))
            for kernel, items in (result or {}).items():
                for name, values in items.items():
                    rounds[kernel].setdefault(name, []).extend(values)
        return {kernel: [items] if items else [] for kernel, items in rounds.items()}

    def booted(self, stack, scenario, kernel, part):
        """Return a Guest that is up as long as the stack."""
        machine = stack.enter_context(self.machine(scenario, kernel, part))
        stack.callback(self.check_console, machine.console_log)
        guest = Guest(machine)
        guest.boot()
        return guest

    def guarded(self, scenario, who, seed, work):
        """Return the result of work(stack of machines), or None if it failed; say what happened."""
        started = time.monotonic()
        self.terminal.passing(f"{scenario.name}, seed {seed}: {who}")
        try:
            with ExitStack() as stack:
                result = work(stack)
        except (MachineError, FirmwareError) as error:
            self.failed = True
            self.terminal.step(f"{scenario.name}, seed {seed}: {who}: failed: {error}")
            return None
        self.terminal.step(f"{scenario.name}, seed {seed}: {who}: {time.monotonic() - started:.0f} s")
        return result

    def check_console(self, log):
        for report in console.scan_file(log):
            self.failed = True
            self.terminal.step(f"{log}:{report.line}: {report.text}")

    def show(self):
        """Print and write the table, and draw."""
        text = f"{table.description(self.data)}\n\n{table.table(self.data)}"
        (self.out / "table.md").write_text(text + "\n")
        self.terminal.line(f"\n{text}\n")
        for path in pictures.draw_all(self.data, self.out):
            self.terminal.line(f"bench: {path}")


def kernels_of(arguments):
    kernels = [Kernel("ours", "ours", arguments.kernel), Kernel("own", "kernel's own", arguments.own)]
    if arguments.peer:
        peer = Kernel("peer", "", arguments.peer)
        kernels.append(Kernel("peer", f"Linux {peer.release()}", arguments.peer))
    for kernel in kernels:
        if not kernel.image.is_file():
            raise HostError(f"there is no kernel at {kernel.image}; 'make bench' builds it")
    return kernels


def chosen(pattern):
    """Return the scenarios whose name is the pattern, or without one the usual ones."""
    if not pattern:
        return [scenario for scenario in SCENARIOS if scenario.usual]
    found = [scenario for scenario in SCENARIOS if re.fullmatch(pattern, scenario.name)]
    if not found:
        raise HostError(f"no scenario is called {pattern}; there are " +
                        ", ".join(scenario.name for scenario in SCENARIOS))
    return found


def parse(words):
    parser = options.kernel_parser(__doc__)
    parser.add_argument("--own", type=Path, metavar="BZIMAGE", help="the kernel without our tree",
                        default=options.TOP / "build/bench/own/normal" / options.IMAGE)
    parser.add_argument("--peer", type=Path, metavar="BZIMAGE", help="a third kernel")
    parser.add_argument("--scenario", default="", metavar="PATTERN", help="only scenarios of that name")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the data go (default: build/bench)")
    arguments = parser.parse_args(words)
    arguments.out = (arguments.out or arguments.build / "bench").resolve()
    return arguments


def main():
    arguments = parse(sys.argv[1:])
    terminal = Terminal()
    try:
        scenarios, kernels = chosen(arguments.scenario), kernels_of(arguments)
        with only_one(arguments.out / "data", terminal.line):
            initramfs = {kernel.name: build_initramfs(kernel, arguments.build, arguments.out / "work" / kernel.name)
                         for kernel in kernels}
            bench = Bench(kernels, initramfs, arguments.out, terminal)
            for scenario in scenarios:
                bench.run(scenario)
            bench.show()
    except (HostError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
