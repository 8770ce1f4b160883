# SPDX-License-Identifier: GPL-2.0
"""What a person sees of a test run: a line for each test, what a failure needs, and the sum."""

import threading
from collections import Counter
from dataclasses import dataclass

from tap import FAIL, PASS, SKIP
from terminal import BOLD, DIM, GREEN, RED

TAIL = 6	# lines of a log that are shown for a failure
SHOWN = 5	# failed cases that are shown one by one
NOTES = 6	# lines shown for each of them


@dataclass
class Result:
    """The outcome of one test: its cases, the seconds it took, and where it left its output."""

    name: str
    cases: list
    seconds: float
    log: object = None

    def failed(self):
        return [case for case in self.cases if case.outcome == FAIL]


class Report:
    """Takes results from several threads."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._lock = threading.Lock()
        self._sum = Counter()

    def add(self, result):
        with self._lock:
            self._sum.update(case.outcome for case in result.cases)
            self._print_head(result)
            if result.failed():
                self._print_failures(result)

    def finish(self):
        """Print the sum; return True if nothing failed and something passed."""
        line = self._terminal.line
        line()
        if self._sum[SKIP]:
            line(f"{self._sum[SKIP]} skipped")
        line(f"{self._sum[PASS]} passed, {self._sum[FAIL]} failed")
        return not self._sum[FAIL] and self._sum[PASS] > 0

    def _print_head(self, result):
        paint = self._terminal.paint
        count = Counter(case.outcome for case in result.cases)
        parts = [f"{count[outcome]} {word}" for outcome, word in
                 ((PASS, "passed"), (FAIL, "failed"), (SKIP, "skipped")) if count[outcome]]
        if count[FAIL]:
            mark = paint("FAILED", RED)
        elif count[PASS]:
            mark = paint("ok    ", GREEN)
        else:
            mark = paint("skip  ", DIM)
        self._terminal.line(f"{mark} {result.seconds:7.1f} s  {result.name}: {', '.join(parts)}")
        reasons = Counter(case.notes[-1].strip("# ") if case.notes else "no reason given"
                          for case in result.cases if case.outcome == SKIP)
        for reason, number in reasons.items():
            self._terminal.line(paint(f"                   {number} skipped: {reason}", DIM))

    def _print_failures(self, result):
        line, paint = self._terminal.line, self._terminal.paint
        failed = result.failed()
        for case in failed[:SHOWN]:
            line("    " + paint(f"not ok: {case.name}", BOLD))
            for note in case.notes[-NOTES:]:
                line(f"        {note}")
        if len(failed) > SHOWN:
            line(f"    and {len(failed) - SHOWN} more")
        if result.log and result.log.is_file():
            line(f"    {result.log} ends:")
            for text in result.log.read_text(errors="replace").splitlines()[-TAIL:]:
                line(paint(f"        {text.rstrip()}", DIM))
