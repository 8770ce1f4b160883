#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Build Debian packages of the kernel, with the kernel's own bindeb-pkg.

    deb.py [--build DIR] CONFIG

CONFIG is a kernel configuration such as /boot/config-*. What it does not know takes its default. The
packages come to build/deb, without the one that holds debugging information.
"""

import argparse
import signal
import sys
from pathlib import Path

import kernel

# Keys of whoever built the kernel that the configuration comes from: files that are not here.
KEYS = ("SYSTEM_TRUSTED_KEYS", "SYSTEM_REVOCATION_KEYS")
NEEDED = ("CONFIG_MEMORY_HOTPLUG", "CONFIG_MEMORY_HOTREMOVE")


def package(build, config):
    """Build the packages and return their paths."""
    if not config.is_file():
        raise kernel.BuildError(f"{config}: not there; CONFIG= names the configuration to use")
    with kernel.Kernel(build, "deb/objects", "") as one:
        text = config.read_text(errors="replace").splitlines(True)
        text = [line for line in text if not line.startswith(tuple(f"CONFIG_{key}=" for key in KEYS))]
        text += [f'CONFIG_{key}=""\n' for key in KEYS]
        (one.objects / ".config").write_text("".join(text))
        one.run("olddefconfig")
        got = kernel.parse_fragment((one.objects / ".config").read_text())
        missing = [symbol for symbol in NEEDED if got.get(symbol) != "y"]
        if missing:
            raise kernel.BuildError(f"{config}: has no {' and no '.join(missing)}")
        for old in one.objects.parent.glob("*.deb"):
            old.unlink()
        one.run("bindeb-pkg", "LOCALVERSION=-mhp", "DPKG_FLAGS=-Ppkg.linux-upstream.nokerneldbg",
                title="deb")
        return sorted(one.objects.parent.glob("*.deb"))


def main():
    parser = argparse.ArgumentParser(description="Build Debian packages of the kernel.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--build", type=Path, default=kernel.TOP / "build")
    args = parser.parse_args()
    for path in package(args.build.resolve(), args.config):
        print(f"deb: {path}")
    print("deb: to install: apt-get install ./linux-image-*.deb, in that directory; then reboot into it")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except kernel.BuildError as error:
        sys.exit(f"deb: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
