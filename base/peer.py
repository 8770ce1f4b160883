#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build a kernel to compare ours with: its source as it is, in the configuration of ours.

    peer.py [--build DIR] [--source TARBALL_OR_TREE] NAME

The source may be of any version. It and its objects lie in build/bench/NAME, where no other build comes.
What the configuration of build/normal has and this kernel does not know is left out; what only this kernel
knows takes its default.
"""

import argparse
import fcntl
import os
import signal
import sys
from pathlib import Path

import kernel
import tree


class Peer(kernel.Kernel):
    """A kernel that is not ours."""

    def __init__(self, build, name, steps):
        super().__init__(build / "bench" / name, "normal", "", steps)
        self.of_ours = build / "normal/.config"

    def configure(self):
        """Make .config from that of ours, if that one or the source changed."""
        if not self.of_ours.exists():
            raise kernel.BuildError(f"{self.of_ours}: not there; 'make kernel' builds our kernel")
        request = self.objects / ".request"
        key = self.of_ours.read_text() + self.tree_state()["fingerprint"]
        if request.exists() and request.read_text() == key:
            return
        request.unlink(missing_ok=True)
        (self.objects / ".config").write_bytes(self.of_ours.read_bytes())
        self.run("olddefconfig")
        request.write_text(key)


def build_peer(build, name, source):
    """Unpack and build a kernel; return its image. Raise BuildError or TreeError."""
    directory = build / "bench" / name
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / "tree.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpacked = tree.Tree(directory, source, series=None)
        unpacked.unpack()
        unpacked.leave()
    with Peer(build, name, kernel.CONFIGURATIONS["normal"].steps) as peer:
        peer.configure()
        peer.build_all()
        return peer.image


def main():
    parser = argparse.ArgumentParser(description="Build a kernel to compare ours with.")
    parser.add_argument("name", help="its directory in build/bench")
    parser.add_argument("--build", type=Path, default=kernel.TOP / "build")
    parser.add_argument("--source", default=os.environ.get("LINUX_SRC") or tree.DEFAULT_SOURCE)
    args = parser.parse_args()
    build_peer(args.build.resolve(), args.name, args.source)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (kernel.BuildError, tree.TreeError) as error:
        sys.exit(f"peer: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
