# SPDX-License-Identifier: GPL-2.0
"""The configuration of a kernel to compare with follows ours, and the source."""

import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import kernel
import peer


class Configure(unittest.TestCase):
    def setUp(self):
        self.build = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.made = peer.Peer(self.build, "own", 1)
        self.made.objects.mkdir(parents=True)
        self.source("first")
        self.run = self.enterContext(mock.patch.object(self.made, "run"))

    def source(self, fingerprint):
        (self.made.build / "tree.json").write_text(json.dumps({"fingerprint": fingerprint}))

    def ours(self, text):
        self.made.of_ours.parent.mkdir(exist_ok=True)
        self.made.of_ours.write_text(text)

    def test_own_directory(self):
        self.assertEqual(self.made.objects, self.build / "bench/own/normal")
        self.assertEqual(self.made.linux, self.build / "bench/own/linux")

    def test_without_ours(self):
        with self.assertRaisesRegex(kernel.BuildError, "make kernel"):
            self.made.configure()

    def test_configured_once(self):
        self.ours("CONFIG_A=y\n")
        for _ in range(2):
            self.made.configure()
        self.run.assert_called_once_with("olddefconfig")
        self.assertEqual((self.made.objects / ".config").read_text(), "CONFIG_A=y\n")

    def test_again_for_another_configuration_or_source(self):
        self.ours("CONFIG_A=y\n")
        self.made.configure()
        self.ours("CONFIG_A=n\n")
        self.made.configure()
        self.source("second")
        self.made.configure()
        self.assertEqual(self.run.call_count, 3)

    def test_a_failed_one_is_tried_again(self):
        self.ours("CONFIG_A=y\n")
        self.run.side_effect = kernel.BuildError("no")
        for _ in range(2):
            with self.assertRaises(kernel.BuildError):
                self.made.configure()
        self.assertEqual(self.run.call_count, 2)


if __name__ == "__main__":
    unittest.main()
