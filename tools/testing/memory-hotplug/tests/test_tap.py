# SPDX-License-Identifier: GPL-2.0
"""What the TAP parser makes of every kind of output that it meets."""

import sys
import unittest
from pathlib import Path
from textwrap import dedent

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tap import FAIL, PASS, SKIP, judge


def outcomes(text, status=0):
    return [(case.name, case.outcome) for case in judge(dedent(text).strip("\n").splitlines(), status)]


class Flat(unittest.TestCase):
    def test_harness_output(self):
        self.assertEqual(outcomes("""
            TAP version 13
            1..3
            # Starting 3 tests from 1 test cases.
            #  RUN           global.one ...
            #            OK  global.one
            ok 1 global.one
            ok 2 global.two # SKIP no node
            # three.c:12:three:Expected 1 (1) == 2 (2)
            not ok 3 global.three
            # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:1 error:0
            """, 1), [("global.one", PASS), ("global.two", SKIP), ("global.three", FAIL)])

    def test_dash_before_the_name(self):
        self.assertEqual(outcomes("1..1\nok 1 - it works"), [("it works", PASS)])

    def test_name_left_out(self):
        self.assertEqual(outcomes("ok\nnot ok 2"), [("test 1", PASS), ("test 2", FAIL)])

    def test_expected_failure_passes(self):
        self.assertEqual(outcomes("1..1\nnot ok 1 known # XFAIL not there yet"), [("known", PASS)])

    def test_whole_test_skipped(self):
        self.assertEqual(outcomes("TAP version 13\n1..0 # SKIP not root", 4), [("all", SKIP)])

    def test_notes_belong_to_the_next_result(self):
        cases = judge(["# first", "ok 1 a", "# second", "not ok 2 b"], 1)
        self.assertEqual([case.notes for case in cases], [["# first"], ["# second"]])

    def test_words_that_only_begin_like_a_result(self):
        self.assertEqual(outcomes("okay then\nnot okay\nok 1 a"), [("a", PASS)])


class Broken(unittest.TestCase):
    def test_fewer_than_planned(self):
        self.assertEqual(outcomes("1..3\nok 1 a\nok 2 b"), [("a", PASS), ("b", PASS), ("plan", FAIL)])

    def test_plan_without_results(self):
        self.assertEqual(outcomes("TAP version 13\n1..3"), [("plan", FAIL)])

    def test_bail_out(self):
        self.assertEqual(outcomes("1..1\nok 1 a\nBail out! no memory", 1), [("a", PASS), ("bail out", FAIL)])

    def test_status_without_failed_case(self):
        self.assertEqual(outcomes("1..1\nok 1 a", 139), [("a", PASS), ("exit status 139", FAIL)])

    def test_status_of_a_failed_case(self):
        self.assertEqual(outcomes("1..1\nnot ok 1 a", 1), [("a", FAIL)])

    def test_did_not_end(self):
        self.assertEqual(outcomes("1..2\nok 1 a", None), [("a", PASS), ("plan", FAIL), ("end of the program", FAIL)])


class Plain(unittest.TestCase):
    def test_exit_statuses(self):
        self.assertEqual(outcomes("hello", 0), [("run", PASS)])
        self.assertEqual(outcomes("no module", 4), [("run", SKIP)])
        self.assertEqual(outcomes("oh", 1), [("exit status 1", FAIL)])


class Nested(unittest.TestCase):
    KUNIT = """
        KTAP version 1
        1..1
            KTAP version 1
            # Subtest: engine
            1..3
            ok 1 forward
                KTAP version 1
                # Subtest: undo
                ok 1 first
                not ok 2 second
            # undo: pass:1 fail:1 skip:0 total:2
            not ok 2 undo
            ok 3 last # SKIP not here
        # engine: pass:1 fail:1 skip:1 total:3
        not ok 1 engine
        """

    def test_only_leaves_count(self):
        self.assertEqual(outcomes(self.KUNIT), [
            ("engine: forward", PASS), ("engine: undo: first", PASS), ("engine: undo: second", FAIL),
            ("engine: last", SKIP)])

    def test_parent_fails_alone(self):
        self.assertEqual(outcomes("    ok 1 a\nnot ok 1 suite"), [("suite: a", PASS), ("suite", FAIL)])

    def test_plan_of_a_part(self):
        self.assertEqual(outcomes("1..1\n    1..2\n    ok 1 a\nok 1 suite"),
                         [("suite: a", PASS), ("suite: plan", FAIL)])

    def test_two_suites_do_not_mix(self):
        self.assertEqual(outcomes("""
                1..1
                ok 1 a
            ok 1 one
                1..1
                ok 1 b
            ok 2 two
            """), [("one: a", PASS), ("two: b", PASS)])


if __name__ == "__main__":
    unittest.main()
