# SPDX-License-Identifier: GPL-2.0
"""ACPI tables for a machine whose firmware says what QEMU's does not. QEMU adds header and checksum."""

import re
import struct

SIZES = {"": 0, "M": 20, "G": 30}
ENABLED, HOT_PLUGGABLE = 1, 2
RANGE = re.compile(r"(\d+)([MG]?)-(\d+)([MG]?)@(\d+)( hot-pluggable)?")


def srat(ranges, cpus):
    """Return a System Resource Affinity Table without its header.

    ranges are like "4G-5G@1 hot-pluggable": an address range on node 1. All processors are on node 0.
    """
    table = struct.pack("<L8x", 1)
    for cpu in range(cpus):
        table += struct.pack("<BBBBL8x", 0, 16, 0, cpu, ENABLED)
    for text in ranges:
        match = RANGE.fullmatch(text)
        if not match:
            raise ValueError(f"'{text}' is not like '4G-5G@1 hot-pluggable'")
        start, end = (int(number) << SIZES[unit] for number, unit in (match.group(1, 2), match.group(3, 4)))
        flags = ENABLED | (HOT_PLUGGABLE if match[6] else 0)
        table += struct.pack("<BBL2xQQ4xL8x", 1, 40, int(match[5]), start, end - start, flags)
    return table
