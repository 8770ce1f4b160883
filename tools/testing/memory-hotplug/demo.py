#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Show the main job: memory arrives, is used, and leaves again under a running program.

Every step must happen within a bounded time; the first that does not ends the show with status 1.
"""

import re
import shutil
import sys
import time

import console
import options
import rootfs
from firmware import FirmwareError, parse_size
from host import HostError, only_one
from machine import Config, Machine, MachineError
from terminal import BOLD, GREEN, RED, Terminal, size_text, time_text

MIB = 1 << 20
DIMM, DIMM_SIZE = "dimm1", "1G"
# Hot-added memory goes online by itself, in ZONE_MOVABLE: nothing that can not be moved gets there.
# An emulated machine on a busy host moves memory slowly, so the kernel may try for longer than usual.
CONFIG = Config(memory="1G", cpus=2,
                append="memhp_default_state=online_movable memory_hotplug.offline_timeout=240")
# Memory that the program leaves to the rest of the machine.
SPARE_FULL, SPARE_SMALL = 128 * MIB, 192 * MIB
THREADS = 2
BOOT, PLUG, FILL, UNPLUG = 60, 60, 300, 300	# seconds


class DemoError(Exception):
    """A step did not happen."""


class Demo:
    def __init__(self, machine, terminal):
        self.machine = machine
        self.terminal = terminal
        self.count = 0	# blocks of the DIMM

    def play(self):
        """Run every step in turn; return the rows of the summary."""
        terminal = self.terminal
        seconds = self.machine.boot(BOOT)
        before = self.memory()
        terminal.step(f"booted in {seconds:.1f} s: {self.describe(before)}")

        slot, with_dimm = self.plug()
        self.fill(slot, with_dimm)
        at_rest = self.shrink(slot, before)
        moved, pause = self.unplug(slot)
        after = self.memory()
        terminal.step(f"without the DIMM: {self.describe(after)}")
        checks = self.verify()
        if after["blocks"] != before["blocks"]:
            raise DemoError(f"{after['blocks']} blocks are online, {before['blocks']} were at the start")
        return self.summary((before, with_dimm, after), moved, (at_rest, pause), checks)

    def memory(self):
        """Return the machine's memory and what is free of it, in bytes, and the number of online blocks."""
        text = self.machine.output("grep -E '^(MemTotal|MemAvailable):' /proc/meminfo;"
                                   "cat /sys/devices/system/memory/memory*/state | grep -cx online")
        total, available, blocks = re.findall(r"\d+", text)
        return {"total": int(total) * 1024, "available": int(available) * 1024, "blocks": int(blocks)}

    @staticmethod
    def describe(memory):
        return f"{size_text(memory['total'])} of memory, {memory['blocks']} blocks online"

    def ask(self, request, timeout=60):
        """Send a request to the pattern program and return the numbers of its answer."""
        return [int(word) for word in self.machine.output(f"pattern ask {request}", timeout).split()]

    def firmware_event(self, request, answer, action, timeout, on_blocks):
        """Let the guest make a request of its firmware and follow it to the answer.

        on_blocks(names) is called once every block has sent the uevent.
        """
        blocks = []

        def show(line):
            if not line.startswith("memory"):
                return
            blocks.append(line)
            if len(blocks) == self.count:
                on_blocks(blocks)
            else:
                self.terminal.passing(f"{action}: {len(blocks)} of {self.count} blocks")

        wait = f"firmware wait {answer} {DIMM} {timeout}"
        job = self.machine.run(f"uevents {action} {self.count} {timeout} sh -c 'firmware {request} && {wait}'",
                               timeout + 30, show)
        if job.status:
            raise DemoError(job.lines[-1])

    def plug(self):
        """Add the DIMM; return its slot and the memory with it."""
        terminal = self.terminal
        block_size = int(self.machine.output("cat /sys/devices/system/memory/block_size_bytes"), 16)
        self.count = parse_size(DIMM_SIZE) // block_size

        def blocks_online(blocks):
            terminal.step(f"{len(blocks)} blocks of {size_text(block_size)} appeared and went online "
                          f"(online_movable): {blocks[0]} to {blocks[-1]}")

        terminal.step(f"the firmware adds a DIMM of {size_text(parse_size(DIMM_SIZE))}")
        self.firmware_event(f"plug {DIMM} {DIMM_SIZE}", "added", "online", PLUG, blocks_online)
        slot = next(slot for slot in self.machine.firmware.dimms() if slot.name == DIMM)
        memory = self.memory()
        terminal.step(f"with the DIMM at {slot.address:#x}: {self.describe(memory)}")
        return slot, memory

    def fill(self, slot, memory):
        """Fill memory with patterns that are verified and rewritten from now on."""
        size = memory["available"] - SPARE_FULL
        self.machine.output(f"pattern serve {THREADS} {size}")
        self.terminal.passing(f"a program fills {size_text(size)} with checksummed patterns")
        size, = self.ask(f"size {size}", FILL)
        self.terminal.step(f"a program filled {size_text(size)} with checksummed patterns, "
                           f"{size_text(self.on_dimm(slot))} of it on the DIMM")
        self.terminal.step(f"{THREADS} threads verify and rewrite it, page after page, until the end")

    def on_dimm(self, slot):
        return self.ask(f"within {slot.address} {slot.address + slot.size}")[0]

    def shrink(self, slot, before):
        """Let the program release what will not fit without the DIMM; return its longest pause until now."""
        size, = self.ask(f"size {before['available'] - SPARE_SMALL}")
        self.terminal.step(f"it shrank to {size_text(size)}, which fits without the DIMM; "
                           f"{size_text(self.on_dimm(slot))} of that still lie on it")
        self.ask("stats")
        self.ask("verify", FILL)
        return self.ask("stats")[2]

    def unplug(self, slot):
        """Take the DIMM away; return the pages moved, the seconds that took, and the program's longest pause."""
        terminal = self.terminal
        moved, started = self.migrated(), time.monotonic()

        def blocks_offline(blocks):
            terminal.step(f"its {len(blocks)} blocks went offline while the program ran")

        terminal.step("the firmware asks for the DIMM")
        self.firmware_event(f"unplug {DIMM}", "gone", "offline", UNPLUG, blocks_offline)
        seconds = time.monotonic() - started
        moved, pause = self.migrated() - moved, self.ask("stats")[2]
        terminal.step("the DIMM was ejected")
        left = self.on_dimm(slot)
        if left or self.machine.firmware.dimms():
            raise DemoError(f"{size_text(left)} of the program's memory seem to lie on a DIMM that is gone")
        return (moved, seconds), pause

    def migrated(self):
        return int(self.machine.output("grep pgmigrate_success /proc/vmstat").split()[1])

    def verify(self):
        """Let the program visit all its memory once more; return the page checks it has made."""
        self.terminal.passing("verifying")
        checks, wrong = self.ask("verify", FILL)
        if wrong:
            raise DemoError(f"{wrong} of {checks} page checks found wrong content")
        self.terminal.step(f"all patterns are right: {checks:,} page checks, 0 wrong")
        return checks

    @staticmethod
    def summary(memories, moved, pauses, checks):
        return [
            ("", "before", "with the DIMM", "after"),
            ("memory", *(size_text(m["total"]) for m in memories)),
            ("blocks online", *(str(m["blocks"]) for m in memories)),
            ("pages moved", f"{moved[0]:,} ({size_text(moved[0] * 4096)}) in {moved[1]:.1f} s"),
            ("longest pause of the program", f"{time_text(pauses[0])} at rest, "
             f"{time_text(pauses[1])} while the DIMM left"),
            ("page checks", f"{checks:,}, 0 wrong"),
        ]


