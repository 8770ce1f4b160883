#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make the initramfs of the machines: busybox, our guest programs, tools of this Debian, modules, tests.

Prints the path of the result, build/guest/NAME/initramfs (with --tests: initramfs-tests).
"""

import re
import shutil
import sys
from pathlib import Path

import mm_selftests
import options
import selftests
from cpio import Archive
from host import HostError, only_one, run

HERE = Path(__file__).resolve().parent
GUEST = HERE / "guest"
PROGRAMS = ("firmware", "pattern", "uevents")
# Tools of the kernel's source, each of several files.
MM_TOOLS = options.TOP / "tools/mm"
MM_PROGRAMS = ("memhp",)
UNWINDER = "libgcc_s.so.1"
# What people use, as Debian ships it; the kernel's own selftest is written for bash.
TOOLS = ("bash", "lsmem", "chmem", "numactl", "migratepages")
# Where they are; root's path need not name all of these.
SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# A guest has one place for each kind of file, whatever the host's links look like.
MERGED = {"bin": "usr/bin", "sbin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "usr/sbin": "usr/bin"}


def guest_path(path):
    """Return where a host's file lies in the guest."""
    path = str(path).strip("/")
    for directory, target in MERGED.items():
        if path.startswith(directory + "/"):
            return target + path[len(directory):]
    return path


def find_tool(name):
    path = shutil.which(name, path=SEARCH)
    if not path:
        raise HostError(f"{name} is not installed; base/packages lists what is needed")
    return Path(path)


def libraries(program):
    """Return the shared libraries and the loader of a host's program."""
    text = run(["ldd", program], f"ldd {program}")
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", text)]


def add_libraries(archive, program):
    for library in libraries(program):
        archive.file(guest_path(library), library.read_bytes(), 0o755)


def add_tool(archive, name):
    path = find_tool(name)
    archive.file(f"usr/bin/{name}", path.read_bytes(), 0o755)
    add_libraries(archive, path)


def add_mm_selftests(archive, build):
    for path in selftests.build_mm(build / "linux", build / "guest/mm", mm_selftests.programs()):
        archive.file(f"{mm_selftests.DIRECTORY}/{path.name}", path.read_bytes(), 0o755)
        add_libraries(archive, path)
    # pthread_cancel() loads it by itself.
    library = Path(run(["gcc", f"-print-file-name={UNWINDER}"], "gcc").strip())
    archive.file(f"{guest_path(library.resolve().parent)}/{UNWINDER}", library.read_bytes(), 0o755)


def add_busybox(archive):
    busybox = find_tool("busybox")
    archive.file("usr/bin/busybox", busybox.read_bytes(), 0o755)
    for applet in run([busybox, "--list"], "busybox").split():
        if f"usr/bin/{applet}" not in archive:
            archive.link(f"usr/bin/{applet}", "busybox")


def compile_program(name, into):
    """Compile a guest program if its source is newer than what is there."""
    files = sorted(MM_TOOLS.glob(f"{name}*.[ch]")) if name in MM_PROGRAMS else [GUEST / f"{name}.c"]
    program = into / name
    if not program.exists() or program.stat().st_mtime < max(path.stat().st_mtime for path in files):
        into.mkdir(parents=True, exist_ok=True)
        run(["gcc", "-O2", "-Wall", "-Wextra", "-static", "-pthread", "-D_GNU_SOURCE", "-o", program,
             *(path for path in files if path.suffix == ".c")], f"compiling {name}")
    return program


def add_base(archive, build):
    for directory, target in MERGED.items():
        archive.link(directory, target.split("/")[-1] if "/" in directory else target)
    for directory in ("dev", "proc", "sys", "run", "tmp", "root"):
        archive.directory(directory)
    archive.character_device("dev/console", 5, 1)
    for tool in TOOLS:
        add_tool(archive, tool)
    for name in PROGRAMS + MM_PROGRAMS:
        archive.file(f"usr/bin/{name}", compile_program(name, build / "guest").read_bytes(), 0o755)
    add_busybox(archive)
    archive.file("init", (GUEST / "init").read_bytes(), 0o755)
    archive.file("etc/motd", (GUEST / "motd").read_bytes())


def add_modules(archive, objects, work):
    """Add the kernel's modules where modprobe looks for them."""
    release = (objects / "include/config/kernel.release").read_text().strip()
    tree = work / "modules"
    shutil.rmtree(tree, ignore_errors=True)
    directory = tree / "lib/modules" / release
    for name in (objects / "modules.order").read_text().split():
        module = directory / "kernel" / name.removesuffix(".o")
        module = module.with_suffix(".ko")
        module.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile((objects / name).with_suffix(".ko"), module)
    for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
        shutil.copyfile(objects / name, directory / name)
    run([find_tool("depmod"), "-b", tree, release], "depmod")
    add_tree(archive, directory, f"usr/lib/modules/{release}")


def add_tree(archive, directory, into):
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            archive.file(f"{into}/{path.relative_to(directory)}", path.read_bytes(), path.stat().st_mode & 0o777)


def with_tools(initramfs, tools, path):
    """Write an initramfs that has more of this Debian's tools; the kernel unpacks one archive after another."""
    archive = Archive()
    for tool in tools:
        add_tool(archive, tool)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(initramfs.read_bytes() + archive.pack())
    return path


def build(kernel, directory, tests=False):
    """Make the initramfs for a kernel image and return its path; raise HostError."""
    if not kernel.is_file():
        raise HostError(f"there is no kernel at {kernel}; 'make kernel kernel-debug' builds it")
    directory = directory.resolve()
    objects = kernel.resolve().parents[3]
    work = directory / "guest" / objects.name
    path = work / ("initramfs-tests" if tests else "initramfs")
    archive = Archive()
    with only_one(directory / "guest", lambda text: None):
        work.mkdir(parents=True, exist_ok=True)
        add_base(archive, directory)
        add_modules(archive, objects, work)
        if tests:
            installed = selftests.install(directory / "linux", objects, work / "selftests")
            add_tree(archive, installed, f"kselftest/{selftests.TARGET}")
            add_mm_selftests(archive, directory)
        # A machine that boots may have the earlier one open.
        new = path.with_suffix(".new")
        new.write_bytes(archive.pack())
        new.replace(path)
    return path


def main():
    parser = options.machine_parser(__doc__)
    parser.add_argument("--tests", action="store_true", help="add the selftests")
    arguments = parser.parse_args()
    try:
        print(build(arguments.kernel, arguments.build, arguments.tests))
    except (HostError, OSError) as error:
        print(f"rootfs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
