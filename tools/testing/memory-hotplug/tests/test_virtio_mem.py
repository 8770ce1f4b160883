# SPDX-License-Identifier: GPL-2.0
"""A virtio-mem device: what the host asks of it, and when it is done; and the devices of a machine."""

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import virtio_mem
from firmware import FirmwareError
from machine import Config
from qmp import QmpError


class Device(unittest.TestCase):
    def resize(self, wanted, *sizes):
        """Resize a device that has each of the sizes in turn, at one second each."""
        qmp = mock.Mock()
        left = list(sizes)
        qmp.execute.side_effect = lambda command, **arguments: (
            {} if command == "qom-set" else left.pop(0) if len(left) > 1 else left[0])
        with mock.patch.object(virtio_mem.time, "monotonic", side_effect=range(1000)), \
                mock.patch.object(virtio_mem.time, "sleep"):
            return virtio_mem.VirtioMem(qmp).resize(wanted, 20, 100)

    def test_it_follows(self):
        size, seconds = self.resize(0, 4, 2, 0)
        self.assertEqual(size, 0)
        self.assertGreater(seconds, 0)

    def test_it_is_there_already(self):
        self.assertEqual(self.resize(4, 4), (4, 0))

    def test_it_follows_in_part(self):
        size, seconds = self.resize(0, 4, 2, 1)
        self.assertEqual(size, 1)
        self.assertLess(seconds, 20)

    def test_refused(self):
        qmp = mock.Mock()
        qmp.execute.side_effect = QmpError("no such device")
        with self.assertRaisesRegex(FirmwareError, "virtio-mem: no such device"):
            virtio_mem.VirtioMem(qmp).size()


class Devices(unittest.TestCase):
    def test_none(self):
        self.assertEqual(Config().devices(), [])

    def test_virtio_mem(self):
        self.assertIn("memory-backend-ram,id=virtio-mem-memory,size=4G,reserve=off", Config(virtio_mem="4G").devices())


if __name__ == "__main__":
    unittest.main()
