#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write our files and hooks as a series of kernel patches, or check that series.

    series.py [--build DIR]             write build/series/*.patch
    series.py [--build DIR] --check     and check the style of each patch and that the kernel builds after it

base/series holds an entry for the cover letter, then one for each patch, with lines of dashes between:

    title: mm/memory_hotplug: ...
    files: PATTERN ...          (may be repeated; every file and hook of ours belongs to one patch)
    hooks: NAME ...

    The message.

MAINTAINERS is not left to one patch: each patch lists the files that it adds, and where all files of a
directory are there, the directory stands for them.
"""

import argparse
import fnmatch
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import check
import hooks
import kernel
import tree

TOP = kernel.TOP
SERIES = TOP / "base/series"
MAINTAINERS = "MAINTAINERS"
SEPARATOR = re.compile(r"^-{3,}\n", re.M)


class SeriesError(Exception):
    """base/series does not fit the repository, or a patch is not as it should be."""


@dataclass
class Patch:
    title: str
    message: str
    patterns: list = field(default_factory=list)
    hooks: list = field(default_factory=list)
    files: list = field(default_factory=list)


def parse(text):
    """Return (cover, patches) of base/series."""
    text = "".join(line for line in text.splitlines(True) if line[:1] != "#")
    entries = []
    for entry in SEPARATOR.split(text):
        head, _, message = entry.strip().partition("\n\n")
        patch = Patch("", message.strip())
        for line in re.sub(r"\n[ \t]+", " ", head).splitlines():
            key, _, value = line.partition(":")
            if key == "title":
                patch.title = value.strip()
            elif key in ("files", "hooks"):
                (patch.patterns if key == "files" else patch.hooks).extend(value.split())
            else:
                raise SeriesError(f"base/series: '{line}' is none of title:, files:, hooks:")
        if not patch.title or not patch.message:
            raise SeriesError(f"base/series: an entry without title or message: '{entry[:60]}'")
        entries.append(patch)
    return entries[0], entries[1:]


def assign(patches, files, hook_names):
    """Give every file to the first patch with a pattern for it; complain about what nobody or two want."""
    left = sorted(files)
    for patch in patches:
        for pattern in patch.patterns:
            found = fnmatch.filter(left, pattern)
            if not found:
                raise SeriesError(f"base/series: {patch.title}: {pattern} matches no file that is left")
            patch.files += found
            left = [name for name in left if name not in found]
    wanted = [name for patch in patches for name in patch.hooks]
    faults = [f"no patch has {name}" for name in left + sorted(hook_names - set(wanted))]
    faults += [f"there is no hook {name}" for name in sorted(set(wanted) - hook_names)]
    faults += [f"hook {name} is in two patches" for name in sorted(set(wanted)) if wanted.count(name) > 1]
    if faults:
        raise SeriesError("base/series: " + "; ".join(faults))


def covers(pattern, name):
    """Does the pattern of an F: line of MAINTAINERS cover a file?"""
    if pattern.endswith("/"):
        return name.startswith(pattern)
    return fnmatch.fnmatchcase(name, pattern) and name.count("/") == pattern.count("/")


def maintainers(before, after, added, ours):
    """Return MAINTAINERS for a tree that holds some of our files.

    before is the kernel's text, after the one in the end; added and ours are the files of ours that are
    there, and all of them. What differs are F: lines, which are in alphabetical order.
    """
    was, will = before.split("\n"), after.split("\n")
    old, new = set(was), set(will)
    # A line that stands for several files comes when all are there; until then each has its own.
    complete = {line[3:] for line in new - old if line.startswith("F:")
                and {name for name in ours if covers(line[3:], name)} <= added}
    text = []
    for (going, kept), (coming, _) in zip(runs(was, old & new), runs(will, old & new), strict=True):
        lines = {line for line in going
                 if not any(covers(pattern, line[3:]) or pattern == line[3:].removesuffix(".c") + "/"
                            for pattern in complete)}
        for line in coming:
            lines |= {line} if line[3:] in complete else {f"F:\t{name}" for name in added if covers(line[3:], name)}
        text += sorted(lines) + kept
    return "\n".join(text)


def runs(text, kept):
    """Yield the lines up to each one that is kept, and that one."""
    run = []
    for line in text:
        if line in kept:
            yield run, [line]
            run = []
        else:
            run.append(line)
    yield run, []


class Repository:
    """A git repository of only the files concerned: first the kernel's, then a commit for each patch."""

    def __init__(self, build):
        self.build = build
        self.where = build / "series/repository"
        self.linux = tree.Tree(build, tree.DEFAULT_SOURCE)
        self.ours = tree.our_files()
        self.hunks = {path.stem: hooks.parse(path.read_text(), path.name) for path in tree.HOOKS.glob("*.hook")}

    def git(self, *arguments, **more):
        return subprocess.run(["git", "-C", str(self.where), *arguments], check=True, text=True,
                              stdout=subprocess.PIPE, **more).stdout

    def start(self):
        """Begin with the kernel's own files."""
        shutil.rmtree(self.where, ignore_errors=True)
        self.where.mkdir(parents=True)
        self.git("init", "-q", "-b", "series")
        for key in ("user.name", "user.email"):
            done = subprocess.run(["git", "-C", TOP, "config", key], stdout=subprocess.PIPE, text=True)
            if done.returncode:
                raise SeriesError(f"git config {key} is not set: patches need an author")
            self.git("config", key, done.stdout.strip())
        for path in self.linux.pristine.rglob("*"):
            if path.is_file():
                self.put(str(path.relative_to(self.linux.pristine)), path.read_bytes())
        self.commit(f"Linux {self.linux.state['version']}")

    def put(self, path, data):
        place = self.where / path
        if data is None:
            place.unlink()
            return
        tree.write(place, data)
        origin = TOP / path if path in self.ours else self.linux.pristine / path
        place.chmod(0o755 if os.access(origin, os.X_OK) else 0o644)

    def commit(self, message):
        self.git("add", "--all")
        # The date of our last commit: the same repository gives the same patches.
        date = subprocess.run(["git", "-C", TOP, "log", "-1", "--format=%cI"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
        self.git("commit", "-q", "-F", "-", input=message,
                 env={**os.environ, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date})

    def hooked(self, names):
        """Return {path: bytes or None} of the files that these hooks change."""
        files = {}
        for name in sorted(names):
            for hunk in self.hunks[name]:
                files.setdefault(hunk.path, []).append(hunk)
        result = {}
        for path, of_file in files.items():
            text = hooks.apply((self.linux.pristine / path).read_text(), of_file)
            result[path] = None if text is None else text.encode()
        return result

    def make(self, cover, patches):
        """Commit every patch, then write them out."""
        assign(patches, self.ours, {name for name, of in self.hunks.items()
                                    if any(hunk.path != MAINTAINERS for hunk in of)})
        self.start()
        before = (self.linux.pristine / MAINTAINERS).read_text()
        after = self.hooked(self.hunks).get(MAINTAINERS, before.encode()).decode()
        names = []
        deleted = set()
        done = set()
        for patch in patches:
            names += patch.hooks
            for path in patch.files:
                self.put(path, self.ours[path])
                done.add(path)
            for path, data in self.hooked(names).items():
                if path != MAINTAINERS and path not in deleted:
                    self.put(path, data)
                    if data is None:
                        deleted.add(path)
            self.put(MAINTAINERS, maintainers(before, after, done, set(self.ours)).encode())
            author = self.git("var", "GIT_AUTHOR_IDENT").rsplit(" ", 2)[0]
            self.commit(f"{patch.title}\n\n{patch.message}\n\nSigned-off-by: {author}\n")
        self.write(cover, len(patches))

    def write(self, cover, number):
        out = self.build / "series"
        for old in out.glob("*.patch"):
            old.unlink()
        message = cover.message.replace("@VERSION@", self.linux.state["version"])
        # The dashes: what git adds below is not a part of the message.
        self.git("config", "branch.series.description", f"{cover.title}\n\n{message}\n\n---")
        self.git("format-patch", "--patience", "-q", "--cover-letter", "--cover-from-description=subject",
                 "--no-renames", "--no-signature", "--stat=100", "-o", out.resolve(), f"-{number}")
        print(f"series: a cover letter and {number} patches in {out}")

    def check_end(self):
        """The sum of the patches must be the tree that we build."""
        for path in {*self.linux.checksums(), *self.ours}:
            place, built = self.where / path, self.linux.linux / path
            if (place.read_bytes() if place.exists() else None) != (built.read_bytes() if built.exists() else None):
                raise SeriesError(f"after all patches {path} is not what `make tree` makes of it")


def check_style(build, patches):
    """Return what checkpatch says of the patches; the names of the kernel's functions are not theirs."""
    stand_ins = tuple(f"{name}:" for name in check.STAND_INS)
    faults = []
    for patch in patches:
        _, lines = check.run(["perl", "scripts/checkpatch.pl", "--strict", "--terse", "--no-summary", "--color=never",
                              "--showfile", "--show-types", "--ignore=CAMELCASE", patch], cwd=build / "linux")
        faults += [f"{patch.name}: {line}" for line in lines if line.strip() and not line.startswith(stand_ins)]
    return faults


def check_builds(build, linux, patches):
    """Apply the patches one by one to a kernel tree, and build the kernel after each."""
    room = build / "series-check"
    room.mkdir(exist_ok=True)
    copy = room / "linux"
    shutil.rmtree(copy, ignore_errors=True)
    # Links are enough: every change replaces the file.
    subprocess.run(["cp", "-al", linux.linux, copy], check=True)
    for name in linux.state["added"]:
        (copy / name).unlink(missing_ok=True)
    for path in linux.checksums():
        tree.write(copy / path, (linux.pristine / path).read_bytes(), linux.pristine / path)
    fragments, steps = kernel.CONFIGURATIONS["normal"]
    with kernel.Kernel(room, "normal", fragments, steps) as one:
        one.configure(lenient=True)
        one.run("vmlinux", "modules", title="series: before the first patch", expect=steps)
        for number, patch in enumerate(patches, 1):
            done = subprocess.run(["patch", "-p1", "-s", "-f", "--no-backup-if-mismatch", "-i", patch], cwd=copy,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode:
                raise SeriesError(f"{patch.name} does not apply:\n{done.stdout}")
            one.configure(lenient=True)
            one.run("vmlinux", "modules", title=f"series: {patch.name[:60]}")
            warnings = kernel.our_warnings(one.log.read_text(errors="replace"))
            if warnings:
                raise SeriesError(f"{patch.name}: warnings:\n" + "\n".join(warnings))
            print(f"series: it builds after {patch.name}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Write or check the patch series.")
    parser.add_argument("--build", type=Path, default=TOP / "build")
    parser.add_argument("--check", action="store_true", help="check the style of the patches, and build each")
    args = parser.parse_args()
    build = args.build.resolve()
    cover, patches = parse(SERIES.read_text())
    repository = Repository(build)
    repository.make(cover, patches)
    repository.check_end()
    if not args.check:
        return
    letter, *written = sorted((build / "series").glob("*.patch"))
    faults = check_style(build, [letter, *written])
    if faults:
        raise SeriesError("checkpatch:\n" + "\n".join(faults))
    print(f"series: checkpatch --strict has nothing to say of {len(written)} patches", flush=True)
    check_builds(build, repository.linux, written)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except (SeriesError, kernel.BuildError, hooks.HookError) as error:
        sys.exit(f"series: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
