# SPDX-License-Identifier: GPL-2.0
"""Run the tests of guest_tests.py: which of them share a machine, and one machine's run.

Tests that want the same machine share one, in the order of the list. A test marked fresh has one of
its own, and after one that failed the rest get a new one: who knows what it left behind.
"""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import console
import rootfs
from machine import Config, JobLost, Machine, MachineError
from report import Result
from tap import EXIT_SKIP, FAIL, PASS, Case, judge

BOOT = 120	# seconds
LEAK_CHECK = 300	# seconds
ENOUGH = 500	# seconds of tests for one machine: another boot is cheap, and two run side by side
# A kernel that watches itself is this much slower.
PATIENCE = {"normal": 1, "debug": 5, "classic": 1}
DEFAULT_KERNELS = ("normal", "debug")

# Objects younger than five seconds are not reported, and one scan may mistake a moving pointer.
LEAKS = ("f=/sys/kernel/debug/kmemleak; [ -e $f ] || exit 4; "
         "echo scan >$f; sleep 6; echo scan >$f; cat $f; [ -z \"$(cat $f)\" ]")
MARK = "memory-hotplug test: "


@dataclass(frozen=True)
class GuestTest:
    """A command to run inside a machine."""

    name: str
    command: str
    config: Config
    timeout: int
    fresh: bool


@dataclass
class Boot:
    """A machine and the tests that run in it."""

    name: str
    kernel: str
    config: Config
    tests: list

    def timeout(self):
        """Return the seconds that the tests may take with the normal kernel."""
        return sum(test.timeout for test in self.tests)


def plan(entries, kernel, wanted):
    """Return the Boots for the tests that run with this kernel and whose full name wanted() accepts.

    What may take longest comes first, so that nothing long is left when all else has ended.
    """
    boots, shared = [], {}
    for entry in entries:
        if kernel not in entry.get("kernels", DEFAULT_KERNELS) or not wanted(f"{kernel}: {entry['name']}"):
            continue
        config = Config(**entry.get("machine", {}))
        test = GuestTest(entry["name"], entry["command"], config, entry.get("timeout", 60),
                         entry.get("fresh", False))
        boot = None if test.fresh else shared.get(config)
        if not boot or boot.timeout() >= ENOUGH:
            boot = Boot(f"{kernel}-{len(boots) + 1}", kernel, config, [])
            boots.append(boot)
            if not test.fresh:
                shared[config] = boot
        boot.tests.append(test)
    return sorted(boots, key=Boot.timeout, reverse=True)


class Runner:
    """Runs Boots; add(Result) is called for each test, and once for each machine's console."""

    def __init__(self, images, logs, accel, add):
        self._images = images	# kernel: (bzImage, initramfs)
        self._logs = Path(logs)
        self._accel = accel
        self._add = add
        self.stopped = False

    def run(self, boot):
        """Run all tests of a Boot, on as many machines as it takes."""
        left, attempt = list(boot.tests), 0
        while left and not self.stopped:
            name = boot.name + (f"-again-{attempt}" if attempt else "")
            left = self._run_machine(boot, name, left)
            attempt += 1

    def _run_machine(self, boot, name, tests):
        """Run tests on one machine until one of them fails; return those that are left."""
        logs = self._logs / name
        left = list(tests)
        kernel, initramfs = self._images[boot.kernel]
        if boot.config.tools:
            initramfs = rootfs.with_tools(initramfs, boot.config.tools, logs / "initramfs")
        with Machine(boot.config, kernel, initramfs, logs, self._accel, PATIENCE[boot.kernel]) as machine:
            if not self._boot(machine, boot.kernel, name, tests):
                left.clear()	# another try would end as this one did
            good = alive = bool(left)
            while good and left:
                good, alive = self._run_test(machine, boot.kernel, left.pop(0), logs)
            if alive:
                self._check_leaks(machine, name)
        self._check_console(name, machine.console_log)
        return left

    def _boot(self, machine, kernel, name, tests):
        started = time.monotonic()
        try:
            machine.boot(BOOT * PATIENCE[kernel])
        except MachineError as error:
            notes = [str(error), "not run: " + ", ".join(test.name for test in tests)]
            self._add(Result(f"{name}: boot", [Case("boot", FAIL, notes)],
                             time.monotonic() - started, machine.console_log))
            return False
        return True

    def _run_test(self, machine, kernel, test, logs):
        """Run and report a test; return whether it passed, and whether the machine is still there."""
        log = logs / (re.sub(r"[^\w.-]+", "-", test.name) + ".log")
        started = time.monotonic()
        lost = None
        try:
            machine.run(f"echo '{MARK}{test.name}' >/dev/kmsg")
            job = machine.run(test.command, test.timeout * PATIENCE[kernel])
        except JobLost as error:
            job, lost = error.job, error
        log.write_text("\n".join(job.lines) + "\n")
        cases = judge(job.lines, job.status)
        if lost:
            cases[-1].notes.append(str(lost))
        result = Result(f"{kernel}: {test.name}", cases, time.monotonic() - started,
                        machine.console_log if lost else log)
        self._add(result)
        return not result.failed(), not lost

    def _check_leaks(self, machine, name):
        started = time.monotonic()
        try:
            job = machine.run(LEAKS, LEAK_CHECK)
        except JobLost as error:
            job = error.job
        if job.status != EXIT_SKIP:
            self._add(Result(f"{name}: kmemleak", judge(job.lines, job.status), time.monotonic() - started,
                             machine.console_log))

    def _check_console(self, name, log):
        """Search the whole console log; a report names the test in which it came."""
        reports = console.scan_file(log)
        lines = log.read_text(errors="replace").splitlines()
        cases = [Case(f"{report.kind} in {_test_at(lines, report.line)}", FAIL,
                      [f"{log}:{report.line}", *lines[report.line - 1:report.line + 4]]) for report in reports]
        self._add(Result(f"{name}: console", cases or [Case("console", PASS)], 0))


def _test_at(lines, number):
    for line in reversed(lines[:number]):
        match = re.search(re.escape(MARK) + "(.*)", line)
        if match:
            return match[1]
    return "boot"
