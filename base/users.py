#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compile, without linking, whoever uses memory hotplug, and our files in every configuration.

    users.py [--build DIR] [NAME ...]

Prints TAP, a test for each configuration.

Instead of linking a kernel for each configuration, look through the symbols of its objects. What the
complete kernel of build/normal defines in the same directories must be defined here as well if our files
call it or if our headers declare it and anybody calls it; a module may call what is exported only.
"""

import argparse
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import kernel

TOP = kernel.TOP
HEADERS = ("include/linux/memory.h", "include/linux/memory_hotplug.h")

# Where memory hotplug lives and is called from in any configuration.
CORE = "mm/ drivers/base/ arch/x86/mm/"
OURS = "mm/memory_hotplug/ drivers/base/"
OUR_OBJECTS = re.compile(r"(^|/)(memory_hotplug/|base/memory|acpi_mem|acpi/container\.o)")
ACPI = "drivers/acpi/acpi_memhotplug.o drivers/acpi/acpi_memory.o drivers/acpi/container.o drivers/acpi/scan.o"

# configuration: (fragments, what to make)
TABLE = {
    "users": ("guest hotplug test users",
              f"{CORE} drivers/acpi/ drivers/virtio/ drivers/dax/ drivers/hv/ drivers/xen/ drivers/cxl/ "
              "drivers/nvdimm/ drivers/iommu/intel/ fs/proc/kcore.o arch/x86/xen/ arch/x86/kernel/crash.o "
              "arch/x86/kernel/e820.o arch/x86/kernel/apic/x2apic_uv_x.o kernel/crash_core.o "
              "kernel/vmcore_info.o kernel/cgroup/cpuset.o lib/test_hmm.o lib/memory-notifier-error-inject.o"),
    "tdx": ("guest hotplug test tdx", "arch/x86/virt/"),
    "bare": ("guest hotplug online-movable", f"{CORE} {ACPI}"),
    "no-hotremove": ("guest hotplug test no-hotremove", f"{CORE} {ACPI}"),
    "no-hotplug": ("guest hotplug test no-hotplug",
                   f"{CORE} drivers/acpi/acpi_memhotplug.o drivers/acpi/container.o drivers/acpi/scan.o "
                   "kernel/cgroup/cpuset.o"),
    "no-numa": ("guest hotplug test no-numa", f"{CORE} {ACPI}"),
    "no-vmemmap": ("guest hotplug test no-vmemmap", f"{CORE} {ACPI}"),
    "no-fault-injection": ("guest hotplug test no-fault-injection", OURS),
    "no-kunit-test": ("guest hotplug test no-kunit-test", OURS),
}


class Symbols:
    """What a set of objects defines, exports and needs."""

    def __init__(self):
        self.defined = set()
        self.exported = set()
        self.needed = []        # (object, symbol, is it in a module)

    def read(self, objects, directory, module, nm):
        """Add objects or archives, named relative to directory."""
        if not objects:
            return
        out = subprocess.run([nm, "-A", *objects], cwd=directory, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True).stdout
        for line in out.splitlines():
            where, _, rest = line.rpartition(":")
            kind, name = rest.split()[-2:]
            if name.startswith("__export_symbol_"):
                self.exported.add(name.removeprefix("__export_symbol_"))
            elif kind in "Uvw":
                self.needed.append((where.rpartition(":")[2], name, module))
            elif kind.isupper():
                self.defined.add(name)


def collect(objects, targets, nm=kernel.NATIVE.nm):
    """Return the Symbols of what was made for targets below the directory objects."""
    symbols = Symbols()
    for target in targets.split():
        if not target.endswith("/"):
            config_is_module = (objects / target).with_suffix(".mod").exists()
            symbols.read([target] if (objects / target).exists() else [], objects, config_is_module, nm)
            continue
        if (objects / target / "built-in.a").exists():
            symbols.read([f"{target}built-in.a"], objects, False, nm)
        order = objects / target / "modules.order"
        if order.exists():
            symbols.read(order.read_text().split(), objects, True, nm)
    return symbols


def declared():
    """The names of the functions that our headers declare."""
    text = "".join((TOP / header).read_text() for header in HEADERS)
    return set(re.findall(r"\b(\w+)\s*\(", text))


def missing(symbols, complete):
    """What would not link: a list of messages."""
    ours = declared() & complete.defined
    faults = set()
    for where, name, module in symbols.needed:
        if name not in symbols.defined:
            if name in ours or OUR_OBJECTS.search(where) and name in complete.defined:
                faults.add(f"{where}: {name}: not defined in this configuration")
        elif module and name in ours and name not in symbols.exported:
            faults.add(f"{where}: {name}: not exported to modules")
    return sorted(faults)


def compile_targets(one, targets, complete):
    """Compile targets of a Kernel; raise kernel.BuildError if one does not compile or would not link.

    complete: those of them that build/normal has as well.
    """
    one.configure()
    key = f"{one.key()} {targets}"
    if one.stamp.exists() and one.stamp.read_text() == key:
        return
    one.stamp.unlink(missing_ok=True)
    one.run("-k", *targets.split())
    faults = missing(collect(one.objects, targets, one.toolchain.nm), collect(one.build / "normal", complete))
    if faults:
        raise kernel.BuildError(f"{one.name}: would not link:\n" + "\n".join(faults))
    warnings = kernel.our_warnings(one.log.read_text(errors="replace"))
    if warnings:
        # Or the next run would have nothing to compile, and nothing to say.
        for path in one.objects.rglob("*.o"):
            if OUR_OBJECTS.search(str(path.relative_to(one.objects))):
                path.unlink()
        raise kernel.BuildError(f"{one.name}: warnings:\n" + "\n".join(warnings))
    one.stamp.write_text(key)


def check(build, name):
    """Compile one configuration."""
    fragments, targets = TABLE[name]
    with kernel.Kernel(build, f"check-{name}", fragments) as one:
        compile_targets(one, targets, targets)


def main(table, check_one, description):
    """Run check_one(build, NAME) for the names of a table that the command line asks for, and report."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(table)}; default: all")
    parser.add_argument("--build", type=Path, default=TOP / "build")
    args = parser.parse_args()
    unknown = set(args.names) - set(table)
    if unknown:
        parser.error(f"no configuration {', '.join(sorted(unknown))}")
    names = args.names or list(table)
    failed = 0
    print(f"TAP version 13\n1..{len(names)}", flush=True)
    for number, name in enumerate(names, 1):
        began = time.monotonic()
        try:
            check_one(args.build.resolve(), name)
            result, message = "ok", ""
        except kernel.BuildError as error:
            result, message = "not ok", str(error)
            failed += 1
        print("".join(f"# {line}\n" for line in message.splitlines()), end="")
        print(f"{result} {number} {name} in {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(1 if failed else 0)


def run(*arguments):
    """Run main(); a signal ends it without a traceback."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(*arguments)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run(TABLE, check, "Compile the users of memory hotplug.")
