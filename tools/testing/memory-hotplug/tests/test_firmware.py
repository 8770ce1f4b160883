# SPDX-License-Identifier: GPL-2.0
"""What the firmware makes of a kernel's answers, with a QEMU that only remembers what it was told."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from firmware import Firmware, FirmwareError, obey, parse_size
from qmp import QmpError

IN_PROGRESS, BUSY = 0x84, 0x82


class Qemu:
    """Stands in for a Qmp."""

    def __init__(self):
        self.commands = []
        self.refuse = None

    def execute(self, command, **arguments):
        if command == self.refuse:
            raise QmpError("no free slot")
        self.commands.append((command, arguments))
        return []


def ost(name, source, status):
    return "ACPI_DEVICE_OST", {"info": {"device": name, "slot": "0", "source": source, "status": status}}


class Answers(unittest.TestCase):
    def setUp(self):
        self.firmware = Firmware()
        self.firmware.qmp = Qemu()
        self.firmware.plug("d", 1 << 30)

    def wait(self, outcome):
        self.firmware.wait(outcome, "d", 0)

    def test_added(self):
        self.firmware.on_event(*ost("d", 1, 0))
        self.wait("added")

    def test_add_failed(self):
        self.firmware.on_event(*ost("d", 1, 1))
        self.wait("failed")
        with self.assertRaisesRegex(FirmwareError, "failed, not added .*0x1:0x1"):
            self.wait("added")

    def test_no_answer(self):
        with self.assertRaisesRegex(FirmwareError, "not added within 0 s"):
            self.wait("added")

    def test_gone(self):
        self.firmware.unplug("d")
        self.firmware.on_event(*ost("d", 3, IN_PROGRESS))
        with self.assertRaises(FirmwareError):
            self.wait("gone")
        self.firmware.on_event("DEVICE_DELETED", {"device": "d", "path": "/machine/peripheral/d"})
        self.wait("gone")

    def test_refused(self):
        self.firmware.unplug("d")
        self.firmware.on_event(*ost("d", 3, IN_PROGRESS))
        self.firmware.on_event(*ost("d", 3, BUSY))
        self.wait("refused")
        self.assertEqual(self.firmware.ost("d"), "0x3:0x84 0x3:0x82")

    def test_answers_are_forgotten_with_the_next_request(self):
        self.firmware.unplug("d")
        self.firmware.on_event(*ost("d", 3, BUSY))
        self.firmware.unplug("d")
        with self.assertRaisesRegex(FirmwareError, "not refused within"):
            self.wait("refused")

    def test_refused_by_qemu(self):
        self.firmware.qmp.refuse = "device_add"
        with self.assertRaisesRegex(FirmwareError, "no free slot"):
            self.firmware.plug("e", 1 << 30)
        self.assertEqual(self.firmware.qmp.commands[-1][0], "object-del")


class Requests(unittest.TestCase):
    def test_sizes(self):
        self.assertEqual([parse_size(text) for text in ("1G", "512M", "4096")], [1 << 30, 512 << 20, 4096])
        for text in ("", "0", "G", "1.5G", "-1G", "1GB"):
            with self.subTest(text=text), self.assertRaises(FirmwareError):
                parse_size(text)

    def test_plug_on_a_node(self):
        firmware = Firmware()
        firmware.qmp = Qemu()
        self.assertEqual(obey(firmware, "plug d 1G node=1".split()), "")
        self.assertEqual(firmware.qmp.commands[-1][1]["node"], 1)

    def test_nonsense(self):
        for line in ("", "plug", "plug d", "plug d 1G node=x", "wait dead d 1", "wait gone d soon", "unplug"):
            with self.subTest(line=line), self.assertRaises(FirmwareError):
                obey(Firmware(), line.split())


if __name__ == "__main__":
    unittest.main()
