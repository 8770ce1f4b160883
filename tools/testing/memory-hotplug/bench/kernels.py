# SPDX-License-Identifier: GPL-2.0
"""The kernels of a comparison, and what each one boots with."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import rootfs
from cpio import Archive
from host import clean_environment, run

HERE = Path(__file__).resolve().parent
# The guest's programs, and what each is made of.
PROGRAMS = {"load": ("load.c", "load_kinds.c"), "blocks": ("blocks.c",), "speed": ("speed.c",),
            "tenant": ("tenant.c",)}
FLAGS = ("-O2", "-Wall", "-Wextra", "-pthread", "-D_GNU_SOURCE")
MODULE = "mhp_speed.ko"
MODULE_PATH = f"usr/lib/{MODULE}"
SOURCES = "usr/src/bench"
MAKEFILE = """\
objects := $(patsubst %.c,$(OUT)/%.o,$(wildcard *.c))
all: $(objects)
$(OUT)/%.o: %.c
	gcc {flags} -c -o $@ $<
"""


@dataclass(frozen=True)
class Kernel:
    """A kernel image in the directory that it was built in."""

    name: str	# ours, own or peer
    title: str
    image: Path

    @property
    def objects(self):
        return self.image.resolve().parents[3]

    def release(self):
        return (self.objects / "include/config/kernel.release").read_text().strip()

    def identity(self):
        """Return what tells this build from others."""
        return hashlib.sha256(self.image.read_bytes()).hexdigest()[:16]


def build_module(kernel, work):
    """Build the module for a kernel in work and return its path."""
    directory = work / "module"
    directory.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "module").iterdir():
        shutil.copy2(path, directory)
    run(["make", "-s", "-C", kernel.objects, f"M={directory}", "modules"], f"building {MODULE} for {kernel.title}",
        env=clean_environment())
    return directory / MODULE


def build_program(name, work):
    """Compile a program of the guest and return its path."""
    work.mkdir(parents=True, exist_ok=True)
    run(["gcc", *FLAGS, "-static", "-o", work / name, *(HERE / "guest" / source for source in PROGRAMS[name])],
        f"compiling {name}")
    return work / name


def add_compiler(archive, sources):
    """Add make and a compiler, as far as they are needed to compile sources, and the sources."""
    for name in ("make", "gcc", "as"):
        rootfs.add_tool(archive, name)
    compiler = Path(run(["gcc", "-print-prog-name=cc1"], "gcc").strip())
    archive.file(rootfs.guest_path(compiler), compiler.read_bytes(), 0o755)
    rootfs.add_libraries(archive, compiler)
    needed = run(["gcc", *FLAGS, "-M", *sources], "gcc -M").replace("\\\n", " ").split()
    for path in {Path(word) for word in needed if word.startswith("/") and word.endswith(".h")} - set(sources):
        place = SOURCES + f"/{path.name}" if path.parent == HERE / "guest" else rootfs.guest_path(path.resolve())
        archive.file(place, path.read_bytes())
        if path != path.resolve():
            archive.file(rootfs.guest_path(path), path.read_bytes())
    for source in sources:
        archive.file(f"{SOURCES}/{source.name}", source.read_bytes())
    archive.file(f"{SOURCES}/Makefile", MAKEFILE.format(flags=" ".join(FLAGS)).encode())


def build_initramfs(kernel, build, work):
    """Make the initramfs of a kernel in work and return its path; raise HostError."""
    work.mkdir(parents=True, exist_ok=True)
    archive = Archive()
    rootfs.add_base(archive, build)
    for name in PROGRAMS:
        archive.file(f"usr/bin/{name}", build_program(name, work).read_bytes(), 0o755)
    archive.file(MODULE_PATH, build_module(kernel, work).read_bytes())
    add_compiler(archive, sorted([*rootfs.GUEST.glob("*.c"), *(HERE / "guest").glob("*.c")]))
    path = work / "initramfs"
    path.write_bytes(archive.pack())
    return path
