# SPDX-License-Identifier: GPL-2.0
"""Preparing the tree: what is written, what stays, what comes back, what is refused."""

import contextlib
import io
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import hooks
import tree

MAKEFILE = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 7\n"


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.room = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.top = self.room / "top"
        self.build = self.room / "build"
        self.kernel = self.room / "kernel"
        self.put(self.kernel, "Makefile", MAKEFILE)
        self.put(self.kernel, "mm/a.c", "one\ntwo\n")
        self.put(self.kernel, "mm/b.c", "theirs\n")
        (self.top / "base/hooks").mkdir(parents=True)
        subprocess.run(["git", "init", "-q", self.top], check=True)
        for name, value in {"TOP": self.top, "HOOKS": self.top / "base/hooks",
                            "CHECKSUMS": self.top / "base/checksums"}.items():
            old = getattr(tree, name)
            setattr(tree, name, value)
            self.addCleanup(setattr, tree, name, old)

    def put(self, where, path, text):
        place = where / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def ours(self, path, text):
        self.put(self.top, path, text)

    def prepare(self, source=None):
        prepared = tree.Tree(self.build, source or self.kernel)
        with contextlib.redirect_stdout(io.StringIO()):
            prepared.unpack()
            prepared.changed = prepared.lay()
        return prepared

    def laid(self, path):
        place = self.build / "linux" / path
        return place.read_text() if place.exists() else None

    def test_new_file(self):
        self.ours("mm/new/c.c", "ours\n")
        self.prepare()
        self.assertEqual(self.laid("mm/new/c.c"), "ours\n")
        (self.top / "mm/new/c.c").unlink()
        self.prepare()
        self.assertFalse((self.build / "linux/mm/new").exists())

    def test_empty_file(self):
        self.ours("mm/empty.h", "")
        self.prepare()
        self.assertEqual(self.laid("mm/empty.h"), "")

    def test_replaced_file_comes_back(self):
        self.ours("mm/b.c", "ours\n")
        self.prepare()
        self.assertEqual(self.laid("mm/b.c"), "ours\n")
        (self.top / "mm/b.c").unlink()
        self.prepare()
        self.assertEqual(self.laid("mm/b.c"), "theirs\n")

    def test_hook_starts_from_the_kernel_s_text(self):
        self.ours("base/hooks/h.hook", "@ mm/a.c\n one\n+more\n")
        self.prepare()
        self.prepare()
        self.assertEqual(self.laid("mm/a.c"), "one\nmore\ntwo\n")
        (self.top / "base/hooks/h.hook").unlink()
        self.prepare()
        self.assertEqual(self.laid("mm/a.c"), "one\ntwo\n")

    def test_deleted_file_comes_back(self):
        self.ours("base/hooks/h.hook", "@ mm/b.c\nd\n")
        self.prepare()
        self.assertIsNone(self.laid("mm/b.c"))
        (self.top / "base/hooks/h.hook").unlink()
        self.prepare()
        self.assertEqual(self.laid("mm/b.c"), "theirs\n")

    def test_file_becomes_ours_after_a_hook(self):
        self.ours("base/hooks/h.hook", "@ mm/a.c\n one\n+more\n")
        self.prepare()
        (self.top / "base/hooks/h.hook").unlink()
        self.ours("mm/a.c", "ours\n")
        self.prepare()
        (self.top / "mm/a.c").unlink()
        self.prepare()
        self.assertEqual(self.laid("mm/a.c"), "one\ntwo\n")

    def test_unchanged_file_keeps_its_time(self):
        self.ours("mm/c.c", "ours\n")
        self.ours("base/hooks/h.hook", "@ mm/a.c\n one\n+more\n")
        self.assertEqual(self.prepare().changed, 2)
        before = [(self.build / "linux" / p).stat().st_mtime_ns for p in ("mm/a.c", "mm/c.c", "mm/b.c")]
        again = self.prepare()
        self.assertEqual(again.changed, 0)
        self.assertEqual(before, [(self.build / "linux" / p).stat().st_mtime_ns for p in ("mm/a.c", "mm/c.c", "mm/b.c")])

    def test_fingerprint_follows_the_content(self):
        self.ours("mm/c.c", "ours\n")
        first = self.prepare().state["fingerprint"]
        self.assertEqual(self.prepare().state["fingerprint"], first)
        self.ours("mm/c.c", "changed\n")
        self.assertNotEqual(self.prepare().state["fingerprint"], first)

    def test_executable_bit(self):
        self.ours("tools/t.sh", "#!/bin/sh\n")
        (self.top / "tools/t.sh").chmod(0o755)
        self.prepare()
        self.assertTrue((self.build / "linux/tools/t.sh").stat().st_mode & 0o100)

    def test_interrupted_between_record_and_copy(self):
        prepared = self.prepare()
        prepared.state["added"] = ["mm/half.c"]
        prepared._save_state()
        self.put(self.build / "linux", "mm/half.c", "half\n")
        self.prepare()
        self.assertIsNone(self.laid("mm/half.c"))

    def test_lost_state_unpacks_again(self):
        self.ours("mm/b.c", "ours\n")
        self.prepare()
        (self.build / "tree.json").write_text("{")
        (self.top / "mm/b.c").unlink()
        self.prepare()
        self.assertEqual(self.laid("mm/b.c"), "theirs\n")

    def test_other_source(self):
        self.prepare()
        other = self.room / "other"
        self.put(other, "Makefile", MAKEFILE.replace("7", "8"))
        self.assertEqual(self.prepare(other).state["version"], "6.12.8")

    def test_tarball(self):
        tarball = self.room / "k.tar.xz"
        subprocess.run(["tar", "-cJf", tarball, "-C", self.room, "kernel"], check=True)
        self.prepare(tarball)
        self.assertEqual(self.laid("mm/a.c"), "one\ntwo\n")

    def test_wrong_series(self):
        other = self.room / "other"
        self.put(other, "Makefile", "VERSION = 6\nPATCHLEVEL = 13\nSUBLEVEL = 0\n")
        with self.assertRaisesRegex(tree.TreeError, "Linux 6.13.0; this needs Linux 6.12.y"):
            self.prepare(other)

    def test_any_series(self):
        other = self.room / "other"
        self.put(other, "Makefile", "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\n")
        self.ours("mm/c.c", "ours\n")
        with contextlib.redirect_stdout(io.StringIO()):
            unpacked = tree.Tree(self.build, other, series=None)
            unpacked.unpack()
        unpacked.leave()
        self.assertEqual(unpacked.state["version"], "7.3.0")
        self.assertIsNone(self.laid("mm/c.c"))
        first = unpacked.state["fingerprint"]
        self.put(other, "Makefile", "VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 10\n")
        with contextlib.redirect_stdout(io.StringIO()):
            unpacked.unpack()
        unpacked.leave()
        self.assertNotEqual(tree.Tree(self.build, other).state["fingerprint"], first)

    def test_no_kernel_of_any_series(self):
        other = self.room / "other"
        self.put(other, "Makefile", "all:\n")
        with self.assertRaisesRegex(tree.TreeError, "no kernel tree; this needs Linux of any version"), \
                contextlib.redirect_stdout(io.StringIO()):
            tree.Tree(self.build, other, series=None).unpack()

    def test_no_kernel(self):
        other = self.room / "other"
        self.put(other, "Makefile", "all:\n")
        with self.assertRaisesRegex(tree.TreeError, "no kernel tree"):
            self.prepare(other)

    def test_broken_tarball(self):
        self.put(self.room, "k.tar.xz", "not one")
        with self.assertRaisesRegex(tree.TreeError, "k.tar.xz"):
            self.prepare(self.room / "k.tar.xz")

    def test_missing_source(self):
        with self.assertRaisesRegex(tree.TreeError, "set LINUX_SRC="):
            self.prepare(self.room / "nowhere")

    def test_hook_of_unknown_file(self):
        self.ours("base/hooks/h.hook", "@ mm/none.c\n-x\n")
        with self.assertRaisesRegex(tree.TreeError, "h.hook:1: the kernel has no mm/none.c"):
            self.prepare()

    def test_hook_of_our_file(self):
        self.ours("mm/c.c", "ours\n")
        self.prepare()
        self.ours("base/hooks/h.hook", "@ mm/c.c\n-ours\n")
        with self.assertRaisesRegex(tree.TreeError, "file of ours"):
            self.prepare()

    def test_failed_hook_changes_nothing(self):
        self.ours("mm/b.c", "ours\n")
        self.ours("base/hooks/h.hook", "@ mm/a.c\n-none\n")
        with self.assertRaises(hooks.HookError):
            self.prepare()
        self.assertEqual(self.laid("mm/b.c"), "theirs\n")

    def test_checksums(self):
        self.ours("mm/b.c", "ours\n")
        self.ours("base/hooks/h.hook", "@ mm/a.c\n one\n+more\n")
        prepared = self.prepare()
        prepared.write_checksums()
        self.assertEqual(set(prepared.recorded()), {"mm/a.c", "mm/b.c"})
        self.assertEqual(prepared.differing(), [])
        self.put(self.kernel, "mm/b.c", "newer\n")
        self.put(self.kernel, "Makefile", MAKEFILE + "\n")
        self.assertEqual(self.prepare().differing(), ["mm/b.c"])


if __name__ == "__main__":
    unittest.main()
