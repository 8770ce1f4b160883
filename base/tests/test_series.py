# SPDX-License-Identifier: GPL-2.0
"""The list of patches: its format, who gets which file, and how MAINTAINERS grows."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import series

TEXT = """\
# a comment
title: the cover

Says much.
---
title: one
files: mm/a/*
	mm/b.c
hooks: h

First.

Second.
---
title: two
files: *.rst

Text.
"""

BEFORE = """\
F:	drivers/base/memory.c
F:	drivers/kept.c
F:	mm/hotplug.c
F:	mm/other.c
"""
AFTER = """\
F:	drivers/base/memory*
F:	drivers/kept.c
F:	drivers/new.c
F:	mm/area.c
F:	mm/hotplug/
F:	mm/other.c
"""
OURS = {"drivers/base/memory.c", "drivers/base/memory_list.c", "drivers/new.c", "mm/area.c", "mm/hotplug/a.c",
        "mm/hotplug/b/c.c"}


class Parse(unittest.TestCase):
    def test_entries(self):
        cover, patches = series.parse(TEXT)
        self.assertEqual((cover.title, cover.message), ("the cover", "Says much."))
        self.assertEqual(patches[0].patterns, ["mm/a/*", "mm/b.c"])
        self.assertEqual(patches[0].hooks, ["h"])
        self.assertEqual(patches[0].message, "First.\n\nSecond.")
        self.assertEqual(patches[1].title, "two")

    def test_unknown_key(self):
        with self.assertRaisesRegex(series.SeriesError, "'author: me' is none of"):
            series.parse("title: a\nauthor: me\n\nText.\n")

    def test_no_message(self):
        with self.assertRaisesRegex(series.SeriesError, "without title or message"):
            series.parse("title: a\n")


class Assign(unittest.TestCase):
    def assign(self, files, hooks=("h",)):
        patches = series.parse(TEXT)[1]
        series.assign(patches, files, set(hooks))
        return [patch.files for patch in patches]

    def test_all(self):
        self.assertEqual(self.assign(["x.rst", "mm/b.c", "mm/a/d/e.c"]), [["mm/a/d/e.c", "mm/b.c"], ["x.rst"]])

    def test_file_left_over(self):
        with self.assertRaisesRegex(series.SeriesError, "no patch has mm/c.c"):
            self.assign(["x.rst", "mm/b.c", "mm/a/d", "mm/c.c"])

    def test_pattern_without_file(self):
        with self.assertRaisesRegex(series.SeriesError, r"two: \*.rst matches no file"):
            self.assign(["mm/b.c", "mm/a/d"])

    def test_hooks(self):
        with self.assertRaisesRegex(series.SeriesError, "no patch has i; there is no hook h"):
            self.assign(["x.rst", "mm/b.c", "mm/a/d"], ["i"])


class Maintainers(unittest.TestCase):
    def lines(self, *added):
        return series.maintainers(BEFORE, AFTER, set(added), OURS).replace("F:\t", "").split()

    def test_nothing_added(self):
        self.assertEqual(series.maintainers(BEFORE, AFTER, set(), OURS), BEFORE)

    def test_everything_added(self):
        self.assertEqual(series.maintainers(BEFORE, AFTER, OURS, OURS), AFTER)

    def test_files_before_their_directory(self):
        self.assertEqual(self.lines("mm/hotplug/a.c"),
                         ["drivers/base/memory.c", "drivers/kept.c", "mm/hotplug.c", "mm/hotplug/a.c", "mm/other.c"])

    def test_added_line_before_one_that_goes(self):
        self.assertEqual(self.lines("mm/area.c", "mm/hotplug/a.c"),
                         ["drivers/base/memory.c", "drivers/kept.c", "mm/area.c", "mm/hotplug.c", "mm/hotplug/a.c",
                          "mm/other.c"])

    def test_directory_replaces_its_files(self):
        self.assertEqual(self.lines("mm/hotplug/a.c", "mm/hotplug/b/c.c"),
                         ["drivers/base/memory.c", "drivers/kept.c", "mm/hotplug/", "mm/other.c"])

    def test_file_is_listed_once(self):
        self.assertEqual(self.lines("drivers/base/memory.c"), ["drivers/base/memory.c", "drivers/kept.c", "mm/hotplug.c", "mm/other.c"])

    def test_glob_replaces_the_older_line(self):
        self.assertEqual(self.lines("drivers/base/memory.c", "drivers/base/memory_list.c"),
                         ["drivers/base/memory*", "drivers/kept.c", "mm/hotplug.c", "mm/other.c"])

    def test_file_of_a_glob_after_the_older_line(self):
        self.assertEqual(self.lines("drivers/base/memory_list.c"),
                         ["drivers/base/memory.c", "drivers/base/memory_list.c", "drivers/kept.c", "mm/hotplug.c",
                          "mm/other.c"])

    def test_single_file(self):
        self.assertIn("drivers/new.c", self.lines("drivers/new.c"))


if __name__ == "__main__":
    unittest.main()
