# SPDX-License-Identifier: GPL-2.0
"""Run programs of the host."""

import fcntl
import os
import subprocess
from contextlib import contextmanager


class HostError(Exception):
    """A program is missing or failed."""


def run(command, what, **arguments):
    """Run a command and return what it printed; raise HostError with the end of that if it fails."""
    command = [str(word) for word in command]
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                errors="replace", stdin=subprocess.DEVNULL, **arguments)
    except FileNotFoundError:
        raise HostError(f"{what}: {command[0]} is not installed; base/packages lists what is needed") from None
    if result.returncode:
        raise HostError(f"{what} failed:\n" + "\n".join(result.stdout.splitlines()[-20:]))
    return result.stdout


def clean_environment():
    """Return our environment without what a make that called us says to its own children."""
    return {name: value for name, value in os.environ.items()
            if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "BUILD", "O", "M")}


@contextmanager
def only_one(path, announce):
    """Keep a directory to one program at a time: wait while another one has path.lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(path.name + ".lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce(f"waiting for another program that uses {path}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield path
