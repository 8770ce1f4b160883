# SPDX-License-Identifier: GPL-2.0
"""The firmware's part of memory hotplug: DIMMs that come and go, and what the kernel answers.

A kernel answers through ACPI's _OST with the event it answers to and a status, and, when it lets a
DIMM go, through _EJ0, on which QEMU deletes the device. Plugging or unplugging a DIMM forgets its
earlier answers, so an answer is never missed, however late somebody waits for it.
"""

import re
import threading
import time
from collections import namedtuple

from qmp import QmpError

# The first arguments of _OST (ACPI 6.5, table 6.14 and the OSPM range above 0xff).
BUS_CHECK, DEVICE_CHECK, EJECT_REQUEST, OSPM_EJECT = 0x00, 0x01, 0x03, 0x103
INSERTION = (BUS_CHECK, DEVICE_CHECK)
EJECTION = (EJECT_REQUEST, OSPM_EJECT)
SUCCESS, INSERTION_IN_PROGRESS, EJECT_IN_PROGRESS = 0x00, 0x80, 0x84

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
OUTCOMES = {"added": "arrival", "failed": "arrival", "gone": "departure", "refused": "departure"}


Slot = namedtuple("Slot", "name address size node backend")


class FirmwareError(Exception):
    """What was asked of the firmware did not happen."""


def parse_size(text):
    """Return the bytes of "512M" or "1G"; raise FirmwareError."""
    match = re.fullmatch(r"([1-9]\d*)([KMGT]?)", text)
    if not match:
        raise FirmwareError(f"{text}: not a size such as 512M or 1G")
    return int(match[1]) * UNITS[match[2]]


class Dimm:
    """What the kernel has answered about one DIMM, and the QEMU object that is its memory."""

    def __init__(self, backend=None):
        self.backend = backend
        self.arrival = None
        self.departure = None
        self.ost = []


class Firmware:
    """Plug and unplug through a Qmp that is set later, as it needs our on_event first."""

    def __init__(self, patience=1):
        self.qmp = None
        self.patience = patience	# how many times longer than usual the guest may wait
        self._dimms = {}
        self._changed = threading.Condition()

    def plug(self, name, size, node=None):
        """Put a DIMM of size bytes into a free slot and tell the kernel."""
        # An earlier DIMM of this name may have left its memory behind for a moment.
        backend = f"{name}-memory-{time.monotonic_ns():x}"
        device = {"driver": "pc-dimm", "id": name, "memdev": backend}
        if node is not None:
            device["node"] = node
        self._execute("object-add", **{"qom-type": "memory-backend-ram", "id": backend, "size": size,
                                       "reserve": False})
        self._expect(name, backend)
        try:
            self._execute("device_add", **device)
        except FirmwareError:
            self._execute("object-del", id=backend)
            raise

    def unplug(self, name):
        """Ask the kernel to let a DIMM go."""
        self._expect(name, next((d.backend for d in self.dimms() if d.name == name), None))
        self._execute("device_del", id=name)

    def balloon(self, size):
        """Have the kernel give memory to the balloon until size bytes of the boot memory are left to it."""
        self._execute("balloon", value=size)

    def wait(self, outcome, name, timeout):
        """Wait until the kernel answered as expected; raise FirmwareError on the opposite or in the end."""
        slot = OUTCOMES[outcome]
        with self._changed:
            dimm = self._dimms.setdefault(name, Dimm())
            self._changed.wait_for(lambda: getattr(dimm, slot), timeout)
            answer = getattr(dimm, slot)
        if answer is None:
            raise FirmwareError(f"{name}: not {outcome} within {timeout:g} s")
        if answer != outcome:
            raise FirmwareError(f"{name}: {answer}, not {outcome} (_OST {self.ost(name)})")

    def ost(self, name):
        """Return the _OST reports since the DIMM was last plugged or unplugged: EVENT:STATUS ..."""
        with self._changed:
            dimm = self._dimms.get(name, Dimm())
            return " ".join(f"{event:#x}:{status:#x}" for event, status in dimm.ost)

    def dimms(self):
        """Return what is in the slots."""
        found = [device["data"] for device in self._execute("query-memory-devices")
                 if device["type"] == "dimm"]
        return [Slot(d["id"], d["addr"], d["size"], d["node"], d["memdev"].rpartition("/")[2]) for d in found]

    def on_event(self, name, data):
        """Take an event of QEMU's."""
        with self._changed:
            dimm = self._dimms.setdefault(data.get("device") or data.get("info", {}).get("device"), Dimm())
            if name == "DEVICE_DELETED":
                dimm.departure = "gone"
                # Commands can not be sent from the thread that reads their answers.
                threading.Thread(target=self._drop, args=(dimm.backend,), daemon=True).start()
            elif name in ("MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR"):
                dimm.departure = "refused"
            elif name == "ACPI_DEVICE_OST":
                self._on_ost(dimm, data["info"]["source"], data["info"]["status"])
            self._changed.notify_all()

    def _expect(self, name, backend):
        with self._changed:
            self._dimms[name] = Dimm(backend)

    @staticmethod
    def _on_ost(dimm, event, status):
        dimm.ost.append((event, status))
        if event in INSERTION and status != INSERTION_IN_PROGRESS:
            dimm.arrival = "added" if status == SUCCESS else "failed"
        elif event in EJECTION and status not in (SUCCESS, EJECT_IN_PROGRESS):
            dimm.departure = "refused"

    def _drop(self, backend):
        try:
            self.qmp.execute("object-del", id=backend)
        except QmpError:
            pass

    def _execute(self, command, **arguments):
        try:
            return self.qmp.execute(command, **arguments)
        except QmpError as error:
            raise FirmwareError(str(error)) from None


def serve(firmware, channel):
    """Answer the guest's command "firmware": a request a line, one line back, until the guest is gone."""
    with channel.makefile("r", encoding="utf-8", errors="replace") as requests:
        for request in requests:
            try:
                answer = ("ok " + obey(firmware, request.split())).rstrip()
            except FirmwareError as error:
                answer = f"error {error}"
            channel.sendall(answer.encode() + b"\n")


def obey(firmware, words):
    """Carry out a request and return what the guest shall print."""
    match words:
        case ["plug", name, size]:
            firmware.plug(name, parse_size(size))
        case ["plug", name, size, node] if re.fullmatch(r"node=\d+", node):
            firmware.plug(name, parse_size(size), int(node[5:]))
        case ["balloon", size]:
            firmware.balloon(parse_size(size))
        case ["unplug", name]:
            firmware.unplug(name)
        case ["wait", outcome, name, seconds] if outcome in OUTCOMES and seconds.isdigit():
            firmware.wait(outcome, name, int(seconds) * firmware.patience)
        case ["ost", name]:
            return firmware.ost(name)
        case ["list"]:
            return " ".join(f"{d.name}:{d.address:#x}:{d.size:#x}:{d.node}" for d in firmware.dimms())
        case _:
            raise FirmwareError("not understood: " + " ".join(words))
    return ""
