# SPDX-License-Identifier: GPL-2.0
"""What the comparison measures while memory leaves, and the lines of its table."""

import errno
import math
import sys
import unittest
from pathlib import Path
from unittest import mock

HOST = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HOST), str(HOST / "bench")]

import leaving
import measure
import table
from machine import MachineError
from measure import Guest
from scenarios import EVACUATE, SCENARIOS, evacuate

KERNELS = {"ours": {"title": "ours", "release": "6.12"}, "own": {"title": "kernel's own", "release": "6.12"}}
PAGES = 100 * 256	# in 100 MiB
PLAN = {"dimm": "1G", "kind": "anon", "mib": 100, "rounds": 2, "rest": 1, "times": 3, "node": 1}


def fake_guest(**answers):
    """Return a guest that has done all that it was asked to, and says so."""
    guest = mock.Mock(spec=Guest)
    guest.machine = mock.Mock()
    guest.block_size = 128 << 20
    guest.add_dimm.return_value = (32, 39)
    guest.in_use.return_value = PAGES
    guest.eject.return_value = 2.0
    guest.copy_seconds.return_value = 1e-6
    for name, value in answers.items():
        getattr(guest, name).configure_mock(**value)
    return guest


def lines(scenario, ours, own):
    results = {"ours": [ours], "own": [own]}
    return [table.line(row, results, KERNELS) for row in table.rows_of({scenario: results}, KERNELS)]


