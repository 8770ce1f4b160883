#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Configure and build a kernel from the prepared tree.

    kernel.py [--build DIR] NAME            configure and build build/NAME
    kernel.py [--build DIR] --config NAME   configure only
    kernel.py --list                        the configurations and their fragments

A configuration is a list of fragments under base/configs/; a later one overrides an earlier one,
everything that none names is off. A symbol that does not come out as asked for is an error.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple
from pathlib import Path

import progress

TOP = Path(__file__).resolve().parent.parent
FRAGMENTS = TOP / "base/configs"

# Its fragments, and the steps of a build from nothing.
Configuration = namedtuple("Configuration", "fragments steps")
CONFIGURATIONS = {
    "normal": Configuration("guest hotplug test mm-selftests", 1530),
    "debug": Configuration("guest hotplug test debug", 1720),
    "classic": Configuration("guest hotplug test no-vmemmap", 1530),
}

# A compiler, its nm, and what the kernel's make is told of them.
Toolchain = namedtuple("Toolchain", "compiler nm arguments", defaults=((),))
NATIVE = Toolchain("gcc", "nm")

# Fixed, so that the same source gives the same object and ccache finds it again.
IDENTITY = {"KBUILD_BUILD_USER": "mhp", "KBUILD_BUILD_HOST": "mhp", "KBUILD_BUILD_VERSION": "1",
            "KBUILD_BUILD_TIMESTAMP": "Thu Jan  1 00:00:00 UTC 2026"}


class BuildError(Exception):
    """Something that the reader has to put right."""


def parse_fragment(text):
    """Return {symbol: value} of a fragment; a symbol that is not set has the value n."""
    values = {}
    for line in text.splitlines():
        unset = re.fullmatch(r"# (CONFIG_\w+) is not set\s*", line)
        if unset:
            values[unset[1]] = "n"
        elif line[:1] != "#" and "=" in line:
            symbol, value = line.split("=", 1)
            values[symbol.strip()] = value.strip()
    return values


def merge(names):
    """Return {symbol: value} of several fragments, the later one winning."""
    values = {}
    for name in names.split():
        values.update(parse_fragment((FRAGMENTS / f"{name}.config").read_text()))
    return values


def our_warnings(log):
    """Lines of a build log that warn about a file of the repository."""
    found = re.findall(r"^(?:/\S*/|(?:\.\./)*linux/|\./)?(\S+?)(:\d+\S*\s+(?:warning|error): .*)$", log, re.M)
    return sorted({path + rest for path, rest in found if (TOP / path).is_file()})


