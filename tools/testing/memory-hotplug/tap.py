# SPDX-License-Identifier: GPL-2.0
"""Read TAP as the kernel writes it: kselftest, KUnit with its nested tests, and programs without any.

Only what has no parts of its own is counted: a test with subtests is the sum of them. It counts by
itself if it failed although none of them did.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

PASS, FAIL, SKIP = "pass", "fail", "skip"
INDENT = 4
EXIT_SKIP = 4	# kselftest's exit status for "can not run here"
NOTES_KEPT = 20

RESULT = re.compile(r"( *)(ok|not ok)\b *(\d+)? *(?:- *)?(.*?)(?: *# *(SKIP|XFAIL)\b *(.*))?$")
PLAN = re.compile(r"( *)1\.\.(\d+)(?: *# *(.*))?$")
BAIL_OUT = re.compile(r" *Bail out! *(.*)$")
HEADER = re.compile(r" *(TAP version \d+|KTAP version \d+)$")


@dataclass
class Case:
    """One test: what came of it, and what was printed before its result."""

    name: str
    outcome: str
    notes: list = field(default_factory=list)


class Parser:
    """Feed lines, then take cases()."""

    def __init__(self):
        self.seen_any = False
        self._found = []	# (level, Case), a parent takes the deeper ones that precede it
        self._planned = {}	# level: tests announced
        self._counted = Counter()	# level: results seen
        self._notes = []

    def feed(self, line):
        line = line.rstrip()
        if match := RESULT.match(line):
            self._result(*match.groups())
        elif match := PLAN.match(line):
            self.seen_any = True
            self._plan(len(match[1]) // INDENT, int(match[2]), match[3])
        elif match := BAIL_OUT.match(line):
            self.seen_any = True
            self._add(0, "bail out", FAIL, match[1])
        elif line and not HEADER.match(line):
            self._notes.append(line)

    def cases(self):
        """Return all cases, with one more for each plan that was not kept."""
        self._close(0)
        return [case for _, case in self._found]

    def notes(self):
        """Return what was printed after the last result."""
        return self._notes[-NOTES_KEPT:]

    def _result(self, indent, word, number, name, directive, reason):
        self.seen_any = True
        level = len(indent) // INDENT
        self._close(level + 1)
        self._counted[level] += 1
        name = name or f"test {number or self._counted[level]}"
        if directive == "SKIP":
            outcome = SKIP
        elif word == "ok" or directive == "XFAIL":
            outcome = PASS
        else:
            outcome = FAIL
        children = []
        while self._found and self._found[-1][0] > level:
            children.insert(0, self._found.pop()[1])
        for child in children:
            self._found.append((level, Case(f"{name}: {child.name}", child.outcome, child.notes)))
        if not children or (outcome == FAIL and not any(child.outcome == FAIL for child in children)):
            self._add(level, name, outcome, reason)
        self._notes = []

    def _plan(self, level, number, reason):
        self._planned[level] = number
        if number == 0:
            self._add(level, "all", SKIP, (reason or "").removeprefix("SKIP").strip())

    def _close(self, level):
        """The tests at this level and below have ended: compare with their plans."""
        for deep in sorted({*self._planned, *self._counted}, reverse=True):
            if deep < level:
                continue
            planned, counted = self._planned.pop(deep, None), self._counted.pop(deep, 0)
            if planned is not None and planned != counted:
                self._add(deep, "plan", FAIL, f"{planned} tests were announced, {counted} reported")

    def _add(self, level, name, outcome, note):
        notes = self._notes[-NOTES_KEPT:] + ([note] if note else [])
        self._found.append((level, Case(name, outcome, notes)))


def judge(lines, status):
    """Return the cases of a program from its output and its exit status, None if it did not end."""
    parser = Parser()
    for line in lines:
        parser.feed(line)
    cases = parser.cases()
    rest = parser.notes()
    if status is None:
        cases.append(Case("end of the program", FAIL, rest))
    elif not parser.seen_any:
        outcome = {0: PASS, EXIT_SKIP: SKIP}.get(status, FAIL)
        cases.append(Case(f"exit status {status}" if outcome == FAIL else "run", outcome, rest))
    elif status not in (0, EXIT_SKIP) and not any(case.outcome == FAIL for case in cases):
        cases.append(Case(f"exit status {status}", FAIL, rest))
    elif not cases:
        cases.append(Case("results", FAIL, ["none were reported"]))
    return cases
