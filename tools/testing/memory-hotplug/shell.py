#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A shell in a machine with memory hotplug; plug.py plays the firmware from a second terminal.

The terminal is the machine's console. exit, or Ctrl-A x, ends the machine.
"""

import sys

import options
import rootfs
from host import HostError, only_one
from machine import Config, Machine, MachineError

# Errors are shown, the rest is in dmesg.
APPEND = "loglevel=4 memhp_default_state=online_movable"
CONSOLE = "stdio,id=console,mux=on,signal=off,logfile=console.log"


def main():
    parser = options.machine_parser(__doc__)
    parser.add_argument("--append", default="", metavar="WORDS", help="more for the kernel's command line")
    arguments = parser.parse_args()
    directory = arguments.build / "shell"
    try:
        initramfs = rootfs.build(arguments.kernel, arguments.build)
        config = Config(append=f"{APPEND} {arguments.append}".strip())
        machine = Machine(config, arguments.kernel, initramfs, directory, arguments.accel)
        with only_one(directory, print), machine:
            machine.start(extra=["-qmp", f"unix:path={options.SHELL_SOCKET},server=on,wait=off"],
                          init_arguments="shell", console=CONSOLE, stdin=None)
            return machine.wait()
    except (HostError, MachineError) as error:
        print(f"shell: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
