# SPDX-License-Identifier: GPL-2.0
"""Build the kernel's selftests with the kernel's own rules: memory-hotplug for one kernel, and programs of mm.

The rules build test modules in the source directory, and modules of two kernels must not meet there.
So each kernel has a copy of what the rules need. The programs of mm are the same for all kernels.
"""

import os
import shutil
from pathlib import Path

from host import clean_environment, run

TARGET = "memory-hotplug"
SELFTESTS = Path("tools/testing/selftests")
RULES = ("scripts/subarch.include", SELFTESTS / "Makefile", SELFTESTS / "lib.mk", SELFTESTS / "kselftest.h",
         SELFTESTS / "kselftest_harness.h", SELFTESTS / "run_kselftest.sh", SELFTESTS / "kselftest")
MM = SELFTESTS / "mm"
# The headers that its programs take from the kernel's source.
MM_HEADERS = ("tools/include", "include/vdso", "mm/gup_test.h", "lib/test_hmm_uapi.h", SELFTESTS / "pidfd",
              SELFTESTS / "x86")
# Some point releases have a program that uses this without the header that defines it.
MM_FLAGS = "-DKSFT_SKIP=4"
# What a build leaves beside its source.
PRODUCTS = ("*.o", "*.ko", "*.mod", "*.mod.c", ".*.cmd", "Module.symvers", "modules.order")


def copy(linux, source, paths):
    """Copy files and directories of the kernel's tree to source, but for what a build left there."""
    source.mkdir(parents=True, exist_ok=True)
    run(["rsync", "-aR", "--delete", *(f"--exclude={pattern}" for pattern in PRODUCTS), *paths, f"{source}/"],
        "copying the selftests", cwd=linux)


def make(directory, *arguments):
    run(["make", "-s", f"-j{os.cpu_count()}", "-C", directory, *arguments], "building the selftests",
        env=clean_environment())


def install(linux, objects, work):
    """Build the selftests and their modules in work; return the directory with what is to be installed."""
    source, installed = work / "source", work / "installed"
    copy(linux, source, (*RULES, SELFTESTS / TARGET))
    shutil.rmtree(installed, ignore_errors=True)
    make(source / SELFTESTS, f"O={objects}", f"TARGETS={TARGET}", f"KDIR={objects}", f"KSFT_INSTALL_PATH={installed}",
         "FORCE_TARGETS=1", "install")
    return installed / TARGET


def build_mm(linux, work, names):
    """Build programs of mm in work; return their paths."""
    source, programs = work / "source", work / "programs"
    copy(linux, source, (*RULES, *MM_HEADERS, MM))
    make(linux, f"O={work / 'headers'}", "ARCH=x86", f"INSTALL_HDR_PATH={source / 'usr'}", "headers_install")
    programs.mkdir(parents=True, exist_ok=True)
    paths = [programs / name for name in names]
    make(source / MM, f"OUTPUT={programs}", f"EXTRA_CFLAGS={MM_FLAGS}", *paths)
    return paths
