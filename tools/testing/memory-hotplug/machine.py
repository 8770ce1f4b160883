# SPDX-License-Identifier: GPL-2.0
"""A virtual machine that runs a kernel of ours, and the host's end of its wires.

    ttyS0   the kernel's console, into console.log
    ttyS1   the guest's requests to the firmware (firmware.py)
    ttyS2   jobs: commands that the guest runs for us, with their output, into jobs.log
    QMP     the machine itself: DIMMs in and out

Every wait has an end, and no machine outlives its caller.
"""

import re
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from acpi import srat
from firmware import Firmware, parse_size, serve
from host import HostError, run
from qmp import Qmp, QmpError

# Whatever ends us ends QEMU, too, and a host that is short of memory does that first.
QEMU = ["setpriv", "--pdeathsig", "KILL", "choom", "-n", "1000", "--", "qemu-system-x86_64"]
# The sources of ACPI tables that a machine may have besides its own.
ACPI = Path(__file__).resolve().parent / "acpi"
# With icount, a nanosecond of the machine's clock is an instruction, however busy the host is. It has more
# address bits than others, too: 40 are not quite enough for 1 TiB of DIMMs.
ACCELERATORS = {"tcg": ["-accel", "tcg,thread=multi", "-cpu", "max"],
                "icount": ["-accel", "tcg,thread=single", "-icount", "shift=0", "-cpu", "max,phys-bits=42"],
                # The same, and time passes at once while nothing is to do. Memory is cleared and copied a word at a time,
                # or that would be most of the instructions.
                "counted": ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-cpu", "max,-erms"],
                "kvm": ["-accel", "kvm", "-cpu", "host"]}
# A kernel that is lost shall stop, and QEMU with it. On a busy host the timer fails a check made for
# real machines.
COMMAND_LINE = "console=ttyS0 panic=-1 oops=panic no_timer_check"
JOBS_IRQ = 5	# ttyS2 would share its usual interrupt with the console
SRAT = "srat.bin"	# a file beside the logs
VIRTIO_MEM = "virtio-mem"	# QEMU's name of the device
END_OF_JOB = re.compile(r"%% (\d+) exit (\d+)$")


class MachineError(Exception):
    """The machine did not do what it had to: it hangs, is gone, or never came up."""


def disk_file(number):
    return f"disk{number}.img"


@dataclass(frozen=True)
class Config:
    """What a machine is made of.

    numa has the memory of each node ("0" for a node that only DIMMs belong to), in sum memory; all
    processors are on the first, or spread over all nodes in turn. dimms are present at boot: "512M", or
    "512M@1" on node 1. disks are empty at boot: "64M", or "64M/100" for one that takes 100 requests a second.
    acpi names the tables that its firmware has more than others, and tools the programs of this Debian.

    srat, in place of numa and dimms, is firmware of ours: "0-3G@0" and "4G-5G@1 hot-pluggable" say what
    address ranges are on which node. QEMU never calls boot memory hot-pluggable; but without numa and slots
    it has no such table of its own, and takes one.

    virtio_mem is the most that the device of that kind can grow to. balloon is True for one that takes memory away.
    """

    memory: str = "1G"
    slots: int = 8
    maxmem: str = "64G"
    cpus: int = 2
    numa: tuple = ()
    append: str = ""
    dimms: tuple = ()
    disks: tuple = ()
    srat: tuple = ()
    acpi: tuple = ()
    spread: bool = False
    tools: tuple = ()
    virtio_mem: str = ""
    balloon: bool = False

    def devices(self):
        """Return QEMU's arguments for the devices that few machines have."""
        arguments = []
        if self.virtio_mem:
            memory = f"{VIRTIO_MEM}-memory"
            arguments += ["-object", f"memory-backend-ram,id={memory},size={self.virtio_mem},reserve=off",
                          "-device", f"virtio-mem-pci,id={VIRTIO_MEM},memdev={memory},requested-size=0"]
        if self.balloon:
            arguments += ["-device", "virtio-balloon-pci"]
        return arguments

    def arguments(self):
        """Return QEMU's arguments for processors and memory."""
        if self.srat:
            return ["-smp", str(self.cpus), "-m", self.memory, "-acpitable", f"sig=SRAT,rev=3,data={SRAT}"]
        # Processors of one socket are on one node.
        sockets = f",sockets={self.cpus}" if self.spread else ""
        arguments = ["-smp", f"{self.cpus}{sockets}", "-m", f"{self.memory},slots={self.slots},maxmem={self.maxmem}"]
        for node, size in enumerate(self.numa):
            nodes = len(self.numa) if self.spread else 1
            own = "".join(f",cpus={cpu}" for cpu in range(self.cpus) if cpu % nodes == node)
            if size != "0":
                arguments += ["-object", f"memory-backend-ram,id=node{node}-memory,size={size}"]
                own += f",memdev=node{node}-memory"
            arguments += ["-numa", f"node,nodeid={node}{own}"]
        for number, dimm in enumerate(self.dimms):
            size, _, node = dimm.partition("@")
            arguments += ["-object", f"memory-backend-ram,id=dimm{number}-memory,size={size}",
                          "-device", f"pc-dimm,id=dimm{number},memdev=dimm{number}-memory" +
                          (f",node={node}" if node else "")]
        for number, disk in enumerate(self.disks):
            _, _, rate = disk.partition("/")
            arguments += ["-drive", f"if=none,id=disk{number},format=raw,cache=unsafe,file={disk_file(number)}" +
                          (f",throttling.iops-total={rate}" if rate else ""),
                          "-device", f"virtio-blk-pci,drive=disk{number}"]
        for table in self.acpi:
            arguments += ["-acpitable", f"file={table}.aml"]
        return arguments

    def make_disks(self, directory):
        """Put the files of its disks into a directory."""
        for number, disk in enumerate(self.disks):
            size, _, _ = disk.partition("/")
            with open(directory / disk_file(number), "wb") as image:
                image.truncate(parse_size(size))

    def compile_tables(self, directory):
        """Put the machine code of its ACPI tables into a directory; raise HostError."""
        for table in self.acpi:
            run(["iasl", "-p", directory / table, ACPI / f"{table}.asl"], f"compiling {table}.asl")


