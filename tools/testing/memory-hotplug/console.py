# SPDX-License-Identifier: GPL-2.0
"""Search a kernel's console log for what must never be there."""

import re
from collections import namedtuple

Report = namedtuple("Report", "kind line text")

# A report has many lines; what comes this soon after one belongs to it.
SAME_REPORT = 60

# What a kernel prints when it catches itself doing wrong. The first match names the report.
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
    # Without a scan area, which an injected fault denies it, it looks at more and misses nothing.
    ("kmemleak", r"kmemleak: .*(\d+ new suspected memory leak|detector disabled|Cannot(?! allocate a scan area))"),
    ("kmemleak", r"unreferenced object 0x"),
    ("UBSAN", r"UBSAN: "),
    ("page poison", r"pagealloc: (memory corruption|single bit error)"),
    ("WARN", r"WARNING: "),
    ("BUG", r"(kernel BUG at|\bBUG: |BUG at )"),
    ("Oops", r"(Oops: |general protection fault|stack segment: |double fault: |invalid opcode: |int3: )"),
    ("Oops", r"(Unable to handle kernel|unable to handle page fault)"),
    ("panic", r"Kernel panic - not syncing"),
    ("WARN", r"\[ cut here \]"),
)

_COMPILED = [(kind, re.compile(pattern)) for kind, pattern in PATTERNS]


def scan(text):
    """Return a Report for every accident: the line that matched first, and the name that says most."""
    reports = []
    for number, line in enumerate(text.splitlines(), 1):
        rank = next((rank for rank, (_, pattern) in enumerate(_COMPILED) if pattern.search(line)), None)
        if rank is None:
            continue
        if reports and number - reports[-1][1].line <= SAME_REPORT:
            best, report = reports[-1]
            if rank < best:
                reports[-1] = (rank, report._replace(kind=PATTERNS[rank][0], text=line.strip()))
        else:
            reports.append((rank, Report(PATTERNS[rank][0], number, line.strip())))
    return [report for _, report in reports]


def scan_file(path):
    """Scan a log; bytes that are no text count as such."""
    return scan(path.read_text(errors="replace"))
