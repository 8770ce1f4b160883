# SPDX-License-Identifier: GPL-2.0
"""What the comparison reads from guests, and what it makes of that."""

import argparse
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HOST = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HOST), str(HOST / "bench")]

import bench
import pictures
import scenarios
import table
from host import HostError
from machine import Job, MachineError
from measure import (Block, Guest, Killed, allocation_failures, least_blocks, parse_blocks, parse_pairs, parse_tries,
                     speed_items)
from scenarios import DIMM, LEVELS, SCENARIOS, to

LOOK = "32 online 30000 2000 768 5\n33 offline 0 0 0 0\n"
KERNELS = {"ours": {"title": "ours", "release": "6.12"}, "own": {"title": "kernel's own", "release": "6.12"}}


def stuck(number, least=1):
    return {"stuck": number, "least": least, "by_block": [[10, 20, 2, True]]}


def timing(scale):
    return {name: 100 * scale for name in speed_items(1)}


class Reading(unittest.TestCase):
    def test_blocks(self):
        self.assertEqual(parse_blocks(LOOK), [Block(32, "online", 30000, 2000, 768, 5),
                                              Block(33, "offline", 0, 0, 0, 0)])

    def test_tries(self):
        self.assertEqual(parse_tries("32 left\n33 stuck 16\n"), {32: 0, 33: 16})

    def test_pairs(self):
        self.assertEqual(parse_pairs("steps 12 failed 0"), {"steps": 12, "failed": 0})

    def test_least(self):
        blocks = parse_blocks(LOOK)
        self.assertEqual([least_blocks(blocks, pages) for pages in (767, 768, 32768)], [2, 1, 1])
        self.assertEqual(least_blocks([], 32768), 0)

    def test_failures(self):
        self.assertEqual(allocation_failures("load: page allocation failure: order:0\nnothing\n"), 1)


def guest(*lines, status=0):
    """Return a Guest whose machine says the same to every command."""
    machine = mock.Mock()
    machine.run.return_value = Job("", list(lines), status)
    machine.output.return_value = "\n".join(lines)
    return Guest(machine)


class Asking(unittest.TestCase):
    def test_answer(self):
        self.assertEqual(guest("steps 1 failed 0").ask("end"), {"steps": 1, "failed": 0})

    def test_killed(self):
        with self.assertRaises(Killed):
            guest("load: the load was killed", status=2).ask("end")

    def test_refused(self):
        with self.assertRaisesRegex(MachineError, "load ask to: error no such kind"):
            guest("error no such kind", status=1).ask("to")

    def test_time(self):
        self.assertEqual(guest("123").nanoseconds("speed fork 1"), 123)
        self.assertEqual(guest("123 0").nanoseconds("cat run"), 123)
        with self.assertRaisesRegex(MachineError, "7 allocations failed"):
            guest("123 7").nanoseconds("cat run")

    def test_stuck(self):
        asked = guest()
        asked.block_size = 32768 * 4096
        asked.look = lambda first, last: parse_blocks(LOOK)
        asked.try_all = lambda first, last: {32: 4, 33: 0}
        result = asked.stuck(32, 33)
        self.assertEqual([result[name] for name in ("blocks", "stuck", "gave_up", "least", "unmovable_bytes",
                                                      "pageblocks")], [2, 1, 1, 1, 768 * 4096, 5])

    def test_no_map_without_its_program(self):
        self.assertIsNone(guest(status=1).draw_map("ours"))
        self.assertEqual(guest("<svg>", "</svg>").draw_map("kernel's own"), "<svg>\n</svg>")

    def test_kill_is_a_result_of_a_heavy_load(self):
        killed = guest("load: the load was killed", status=2)
        killed.add_dimm = lambda *arguments: (32, 63)
        killed.vmstat = lambda: {"oom_kill": 1}
        killed.unmovable_share = lambda: 0.2
        killed.console = lambda: "load: page allocation failure: order:0\n"
        result = scenarios.kernel_heavy(killed, 1, None, {"dimm": "4G", "load": ["to pipe=1"]})
        self.assertEqual([result[name] for name in ("ended", "rate", "oom_kill", "warned")], [0, 0, 1, 1])

    def load_is_real(self, *free):
        honest = guest("steps 1 user 1000")
        honest.sums = mock.Mock(side_effect=[{"free": free[0], "movable": 0}, {"free": 5, "movable": free[1]},
                                             {"free": free[2], "movable": 0}])
        return scenarios.load_is_real(honest, 1, None, {"kinds": ["user"], "size": 1})

    def test_load_that_is_real(self):
        self.assertEqual(self.load_is_real(5000, 1100, 4900)["steps"], 1)

    def test_load_that_takes_nothing(self):
        with self.assertRaisesRegex(MachineError, "what is movable of user: 0 bytes, not about 1000"):
            self.load_is_real(5000, 0, 5000)

    def test_load_that_gives_nothing_back(self):
        with self.assertRaisesRegex(MachineError, "free memory since the start: 900 bytes, not about 5000"):
            self.load_is_real(5000, 1000, 900)


