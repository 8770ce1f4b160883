#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of tools/mm/memhp on made-up machines: directories with the files that sysfs and procfs would have.

The program lies beside this file, built with sanitizers. One that finds something ends it with a status
that nothing here expects.
"""

import fcntl
import io
import os
import pty
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

PROGRAM = Path(__file__).resolve().with_name("memhp")
SVG = "{http://www.w3.org/2000/svg}"
PAGE = os.sysconf("SC_PAGESIZE")
BLOCK_PAGES = 64
# Thousands of small files: in memory, if the machine has such a place.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
NOBODY = 65534
SEED, ROUNDS = 612, 15

# Bits of /proc/kpageflags
LRU, SLAB, BUDDY, MMAP, ANON = 1 << 5, 1 << 7, 1 << 10, 1 << 11, 1 << 12
HUGE, HWPOISON, NOPAGE, THP, OFFLINE, PGTABLE, RESERVED = 1 << 17, 1 << 19, 1 << 20, 1 << 22, 1 << 23, 1 << 26, 1 << 32
MAP = 1 << 37
KERNEL = 0


class Machine:
    """A machine that is made up; blocks have BLOCK_PAGES pages if not said otherwise."""

    def __init__(self, block_pages=BLOCK_PAGES):
        self.root = Path(tempfile.mkdtemp(prefix="memhp-", dir=SCRATCH))
        self.root.chmod(0o755)
        self.memory = self.root / "sys/devices/system/memory"
        self.memory.mkdir(parents=True)
        self.block_pages = block_pages
        self.block_size(f"{block_pages * PAGE:x}\n")
        (self.root / "proc").mkdir()
        self.flags = []

    def remove(self):
        shutil.rmtree(self.root)

    def block_size(self, text):
        (self.memory / "block_size_bytes").write_text(text)

    def block(self, number, state="online\n", node=0, valid_zones="Normal\n", removable="1\n", pages=None, **files):
        """Make a block; a file whose content is None is not there. pages: the flags of its first pages."""
        directory = self.memory / f"memory{number}"
        directory.mkdir()
        files.update(state=state, valid_zones=valid_zones, removable=removable)
        for name, content in files.items():
            if content is not None:
                (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        if node is not None:
            (directory / f"node{node}").symlink_to(f"../../node/node{node}")
        if pages is not None:
            start = number * self.block_pages
            self.flags += [NOPAGE] * (start - len(self.flags))
            self.flags[start:start + self.block_pages] = pages + [BUDDY] * (self.block_pages - len(pages))
            self.write_flags(struct.pack(f"={len(self.flags)}Q", *self.flags))
        return directory

    def write_flags(self, data):
        (self.root / "proc/kpageflags").write_bytes(data)

    def run(self, *arguments, environment=(), **more):
        """Run the program on this machine; return (status, output, errors)."""
        command = [str(more.pop("program", PROGRAM)), arguments[0], "--root", str(self.root), *arguments[1:]]
        done = subprocess.run(command, env={"PATH": "", **dict(environment)}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def on_terminal(machine, width, environment, *options):
    """Return what a map looks like on a terminal so wide, 0 for one that does not tell."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 25, width, 0, 0))
    with subprocess.Popen([PROGRAM, "map", "--root", machine.root, *options], env=environment, stdin=theirs,
                          stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:	# the other end is closed
                break
    os.close(ours)
    assert process.returncode == 0, text
    return text.decode().replace("\r\n", "\n")


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.machine = Machine()
        self.addCleanup(lambda: self.machine.remove())

    def good(self, *arguments, **more):
        """Return the output of a run that has to succeed."""
        status, output, errors = self.machine.run(*arguments, **more)
        self.assertEqual((status, errors), (0, ""))
        return output

    def bad(self, message, *arguments, **more):
        """A run that has to fail, with one line that says why."""
        status, output, errors = self.machine.run(*arguments, **more)
        self.assertEqual((status, output), (1, ""), errors)
        self.assertIn(message, errors)
        self.assertEqual((errors[:7], errors.count("\n")), ("memhp: ", 1), errors)

    def map(self, *arguments):
        """Return the rows of a map as text, without what stands around them."""
        return [line for line in self.good("map", *arguments).splitlines() if line.startswith("  0x") or "..." in line]


class Map(Case):
    def test_everything(self):
        """Each class of block, two nodes, a hole in a row, rows that are missing, tenths of use, marks."""
        block = self.machine.block
        block(0, owner="pinned\n", blockers="reserved 3 0x0\n", pages=[RESERVED] * 64)
        block(1, owner="hotplug\n", blockers="", pages=[LRU] * 32)
        block(2, owner="pinned\n", blockers="", pages=[])
        block(6, owner="hotplug\n", blockers="", valid_zones="Movable\n", pages=[LRU] * 63)
        block(7, state="going-offline\n", blockers="", pages=[LRU] * 6)
        block(33, node=1, owner="nonsense\n", blockers="slab 1 0x840\n", pages=[SLAB] * 7)
        block(34, node=1, state="offline\n", valid_zones="Normal Movable\n", blockers="slab 1 0x1\n")
        block(65, node=1, state="odd\n", blockers="", pages=[])
        self.assertEqual(self.good("map", "--title", "Two nodes", "--columns", "8"), """\
Two nodes
8 blocks of 256 KiB: 7 online, 2 of them held; 1 offline

Node 0
  0x0000000  P9! H5  P0              M9  G0

Node 1
  0x0800000      K1! -
  ...
  0x1000000      ?0

  H   hotplug: movable memory only
  P   pinned: any memory
  K   online: any memory
  M   ZONE_MOVABLE
  G   going offline
  -   offline
  ?   in an unknown state
  !   can not go offline now
  0 to 9: tenths of it in use
""")

    def test_a_kernel_without_owner_and_blockers(self):
        self.machine.block(0, pages=[KERNEL])
        self.machine.block(1, pages=[LRU])
        self.machine.block(2, valid_zones="Movable\n", pages=[LRU])
        output = self.good("map")
        self.assertIn("3 blocks of 256 KiB: 3 online, 1 of them held; 0 offline", output)
        self.assertIn("0x00000  K0! K0  M0\n", output)
        self.assertIn("!   has pages that can not move, by their flags", output)

    def test_flags_only(self):
        self.machine.block(0, blockers="", pages=[KERNEL])
        self.machine.block(1, blockers="kernel 1 0x40\n", pages=[LRU])
        self.assertEqual(self.map(), ["  0x00000  K0  K0!"])
        self.assertEqual(self.map("--flags"), ["  0x00000  K0! K0"])

    def test_no_page_flags(self):
        self.machine.block(0, removable="0\n")
        self.machine.block(1)
        self.machine.block(2, removable=None)
        self.machine.block(3, removable="0\n", blockers="")
        output = self.good("map")
        self.assertIn("0x00000  K?! K?  K?  K?\n", output)
        self.assertIn("How full blocks are is not known: /proc/kpageflags: No such file or directory\n", output)
        self.assertNotIn("tenths", output)

    def test_page_flags_that_can_not_be_read(self):
        (self.machine.root / "proc/kpageflags").mkdir()
        self.machine.block(0)
        output = self.good("map")
        self.assertIn("K?", output)
        self.assertIn("/proc/kpageflags: Is a directory\n", output)

    def test_page_flags_that_end_early(self):
        """What is behind the end is no memory, and a part of a number is none."""
        self.machine.block(0, pages=[LRU] * 64)
        self.machine.write_flags(b"\x20\0\0\0\0\0\0\0" * 10 + b"\x20\0\0")
        self.assertEqual(self.map(), ["  0x0  K9!"])
        self.assertIn("hole: 54 pages", self.good("why", "0"))

    def test_no_memory_at_all(self):
        self.machine.block(0, pages=[])
        self.machine.write_flags(b"")
        self.assertEqual(self.map(), ["  0x0  K0!"])

    def test_tenths(self):
        self.machine = Machine(block_pages=128)
        for number, used in enumerate((0, 1, 12, 13, 64, 127, 128)):
            self.machine.block(number, pages=[LRU] * used)
        self.assertEqual(self.map(), ["  0x000000  K0  K0  K0  K1  K5  K9  K9"])

    def test_nodes(self):
        """The lowest node of a block, and blocks without any."""
        self.machine.block(5, node=None)
        self.machine.block(3, node=2)
        directory = self.machine.block(4, node=10)
        for name in ("node9", "node", "nodes", "node3x", "node4294967296"):
            (directory / name).touch()
        self.assertEqual(self.good("map").split("\n\n")[1:4],
                         ["  0x000000                      K?", "Node 2\n  0x000000              K?",
                          "Node 9\n  0x000000                  K?"])

    def test_the_highest_address_says_how_wide(self):
        self.machine.block(70, node=0)
        self.machine.block(1, node=1)
        self.assertEqual([row.split()[0] for row in self.map()], ["0x1000000", "0x0000000"])

    def test_width(self):
        for number in range(64):
            self.machine.block(number)
        self.assertEqual([line.count("K") for line in self.map()], [16] * 4)
        self.assertEqual([line.count("K") for line in self.map("--columns", "60")], [60, 4])
        self.assertEqual(len(self.map("--columns", "1")), 64)

    def test_a_thousand_blocks(self):
        self.machine.remove()
        self.machine = Machine(block_pages=1)
        for number in range(0, 3000, 3):
            self.machine.block(number, node=None, valid_zones=None, removable=None)
        self.machine.write_flags(struct.pack("=3000Q", *[LRU] * 3000))
        output = self.good("map")
        self.assertIn("1000 blocks of 4 KiB: 1000 online, 0 of them held; 0 offline", output)
        self.assertEqual(output.count("K9"), 1000)
        self.assertEqual(len(ElementTree.fromstring(self.good("map", "--svg")).findall(f"{SVG}g")), 1000)

    def test_numbers_of_all_sizes(self):
        for name in ("memory4294967296", "memory", "memoryx", "memory-1", "memory1x", "memory 1",
                     "memory99999999999999999999"):
            (self.machine.memory / name).mkdir()
            (self.machine.memory / name / "state").write_text("online\n")
        self.machine.block(4294967295)
        self.assertEqual(self.map("--columns", "16"), ["  0x3ffffffc00000  " + "    " * 15 + "K?"])

    def test_an_address_beyond_64_bits(self):
        self.machine.block_size("100000000000\n")
        self.machine.block(1 << 20)
        self.machine.block((1 << 20) - 1)
        self.assertEqual(self.good("map", "--columns", "1").count("K?"), 1)

    def test_blocks_that_go_away(self):
        self.machine.block(1)
        self.machine.block(2, state=None)
        (self.machine.block(3, state=None) / "state").mkdir()
        (self.machine.memory / "memory4").touch()
        self.assertEqual(self.map(), ["  0x00000      K?"])

    def test_no_blocks(self):
        self.bad("there are no memory blocks", "map")

    def test_block_sizes_that_are_none(self):
        self.machine.block(0)
        for text in ("", "\n", "0", "x", "40000x", "-40000", "30000", "800", "10000000000000000", "\0", "\n40000"):
            with self.subTest(text):
                self.machine.block_size(text)
                self.bad("is no size of a block", "map")
        (self.machine.memory / "block_size_bytes").unlink()
        self.bad("No such file or directory; a kernel without CONFIG_MEMORY_HOTPLUG", "map")

    def test_what_only_root_may_read(self):
        self.machine.block(0, pages=[])
        program = shutil.copy(PROGRAM, self.machine.root)
        rights = {"program": program, "user": NOBODY} if os.geteuid() == 0 else {}
        (self.machine.root / "proc/kpageflags").chmod(0)
        self.assertIn("/proc/kpageflags: Permission denied\n", self.good("map", **rights))
        self.machine.memory.chmod(0o711)
        self.addCleanup(self.machine.memory.chmod, 0o755)
        self.bad("memory: Permission denied", "map", **rights)

    def test_more_blocks_than_memory(self):
        for number in range(520):
            self.machine.block(number, node=None, valid_zones=None, removable=None)
        self.bad("Cannot allocate memory", "map", environment={
            "ASAN_OPTIONS": "allocator_may_return_null=1:max_allocation_size_mb=1:log_path=/dev/null"}.items())


class Terminal(Case):
    def setUp(self):
        super().setUp()
        for number in range(40):
            self.machine.block(number, blockers="kernel 1 0x0\n" if number == 1 else "",
                               state="offline\n" if number == 2 else "online\n", pages=[LRU] * (number % 33) * 2)

    def rows(self, width, environment, *options):
        text = on_terminal(self.machine, width, environment, *options)
        return [line for line in text.splitlines() if line.startswith("  0x")]

    def test_bars(self):
        rows = self.rows(80, {"TERM": "xterm", "LANG": "C.UTF-8"})
        cell, end = "\033[38;5;32;48;5;18m", "\033[0m"
        self.assertTrue(rows[0].startswith(f"  0x000000  {cell}  {end} {cell}▁\033[1;38;5;231m×{end} "
                                           f"\033[38;5;245m┄┄{end} {cell}▁▁{end}"), rows[0])
        self.assertIn(f"{cell}██{end}", rows[2])
        self.assertIn(f"{cell}▅▅{end}", rows[1])

    def test_digits(self):
        rows = self.rows(80, {"TERM": "xterm", "LANG": "C.UTF-8", "LC_ALL": "C"})
        cell, end = "\033[38;5;16;48;5;32m", "\033[0m"
        self.assertTrue(rows[0].startswith(f"  0x000000  {cell}0 {end} {cell}0!{end} \033[38;5;245m--{end}"), rows[0])

    def test_key(self):
        text = on_terminal(self.machine, 80, {"TERM": "xterm", "LC_ALL": "", "LC_CTYPE": "en_US.utf8", "LANG": "C"})
        self.assertIn("\n  \033[48;5;32m  \033[0m  online: any memory\n", text)
        self.assertIn("\n  ×   can not go offline now\n  the bar: how much of it is in use\n", text)

    def test_use_that_is_not_known(self):
        (self.machine.root / "proc/kpageflags").unlink()
        self.assertIn("░░", self.rows(80, {"TERM": "xterm", "LANG": "C.UTF-8"})[0])

    def test_letters(self):
        for environment, *options in (({"TERM": "dumb"},), ({},), ({"TERM": "xterm", "NO_COLOR": "1"},),
                                      ({"TERM": "xterm"}, "--text")):
            with self.subTest(environment=environment):
                self.assertTrue(self.rows(80, environment, *options)[0].startswith("  0x000000  K0  K0! -   K0 "))
        self.assertIn("\033", self.rows(80, {"TERM": "xterm", "NO_COLOR": ""})[0])
        self.assertNotIn("\033", self.good("map", environment={"TERM": "xterm"}.items()))

    def test_width(self):
        for width, rows in ((0, 3), (1, 5), (58, 5), (59, 3), (107, 2), (1000, 2)):
            with self.subTest(width=width):
                self.assertEqual(len(self.rows(width, {"TERM": "xterm"})), rows)


class Svg(Case):
    def svg(self, *arguments):
        return ElementTree.fromstring(self.good("map", "--svg", *arguments))

    def words(self, svg):
        return {text.text for text in svg.findall(f"{SVG}text")}

    def fill(self, svg):
        """Return the heights of the parts of each block, from the bottom, of 27 pixels."""
        return [[float(part.get("height")) for part in block.findall(f"{SVG}rect")[:-1]]
                for block in svg.findall(f"{SVG}g")]

    def test_everything(self):
        block = self.machine.block
        block(0, owner="pinned\n", blockers="reserved 3 0x0\n", pages=[RESERVED] * 32 + [LRU] * 16)
        block(1, owner="hotplug\n", blockers="", pages=[])
        block(40, node=1, state="offline\n", valid_zones="Normal Movable\n")
        block(80, node=1, valid_zones="Movable\n", blockers="", pages=[LRU] * 64)
        svg = self.svg("--title", "1 < 2 & \"3\" > ä")
        self.assertEqual((svg.get("width"), svg.get("viewBox")[:4]), (svg.get("width"), "0 0 "))
        self.assertEqual(svg.get("viewBox").split()[2:], [svg.get("width"), svg.get("height")])
        self.assertEqual(svg.find(f"{SVG}title").text, "1 < 2 & \"3\" > ä")
        self.assertEqual(self.words(svg), {
            "1 < 2 & \"3\" > ä", "4 blocks of 256 KiB: 3 online, 1 of them held; 1 offline", "Node 0", "Node 1",
            "0x0", "0x800000", "0x1400000", "hotplug: movable memory only", "pinned: any memory", "ZONE_MOVABLE",
            "offline", "from the bottom: can not move, in use, free", "can not go offline now"})
        self.assertEqual([block.find(f"{SVG}title").text for block in svg.findall(f"{SVG}g")], [
            "memory0: pinned: any memory; zone Normal; 75 % in use; reserved 3",
            "memory1: hotplug: movable memory only; zone Normal; 0 % in use",
            "memory40: offline; zone Normal Movable", "memory80: ZONE_MOVABLE; zone Movable; 100 % in use"])
        self.assertEqual(self.fill(svg), [[13.5, 6.8, 6.8], [27], [27], [27]])
        self.assertEqual([len(block.findall(f"{SVG}path")) for block in svg.findall(f"{SVG}g")], [2, 0, 0, 0])

    def test_without_node_use_and_marks(self):
        self.machine.block(0, node=None)
        svg = self.svg()
        self.assertEqual(self.words(svg), {"Memory blocks", "1 block of 256 KiB: 1 online, 0 of them held; 0 offline",
                                           "0x0", "online: any memory"})
        self.assertEqual(self.fill(svg), [[27]])

    def test_less_than_a_percent(self):
        self.machine = Machine(block_pages=128)
        self.machine.block(0, pages=[LRU])
        self.assertIn("less than 1 % in use", self.svg().find(f"{SVG}g/{SVG}title").text)

    def test_it_stays_within_its_borders(self):
        for number in range(100):
            self.machine.block(number * 7, state="offline\n" if number % 3 else "online\n", blockers="kernel 1 0x0\n")
        for columns in ((), ("--columns", "1"), ("--columns", "256")):
            svg = self.svg(*columns)
            width, height = float(svg.get("width")), float(svg.get("height"))
            self.assertGreaterEqual(width, 480)
            for rect in svg.iter(f"{SVG}rect"):
                self.assertLessEqual(float(rect.get("x", 0)) + float(rect.get("width")), width)
                self.assertLessEqual(float(rect.get("y", 0)) + float(rect.get("height")), height)
            for text in svg.findall(f"{SVG}text"):
                self.assertLessEqual(float(text.get("y")), height)

    def frames(self, svg):
        """Return left, top and side of each block."""
        rects = [block.findall(f"{SVG}rect")[-1] for block in svg.findall(f"{SVG}g")]
        return [(float(rect.get("x")), float(rect.get("y")), float(rect.get("width"))) for rect in rects]

    def test_the_grid(self):
        for number in range(1200):
            self.machine.block(number, node=None, valid_zones=None, removable=None)
        for columns, options, step in ((64, (), 8), (1, ("--columns", "1"), 32), (16, ("--columns", "16"), 32),
                                       (256, ("--columns", "256"), 6)):
            with self.subTest(columns=columns):
                frames = self.frames(self.svg(*options))
                left, top = frames[0][:2]
                self.assertEqual([(x, y) for x, y, _ in frames],
                                 [(left + step * (number % columns), top + step * (number // columns))
                                  for number in range(1200)])
                self.assertTrue(all(0.6 * step <= side < step for _, _, side in frames))

    def test_two_of_them_can_be_in_one(self):
        self.machine.block(0)
        self.assertEqual([element for element in self.svg().iter() if element.get("id")], [])

    def test_titles_that_are_no_text(self):
        self.machine.block(0)
        self.svg("--title", "")
        self.svg("--title", "aé€😀")
        for title in (b"a\nb", b"\x7f", b"\x1b[1m", b"\x80", b"\xc3", b"\xc3a", b"\xe2\x82", b"\xf0\x9f\x98a",
                      b"\xc0\x80", b"\xf5\x80\x80\x80", b"\xff"):
            with self.subTest(title):
                self.bad("--title takes a line of text in UTF-8", "map", "--svg", "--title", title)


class Why(Case):
    def test_blockers(self):
        self.machine.block(12, owner="pinned\n", blockers="slab 940 0x342\nkernel 1 0x300\n", removable="0\n",
                           pages=[SLAB] * 33)
        expected = """\
memory12: 256 KiB at 0x300000-0x33ffff, node 0, zone Normal
It is online, for memory of the kernel, too (pinned). 51 % of it is in use.
It can not go offline now. What holds it:

  slab: 940 pages (3.7 MiB), the first at pfn 0x342
      objects of the kernel, such as inodes, dentries and sockets
      some go with: echo 2 > /proc/sys/vm/drop_caches

  kernel: 1 page (4 KiB), the first at pfn 0x300
      other memory that the kernel allocated for itself
      it goes when its user gives it back; with page_owner=on,
      /sys/kernel/debug/page_owner tells who that is

When that is gone:

      echo offline > /sys/devices/system/memory/memory12/state
"""
        self.assertEqual(self.good("why", "memory12"), expected)
        self.assertEqual(self.good("why", "12"), expected)

    def test_every_kind_of_the_kernel(self):
        """The kinds in mm/memory_hotplug/blockers.c are explained; those of a later kernel are shown."""
        kinds = {"slab", "pagetable", "kernel", "reserved", "pinned", "secret", "hugepage", "poisoned", "offline",
                 "cma", "hole", "zones", "novel"}
        lasting = set()
        for number, kind in enumerate(sorted(kinds)):
            self.machine.block(number, blockers=f"{kind} 2 0x1\n")
            output = self.good("why", str(number))
            self.assertIn(f"\n  {kind}: 2 pages (8 KiB), the first at pfn 0x1\n      ", output)
            self.assertEqual("does not know" in output, kind == "novel")
            self.assertNotEqual("echo offline" in output, "nothing can be done" in output)
            if "nothing can be done" in output:
                lasting.add(kind)
        self.assertEqual(lasting, {"reserved", "hole"})

    def test_lines_that_are_no_blockers(self):
        lines = "", "slab", "slab x 0x1", "slab 1", "kernel 1 0x40", *(f"kind{number} 1 0x1" for number in range(40))
        self.machine.block(0, blockers="\n".join(lines))
        output = self.good("why", "0")
        self.assertEqual(output.count(" 1 page "), 32)
        self.assertNotIn("slab", output)

    def test_owner_hotplug_and_nothing_seen(self):
        self.machine.block(1, owner="hotplug\n", blockers="", node=None, pages=[LRU] * 64)
        self.assertEqual(self.good("why", "1"), """\
memory1: 256 KiB at 0x40000-0x7ffff, zone Normal
It is online, for movable memory only (hotplug). 100 % of it is in use.
Nothing is seen that would keep it from going offline:

      echo offline > /sys/devices/system/memory/memory1/state

If that fails, somebody holds a page, or a driver objects: see dmesg.
""")

    def test_offline(self):
        self.machine.block(1, state="offline\n", valid_zones="Normal Movable\n")
        self.assertEqual(self.good("why", "1"), """\
memory1: 256 KiB at 0x40000-0x7ffff, node 0
It is offline. Nobody uses it, and nothing holds it. To use it:

      echo online > /sys/devices/system/memory/memory1/state

Zones that it can go to: Normal Movable.
""")
        self.machine.block(2, state="offline\n", valid_zones=None)
        self.assertNotIn("Zones", self.good("why", "2"))

    def test_other_states(self):
        self.machine.block(1, state="going-offline\n")
        self.assertIn("It is going offline now.", self.good("why", "1"))
        self.machine.block(2, state="sleeping\n")
        self.assertIn("Its state is 'sleeping', which", self.good("why", "2"))

    def test_a_kernel_that_does_not_say(self):
        self.machine.block(1, removable="0\n")
        self.assertTrue(self.good("why", "1").endswith("It can not go offline now. This kernel does not say why.\n"))

    def test_page_flags(self):
        """Which flags hold a block, in the order in which they count."""
        kinds = {"hole": NOPAGE | SLAB, "reserved": RESERVED | LRU, "offline": OFFLINE, "slab": SLAB | LRU,
                 "pagetable": PGTABLE | MMAP, "kernel": KERNEL, "": BUDDY | RESERVED}
        for number, (kind, flags) in enumerate(kinds.items()):
            self.machine.block(number, pages=[LRU, flags, flags])
            output = self.good("why", str(number))
            found = [line.strip() for line in output.splitlines() if "pfn" in line]
            self.assertEqual(found, [f"{kind}: 2 pages (8 KiB), the first at pfn {number * 64 + 1:#x}"] if kind else [])
        self.assertIn("By their flags", self.good("why", "0"))

    def test_pages_that_can_move(self):
        movable = [LRU, ANON, MMAP, HUGE, THP, HWPOISON]
        self.machine.block(0, pages=movable)
        self.assertIn("Nothing is seen", self.good("why", "0"))

    def test_nothing_of_the_kernel_is_in_zone_movable(self):
        self.machine.block(0, valid_zones="Movable\n", pages=[KERNEL] * 32)
        self.assertIn(" 50 % of it is in use.\nNothing is seen", self.good("why", "0"))
        self.machine.block(1, valid_zones="Movable\n", pages=[RESERVED, KERNEL])
        self.assertIn("reserved: 1 page ", self.good("why", "1"))

    def test_the_memory_map_of_a_block_leaves_with_it(self):
        self.machine.block(0, pages=[MAP] * 60)
        self.assertIn(" 0 % of it is in use.\nNothing is seen", self.good("why", "0"))
        self.machine.block(1, pages=[MAP] * 60 + [LRU] * 2)
        self.assertIn(" 50 % of it is in use.\n", self.good("why", "1"))
        self.machine.block(2, pages=[MAP | LRU, MAP | SLAB])
        self.assertIn("slab: 1 page ", self.good("why", "2"))

    def test_flags_only(self):
        self.machine.block(1, blockers="slab 3 0x40\n", pages=[KERNEL])
        output = self.good("why", "--flags", "1")
        self.assertIn("kernel: 1 page ", output)
        self.assertNotIn("slab", output)

    def test_names_that_are_no_block(self):
        for name in ("", "memory", "memory-1", "memory1x", "block1", "-", "1.5", " 1", "memory 1", "4294967296",
                     "99999999999999999999"):
            with self.subTest(name):
                self.bad("is no memory block; they are called memory0, memory1", "why", name)

    def test_blocks_that_are_not_there(self):
        self.bad("memory7: there is no such block", "why", "memory7")
        self.machine.block(7, state=None)
        self.bad("memory7: there is no such block", "why", "memory7")


class Resize(Case):
    """shrink and grow; the test plays the kernel, behind a pipe where a file takes a request and has an answer."""

    def setUp(self):
        super().setUp()
        self.shrink = self.machine.memory / "shrink"
        self.progress = self.machine.memory / "progress"

    def start(self, *arguments, **more):
        command = [PROGRAM, arguments[0], "--root", self.machine.root, *arguments[1:]]
        return subprocess.Popen(command, **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                            "stderr": subprocess.PIPE, "env": {}, **more})

    def answer(self, text):
        """Take a request to shrink, and let the file say this afterwards; return the request."""
        request = self.shrink.read_text()
        self.shrink.write_text(text)
        return request

    def finish(self, process):
        """Return how a process ended: status, output, errors."""
        output, errors = process.communicate()
        return process.returncode, output.decode(), errors.decode()

    def test_shrink(self):
        os.mkfifo(self.shrink)
        for size, request, left, said in (("1G", "1073741824", 1 << 30, "1 GiB"), ("1", "1", 1 << 18, "256 KiB"),
                                          ("3K", "3072", 1 << 18, "256 KiB"), ("1536m", "1610612736", 3 << 29, "1.5 GiB"),
                                          ("2t", "2199023255552", 1 << 41, "2 TiB")):
            with self.subTest(size), self.start("shrink", size) as process:
                self.assertEqual(self.answer(f"asked {request}\nleft {left}\n"), request)
                self.assertEqual(self.finish(process), (0, f"{said} went offline\n", ""))

    def test_an_answer_that_is_none(self):
        os.mkfifo(self.shrink)
        for text in ("", "left 5\n", "asked 5\n", "asked 5\nleft much\n"):
            with self.subTest(text), self.start("shrink", "1G") as process:
                self.answer(text)
                status, output, errors = self.finish(process)
                self.assertEqual((status, output), (1, ""))
                self.assertIn("memory/shrink does not tell how much left", errors)

    def test_sizes_that_are_none(self):
        self.machine.block(0, state="offline\n")
        for size in ("", "0", "0G", "G", "1X", "1GB", "1 G", " 1G", "-1", "+1", "1.5G", "0x10", "18446744073709551616",
                     "16777216T", "99999999999999999999G"):
            for command in ("shrink", "grow"):
                with self.subTest(size=size, command=command):
                    self.bad(f"'{size}' is no size; try one such as 512M or 1G", command, "--", size)

    def test_requests_that_fail(self):
        self.bad("memory/shrink: No such file or directory", "shrink", "1G")
        self.machine.block(0, state="offline\n")
        self.bad("memory/state: No such file or directory", "grow", "1")
        self.shrink.symlink_to("/dev/full")
        self.bad("memory/shrink: No space left on device", "shrink", "1G")

    def test_a_signal(self):
        """Nobody opens the pipe: the request would wait for ever."""
        os.mkfifo(self.shrink)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number), self.start("shrink", "1G") as process:
                children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
                while not children.read_text():
                    pass
                process.send_signal(number)
                self.assertEqual(self.finish(process), (1, "", "memhp: cancelled; all memory is as it was\n"))

    def test_a_bar(self):
        """It is drawn while the request waits, and removed at the end."""
        os.mkfifo(self.shrink)
        self.progress.write_text("operation offline\nblocks 8\nfirst 32\nlast 39\npages_done 400\npages_left 600\n"
                                 "seconds 1.254\n")
        text = self.on_terminal(b"%", {"TERM": "xterm"})
        bar = "\r[" + "#" * 16 + "." * 24 + "]  40 %  1.3 s\033[K"
        self.assertEqual(text[:len(bar)], bar)
        self.assertTrue(text.replace(bar, "").endswith("\r\033[K1 GiB went offline\r\n"), text)

    def test_progress_of_all_kinds(self):
        os.mkfifo(self.shrink)
        for content, shown in (("operation offline\n", "]   0 %  0.0 s"),
                               ("operation offline\npages_done 3\npages_left 0\nseconds 9", "] 100 %  9.0 s"),
                               ("operation online\npages_done 18446744073709551615\npages_left 18446744073709551615\n",
                                "]  50 %"),
                               ("operation x\npages_done \x1b[2J\npages_left -\nseconds y\nmore 5\n", "]   0 %")):
            with self.subTest(content):
                self.progress.write_text(content)
                text = self.on_terminal(b"%", {"TERM": "xterm"})
                self.assertIn(shown, text)
                self.assertNotIn("\033[2J", text)

    def test_no_bar(self):
        """Nothing runs, nobody knows, or it can not be drawn."""
        os.mkfifo(self.shrink)
        for content, environment in (("operation none\n", {"TERM": "xterm"}), (None, {"TERM": "xterm"}),
                                     ("operation offline\n", {"TERM": "dumb"}), ("operation offline\n", {})):
            with self.subTest(content=content, environment=environment):
                self.progress.unlink(missing_ok=True)
                if content:
                    self.progress.write_text(content)
                self.assertNotIn("%", self.on_terminal(b"", environment))

    def on_terminal(self, until, environment):
        """Return what a shrink says on a terminal; its request is answered when it has said this."""
        ours, theirs = pty.openpty()
        text = b""
        with self.start("shrink", "1G", stdout=theirs, stderr=theirs, env=environment) as process:
            os.close(theirs)
            while until not in text:
                text += os.read(ours, 65536)
            self.answer("asked 1\nleft 1073741824\n")
            while True:
                try:
                    text += os.read(ours, 65536)
                except OSError:	# the other end is closed
                    break
        os.close(ours)
        self.assertEqual(process.returncode, 0, text)
        return text.decode()

    def grow(self, *arguments):
        """Run a grow; return what it said and what it asked for."""
        state = self.machine.memory / "state"
        state.write_text("")
        return self.good("grow", *arguments), state.read_text()

    def test_grow(self):
        for number, node in ((9, 0), (3, 1), (5, 0), (6, 0)):
            self.machine.block(number, state="offline\n", node=node)
        self.machine.block(4)
        self.machine.block(2, state="going-offline\n")
        self.assertEqual(self.grow("256K"), ("256 KiB went online\n", "online 3"))
        self.assertEqual(self.grow("1"), ("256 KiB went online\n", "online 3"))
        self.assertEqual(self.grow("257K"), ("512 KiB went online\n", "online 3,5"))
        self.assertEqual(self.grow("768K"), ("768 KiB went online\n", "online 3,5-6"))
        self.assertEqual(self.grow("1M"), ("1 MiB went online\n", "online 3,5-6,9"))
        self.bad("only 1 MiB of memory is offline", "grow", "1025K")
        self.bad("only 1 MiB of memory is offline", "grow", "16777215T")

    def test_a_request_that_is_too_long(self):
        for number in range(1000000, 1001200, 2):
            self.machine.block(number, state="offline\n", node=None, valid_zones=None, removable=None)
        self.assertEqual(self.grow("127744K")[1].count(","), 498)
        self.bad("600 blocks are too many for one request", "grow", "150M")


class CommandLine(Case):
    def plain(self, *arguments, **more):
        return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              **{"stdout": subprocess.PIPE, **more})

    def test_help(self):
        texts = [self.plain(*words) for words in (["help"], ["--help"], ["map", "--help"], ["why", "--help"], ["grow", "--help"])]
        for done in texts:
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, texts[0].stdout, ""))
        for word in ("map", "why", "shrink", "grow", "help", "--svg", "--text", "--title", "--columns", "--flags", "--root"):
            self.assertIn(word, texts[0].stdout)

    def test_nothing(self):
        done = self.plain()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "", self.plain("help").stdout))

    def test_mistakes(self):
        for message, *words in (("'shrunk' is no command", "shrunk"), ("map takes options only", "map", "memory1"),
                                ("why takes one block", "why"), ("why takes one block", "why", "1", "2"),
                                ("why takes no --svg", "why", "--svg", "1"),
                                ("shrink takes one size, such as 1G", "shrink"),
                                ("grow takes one size, such as 1G", "grow", "1G", "1G"),
                                ("shrink takes no --flags", "shrink", "--flags", "1G"),
                                ("help takes no --flags", "help", "--flags"),
                                ("help takes options only", "help", "map"), ("unrecognized option", "map", "--colour"),
                                ("requires an argument", "map", "--title"), ("invalid option", "map", "-s"),
                                ("1 to 256, not '0'", "map", "--columns", "0"),
                                ("not '257'", "map", "--columns", "257"),
                                ("not 'x'", "map", "--columns", "x"), ("not '8x'", "map", "--columns", "8x"),
                                ("not ''", "map", "--columns", ""), ("not '-1'", "map", "--columns", "-1")):
            with self.subTest(words):
                done = self.plain(*words)
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(message, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_path_that_is_too_long(self):
        for command in (["map"], ["why", "1"]):
            done = self.plain(*command, "--root", "/" + "x" * 5000)
            self.assertEqual((done.returncode, done.stderr), (
                1, f"memhp: /{'x' * 39}.../sys/devices/system/memory/block_size_bytes: File name too long\n"))

    def test_a_full_disk(self):
        self.machine.block(0)
        with open("/dev/full", "w", encoding="ascii") as full:
            for options in ([], ["--svg"]):
                done = self.plain("map", "--root", self.machine.root, *options, stdout=full)
                self.assertEqual((done.returncode, done.stderr),
                                 (1, "memhp: standard output: No space left on device\n"))


class Garbage(Case):
    """Files that hold anything: the program ends well, and nothing that is not plain gets through."""

    def content(self, chance):
        kind = chance.randrange(5)
        if kind == 0:
            return None
        if kind == 1:
            return chance.randbytes(chance.randrange(9000))
        if kind == 2:
            return bytes(chance.choices(b"slab kernel 0x123\n<>&\"\x1b\xff", k=chance.randrange(300)))
        return chance.choice(("online", "offline", "going-offline", "Movable", "1", "0", "pinned", "hotplug",
                              "slab 18446744073709551615 0xffffffffffffffff\nkernel 99999999999999999999999 0x1"
                              )) + "\n"

    def test_random_machines(self):
        for seed in range(SEED, SEED + ROUNDS):
            chance = random.Random(seed)
            self.machine.remove()
            self.machine = Machine()
            for number in chance.sample(range(200), chance.randrange(1, 12)):
                self.machine.block(number, node=chance.choice((None, 0, 1, 4000000000)), **{
                    name: self.content(chance) for name in ("state", "valid_zones", "removable", "owner", "blockers")})
            self.machine.block(200)
            if chance.randrange(3):
                self.machine.write_flags(chance.randbytes(chance.randrange(200 * 64 * 8)))
            with self.subTest(seed=seed):
                ElementTree.fromstring(self.good("map", "--svg", "--columns", str(chance.randrange(1, 257))))
                text = self.good("map", "--columns", str(chance.randrange(1, 257))) + self.good("why", "200")
                for directory in self.machine.memory.glob("memory*/state"):
                    status, output, _ = self.machine.run("why", directory.parent.name)
                    self.assertEqual(status, 0)
                    text += output
                self.assertEqual([char for char in text if not " " <= char <= "~" and char != "\n"], [])


if __name__ == "__main__":
    said = io.StringIO()
    good = unittest.main(exit=False, testRunner=unittest.TextTestRunner(stream=said)).result.wasSuccessful()
    if not good:
        sys.stderr.write(said.getvalue())
    sys.exit(not good)
