#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prepare the kernel tree: unpack it, lay our files over it, apply the hooks.

    tree.py [--build DIR] [--source TARBALL_OR_TREE] [--write-checksums | --check-checksums]

build/linux       the tree; a file is written only if its content changes, so that make rebuilds little
build/pristine    the kernel's own text of every file that was replaced, hooked or deleted
build/tree.json   where the tree came from, what lies in it that is ours, and a fingerprint of it all
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hooks

TOP = Path(__file__).resolve().parent.parent
HOOKS = TOP / "base/hooks"
CHECKSUMS = TOP / "base/checksums"
LAID = ("Documentation", "arch", "drivers", "include", "mm", "tools")
SERIES = "6.12"
DEFAULT_SOURCE = f"/usr/src/linux-source-{SERIES}.tar.xz"


class TreeError(Exception):
    """Something that the reader has to put right."""


def digest(data):
    return hashlib.sha256(data).hexdigest()


def write(path, data, mode_of=None):
    """Write a file in one step: whoever interrupts us finds the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(data)
    if mode_of:
        shutil.copymode(mode_of, temporary)
    temporary.replace(path)


def our_files():
    """Return {path: bytes} of the repository's files that go into the kernel tree."""
    out = subprocess.run(["git", "-c", "safe.directory=*", "-C", TOP, "ls-files", "-z", "-c", "-o",
                          "--exclude-standard", "--", *LAID], check=True, stdout=subprocess.PIPE)
    names = [name for name in out.stdout.decode().split("\0") if name]
    return {name: (TOP / name).read_bytes() for name in names if (TOP / name).is_file()}


def kernel_version(makefile):
    """Return (series, full version) that a kernel's Makefile states."""
    value = dict(re.findall(r"^(VERSION|PATCHLEVEL|SUBLEVEL)\s*=\s*(\d+)", makefile, re.M))
    if len(value) != 3:
        return None, None
    series = f"{value['VERSION']}.{value['PATCHLEVEL']}"
    return series, f"{series}.{value['SUBLEVEL']}"