class Plans(unittest.TestCase):
    def test_names_differ(self):
        self.assertEqual(len({scenario.name for scenario in SCENARIOS}), len(SCENARIOS))

    def test_request(self):
        self.assertEqual(to({"pipe": 40}, 50, user=101), "to user=50 pipe=20")

    def test_load_of_an_hour_comes_back(self):
        self.assertEqual(len(LEVELS), table.CYCLE)

    def test_batches_fit(self):
        for name, command in speed_items(1).items():
            if " order " in name:
                order, batch, rounds = map(int, command.split()[2:5])
                self.assertLessEqual(batch << order, 16384, name)
                self.assertGreater(rounds, 0, name)

    def test_chosen(self):
        self.assertEqual(bench.chosen("dimm"), [DIMM])
        self.assertNotIn("smoke", [scenario.name for scenario in bench.chosen("")])
        self.assertIn("boot-memory", [scenario.name for scenario in bench.chosen("dimm|boot.*")])
        with self.assertRaisesRegex(HostError, "no scenario is called none; there are dimm, "):
            bench.chosen("none")


class Lines(unittest.TestCase):
    def lines(self, **results):
        return [table.line(row, results[row.scenario], KERNELS) for row in table.rows_of(results, KERNELS)]

    def test_worst_of_the_seeds(self):
        line, = self.lines(dimm={"ours": [stuck(1), stuck(2)], "own": [stuck(7), stuck(8)]})
        self.assertEqual(line[2:], ["2", "8", "0.25", "1"])

    def test_failed(self):
        line, = self.lines(dimm={"ours": [], "own": [stuck(8)]})
        self.assertEqual(line[2:], ["failed", "8", "", ""])

    def test_nothing_to_divide_by(self):
        line, = self.lines(dimm={"ours": [stuck(1)], "own": [stuck(0)]})
        self.assertEqual(line[4], "")

    def test_more_is_better(self):
        heavy = {"failed": 1, "warned": 2, "oom_kill": 0, "rate": 2000}
        lines = self.lines(**{"kernel-heavy": {"ours": [heavy, {**heavy, "rate": 1000}], "own": [heavy]}})
        self.assertEqual([line[2] for line in lines], ["3", "0", "1,000"])
        self.assertEqual(lines[2][3:], ["2,000", "0.50", "2,000"])

    def test_killed(self):
        ours = {"ended": 1, "oom_kill": 0, "left": 31, "blocks": 32, "least": 1}
        own = {**ours, "ended": 0, "oom_kill": 1}
        lines = self.lines(**{"movable-wall": {"ours": [ours], "own": [own]}})
        self.assertEqual(lines[0][2:], ["yes", "no", "", "yes"])
        self.assertEqual(lines[2][2:], ["31", "31", "1.00", "31"])

    def test_growth(self):
        samples = [{"stuck": number} for number in [9] * 10 + [3, 4, 3, 3, 3, 3, 3, 3, 3, 3] + [5] * 9 + [7]]
        self.assertEqual(table.growth({"samples": samples}), 3)

    def test_worst_order(self):
        slow = {**timing(1), "movable order 7, 2 CPU": 150}
        lines = self.lines(speed={"ours": [slow], "own": [timing(1)]})
        line, = (line for line in lines if "movable pages on 2 CPUs, worst order: 7" in line[1])
        self.assertEqual(line[4], "1.50")

    def test_median_of_rounds(self):
        rounds = {name: [1e6, 9e6, 2e6] for name in timing(1)}
        lines = self.lines(**{"speed-time": {"ours": [rounds], "own": [rounds]}})
        self.assertEqual([line[2] for line in lines if line[1] == "fork, ms"], ["2.0"])
        self.assertEqual([line[2] for line in lines if line[1].startswith("kernel pages on 1 CPU")], ["22.0"])

    def test_every_row_has_a_scenario(self):
        self.assertLessEqual({row.scenario for row in table.ROWS}, {scenario.name for scenario in SCENARIOS})

    def test_markdown(self):
        self.assertEqual(table.markdown(["a", "bb", "c"], [["long", "b", "100"]]).splitlines(),
                         ["| a    | bb |   c |", "| ---- | -- | --: |", "| long | b  | 100 |"])


