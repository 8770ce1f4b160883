#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Fill a machine with DIMMs, and see that the last blocks take no longer than the first.

Then read files of all blocks, and see that who owns them and whether they can leave is told as fast as their state.

Adds the DIMMs one by one and puts their blocks online one by one. The kernel's trace says how long each
operation took, in instructions: QEMU counts them, so that a busy host makes no difference. What is
compared is the least that a DIMM of the first and of the last eighth took, as what else the processor has
to do comes on top. Prints TAP.

The DIMMs' memory costs the host nothing but for what the kernel writes there: the memory map.
"""

import re
import shutil
import sys

import console
import options
import rootfs
from firmware import FirmwareError, parse_size
from host import HostError, only_one
from machine import Config, Machine, MachineError
from terminal import size_text

MIB, GIB = 1 << 20, 1 << 30
BOOT_MEMORY = GIB
DIMMS = 64
COMPARED = DIMMS // 8	# this many of the first DIMMs with as many of the last
TOLERANCE = 0.2
MAP_SHARE = 64	# a page of 4096 bytes has 64 bytes in the memory map
KEPT = 3 * GIB	# of the host's memory, for all else
BOOT, PLUG, ONLINE = 300, 300, 1800	# seconds

# No waiting for others within an operation, no tests at boot, and the map where nobody is short of memory.
APPEND = "memhp_default_state=offline rcupdate.rcu_expedited=1 kunit.enable=0 memory_hotplug.memmap_on_memory=1"
TRACING = "/sys/kernel/tracing"
EVENT = f"{TRACING}/events/memory_hotplug/mhp_operation/enable"
OPERATIONS = ("add", "online")
KNOWN, FILES = "state", ("owner", "removable")
READ = 600	# seconds
READ_TOLERANCE = 0.5


class ScaleError(Exception):
    """There is nothing to compare."""


def host_memory():
    """Return the bytes that the host can spare."""
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        return int(re.search(r"MemAvailable: *(\d+)", meminfo.read())[1]) * 1024


def count_dimms(size):
    """Return how many DIMMs of size bytes this host can bear, at most DIMMS."""
    count = min(DIMMS, (host_memory() - KEPT - BOOT_MEMORY) * MAP_SHARE // size)
    if count < 2 * COMPARED:
        raise ScaleError(f"the memory map of {size_text(DIMMS * size)} takes {size_text(DIMMS * size // MAP_SHARE)}, "
                         f"which this host does not have")
    return count


class Scale:
    """A machine that takes in DIMMs, and the instructions that a block takes, by operation and DIMM."""

    def __init__(self, machine):
        self.machine = machine
        self.block = 0	# bytes
        self.costs = {operation: [] for operation in OPERATIONS}
        self.reads = {}

    def boot(self):
        self.machine.boot(BOOT)
        self.machine.output(f"echo 1 >{EVENT}")
        self.block = int(self.machine.output("cat /sys/devices/system/memory/block_size_bytes"), 16)

    def take(self, name, size):
        """Take in one DIMM and put its blocks online, each by itself."""
        firmware = self.machine.firmware
        firmware.plug(name, size)
        firmware.wait("added", name, PLUG)
        slot = next(slot for slot in firmware.dimms() if slot.name == name)
        first = slot.address // self.block
        self.machine.output(f"for b in $(seq {first} {first + size // self.block - 1}); do "
                            "echo online >/sys/devices/system/memory/memory$b/state || exit 1; done", ONLINE)
        trace = self.machine.output(f"cat {TRACING}/trace; echo >{TRACING}/trace")
        for operation, costs in self.costs.items():
            costs.append(self._cost(trace, operation, size // self.block))

    def read(self, name):
        """Return the instructions that reading a file of every block takes; a time before has made the inodes."""
        files = f"cat /sys/devices/system/memory/memory*/{name} >/dev/null"
        now = "$(sed -n 's/^now at \\([0-9]*\\).*/\\1/p' /proc/timer_list)"
        return int(self.machine.output(f"{files}; start={now}; {files}; echo $(({now} - start))", READ))

    @staticmethod
    def _cost(trace, operation, blocks):
        """Return the instructions that a block took."""
        events = re.findall(rf"operation={operation} .* nr_blocks=(\d+) ns=(\d+)", trace)
        seen = sum(int(nr) for nr, _ in events)
        if seen != blocks:
            raise ScaleError(f"the trace tells of {seen} blocks for {operation}, not of {blocks}")
        return sum(int(ns) for _, ns in events) // blocks

    def compare_read(self, name):
        """Return whether a file of all blocks is read as fast as their state, and what both took."""
        known, took = self.reads[KNOWN], self.reads[name]
        return took <= (1 + READ_TOLERANCE) * known, known, took

    def compare(self, operation):
        """Return whether the last blocks took what the first ones took, and how many instructions each."""
        costs = self.costs[operation]
        start, end = (min(part) for part in (costs[:COMPARED], costs[-COMPARED:]))
        return abs(end - start) <= TOLERANCE * start, start, end


def fill(arguments, logs):
    """Fill a machine, read files of its blocks, and return its Scale."""
    size = parse_size(arguments.memory) // DIMMS
    count = count_dimms(size)
    config = Config(memory=f"{BOOT_MEMORY // MIB}M", slots=count, maxmem=f"{(BOOT_MEMORY + count * size) // MIB}M",
                    cpus=1, append=APPEND)
    initramfs = rootfs.build(arguments.kernel, arguments.build)
    with Machine(config, arguments.kernel, initramfs, logs, "icount") as machine:
        scale = Scale(machine)
        scale.boot()
        print(f"# {count * size // scale.block} blocks of {size_text(scale.block)}, {size_text(count * size)}, "
              f"on {count} DIMMs")
        print("# instructions for each block of the DIMM that makes it")
        print(f"# {'this many GiB':>16}" + "".join(f"{operation:>12}" for operation in OPERATIONS), flush=True)
        for number in range(1, count + 1):
            scale.take(f"dimm{number}", size)
            if number % COMPARED == 0 or number == 1:
                print(f"# {number * size / GIB:16g}" +
                      "".join(f"{scale.costs[operation][-1]:12,}" for operation in OPERATIONS), flush=True)
        scale.reads = {name: scale.read(name) for name in (KNOWN, *FILES)}
    reports = console.scan_file(machine.console_log)
    if reports:
        raise ScaleError(f"the kernel reported: {reports[0].text}")
    return scale


def main():
    parser = options.kernel_parser(__doc__)
    parser.add_argument("--memory", default="1T", metavar="SIZE", help="how much to add (default: 1T)")
    arguments = parser.parse_args()
    logs = arguments.build / "scale"
    print(f"TAP version 13\n1..{len(OPERATIONS) + len(FILES)}", flush=True)
    try:
        with only_one(logs, lambda text: print(f"# {text}", flush=True)):
            shutil.rmtree(logs, ignore_errors=True)
            scale = fill(arguments, logs)
    except (ScaleError, MachineError, FirmwareError, HostError) as error:
        print(f"Bail out! {error}")
        return 1
    except KeyboardInterrupt:
        print("Bail out! interrupted")
        return 130
    return 0 if all(judge(scale)) else 1


def judge(scale):
    """Print a line of TAP for each comparison; return whether each is as it should be."""
    lines = []
    for operation in OPERATIONS:
        same, start, end = scale.compare(operation)
        lines.append((same, f"{operation}: {start:,} instructions a block at the start, {end:,} at the end"))
    for name in FILES:
        same, known, took = scale.compare_read(name)
        lines.append((same, f"reading {name} of all blocks: {took:,} instructions, {known:,} for {KNOWN}"))
    for number, (same, text) in enumerate(lines, 1):
        print(f"{'ok' if same else 'not ok'} {number} {text}")
    return [same for same, _ in lines]


if __name__ == "__main__":
    sys.exit(main())