@dataclass
class Job:
    """A command that the guest runs: what it has printed, and its exit status at the end."""

    command: str
    lines: list = field(default_factory=list)
    status: int = None


class JobLost(MachineError):
    """A job did not end in time, or its machine ended before it; what it printed is in job."""

    def __init__(self, text, job):
        super().__init__(text)
        self.job = job


class Machine:
    """with Machine(...) as machine: machine.boot(); job = machine.run("true")"""

    def __init__(self, config, kernel, initramfs, logs, accel="tcg", patience=1):
        self.firmware = Firmware(patience)
        self.console_log = Path(logs) / "console.log"
        self.jobs_log = Path(logs) / "jobs.log"
        self._config = config
        self._kernel = Path(kernel).resolve()
        self._initramfs = Path(initramfs).resolve()
        self._logs = Path(logs)
        self._accel = accel
        self._process = None
        self._sockets = []
        self._jobs = None
        self._number = 0

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def boot(self, timeout=60, extra=(), init_arguments=""):
        """Start the machine and return the seconds until it takes jobs."""
        started = time.monotonic()
        self.start(extra, init_arguments)
        self._await_end_of(Job("boot"), 0, timeout)
        return time.monotonic() - started

    def start(self, extra=(), init_arguments="", console=None, stdin=subprocess.DEVNULL):
        """Start QEMU; console is a character device's options in place of the log file."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for log in (self.console_log, self.jobs_log):
            log.write_bytes(b"")
        if self._config.srat:
            (self._logs / SRAT).write_bytes(srat(self._config.srat, self._config.cpus))
        self._config.make_disks(self._logs)
        try:
            self._config.compile_tables(self._logs)
        except HostError as error:
            raise MachineError(str(error)) from None
        ours, theirs = zip(*(socket.socketpair() for _ in range(3)))
        self._sockets = list(ours)
        fds = [sock.fileno() for sock in theirs]
        append = " ".join(filter(None, [COMMAND_LINE, self._config.append, "--" if init_arguments else "",
                                        init_arguments]))
        command = [
            *QEMU, "-machine", "pc", *ACCELERATORS[self._accel], *self._config.arguments(),
            *self._config.devices(),
            "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-kernel", str(self._kernel), "-initrd", str(self._initramfs), "-append", append,
            "-chardev", console or "file,id=console,path=console.log", "-serial", "chardev:console",
            "-chardev", f"socket,id=firmware,fd={fds[0]}", "-serial", "chardev:firmware",
            "-chardev", f"socket,id=jobs,fd={fds[1]},logfile=jobs.log",
            "-device", f"isa-serial,chardev=jobs,index=2,irq={JOBS_IRQ}",
            "-chardev", f"socket,id=qmp,fd={fds[2]}", "-mon", "chardev=qmp,mode=control", *extra]
        with open(self._logs / "qemu.log", "wb") as log:
            self._process = subprocess.Popen(command, cwd=self._logs, pass_fds=fds, stdin=stdin,
                                             stdout=log if console is None else None, stderr=log)
        for sock in theirs:
            sock.close()
        threading.Thread(target=serve, args=(self.firmware, ours[0]), daemon=True).start()
        self._jobs = ours[1]
        try:
            self.firmware.qmp = Qmp(ours[2], self.firmware.on_event)
        except QmpError as error:
            raise MachineError(f"{error}: " + (self._logs / "qemu.log").read_text().strip()) from None

    def run(self, command, timeout=60, on_line=None):
        """Run a shell command in the guest to its end, and return it as a Job."""
        self._number += 1
        job = Job(command)
        try:
            self._jobs.sendall(f"{self._number} {command}\n".encode())
        except OSError:
            raise JobLost(f"the machine had ended before '{command}'", job) from None
        return self._await_end_of(job, self._number, timeout, on_line)

    def output(self, command, timeout=60):
        """Return what a command prints; raise MachineError if it fails."""
        job = self.run(command, timeout)
        text = "\n".join(job.lines)
        if job.status:
            raise MachineError(f"'{command}' failed ({job.status}): {text}")
        return text

    def wait(self):
        """Wait until QEMU ends by itself and return its exit status."""
        return self._process.wait()

    def stop(self):
        """End QEMU, at once."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        for sock in self._sockets:
            sock.close()
        self._sockets = []

    def _signal(self):
        """Return who ended QEMU if it was not QEMU."""
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return ""
        return f" (QEMU was killed by signal {-status})" if status < 0 else ""

    def _await_end_of(self, job, number, timeout, on_line=None):
        deadline = time.monotonic() + timeout
        rest = b""
        while True:
            self._jobs.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._jobs.recv(65536)
            except TimeoutError:
                raise JobLost(f"'{job.command}' did not end within {timeout:g} s", job) from None
            except OSError:
                data = b""
            if not data:
                raise JobLost(f"the machine ended during '{job.command}'{self._signal()}", job)
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                line = line.decode(errors="replace").rstrip("\r")
                end = END_OF_JOB.search(line)
                ended = end and int(end[1]) == number
                if ended:
                    line = line[:end.start()]
                if line or not ended:
                    job.lines.append(line)
                    if on_line:
                        on_line(line)
                if ended:
                    job.status = int(end[2])
                    return job
