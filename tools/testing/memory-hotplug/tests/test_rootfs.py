# SPDX-License-Identifier: GPL-2.0
"""The initramfs: an archive that cpio reads, and where a host's files come to lie in it."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cpio import Archive
from rootfs import guest_path


class Cpio(unittest.TestCase):
    def setUp(self):
        self.archive = Archive()
        self.archive.file("/usr/bin/odd", b"12345", 0o755)
        self.archive.link("bin", "usr/bin")
        self.archive.character_device("dev/console", 5, 1)

    def cpio(self, *options):
        return subprocess.run(["cpio", "--quiet", *options], input=self.archive.pack(), check=True,
                              stdout=subprocess.PIPE).stdout

    def test_parents_come_first(self):
        self.assertEqual(self.cpio("-it").decode().split(),
                         ["usr", "usr/bin", "usr/bin/odd", "bin", "dev", "dev/console"])

    def test_kinds_and_modes(self):
        lines = self.cpio("-itvn").decode().splitlines()
        self.assertEqual([line.split()[0] for line in lines],
                         ["drwxr-xr-x", "drwxr-xr-x", "-rwxr-xr-x", "lrwxrwxrwx", "drwxr-xr-x", "crw-------"])
        self.assertIn("5,   1", lines[-1])

    def test_content(self):
        self.assertEqual(self.cpio("-i", "--to-stdout", "usr/bin/odd"), b"12345")

    def test_later_file_replaces(self):
        self.archive.file("usr/bin/odd", b"new")
        self.assertEqual(self.cpio("-i", "--to-stdout", "usr/bin/odd"), b"new")


class Places(unittest.TestCase):
    def test_one_place_for_each_kind(self):
        self.assertEqual([guest_path(path) for path in (
            "/bin/bash", "/usr/sbin/chmem", "/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2",
            "/usr/lib/x86_64-linux-gnu/libsmartcols.so.1")],
            ["usr/bin/bash", "usr/bin/chmem", "usr/lib/x86_64-linux-gnu/libc.so.6",
             "usr/lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libsmartcols.so.1"])


if __name__ == "__main__":
    unittest.main()
