#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Check our files with the kernel's own tools, and say nothing of what is right.

    check.py [--build DIR] style      checkpatch --strict
    check.py [--build DIR] compile    W=1 and sparse
    check.py [--build DIR] docs       kernel-doc, and references to files from Documentation/

Works on build/linux, where our files lie; compile uses objects of its own, in build/check.
"""

import argparse
import re
import signal
import subprocess
import sys
from pathlib import Path

import kernel
import tree

TOP = kernel.TOP
# Names that the kernel gave its functions, and boot options that it documents already.
NOT_OURS = "--ignore=CAMELCASE,UNDOCUMENTED_SETUP"

# What checkpatch knows how to read.
CHECKED = (".c", ".h", ".S", ".sh", ".py", ".rst", "Kconfig", "Makefile")
# Stand-ins for the kernel in user space: macros that checkpatch wants to be the kernel's own.
STAND_INS = {f"tools/testing/memory-hotplug/unit/{name}.h" for name in
             ("buddy_internal", "choice_internal", "operation_internal", "owner_internal", "kernel_core")}
# Files that others include; they are no objects of their own.
INCLUDED = {"test", "tests"}


def run(command, **popen):
    """Return (exit status, output lines) of a command."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", **popen)
    return done.returncode, done.stdout.splitlines()


def our(*endings):
    """Our files with one of these endings, as paths of the kernel tree."""
    return sorted(name for name in tree.our_files() if name.endswith(endings))


def style(build):
    """Return what checkpatch says of our files. Those that it praised before are not read again."""
    checkpatch = build / "linux/scripts/checkpatch.pl"
    clean_file = build / "check.clean"
    clean = set(clean_file.read_text().split()) if clean_file.exists() else set()
    tool = checkpatch.read_bytes()
    sums = {name: tree.digest(tool + data) for name, data in tree.our_files().items()
            if name.endswith(CHECKED) and name not in STAND_INS}
    files = [name for name in sums if sums[name] not in clean]
    if not files:
        return []
    _, lines = run(["perl", checkpatch, "--strict", "--terse", "--no-summary", "--color=never", NOT_OURS, "-f", *files],
                   cwd=build / "linux")
    faults = [line for line in lines if line.strip()]
    faulty = {line.partition(":")[0] for line in faults}
    if faulty <= set(files):
        clean_file.write_text("\n".join(sum for name, sum in sums.items() if name not in faulty))
    return faults


def compile_strictly(build):
    """Return the warnings of gcc with W=1 and of sparse for our files."""
    sources = [Path(name) for name in our(".c") if name.startswith(("mm/", "drivers/", "arch/x86/"))]
    objects = [str(path.with_suffix(".o")) for path in sources if not INCLUDED & set(path.parts)]
    with kernel.Kernel(build, "check", kernel.CONFIGURATIONS["normal"].fragments) as one:
        one.configure()
        for name in objects:
            (one.objects / name).unlink(missing_ok=True)
        one.run("-k", "W=1", "C=1", *objects)
        return kernel.our_warnings(one.log.read_text(errors="replace"))


def docs(build):
    """Return what kernel-doc and the check of file references say of our files."""
    linux = build / "linux"
    faults = []
    for name in our(".c", ".h"):
        if name.startswith(("include/", "mm/", "drivers/", "arch/")):
            _, lines = run(["perl", "scripts/kernel-doc", "-none", "-Wall", name], cwd=linux)
            faults += [line for line in lines if re.search(r"warning|error", line, re.I)]
    ours = set(our(".rst", ".txt"))
    _, lines = run(["perl", "scripts/documentation-file-ref-check"], cwd=linux)
    faults += [line for line in lines if line.partition(":")[0] in ours]
    return faults


CHECKS = {"style": style, "compile": compile_strictly, "docs": docs}


def main():
    parser = argparse.ArgumentParser(description="Check our files with the kernel's own tools.")
    parser.add_argument("check", choices=CHECKS)
    parser.add_argument("--build", type=Path, default=TOP / "build")
    args = parser.parse_args()
    faults = CHECKS[args.check](args.build.resolve())
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except kernel.BuildError as error:
        sys.exit(f"check: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