class Pictures(unittest.TestCase):
    def test_side_by_side(self):
        picture = '<?xml version="1.0"?>\n<svg xmlns="x" width="100" height="{}">{}</svg>\n'
        text = pictures.side_by_side([picture.format(50, "first"), picture.format(70, "second")])
        self.assertIn('width="220" height="70"', text)
        self.assertIn('<svg x="120" y="0" xmlns="x" width="100" height="70">second</svg>', text)
        self.assertNotIn("<?xml", text)

    def test_what_is_drawn(self):
        hour = {**stuck(1), "samples": [{"stuck": 1}, {"stuck": 2}]}
        results = {name: {"ours": [stuck(1)], "own": [stuck(7)]} for name in ("dimm", "boot-memory")}
        results.update(hour={"ours": [hour], "own": [hour]}, speed={"ours": [timing(1)], "own": [timing(1)]})
        results["dimm"]["ours"][0]["map"] = results["dimm"]["own"][0]["map"] = '<svg width="1" height="1"></svg>'
        with tempfile.TemporaryDirectory() as directory:
            paths = pictures.draw_all({"kernels": KERNELS, "results": results}, directory)
            self.assertEqual([path.name for path in paths],
                             ["stuck.svg", "blocks.svg", "hour.svg", "speed.svg", "map.svg"])
            for path in paths:
                self.assertIn("</svg>", path.read_text())

    def test_nothing_to_draw(self):
        self.assertEqual(pictures.draw_all({"kernels": KERNELS, "results": {"dimm": {"ours": [], "own": []}}}, "."), [])


class Data(unittest.TestCase):
    def test_only_results_of_these_kernels_stay(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "data.json"
            self.assertEqual(bench.earlier_results(path, KERNELS, "1"), {})
            path.write_text(json.dumps({"kernels": KERNELS, "program": "1", "results": {"dimm": {}}}))
            self.assertEqual(bench.earlier_results(path, KERNELS, "1"), {"dimm": {}})
            self.assertEqual(bench.earlier_results(path, KERNELS, "2"), {})
            self.assertEqual(bench.earlier_results(path, {"ours": {}}, "1"), {})
            for text in ("{", "{}"):
                path.write_text(text)
                self.assertEqual(bench.earlier_results(path, KERNELS, "1"), {})

    def bench(self):
        made = bench.Bench.__new__(bench.Bench)
        made.failed, made.terminal = False, mock.Mock()
        return made

    def test_no_kernel(self):
        arguments = argparse.Namespace(kernel=Path("/none/a/b/c/bzImage"), own=Path("/none"), peer=None)
        with self.assertRaisesRegex(HostError, "no kernel at /none/a/b/c/bzImage; 'make bench' builds it"):
            bench.kernels_of(arguments)

    def test_a_failed_run_leaves_the_others(self):
        made = self.bench()

        def work(stack):
            raise MachineError("it hangs")

        self.assertIsNone(made.guarded(DIMM, "ours", 1, work))
        self.assertTrue(made.failed)
        self.assertIn("failed: it hangs", made.terminal.step.call_args[0][0])

    def test_rounds_of_all_machines_are_one_result(self):
        made = self.bench()
        made.kernels = [mock.Mock(), mock.Mock()]
        made.kernels[0].name, made.kernels[1].name = "ours", "own"
        scenario = next(scenario for scenario in SCENARIOS if scenario.together)
        results = [{"ours": {"fork": [1, 2]}, "own": {"fork": [3, 4]}}, None,
                   {"ours": {"fork": [5, 6]}, "own": {"fork": [7, 8]}}]
        with mock.patch.object(made, "guarded", side_effect=results):
            self.assertEqual(made.together(scenario), {"ours": [{"fork": [1, 2, 5, 6]}], "own": [{"fork": [3, 4, 7, 8]}]})
        with mock.patch.object(made, "guarded", return_value=None):
            self.assertEqual(made.together(scenario), {"ours": [], "own": []})

    def test_a_report_of_the_kernel_is_a_failure(self):
        made = self.bench()
        with tempfile.NamedTemporaryFile("w") as log:
            made.check_console(Path(log.name))
            self.assertFalse(made.failed)
            log.write("kernel BUG at mm/page_alloc.c:1!\n")
            log.flush()
            made.check_console(Path(log.name))
        self.assertTrue(made.failed)

    def test_other_steps_are_a_failure(self):
        made = self.bench()
        made.check_steps(DIMM, {"ours": [{"steps": 1}], "own": [{"steps": 2, "ended": 0}]})
        made.check_steps(DIMM, {"ours": [{}], "own": [{}]})
        self.assertFalse(made.failed)
        made.check_steps(DIMM, {"ours": [{"steps": 1}], "own": [{"steps": 2}]})
        self.assertTrue(made.failed)


if __name__ == "__main__":
    unittest.main()
