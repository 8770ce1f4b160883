# SPDX-License-Identifier: GPL-2.0
"""The options that the programs of this directory share."""

import argparse
from pathlib import Path

from machine import ACCELERATORS

TOP = Path(__file__).resolve().parents[3]
IMAGE = "arch/x86/boot/bzImage"
# Where plug.py finds the machine of shell.py, in build/shell.
SHELL_SOCKET = "qmp.sock"


def parser(description):
    """Return a parser with --build; the first line of the description is its summary."""
    summary, _, rest = description.partition("\n")
    made = argparse.ArgumentParser(description=summary, epilog=rest,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--build", type=Path, default=TOP / "build", metavar="DIR",
                      help="where everything that is made lies (default: build)")
    return made


def kernel_parser(description):
    """Return a parser with --build and --kernel."""
    made = parser(description)
    made.add_argument("--kernel", type=Path, default=TOP / "build/normal" / IMAGE, metavar="BZIMAGE",
                      help="the kernel to boot, in the directory it was built in")
    return made


def machine_parser(description):
    """Return a parser for a program that starts machines."""
    made = kernel_parser(description)
    made.add_argument("--accel", choices=ACCELERATORS, default="tcg",
                      help="QEMU's accelerator (default: tcg, which works everywhere)")
    return made
