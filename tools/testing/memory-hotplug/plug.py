#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Play the firmware for the machine of shell.py: add a DIMM, or ask for one back.

Without SIZE 1G is added; without ID the DIMM that came last is asked for. Waits for the kernel's answer.
"""

import os
import socket
import sys

import options
from firmware import Firmware, FirmwareError, parse_size
from qmp import Qmp, QmpError
from terminal import size_text

PATIENCE = 60	# seconds


def connect(build):
    """Return the Firmware of the machine that runs in build/shell."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        # The path of a socket may be 107 bytes long; that of a directory may be longer.
        os.chdir(build / "shell")
        sock.connect(options.SHELL_SOCKET)
    except OSError:
        raise FirmwareError("there is no machine; 'make shell' in another terminal starts one") from None
    firmware = Firmware()
    firmware.qmp = Qmp(sock, firmware.on_event)
    return firmware


def plug(firmware, size, node):
    names = {slot.name for slot in firmware.dimms()}
    name = next(name for name in (f"dimm{n}" for n in range(1, 10000)) if name not in names)
    firmware.plug(name, size, node)
    firmware.wait("added", name, PATIENCE)
    slot = next(slot for slot in firmware.dimms() if slot.name == name)
    print(f"{name}: {size_text(size)} at {slot.address:#x}, added")


def unplug(firmware, name):
    slots = firmware.dimms()
    if not slots:
        raise FirmwareError("there is no DIMM")
    name = name or max(slots, key=lambda slot: slot.address).name
    firmware.unplug(name)
    firmware.wait("gone", name, PATIENCE)
    print(f"{name}: gone")


def main():
    parser = options.parser(__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    plugging = actions.add_parser("plug", help="add a DIMM")
    plugging.add_argument("size", nargs="?", default="1G", metavar="SIZE")
    plugging.add_argument("--node", type=int, metavar="N")
    unplugging = actions.add_parser("unplug", help="ask for a DIMM")
    unplugging.add_argument("name", nargs="?", metavar="ID")
    arguments = parser.parse_args()
    try:
        firmware = connect(arguments.build)
        if arguments.action == "plug":
            plug(firmware, parse_size(arguments.size), arguments.node)
        else:
            unplug(firmware, arguments.name)
    except (FirmwareError, QmpError) as error:
        print(f"{arguments.action}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
