#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Change a machine's memory at random for a long time, and verify every byte that its programs write.

DIMMs come and go, blocks go offline and online, alone and in lists, memory shrinks, while programs fill memory
with patterns and stress-ng does what it can. A change may be refused; nothing may be lost, nobody killed, and in the
end every DIMM must leave. The seed that is printed makes the same choices again.
"""

import random
import re
import shutil
import sys
import time
from collections import Counter

import console
import options
import rootfs
from firmware import FirmwareError, parse_size
from host import HostError, only_one
from machine import Config, Machine, MachineError
from terminal import Terminal, size_text

MIB = 1 << 20
MEMORY = "/sys/devices/system/memory"
SLOTS = 4
CONFIG = Config(memory="1G", cpus=2, slots=SLOTS, disks=("256M",), tools=("stress-ng", "mke2fs"),
                append="memhp_default_state=online")
DIMM_SIZES = ("128M", "256M", "384M", "512M")
ONLINE = ("online", "online", "online_kernel", "online_movable")
SHRINK = ("128M", "256M", "512M")
# All of it fits into boot memory: what is added may leave at any time.
PATTERN = 192 * MIB
THREADS = 2
STRESSORS = ("--vm 1 --vm-bytes 96M --vm-method all --mmap 1 --mmap-bytes 16M --mremap 1 --mremap-bytes 16M",
             "--shm 1 --shm-bytes 4M --shm-objs 8 --fork 1 --pipe 1 --dentry 1 --dentries 1000",
             "--temp-path /mnt --hdd 1 --hdd-bytes 32M --sync-file 1 --sync-file-bytes 16M")
BOOT, CHANGE, SETTLE = 120, 300, 600	# seconds


class SoakError(Exception):
    """Something was lost, or does not come back."""


class Soak:
    """A machine under load, and the changes that can be made to it."""

    def __init__(self, machine, choose, terminal):
        self.machine = machine
        self.choose = choose	# a random.Random
        self.terminal = terminal
        self.counts = Counter()
        self.names = 0
        self.changes = [(self.plug, 4), (self.unplug, 3), (self.offline, 8), (self.online, 8),
                        (self.offline_list, 4), (self.verify, 0.5)]	# and how likely each is

    def start(self):
        """Boot, and start the programs."""
        self.machine.boot(BOOT)
        self.machine.output("mkdir -p /mnt && /usr/bin/mke2fs -q -F -t ext4 /dev/vda && mount -t ext4 /dev/vda /mnt")
        self.machine.output(f"pattern serve {THREADS} {PATTERN}")
        self.machine.output(f"pattern ask size {PATTERN}", SETTLE)
        for number, stressors in enumerate(STRESSORS):
            log = f"/tmp/stress-{number}"
            self.machine.output(f"(stress-ng -q --verify --oomable {stressors} & echo $! >{log}.pid; wait $!; "
                                f"echo $? >{log}.status) </dev/null >{log}.log 2>&1 &")
        if self.machine.run(f"[ -e {MEMORY}/shrink ]").status == 0:
            self.changes.append((self.shrink, 3))

    def step(self):
        """Make one change."""
        changes, weights = zip(*self.changes)
        self.choose.choices(changes, weights)[0]()

    def note(self, what, done):
        """Count a change that was made or refused."""
        self.counts[what, done] += 1
        self.terminal.passing(f"{sum(self.counts.values())} changes; {what}: {'done' if done else 'refused'}")

    def blocks(self, state):
        """Return the hot-plugged blocks in a state."""
        text = self.machine.output(f"cd {MEMORY}; for b in memory*; do [ -e $b/firmware_node ] && "
                                   f"echo $b $(cat $b/state); done; true")
        return [int(number) for number, found in re.findall(r"^memory(\d+) (\S+)$", text, re.M) if found == state]

    def write(self, what, word, path):
        """Write a word to a file of the kernel's, which may refuse it."""
        self.note(what, self.machine.run(f"echo '{word}' 2>/dev/null >{MEMORY}/{path}", CHANGE).status == 0)

    def plug(self):
        """Let a DIMM arrive, if there is a slot."""
        if len(self.machine.firmware.dimms()) == SLOTS:
            return
        self.names += 1
        name = f"dimm{self.names}"
        self.machine.firmware.plug(name, parse_size(self.choose.choice(DIMM_SIZES)))
        self.machine.firmware.wait("added", name, CHANGE)
        self.note("DIMM plugged", True)

    def unplug(self):
        """Ask for a DIMM."""
        dimms = self.machine.firmware.dimms()
        if dimms:
            self.note("DIMM ejected", self.eject(self.choose.choice(dimms).name))

    def eject(self, name):
        """Return whether a DIMM left when it was asked for."""
        self.machine.firmware.unplug(name)
        try:
            self.machine.firmware.wait("gone", name, CHANGE)
        except FirmwareError:
            if not self.machine.firmware.ost(name):
                raise
            return False
        return True

    def offline(self):
        """Put one block offline."""
        blocks = self.blocks("online")
        if blocks:
            self.write("block offline", "offline", f"memory{self.choose.choice(blocks)}/state")

    def online(self):
        """Put one block online, in a zone that may not suit it."""
        blocks = self.blocks("offline")
        if blocks:
            self.write("block online", self.choose.choice(ONLINE), f"memory{self.choose.choice(blocks)}/state")

    def offline_list(self):
        """Put several blocks offline as one operation."""
        blocks = self.blocks("online")
        if blocks:
            some = sorted(self.choose.sample(blocks, self.choose.randint(1, len(blocks))))
            self.write("list offline", "offline " + ",".join(map(str, some)), "state")

    def shrink(self):
        """Let the kernel choose what leaves; boot memory comes back at once, for the programs need it."""
        word = self.choose.choice(SHRINK)
        self.note("shrink", self.machine.run(
            f"cd {MEMORY}; echo {word} 2>/dev/null >shrink; status=$?; "
            "for b in memory*; do [ -e $b/firmware_node ] || grep -q online $b/state || echo online >$b/state; done; "
            "exit $status", CHANGE).status == 0)

    def verify(self):
        """Wait until the program has seen each of its pages again."""
        checks, wrong = map(int, self.machine.output("pattern ask verify", SETTLE).split())
        if wrong:
            raise SoakError(f"{wrong} of {checks} page checks found wrong content")
        self.note("verified", True)
        return checks

    def end(self):
        """Stop the programs, see that they are content, and take all DIMMs away; return the page checks."""
        for number in range(len(STRESSORS)):
            log = f"/tmp/stress-{number}"
            job = self.machine.run(f"kill -INT $(cat {log}.pid); while [ ! -s {log}.status ]; do sleep 0.1; done; "
                                   f"cat {log}.log; exit $(cat {log}.status)", SETTLE)
            if job.status:
                raise SoakError(f"stress-ng {STRESSORS[number]} ended with {job.status}: " + " ".join(job.lines[-3:]))
        checks = self.verify()
        killed = int(self.machine.output("sed -n 's/^oom_kill //p' /proc/vmstat"))
        if killed:
            raise SoakError(f"the kernel killed {killed} programs for want of memory")
        # The journal of a file system holds pages until it needs their place.
        self.machine.output("umount /mnt", SETTLE)
        for dimm in self.machine.firmware.dimms():
            if not self.eject(dimm.name):
                raise SoakError(f"{dimm.name} stays when nothing runs: {self.reason()}")
        self.verify()
        return checks

    def reason(self):
        """Return what the kernel said last about memory that stays."""
        said = re.findall(r"memory_hotplug: .*", self.machine.console_log.read_text(errors="replace"))
        return said[-1] if said else "no reason in the log"


