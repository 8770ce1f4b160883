# SPDX-License-Identifier: GPL-2.0
"""A virtio-mem device of a machine: the host says how much memory it wants the guest to have, the guest follows."""

import time

from firmware import FirmwareError
from machine import VIRTIO_MEM
from qmp import QmpError

# QEMU tells of a new size once a second at most, and a second is what is measured here.
LOOK_EVERY = 0.02	# seconds
PATH = f"/machine/peripheral/{VIRTIO_MEM}"


class VirtioMem:
    """The device of a machine that is up; every method raises FirmwareError if QEMU refuses."""

    def __init__(self, qmp):
        self._qmp = qmp

    def size(self):
        """Return the bytes that the guest has of it."""
        return self._execute("qom-get", property="size")

    def resize(self, size, patience, timeout):
        """Want size bytes of the guest; return the bytes it has in the end, and the seconds until it had them.

        The end is when it has what is wanted, has not changed it for patience seconds, or after timeout seconds.
        """
        started = changed = time.monotonic()
        now = last = self.size()
        self._execute("qom-set", property="requested-size", value=size)
        while now != size and time.monotonic() < min(changed + patience, started + timeout):
            time.sleep(LOOK_EVERY)
            now = self.size()
            if now != last:
                last, changed = now, time.monotonic()
        return now, changed - started

    def _execute(self, command, **arguments):
        try:
            return self._qmp.execute(command, path=PATH, **arguments)
        except QmpError as error:
            raise FirmwareError(f"{VIRTIO_MEM}: {error}") from None