class Measuring(unittest.TestCase):
    def test_evacuation(self):
        guest = fake_guest(pages_moved={"side_effect": [1000, 1000 + PAGES]})
        self.assertEqual(leaving.evacuation(guest, PLAN),
                         {"in_use": PAGES, "moved": PAGES, "seconds": 2.0, "copy": 1e-6})
        guest.add_dimm.assert_called_once_with("d1", "1G", "online_movable")

    def test_two_dimms(self):
        guest = fake_guest(pages_moved={"side_effect": [0, 3 * PAGES]})
        result = leaving.evacuation(guest, {**PLAN, "dimms": 2, "mib": 200})
        self.assertEqual((result["in_use"], result["seconds"]), (2 * PAGES, 4.0))
        self.assertEqual([call.args[0] for call in guest.eject.call_args_list], ["d1", "d2"])

    def test_memory_that_is_elsewhere(self):
        guest = fake_guest(in_use={"return_value": PAGES // 2})
        with self.assertRaisesRegex(MachineError, "anon: 12800 pages are in use on the DIMMs, not 100 MiB"):
            leaving.evacuation(guest, PLAN)

    def test_cost(self):
        guest = fake_guest(pages_moved={"side_effect": [0, 10, 20, 50]}, put_blocks={"side_effect": [2.0, 3.0]})
        self.assertEqual(leaving.cost(guest, 1, None, {**PLAN, "first": "mount", "kinds": ("anon", "thp")}),
                         {"copy": 1e-6, "anon": 2.0, "anon moved": 10, "thp": 3.0, "thp moved": 30})
        guest.put_blocks.assert_called_with("offline", 32, 39)

    def test_pause(self):
        stats = [{"seconds": 1, "stores": 0, "longest": 9}, {"seconds": 3, "stores": 200, "longest": 0.1},
                 {"seconds": 7, "stores": 300, "longest": 0.5}]
        result = leaving.pause(fake_guest(tenant_stats={"side_effect": stats}), PLAN)
        self.assertEqual(result, {"at_rest": 0.1, "longest": 0.5, "took": 4, "lost": 3})

    def test_pause_of_a_faster_thread(self):
        stats = [{"seconds": 1, "stores": 0, "longest": 9}, {"seconds": 2, "stores": 10, "longest": 0.1},
                 {"seconds": 3, "stores": 99, "longest": 0.5}]
        self.assertEqual(leaving.pause(fake_guest(tenant_stats={"side_effect": stats}), PLAN)["lost"], 0)

    def test_idle(self):
        guest = fake_guest(put_blocks={"side_effect": [0.3, 0.1]})
        self.assertEqual(leaving.idle(guest, PLAN), {"online": 0.3, "offline": 0.1})

    def test_held(self):
        guest = fake_guest(take={"return_value": 33 * (128 << 20) // 4096 + 5},
                           refusals={"return_value": [(2.5, errno.EBUSY)]})
        self.assertEqual(leaving.held(guest, PLAN), {"seconds": 2.5})
        guest.refusals.assert_called_once_with(33, 1, leaving.GIVE_UP)

    def test_held_for_ever(self):
        guest = fake_guest(take={"return_value": 0}, refusals={"return_value": [(60, errno.EINTR)]})
        self.assertEqual(leaving.held(guest, PLAN), {"seconds": math.inf})

    def test_unmovable(self):
        guest = fake_guest(refusals={"return_value": [(9, errno.EBUSY), (1, errno.EBUSY), (2, errno.EBUSY)]})
        self.assertEqual(leaving.unmovable(guest, PLAN), {"seconds": 2})
        self.assertEqual([call.args for call in guest.keep_page.call_args_list], [(1,), (-1,)])

    def test_a_block_that_left(self):
        guest = fake_guest(refusals={"return_value": [(1, 0)] * 3})
        with self.assertRaisesRegex(MachineError, "a block left that could not"):
            leaving.unmovable(guest, PLAN)

    def test_rounds_go_round(self):
        guests = {"ours": fake_guest(), "own": fake_guest()}
        order = []
        run = leaving.rounds(lambda guest, plan: order.append(guest) or {"seconds": len(order)})
        self.assertEqual(run(guests, {**PLAN, "first": "mount"}),
                         {"ours": {"seconds": [1, 3]}, "own": {"seconds": [2, 4]}})
        for guest in guests.values():
            guest.prepare_speed.assert_called_once_with()
            guest.machine.output.assert_called_once_with("mount")

    def test_virtio_mem(self):
        plan = {"size": 4, "patience": 1, "timeout": 2, "seed": 1, "load": ("to user=1",), "goes_on": "churn 1 1"}
        with mock.patch.object(leaving, "VirtioMem") as device:
            device.return_value.resize.side_effect = [(4, 0.5), (1, 0.7), (3, 0.5)]
            self.assertEqual(leaving.virtio_mem(fake_guest(), plan), {"grow": 0.5, "shrink": 0.7, "left": 1})
            with self.assertRaisesRegex(MachineError, "grew to 3 bytes, not 4"):
                leaving.virtio_mem(fake_guest(), plan)


class Asking(unittest.TestCase):
    def guest(self, text):
        machine = mock.Mock()
        machine.output.return_value = text
        return Guest(machine)

    def test_numbers(self):
        self.assertEqual(self.guest("1048577").take("anon", 1), 1048577)
        self.assertIsNone(self.guest("").take("tmpfs", 1))
        self.assertEqual(self.guest("2000000000 5 1000000").tenant_stats(),
                         {"seconds": 2.0, "stores": 5, "longest": 0.001})
        self.assertEqual(self.guest("1500000000").put_blocks("offline", 32, 39), 1.5)
        self.assertEqual(self.guest("1000000000 16\n2000000000 0\n").refusals(32, 2, 60), [(1.0, 16), (2.0, 0)])
        pages, times = measure.COPY
        self.assertAlmostEqual(self.guest(f"{pages * times * 1000} 0").copy_seconds(), 1e-6)


class Lines(unittest.TestCase):
    def test_evacuation(self):
        ours = {"in_use": [100, 100, 100], "moved": [100, 101, 150], "seconds": [1, 2, 9], "copy": [0.005] * 3}
        own = {"in_use": [100], "moved": [146], "seconds": [4], "copy": [0.01]}
        moved, taken, copies = lines("evacuate", ours, own)
        self.assertEqual(moved[2:], ["1.01", "1.46", "0.69", "1.00"])
        self.assertEqual(taken[2:], ["2.00", "4.00", "0.50", ""])
        self.assertEqual(copies[2:], ["3.96", "2.74", "1.45", "1.00"])

    def test_cost(self):
        ours = {**dict.fromkeys(table.KINDS, 0.004), "anon moved": 100, "copy": 0.00001}
        shown = lines("evacuate-cost", ours, {**ours, "anon": 0.008})
        self.assertEqual(shown[0][2:], ["4.0", "8.0", "0.50", ""])
        self.assertEqual(shown[-1][2:], ["4.00", "8.00", "0.50", "1.00"])

    def test_never(self):
        line, = lines("held", {"seconds": [2.5]}, {"seconds": [math.inf]})
        self.assertEqual(line[2:], ["2.50", "never", "0.00", ""])

    def test_pause(self):
        ours = {"longest": [0.01], "lost": [0.1], "at_rest": [0.002]}
        pause, lost = lines("pause", ours, {**ours, "longest": [0.02], "lost": [0.4]})
        self.assertEqual(pause[2:], ["10.0", "20.0", "0.50", "2.0"])
        self.assertEqual(lost[2:], ["100.0", "400.0", "0.25", "0.0"])

    def test_virtio_mem(self):
        ours = {"grow": [1], "shrink": [2], "left": [0]}
        self.assertEqual(lines("virtio-mem", ours, {**ours, "left": [512 << 20]})[2][2:], ["0", "512", "0.00", "0"])


class Plans(unittest.TestCase):
    def test_kinds(self):
        tenant = (HOST / "bench/guest/tenant.c").read_text()
        for scenario in SCENARIOS:
            if "kind" in scenario.plan:
                self.assertIn(f'"{scenario.plan["kind"]}", take_', tenant)

    def test_another_kind(self):
        self.assertEqual(evacuate("thp", first="true").plan, {**EVACUATE.plan, "kind": "thp", "first": "true"})


if __name__ == "__main__":
    unittest.main()
