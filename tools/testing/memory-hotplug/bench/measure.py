# SPDX-License-Identifier: GPL-2.0
"""What a scenario does with a machine, and reads from it."""

import errno
import re
import shlex
import time
from collections import namedtuple

from firmware import parse_size
from kernels import MODULE_PATH, SOURCES
from machine import MachineError

MEMORY = "/sys/devices/system/memory"
PAGE = 4096
# Seconds; a machine may be much slower when its instructions are counted.
BOOT, PLUG, EJECT, LOAD, TRY = 300, 300, 300, 3000, 3000
GIVE_UP = 10	# seconds for a block to go offline, of the guest's time
SLOWER = 20	# at most so many times slower than its own clock is a machine
KILLED = 2	# what "load ask" says by its exit status
VMSTAT = ("oom_kill", "allocstall_normal", "allocstall_movable", "allocstall_dma32", "pgmigrate_success",
          "compact_stall")
SPEED = "/sys/kernel/debug/mhp_speed"
ORDERS = range(11)
# Allocate that many blocks of pages in a row, but no more pages than this; in all, so many blocks.
BATCH, BATCH_PAGES, ALLOCATIONS = 512, 16384, 20000
FORKS, FAULTS_MIB = 2000, 256
COPY = (16384, 4)	# pages, so many times
# Pages that a CPU has on its lists again when the flags are read; no block is called stuck for so few.
NOISE = 128
LAST_BLOCK = 199
VALVE, VALVE_SIZE = "valve", "128M"

Block = namedtuple("Block", "number state free movable unmovable pageblocks")


class Killed(MachineError):
    """The kernel killed the load for want of memory."""


def parse_blocks(text):
    """Return the Blocks that "blocks look" prints."""
    blocks = []
    for line in text.splitlines():
        number, state, *counts = line.split()
        blocks.append(Block(int(number), state, *map(int, counts)))
    return blocks


def parse_tries(text):
    """Return {block: 0 or why it did not leave, as errno} of what "blocks try" prints."""
    return {int(words[0]): int(words[2]) if words[1] == "stuck" else 0 for words in map(str.split, text.splitlines())}


def parse_pairs(text):
    """Return {name: number} of lines or words that alternate."""
    words = text.split()
    return {name: int(number) for name, number in zip(words[::2], words[1::2])}


