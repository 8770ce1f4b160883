# SPDX-License-Identifier: GPL-2.0
"""Search a kernel's console log for what must never be there."""

import re
from collections import namedtuple

Report = namedtuple("Report", "kind line text")

# What a kernel prints when it catches itself doing wrong. The first match names the report;
# each is one line of the log, so one accident may give several.
PATTERNS = (
    ("KASAN", r"BUG: KASAN:"),
    ("KFENCE", r"BUG: KFENCE:"),
    ("sleeping function", r"BUG: sleeping function called from invalid context"),
    ("sleeping function", r"BUG: scheduling while atomic"),
    ("lockdep", r"WARNING: (possible|inconsistent lock|lock held|bad unlock|held lock|Nested lock|suspicious RCU)"),
    ("lockdep", r"(INFO: trying to register non-static key|possible recursive locking|DEBUG_LOCKS_WARN_ON)"),
    ("lockdep", r"BUG: (MAX_LOCK|MAX_STACK_TRACE|key .* has not been registered|held lock freed|.*still has locks held)"),
    ("lockup", r"watchdog: BUG: |soft lockup|hard LOCKUP"),
    ("hung task", r"INFO: task .* blocked for more than"),
    ("RCU stall", r"rcu.*(detected stall|self-detected|kthread starved)"),
    ("refcount", r"refcount_t: "),
    ("list corruption", r"list_(add|del)( |_).*corruption"),
    ("kmemleak", r"kmemleak: .*(\d+ new suspected memory leak|Kernel memory leak detector disabled|Cannot)"),
    ("kmemleak", r"unreferenced object 0x"),
    ("UBSAN", r"UBSAN: "),
    ("page poison", r"pagealloc: (memory corruption|single bit error)"),
    ("WARN", r"WARNING: "),
    ("BUG", r"(kernel BUG at|BUG: |BUG at )"),
    ("Oops", r"(Oops: |general protection fault|stack segment: |double fault: |invalid opcode: |int3: )"),
    ("Oops", r"(Unable to handle kernel|unable to handle page fault)"),
    ("panic", r"Kernel panic - not syncing"),
    ("WARN", r"\[ cut here \]"),
)

_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]


def scan(text):
    """Return a Report for every line that matches a pattern."""
    reports = []
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern in _COMPILED:
            if pattern.search(line):
                reports.append(Report(kind, number, line.strip()))
                break
    return reports


def scan_file(path):
    """Scan a log; bytes that are no text count as such."""
    return scan(path.read_text(errors="replace"))
