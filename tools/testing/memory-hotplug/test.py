#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run every test and count: the host's steps, then the tests inside machines with each kernel.

The last line reads "N passed, N failed"; the exit status is 0 if nothing failed. Logs stay in build/test.
"""

import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import guest_suite
import guest_tests
import options
import rootfs
from host import HostError, clean_environment, only_one
from report import Report, Result
from tap import FAIL, PASS, Case, judge
from terminal import Terminal

HERE = Path(__file__).resolve().parent


def python_tests(directory):
    return [sys.executable, "-B", "-m", "unittest", "discover", "-s", directory]


# name, command at the top of the repository, seconds it may take
HOST_STEPS = (
    ("tests of base", python_tests(options.TOP / "base/tests"), 300),
    ("tests of the test programs", python_tests(HERE / "tests"), 300),
    ("unit", ["make", "-s", "unit"], 600),
    ("style", ["make", "-s", "check-style"], 900),
    ("compile", ["make", "-s", "check-compile"], 1800),
    ("documents", ["make", "-s", "docs-check"], 900),
    ("checksums", ["make", "-s", "check-checksums"], 300),
    ("users", ["make", "-s", "check-users"], 2400),
    ("selftests of mm that are left out", [sys.executable, "-B", HERE / "mm_selftests.py"], 60),
    ("scale", ["make", "-s", "scale", "SCALE=64G"], 900),
    ("bench", ["make", "-s", "bench-smoke"], 600),
)
KERNELS = ("debug", "normal", "classic")	# the slow one first
MACHINES = 2	# side by side


def run_host_step(step, build, logs):
    """Run a step on this machine and return its Result."""
    name, command, timeout = step
    if command[0] == "make":
        command = [*command, f"BUILD={build.resolve()}"]
    log = logs / f"host-{name.replace(' ', '-')}.log"
    started = time.monotonic()
    with open(log, "w+", encoding="utf-8", errors="replace") as output:
        try:
            status = subprocess.run([str(word) for word in command], cwd=options.TOP, env=clean_environment(),
                                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                    timeout=timeout).returncode
        except subprocess.TimeoutExpired:
            status = None
        output.seek(0)
        cases = judge(output.read().splitlines(), status)
    return Result(f"host: {name}", cases, time.monotonic() - started, log)


def make_images(arguments, kernels, report):
    """Make the initramfs of each kernel; return {kernel: (bzImage, initramfs)} of those that have one."""
    images = {}
    bzimages = {"normal": arguments.kernel, "debug": arguments.debug_kernel, "classic": arguments.classic_kernel}
    for kernel in kernels:
        started = time.monotonic()
        try:
            images[kernel] = (bzimages[kernel], rootfs.build(bzimages[kernel], arguments.build, tests=True))
            case = Case("initramfs", PASS)
        except (HostError, OSError) as error:
            case = Case("initramfs", FAIL, str(error).splitlines())
        report.add(Result(f"{kernel}: initramfs with selftests", [case], time.monotonic() - started))
    return images


def run(arguments, host_steps, boots):
    """Run everything, two things side by side; return True if nothing failed."""
    terminal = Terminal()
    report = Report(terminal)
    with only_one(arguments.build / "test", terminal.line) as logs:
        shutil.rmtree(logs, ignore_errors=True)
        logs.mkdir(parents=True)
        run_in(logs, arguments, host_steps, boots, report)
    return report.finish()


def run_in(logs, arguments, host_steps, boots, report):
    """Run everything with logs in a directory of our own."""

    def run_host_steps():
        for step in host_steps:
            report.add(run_host_step(step, arguments.build, logs))

    images = make_images(arguments, [kernel for kernel in KERNELS if boots[kernel]], report)
    runner = guest_suite.Runner(images, logs, arguments.accel, report.add)
    with ThreadPoolExecutor(MACHINES) as pool:
        jobs = [pool.submit(run_host_steps)]
        jobs += [pool.submit(runner.run, boot) for kernel in images for boot in boots[kernel]]
        try:
            for job in jobs:
                job.result()
        except KeyboardInterrupt:
            runner.stopped = True
            pool.shutdown(cancel_futures=True)
            raise


def main():
    parser = options.machine_parser(__doc__)
    parser.add_argument("--debug-kernel", type=Path, metavar="BZIMAGE",
                        default=options.TOP / "build/debug" / options.IMAGE,
                        help="a kernel that watches itself")
    parser.add_argument("--classic-kernel", type=Path, metavar="BZIMAGE",
                        default=options.TOP / "build/classic" / options.IMAGE,
                        help="a kernel with a memory map for each section")
    parser.add_argument("--only", default="", metavar="PATTERN",
                        help="only tests whose name, such as 'debug: probe', matches this regular expression")
    parser.add_argument("--list", action="store_true", help="list the tests and do nothing")
    arguments = parser.parse_args()

    pattern = re.compile(arguments.only)
    host_steps = [step for step in HOST_STEPS if pattern.search(f"host: {step[0]}")]
    boots = {kernel: guest_suite.plan(guest_tests.TESTS, kernel, pattern.search) for kernel in KERNELS}
    names = [f"host: {step[0]}" for step in host_steps]
    names += [f"{kernel}: {test.name}" for kernel in KERNELS for boot in boots[kernel] for test in boot.tests]
    if arguments.list:
        print("\n".join(names))
        return 0
    if not names:
        print(f"test: no test is called anything like {arguments.only}", file=sys.stderr)
        return 1
    try:
        return 0 if run(arguments, host_steps, boots) else 1
    except KeyboardInterrupt:
        print("test: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
