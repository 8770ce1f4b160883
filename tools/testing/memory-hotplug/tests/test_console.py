# SPDX-License-Identifier: GPL-2.0
"""Every kind of report is found in a console log, and an honest boot has none."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from console import PATTERNS, SAME_REPORT, scan

REPORTS = {
    "WARN": ["WARNING: CPU: 0 PID: 61 at mm/page_alloc.c:1234 f+0x1/0x2", "------------[ cut here ]------------"],
    "BUG": ["kernel BUG at mm/sparse.c:77!", "BUG: Bad page state in process sh  pfn:1234",
            "BUG: workqueue lockup - pool cpus=0"],
    "Oops": ["Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP",
             "Oops: 0002 [#1] PREEMPT SMP", "invalid opcode: 0000 [#1] SMP"],
    "KASAN": ["BUG: KASAN: slab-use-after-free in f+0x1/0x2"],
    "lockdep": ["WARNING: possible circular locking dependency detected", "WARNING: possible recursive locking detected",
                "WARNING: inconsistent lock state", "WARNING: suspicious RCU usage",
                "INFO: trying to register non-static key.", "WARNING: lock held when returning to user space!",
                "BUG: MAX_LOCKDEP_CHAINS too low!"],
    "sleeping function": ["BUG: sleeping function called from invalid context at kernel/locking/mutex.c:283",
                          "BUG: scheduling while atomic: sh/61/0x00000002"],
    "refcount": ["refcount_t: underflow; use-after-free."],
    "kmemleak": ["kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
                 "unreferenced object 0xffff888003c5a000 (size 96):"],
    "RCU stall": ["rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", "rcu: INFO: rcu_sched self-detected stall on CPU",
                  "rcu: rcu_preempt kthread starved for 5250 jiffies! g-1 f0x0"],
    "lockup": ["watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:61]"],
    "hung task": ["INFO: task sh:61 blocked for more than 120 seconds."],
    "list corruption": ["list_add corruption. next->prev should be prev", "list_del corruption, x->next is LIST_POISON1"],
    "UBSAN": ["UBSAN: array-index-out-of-bounds in mm/foo.c:1:2"],
    "page poison": ["pagealloc: memory corruption"],
    "panic": ["Kernel panic - not syncing: Fatal exception"],
    "KFENCE": ["BUG: KFENCE: use-after-free read in f+0x1/0x2"],
}

HONEST = """
Command line: console=ttyS0 panic=-1 oops=panic
kasan: KernelAddressSanitizer initialized (generic)
rcu: Hierarchical RCU implementation.
Lock dependency validator: Copyright (c) 2006 Red Hat, Inc., Ingo Molnar
Running RCU self tests
kmemleak: Kernel memory leak detector initialized (mem pool available: 39000)
kmemleak: Automatic memory scanning thread started
kmemleak: Cannot allocate a scan area, scanning the full object
clocksource: tsc: mask: 0xffffffffffffffff
Warning: unable to open an initial console.
DEBUG: nothing
memory_hotplug: offline of memory32-39 failed in evacuate: held page at pfn 0x48a00 (error -16)
"""


class Scan(unittest.TestCase):
    def test_every_report_is_found(self):
        for kind, lines in REPORTS.items():
            for line in lines:
                with self.subTest(line=line):
                    self.assertEqual([report.kind for report in scan(f"[   12.345678] {line}\n")], [kind])

    def test_every_kind_has_an_example(self):
        self.assertEqual({kind for kind, _ in PATTERNS}, set(REPORTS))

    def test_honest_log(self):
        self.assertEqual(scan(HONEST), [])

    def test_line_number_and_text(self):
        report, = scan("one\n[    1.0] BUG: KASAN: null-ptr-deref in f \nthree\n")
        self.assertEqual((report.line, report.text), (2, "[    1.0] BUG: KASAN: null-ptr-deref in f"))

    def test_one_accident_is_one_report(self):
        log = ["[ cut here ]", "refcount_t: underflow; use-after-free.", "WARNING: CPU: 0 PID: 1 at lib/refcount.c:28"]
        self.assertEqual([(report.kind, report.line) for report in scan("\n".join(log))], [("refcount", 1)])

    def test_accidents_far_apart(self):
        log = ["[ cut here ]"] + ["call trace"] * SAME_REPORT + ["BUG: KASAN: slab-out-of-bounds in f"]
        self.assertEqual([report.kind for report in scan("\n".join(log))], ["WARN", "KASAN"])


if __name__ == "__main__":
    unittest.main()
