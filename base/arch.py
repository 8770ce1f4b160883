#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compile, without linking, memory hotplug for the other architectures that have it.

    arch.py [--build DIR] [NAME ...]

Prints TAP, a test for each architecture. Whatever warns is an error: CONFIG_WERROR.

What our headers declare, the x86 kernel of build/normal defines and anybody here calls must be defined
here as well; users.py tells how that is found.
"""

from collections import namedtuple

import kernel
import users


def gcc(triplet):
    """Return Debian's cross compiler for a triplet."""
    return kernel.Toolchain(f"{triplet}-gcc", f"{triplet}-nm", (f"CROSS_COMPILE={triplet}-",))


# For architectures that Debian 12 has no gcc for.
CLANG = kernel.Toolchain("clang-19", "llvm-nm-19", ("LLVM=-19", "HOSTCC=gcc"))

# What hot-adds memory on it, beyond the core, and with which compiler.
Architecture = namedtuple("Architecture", "toolchain sources")
DEVICES = "drivers/virtio/virtio_mem.o drivers/dax/kmem.o"
TABLE = {
    "arm64": Architecture(gcc("aarch64-linux-gnu"), f"{users.ACPI} {DEVICES}"),
    "powerpc": Architecture(gcc("powerpc64le-linux-gnu"),
                            "arch/powerpc/platforms/pseries/hotplug-memory.o arch/powerpc/platforms/pseries/cmm.o "
                            "arch/powerpc/platforms/powernv/memtrace.o"),
    "s390": Architecture(gcc("s390x-linux-gnu"), "drivers/s390/char/sclp_cmd.o"),
    "riscv": Architecture(gcc("riscv64-linux-gnu"), DEVICES),
    "loongarch": Architecture(CLANG, users.ACPI),
}


def check(build, name):
    """Compile for one architecture."""
    architecture = TABLE[name]
    toolchain = architecture.toolchain
    toolchain = toolchain._replace(arguments=(f"ARCH={name}", *toolchain.arguments))
    with kernel.Kernel(build, f"arch-{name}", f"any-arch {name}", toolchain=toolchain) as one:
        users.compile_targets(one, f"mm/ drivers/base/ arch/{name}/mm/ {architecture.sources}", users.CORE)


if __name__ == "__main__":
    users.run(TABLE, check, "Compile memory hotplug for other architectures.")
