# SPDX-License-Identifier: GPL-2.0
"""Tests of acpi.py."""

import struct
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from acpi import srat  # noqa: E402


class Srat(unittest.TestCase):
    def test_processors_are_on_the_first_node(self):
        table = srat((), 2)
        self.assertEqual(len(table), 12 + 2 * 16)
        for cpu in range(2):
            kind, length, node, apic_id, flags = struct.unpack_from("<BBBBL", table, 12 + cpu * 16)
            self.assertEqual((kind, length, node, apic_id, flags), (0, 16, 0, cpu, 1))

    def test_ranges_are_where_they_are_said_to_be(self):
        table = srat(("0-512M@0", "4G-6G@3 hot-pluggable"), 0)
        self.assertEqual(len(table), 12 + 2 * 40)
        for offset, wanted in ((12, (0, 0, 512 << 20, 1)), (52, (3, 4 << 30, 2 << 30, 3))):
            self.assertEqual(struct.unpack_from("<BB", table, offset), (1, 40))
            node, = struct.unpack_from("<L", table, offset + 2)
            base, size = struct.unpack_from("<QQ", table, offset + 8)
            flags, = struct.unpack_from("<L", table, offset + 28)
            self.assertEqual((node, base, size, flags), wanted)

    def test_other_words_are_refused(self):
        for text in ("0-512M", "0-512K@0", "0-512M@0 hot", "512M@0"):
            with self.assertRaises(ValueError):
                srat((text,), 0)


if __name__ == "__main__":
    unittest.main()