def least_blocks(blocks, pages_in_block):
    """Return how many blocks would hold all pages that can not move, side by side."""
    return -(-sum(block.unmovable for block in blocks) // pages_in_block)


def allocation_failures(log):
    """Return how often a console log says that an allocation failed."""
    return len(re.findall(r"page allocation failure", log))


def speed_items(amount):
    """Return {name: command} of what is timed; each command prints nanoseconds first."""
    items = {}
    for cpus in (1, 2):
        for kind in ("kernel", "movable"):
            for order in ORDERS:
                batch = min(BATCH, BATCH_PAGES >> order)
                rounds = max(int(ALLOCATIONS * amount) // batch, 1)
                items[f"{kind} order {order}, {cpus} CPU"] = \
                    f"echo {kind} {order} {batch} {rounds} {cpus} >{SPEED}/run && cat {SPEED}/run"
    items["fork"] = f"speed fork {max(int(FORKS * amount), 1)}"
    items["fault"] = f"speed fault {max(int(FAULTS_MIB * amount), 16)}"
    items["make"] = f"rm -rf /tmp/make; mkdir /tmp/make; speed run make -s -j2 -C /{SOURCES} OUT=/tmp/make"
    return items


class Guest:
    """A machine that is up, and the load in it."""

    def __init__(self, machine):
        self.machine = machine
        self.valve = None
        self.block_size = 0	# bytes

    def boot(self):
        self.machine.boot(BOOT)
        self.block_size = int(self.machine.output(f"cat {MEMORY}/block_size_bytes"), 16)

    def add_dimm(self, name, size, how=None, node=None):
        """Plug a DIMM and put its blocks online, if it is said how; return the numbers of the first and the last."""
        firmware = self.machine.firmware
        firmware.plug(name, parse_size(size), node)
        firmware.wait("added", name, PLUG)
        slot = next(slot for slot in firmware.dimms() if slot.name == name)
        first = slot.address // self.block_size
        last = first + slot.size // self.block_size - 1
        if how:
            self.put_online(first, last, how)
        return first, last

    def put_online(self, first, last, how):
        self.machine.output(f"for b in $(seq {first} {last}); do echo {how} >{MEMORY}/memory$b/state || exit 1; done",
                            PLUG)

    def load(self, seed):
        self.machine.output(f"load serve {seed}")

    def ask(self, request):
        """Let the load do something and return what it says; raise Killed."""
        job = self.machine.run(f"load ask {request}", LOAD)
        if job.status == KILLED:
            raise Killed(request)
        if job.status:
            raise MachineError(f"load ask {request}: " + " ".join(job.lines))
        return parse_pairs(job.lines[-1])

    @staticmethod
    def patience(seconds):
        """Return how long to wait for what takes seconds of the guest's time."""
        return BOOT + SLOWER * seconds

    def console(self):
        return self.machine.console_log.read_text(errors="replace")

    def add_valve(self):
        """Plug a block that stays offline; see drain()."""
        self.valve, _ = self.add_dimm(VALVE, VALVE_SIZE, "online")
        self.machine.output(f"echo offline >{MEMORY}/memory{self.valve}/state")

    def drain(self):
        """Empty the lists of the CPUs: a block of the same zone comes and goes at once, and nothing moves."""
        state = f"{MEMORY}/memory{self.valve}/state"
        self.machine.output(f"echo online >{state} && echo offline >{state}")

    def keep_lists_short(self):
        """Keep few free pages on the lists of the CPUs, which may have a sixteenth of all memory each."""
        self.machine.output("echo 1000000 >/proc/sys/vm/percpu_pagelist_high_fraction")

    def sample(self, first, last):
        """Return how many blocks hold pages that can not move, and how many such pages each holds."""
        self.drain()
        blocks = self.look(first, last)
        return {"stuck": sum(block.unmovable > NOISE for block in blocks),
                "least": least_blocks(blocks, self.block_size // PAGE),
                "by_block": [block.unmovable for block in blocks]}

    def sums(self):
        """Return the bytes that are free, movable and unmovable."""
        blocks = self.look(0, LAST_BLOCK)
        return {sort: PAGE * sum(getattr(block, sort) for block in blocks) for sort in ("free", "movable", "unmovable")}

    def unmovable_share(self):
        """Return the part of all memory that can not move."""
        sums = self.sums()
        return sums["unmovable"] / sum(sums.values())

    def take(self, kind, mib):
        """Let a program have memory of a kind; return the page frame number of its first page, if it has one."""
        text = self.machine.output(f"tenant {kind} {mib}", LOAD)
        return int(text) if text else None

    def give_back(self):
        """End that program, and wait until its memory is free."""
        self.machine.output("killall tenant; while pidof tenant >/dev/null; do sleep 0.1; done; "
                            "echo 0 >/proc/sys/vm/nr_hugepages")

    def tenant_stats(self):
        """Return the time, how often the program's thread has stored so far, and its longest pause; seconds."""
        now, stores, longest = map(int, self.machine.output("tenant stats").split())
        return {"seconds": now / 1e9, "stores": stores, "longest": longest / 1e9}

    def in_use(self, first, last):
        """Return the pages of user memory in blocks."""
        return sum(block.movable for block in self.look(first, last))

    def pages_moved(self):
        """Return how many pages the kernel has moved since it booted."""
        return self.vmstat()["pgmigrate_success"]

    def eject(self, name):
        """Let the firmware ask for a DIMM; return the seconds until it is gone."""
        firmware, started = self.machine.firmware, time.monotonic()
        firmware.unplug(name)
        firmware.wait("gone", name, EJECT)
        return time.monotonic() - started

    def put_blocks(self, state, first, last):
        """Put blocks into a state, with one request if the kernel takes one; return the seconds."""
        return int(self.machine.output(f"blocks put {state} {first} {last}", PLUG)) / 1e9

    def refusals(self, block, times, give_up):
        """Ask a block to go offline; return for each time the seconds until the answer, and the errno, 0 if it left."""
        text = self.machine.output(f"blocks ask {block} {times} {give_up}", BOOT + times * give_up)
        return [(int(nanoseconds) / 1e9, int(error)) for nanoseconds, error in map(str.split, text.splitlines())]

    def keep_page(self, node):
        """Let the kernel keep a page of a node; of -1: give it back."""
        self.machine.output(f"echo {node} >{SPEED}/keep")

    def copy_seconds(self):
        """Return the time that one CPU takes to copy a page."""
        pages, rounds = COPY
        return self.nanoseconds(f"echo {pages} {rounds} >{SPEED}/copy && cat {SPEED}/copy") / 1e9 / pages / rounds

    def prepare_speed(self):
        self.machine.output(f"insmod /{MODULE_PATH}")

    def nanoseconds(self, command):
        """Run a command of speed_items(); return what it says."""
        taken, *failed = map(int, self.machine.output(command, LOAD).split())
        if any(failed):
            raise MachineError(f"'{command}': {failed[0]} allocations failed")
        return taken

    def draw_map(self, title):
        """Return a picture of all blocks as SVG; None without the program that draws it."""
        job = self.machine.run(f"command -v memhp >/dev/null && memhp map --svg --title {shlex.quote(title)}")
        return None if job.status else "\n".join(job.lines)

    def vmstat(self):
        counts = parse_pairs(self.machine.output("cat /proc/vmstat"))
        return {name: counts.get(name, 0) for name in VMSTAT}

    def look(self, first, last):
        return parse_blocks(self.machine.output(f"blocks look {first} {last}", TRY))

    def try_all(self, first, last):
        """Return {block: 0 or why it did not leave}; each is online again."""
        return parse_tries(self.machine.output(f"blocks try {first} {last} {GIVE_UP}", TRY))

    def stuck(self, first, last):
        """Try to take each block offline, and count; return what was measured."""
        before = self.look(first, last)
        tries = self.try_all(first, last)
        # Only now are the lists of the CPUs empty, whose pages look like the kernel's.
        after = self.look(first, last)
        return {"blocks": len(tries), "stuck": sum(map(bool, tries.values())),
                "gave_up": sum(error == errno.EINTR for error in tries.values()),
                "least": least_blocks([block for block in after if tries.get(block.number)], self.block_size // PAGE),
                "unmovable_bytes": sum(block.unmovable for block in after) * PAGE,
                "pageblocks": sum(block.pageblocks for block in after),
                "free_before_bytes": sum(block.free for block in before) * PAGE,
                "movable_before_bytes": sum(block.movable for block in before) * PAGE,
                "by_block": [[*block[2:], tries.get(block.number, 0)] for block in after]}