def print_summary(terminal, rows):
    terminal.line()
    for title, *cells in rows:
        widths = (14, 16, 0) if len(cells) == 3 else (0,)
        text = "".join(cell.ljust(width) for cell, width in zip(cells, widths))
        terminal.line(f"  {title:30}" + (text if title else terminal.paint(text, BOLD)))
    terminal.line()


def explain(terminal, error, log):
    """Say what did not happen, what the kernel had to say about it, and where to look."""
    terminal.line(terminal.paint(f"demo: failed: {error}", RED))
    if not log.is_file():
        return
    said = [line for line in log.read_text(errors="replace").splitlines() if "memory_hotplug: " in line]
    if said:
        terminal.line(f"demo: the kernel said: {said[-1].strip()}")
    terminal.line(f"demo: the machine's console is in {log}")


def show(arguments, terminal, logs):
    """Play the whole show on a new machine and return the rows of its summary."""
    initramfs = rootfs.build(arguments.kernel, arguments.build)
    with Machine(CONFIG, arguments.kernel, initramfs, logs, arguments.accel) as machine:
        terminal.step(f"a machine with {size_text(parse_size(CONFIG.memory))} and {CONFIG.cpus} processors "
                      f"starts (QEMU, {arguments.accel})")
        terminal.passing("booting")
        rows = Demo(machine, terminal).play()
        reports = console.scan_file(machine.console_log)
    if reports:
        raise DemoError(f"the kernel reported: {reports[0].text}")
    return rows


def main():
    arguments = options.machine_parser(__doc__).parse_args()
    terminal = Terminal()
    logs = arguments.build / "run"
    try:
        with only_one(logs, terminal.line):
            shutil.rmtree(logs, ignore_errors=True)
            rows = show(arguments, terminal, logs)
    except (DemoError, MachineError, FirmwareError, HostError) as error:
        explain(terminal, error, logs / "console.log")
        return 1
    except KeyboardInterrupt:
        terminal.line("demo: interrupted")
        return 130
    print_summary(terminal, rows)
    terminal.line(terminal.paint("The memory came, was used, and left.", GREEN))
    return 0


if __name__ == "__main__":
    sys.exit(main())
