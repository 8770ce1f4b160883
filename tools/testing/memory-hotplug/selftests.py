# SPDX-License-Identifier: GPL-2.0
"""Build the kernel's memory-hotplug selftests with the kernel's own rules, for one kernel.

The rules build test modules in the source directory, and modules of two kernels must not meet there.
So each kernel has a copy of what the rules need.
"""

import os
import shutil
from pathlib import Path

from host import clean_environment, run

TARGET = "memory-hotplug"
SELFTESTS = Path("tools/testing/selftests")
RULES = ("scripts/subarch.include", SELFTESTS / "Makefile", SELFTESTS / "lib.mk", SELFTESTS / "kselftest.h",
         SELFTESTS / "kselftest_harness.h", SELFTESTS / "run_kselftest.sh", SELFTESTS / "kselftest",
         SELFTESTS / TARGET)
# What a build leaves beside its source.
PRODUCTS = ("*.o", "*.ko", "*.mod", "*.mod.c", ".*.cmd", "Module.symvers", "modules.order")


def install(linux, objects, work):
    """Build the selftests and their modules in work; return the directory with what is to be installed."""
    source, installed = work / "source", work / "installed"
    source.mkdir(parents=True, exist_ok=True)
    run(["rsync", "-aR", "--delete", *(f"--exclude={pattern}" for pattern in PRODUCTS), *RULES, f"{source}/"],
        "copying the selftests", cwd=linux)
    shutil.rmtree(installed, ignore_errors=True)
    run(["make", "-s", f"-j{os.cpu_count()}", "-C", source / SELFTESTS, f"O={objects}", f"TARGETS={TARGET}",
         f"KDIR={objects}", f"KSFT_INSTALL_PATH={installed}", "FORCE_TARGETS=1", "install"],
        "building the selftests", env=clean_environment())
    return installed / TARGET