class Tree:
    """A kernel source below a build directory; series None takes a kernel of any version."""

    def __init__(self, build, source, series=SERIES):
        self.build = build
        self.source = Path(source)
        self.series = series
        self.linux = build / "linux"
        self.pristine = build / "pristine"
        self.state_file = build / "tree.json"
        self.state = self._load_state()

    def _load_state(self):
        try:
            return json.loads(self.state_file.read_text())
        except (OSError, ValueError):
            return {}

    def _save_state(self):
        write(self.state_file, json.dumps(self.state, indent=1, sort_keys=True).encode())

    # -- unpacking ---------------------------------------------------------------------------------

    def _source_identity(self):
        if not self.source.exists():
            raise TreeError(f"{self.source}: not there; install linux-source-{SERIES} or set LINUX_SRC=")
        seen = self.source / "Makefile" if self.source.is_dir() else self.source
        if not seen.exists():
            raise TreeError(f"{self.source}: no kernel tree")
        stat = seen.stat()
        return [str(self.source.resolve()), stat.st_size, stat.st_mtime_ns]

    def unpack(self):
        """Unpack the kernel if this source is not what build/linux was made from."""
        identity = self._source_identity()
        if self.state.get("source") == identity and self.linux.is_dir():
            return
        print(f"tree: unpacking {self.source}")
        new = self.build / "linux.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        if self.source.is_dir():
            self._copy_tree(new)
        else:
            self._extract(new)
        makefile = new / "Makefile"
        series, version = kernel_version(makefile.read_text() if makefile.is_file() else "")
        if not version or self.series not in (None, series):
            shutil.rmtree(new)
            raise TreeError(f"{self.source}: {'Linux ' + version if version else 'no kernel tree'}; "
                            f"this needs Linux {self.series + '.y' if self.series else 'of any version'}")
        self.state_file.unlink(missing_ok=True)
        shutil.rmtree(self.linux, ignore_errors=True)
        shutil.rmtree(self.pristine, ignore_errors=True)
        new.rename(self.linux)
        self.state = {"source": identity, "version": version, "added": []}
        self._save_state()

    def _extract(self, new):
        # New times of modification: an object of an older tree must not look newer than this source.
        done = subprocess.run(["tar", "-x", "-m", "--strip-components=1", "-C", new, "-f", self.source],
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            shutil.rmtree(new)
            raise TreeError(f"{self.source}: {done.stderr.strip().splitlines()[-1]}")

    def _copy_tree(self, new):
        shutil.copytree(self.source, new, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy,
                        ignore=shutil.ignore_patterns(".git", "*.o", "*.ko", ".*.cmd"))
        if (new / ".config").exists() or (new / "include/config").exists():
            subprocess.run(["make", "-s", "-C", new, "mrproper"], check=True)

    def leave(self):
        """Make do with the tree as it was unpacked."""
        self.state["fingerprint"] = digest(json.dumps(self.state["source"]).encode())
        self._save_state()

    # -- laying over -------------------------------------------------------------------------------

    def kernel_text(self, path):
        """The kernel's own bytes of a file; None if it has no such file."""
        for place in (self.pristine / path, self.linux / path):
            if place.is_file() and (place.is_relative_to(self.pristine) or path not in self.state["added"]):
                return place.read_bytes()
        return None

    def wanted(self):
        """Return ({path: bytes or None}, set of kernel files concerned): what the tree must hold."""
        files = our_files()
        hunks = hooks.load(HOOKS)
        touched = {path for path in files if self.kernel_text(path) is not None}
        for path, of_file in hunks.items():
            if path in files:
                raise TreeError(f"{of_file[0].where}: {path} is a file of ours; change it there")
            text = self.kernel_text(path)
            if text is None:
                raise TreeError(f"{of_file[0].where}: the kernel has no {path}")
            touched.add(path)
            result = hooks.apply(text.decode(), of_file)
            files[path] = None if result is None else result.encode()
        return files, touched

    def lay(self):
        """Bring build/linux to what the repository says. Returns the number of files changed."""
        files, touched = self.wanted()
        self._keep_pristine(touched)
        ours_before = set(self.state["added"])
        added = {path for path in files if path not in touched}
        # Recorded first: what an interrupted run has laid is found and removed by the next one.
        self.state["added"] = sorted(ours_before | added)
        self._save_state()

        for path in ours_before - added:
            files.setdefault(path, None)
        for path in self._kept():
            files.setdefault(path, (self.pristine / path).read_bytes())
        changed = sum(self._put(path, data) for path, data in sorted(files.items()))

        for path in self._kept() - touched:
            (self.pristine / path).unlink()
        self.state["added"] = sorted(added)
        contents = [[path, None if data is None else digest(data)] for path, data in sorted(files.items())]
        self.state["fingerprint"] = digest(json.dumps([self.state["source"], contents]).encode())
        self._save_state()
        return changed

    def _kept(self):
        return {str(path.relative_to(self.pristine)) for path in self.pristine.rglob("*")
                if path.is_file() and path.suffix != ".new"}

    def _keep_pristine(self, touched):
        for path in touched:
            if not (self.pristine / path).is_file():
                write(self.pristine / path, (self.linux / path).read_bytes(), self.linux / path)

    def _put(self, path, data):
        place = self.linux / path
        if data is None:
            existed = place.exists()
            place.unlink(missing_ok=True)
            for parent in place.parents:
                if parent == self.linux or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()
            return existed
        changed = not place.is_file() or place.read_bytes() != data
        if changed:
            write(place, data)
        origin = TOP / path if (TOP / path).is_file() else self.pristine / path
        mode = 0o755 if os.access(origin, os.X_OK) else 0o644
        if place.stat().st_mode & 0o777 != mode:
            place.chmod(mode)
        return changed

    # -- checksums ---------------------------------------------------------------------------------

    def checksums(self):
        return {path: digest((self.pristine / path).read_bytes()) for path in sorted(self._kept())}

    def recorded(self):
        if not CHECKSUMS.exists():
            return {}
        rows = (line.split() for line in CHECKSUMS.read_text().splitlines() if line[:1] != "#")
        return {path: value for value, path in rows}

    def write_checksums(self):
        rows = [f"{value}  {path}\n" for path, value in self.checksums().items()]
        head = (f"# sha256 of the files of Linux {self.state['version']} that ours replace or hooks change.\n"
                "# Written by `make checksums`.\n")
        write(CHECKSUMS, (head + "".join(rows)).encode())

    def differing(self):
        recorded = self.recorded()
        return [path for path, value in self.checksums().items() if recorded.get(path, value) != value]


def main():
    parser = argparse.ArgumentParser(description="Prepare the kernel tree.")
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--source", default=os.environ.get("LINUX_SRC") or DEFAULT_SOURCE)
    parser.add_argument("--write-checksums", action="store_true", help="record the kernel files at hand")
    parser.add_argument("--check-checksums", action="store_true", help="fail if base/checksums lists other files")
    args = parser.parse_args()
    args.build.mkdir(parents=True, exist_ok=True)

    with open(args.build / "tree.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tree = Tree(args.build, args.source)
        tree.unpack()
        changed = tree.lay()
        if changed:
            print(f"tree: Linux {tree.state['version']}, {changed} files laid over or changed")
        if args.write_checksums:
            tree.write_checksums()
        for path in tree.differing():
            print(f"tree: note: {path} of this kernel is not the one that ours was written against")
        if args.check_checksums and tree.recorded().keys() != tree.checksums().keys():
            raise TreeError("base/checksums does not list the files that are replaced or hooked; "
                            "run make checksums")


if __name__ == "__main__":
    try:
        main()
    except (TreeError, hooks.HookError) as error:
        sys.exit(f"tree: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