def soak(arguments, terminal, logs):
    """Do it all; return the counts and the page checks."""
    initramfs = rootfs.with_tools(rootfs.build(arguments.kernel, arguments.build), CONFIG.tools, logs / "initramfs")
    with Machine(CONFIG, arguments.kernel, initramfs, logs, arguments.accel) as machine:
        run = Soak(machine, random.Random(arguments.seed), terminal)
        run.start()
        terminal.step(f"{size_text(PATTERN)} of patterns and {len(STRESSORS)} stressors run")
        end = time.monotonic() + 60 * arguments.minutes
        while time.monotonic() < end:
            run.step()
        checks = run.end()
        reports = console.scan_file(machine.console_log)
    if reports:
        raise SoakError(f"the kernel reported: {reports[0].text}")
    return run.counts, checks


def summary(counts, checks):
    """Return the lines that say what was done."""
    lines = [f"{what:16}{counts[what, True]:6} done{counts[what, False]:6} refused"
             for what in sorted({what for what, _ in counts})]
    return [*lines, f"{checks:,} page checks, 0 wrong"]


def main():
    parser = options.machine_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (default: 30)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32),
                        help="of the choices (default: another one each time)")
    arguments = parser.parse_args()
    terminal = Terminal()
    logs = arguments.build / "soak"
    terminal.line(f"seed {arguments.seed}, {arguments.minutes:g} minutes")
    try:
        with only_one(logs, terminal.line):
            shutil.rmtree(logs, ignore_errors=True)
            counts, checks = soak(arguments, terminal, logs)
    except (SoakError, MachineError, FirmwareError, HostError) as error:
        terminal.line(f"soak: failed: {error}; seed {arguments.seed}, the console is in {logs / 'console.log'}")
        return 1
    except KeyboardInterrupt:
        terminal.line("soak: interrupted")
        return 130
    for line in summary(counts, checks):
        terminal.line(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
