# SPDX-License-Identifier: GPL-2.0
"""Which guest tests share a machine, and what a machine is made of."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import guest_tests
from guest_suite import ENOUGH, PATIENCE, plan
from host import HostError
from machine import Config

SMALL, LARGE = {"memory": "512M"}, {"memory": "2G"}


def entry(name, machine, **more):
    return {"name": name, "command": "true", "machine": machine, **more}


def names(boots):
    return sorted([test.name for test in boot.tests] for boot in boots)


class Plan(unittest.TestCase):
    def plan(self, *entries, kernel="normal", wanted=lambda name: True):
        return plan(entries, kernel, wanted)

    def test_same_machine_is_shared(self):
        boots = self.plan(entry("a", SMALL), entry("b", LARGE), entry("c", SMALL))
        self.assertEqual(names(boots), [["a", "c"], ["b"]])

    def test_fresh_shares_with_none(self):
        boots = self.plan(entry("a", SMALL), entry("b", SMALL, fresh=True), entry("c", SMALL))
        self.assertEqual(names(boots), [["a", "c"], ["b"]])

    def test_full_machine_takes_no_more(self):
        boots = self.plan(entry("a", SMALL, timeout=ENOUGH), entry("b", SMALL), entry("c", SMALL))
        self.assertEqual(names(boots), [["a"], ["b", "c"]])

    def test_longest_first(self):
        boots = self.plan(entry("a", SMALL, timeout=10), entry("b", LARGE, timeout=20))
        self.assertEqual([boot.tests[0].name for boot in boots], ["b", "a"])

    def test_only_with_its_kernels(self):
        boots = self.plan(entry("a", SMALL, kernels=["normal"]), entry("b", SMALL), kernel="debug")
        self.assertEqual(names(boots), [["b"]])

    def test_names_say_the_kernel(self):
        boots = self.plan(entry("a", SMALL), entry("b", SMALL), wanted=lambda name: name == "normal: b")
        self.assertEqual(names(boots), [["b"]])

    def test_the_real_list(self):
        for kernel in PATIENCE:
            listed = [test.name for boot in plan(guest_tests.TESTS, kernel, lambda name: True) for test in boot.tests]
            self.assertTrue(listed)
            self.assertEqual(len(listed), len(set(listed)))


class Arguments(unittest.TestCase):
    def test_node_without_memory(self):
        words = " ".join(Config(memory="1G", numa=("1G", "0"), dimms=("512M@1",)).arguments())
        self.assertIn("-numa node,nodeid=0,cpus=0,cpus=1,memdev=node0-memory", words)
        self.assertIn("-numa node,nodeid=1 ", words + " ")
        self.assertIn("pc-dimm,id=dimm0,memdev=dimm0-memory,node=1", words)

    def test_processors_of_every_node(self):
        words = " ".join(Config(memory="1G", cpus=3, numa=("1G", "0"), spread=True).arguments())
        self.assertIn("-smp 3,sockets=3 ", words)
        self.assertIn("-numa node,nodeid=0,cpus=0,cpus=2,memdev=node0-memory", words)
        self.assertIn("-numa node,nodeid=1,cpus=1", words)

    def test_disks(self):
        words = " ".join(Config(disks=("64M", "32M/100")).arguments())
        self.assertIn("file=disk0.img -device virtio-blk-pci,drive=disk0", words)
        self.assertIn("file=disk1.img,throttling.iops-total=100 -device virtio-blk-pci,drive=disk1", words)

    def test_disks_are_empty(self):
        with tempfile.TemporaryDirectory() as directory:
            Config(disks=("64M", "32M/100")).make_disks(Path(directory))
            self.assertEqual([(Path(directory) / f"disk{number}.img").stat().st_size for number in range(2)],
                             [64 << 20, 32 << 20])

    def test_tables(self):
        words = " ".join(Config(acpi=("one", "two")).arguments())
        self.assertTrue(words.endswith("-acpitable file=one.aml -acpitable file=two.aml"))

    def test_tables_compile(self):
        with tempfile.TemporaryDirectory() as directory:
            Config(acpi=("containers",)).compile_tables(Path(directory))
            self.assertEqual((Path(directory) / "containers.aml").read_bytes()[:4], b"SSDT")
            with self.assertRaises(HostError):
                Config(acpi=("nothing",)).compile_tables(Path(directory))

    def test_without_nodes(self):
        words = " ".join(Config(memory="1G", dimms=("256M",)).arguments())
        self.assertNotIn("-numa", words)
        self.assertTrue(words.endswith("pc-dimm,id=dimm0,memdev=dimm0-memory"))

    def test_unknown_word(self):
        with self.assertRaises(TypeError):
            Config(colour="red")


if __name__ == "__main__":
    unittest.main()