class Kernel:
    """The objects of one configuration. `with` keeps other builds of them away."""

    def __init__(self, build, name, fragments, steps=0, toolchain=NATIVE):
        self.build = build
        self.name = name
        self.fragments = fragments
        self.steps = steps
        self.toolchain = toolchain
        self.linux = build / "linux"
        self.objects = build / name
        self.log = build / f"{name}.log"
        self.stamp = self.objects / ".built"
        self.image = self.objects / "arch/x86/boot/bzImage"
        self.lock = None

    def __enter__(self):
        """Lock out other builds of the same objects."""
        self.objects.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.build / f"{self.name}.lock", "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"kernel: {self.name}: waiting for another build of it", flush=True)
            fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self.lock.close()

    def make_command(self, *arguments):
        cache = "ccache " if shutil.which("ccache") else ""
        return ["make", "--no-print-directory", "-C", str(self.linux), f"O={self.objects}",
                *self.toolchain.arguments, f"CC={cache}{self.toolchain.compiler}", f"-j{os.cpu_count()}", *arguments]

    def environment(self):
        # The options of the make that called us are not meant for the kernel's.
        kept = {key: value for key, value in os.environ.items()
                if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}
        cache = {"CCACHE_BASEDIR": str(self.build), "CCACHE_NOHASHDIR": "1"}
        return {**kept, **IDENTITY, **cache, "LC_ALL": "C"}

    def run(self, *arguments, title=None, expect=0):
        """Run the kernel's make; its output goes to the log. What it says of errors is raised.

        A title asks for a progress bar, of which expect steps are the full length.
        """
        command = self.make_command(*arguments)
        # What we start holds the lock as well: nobody builds here before it is gone.
        done = progress.run(command, self.log, title=title, expect=expect,
                            env=self.environment(), pass_fds=[self.lock.fileno()] if self.lock else [])
        if done.status:
            raise BuildError(f"{self.name}: make {' '.join(arguments)} failed; all of it is in {self.log}\n"
                             + progress.tail(self.log))
        return done.steps

    def configure(self, lenient=False):
        """Make .config from the fragments, if they or the tree's Kconfig files changed.

        lenient: for a tree that has not all of our files; symbols that it lacks may stay away.
        """
        wanted = merge(self.fragments)
        text = "".join(f"{symbol}={value}\n" for symbol, value in wanted.items())
        config = self.objects / ".config"
        request = self.objects / ".request"
        key = text if lenient else text + self.kconfig_fingerprint()
        if not lenient and config.exists() and request.exists() and request.read_text() == key:
            return
        all_config = self.objects / ".all.config"
        all_config.write_text(text)
        request.unlink(missing_ok=True)
        self.run(f"KCONFIG_ALLCONFIG={all_config}", "allnoconfig")
        got = parse_fragment(config.read_text())
        lost = [f"{symbol}={value} (is {got.get(symbol, 'n')})" for symbol, value in wanted.items()
                if got.get(symbol, "n") != value]
        if lost and not lenient:
            raise BuildError(f"{self.name}: the configuration does not come out as asked for: "
                             + ", ".join(lost))
        request.write_text(key)

    def kconfig_fingerprint(self):
        """Changes with the Kconfig files that are ours or hooked; the kernel's own come with the tree."""
        pristine = self.build / "pristine"
        paths = [path.relative_to(pristine) for path in pristine.rglob("Kconfig*")]
        paths += [Path(path) for path in self.tree_state()["added"] if Path(path).name.startswith("Kconfig")]
        total = hashlib.sha256(str(self.tree_state()["source"]).encode())
        for path in sorted(paths):
            total.update((self.linux / path).read_bytes())
        return total.hexdigest()

    def tree_state(self):
        return json.loads((self.build / "tree.json").read_text())

    def key(self):
        """What the built kernel depends on."""
        compiler = subprocess.run([self.toolchain.compiler, "-v"], stderr=subprocess.PIPE, text=True).stderr
        config = (self.objects / ".config").read_bytes()
        parts = [self.tree_state()["fingerprint"], compiler, hashlib.sha256(config).hexdigest()]
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def build_all(self):
        """Build the image and the modules, unless nothing that they depend on changed."""
        key = self.key()
        if self.image.exists() and self.stamp.exists() and self.stamp.read_text() == key:
            return
        fresh = not self.image.exists()
        began = time.monotonic()
        counter = self.objects / ".steps"
        known = int(counter.read_text()) if counter.exists() else self.steps
        self.stamp.unlink(missing_ok=True)
        steps = self.run("bzImage", "modules", title=f"kernel: {self.name}", expect=known if fresh else 0)
        if fresh:
            counter.write_text(str(steps))
        self.stamp.write_text(key)
        for line in our_warnings(self.log.read_text(errors="replace")):
            print(f"kernel: {self.name}: {line}")
        print(f"kernel: {self.name}: built in {time.monotonic() - began:.0f} s ({self.image})")


def main():
    parser = argparse.ArgumentParser(description="Configure and build a kernel.")
    parser.add_argument("name", nargs="?", choices=CONFIGURATIONS)
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--config", action="store_true", help="configure only")
    parser.add_argument("--list", action="store_true", help="list the configurations")
    args = parser.parse_args()
    if args.list or not args.name:
        for name, configuration in CONFIGURATIONS.items():
            print(f"{name:20} {configuration.fragments}")
        return
    with Kernel(args.build.resolve(), args.name, *CONFIGURATIONS[args.name]) as kernel:
        kernel.configure()
        if not args.config:
            kernel.build_all()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except BuildError as error:
        sys.exit(f"kernel: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
