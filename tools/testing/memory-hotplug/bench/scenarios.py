# SPDX-License-Identifier: GPL-2.0
"""The scenarios: a machine, a load, what is measured.

Each scenario runs with every kernel; those that depend on chance run with several seeds. What a run returns
goes into the data as it is; table.py picks from it.

Their machines count instructions: seconds are the guest's own, however busy the host is. Only those that run on
machines beside each other take their time from the host's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import leaving
import table
from machine import Config, MachineError
from measure import Killed, allocation_failures, speed_items

# The memory map lies on boot memory with every kernel: else the DIMM's blocks would differ from the start.
APPEND = "memhp_default_state=offline memory_hotplug.memmap_on_memory=0 kunit.enable=0 loglevel=5"
WITH_DIMM = Config(memory="1G", maxmem="16G", append=APPEND)
BOOT_ONLY = Config(memory="4G", maxmem="16G", append=APPEND)
# A gigabyte of user memory comes and goes beside what is timed.
FOR_SPEED = Config(memory="1G", append=APPEND)
# What leaves has room in the boot memory. No node but that.
HALF_A_DIMM = Config(memory="2G", maxmem="16G", append=APPEND)
WITH_DISK = replace(HALF_A_DIMM, disks=("64M",))
TWO_DIMMS = replace(HALF_A_DIMM, memory="3G")
TWO_NODES = replace(HALF_A_DIMM, memory="1G", numa=("1G", "0"))
VIRTIO_MEM = Config(memory="1G", maxmem="16G", virtio_mem="4G", append=APPEND.replace("=offline", "=online"))
SEEDS = (1, 2, 3)
SLEEP = 60	# seconds of the guest's time
SETTLE = 10	# the same, after a load has ended

# MiB of each kind. What can not move is, at its most, a little more than a block of 128 MiB.
KERNEL = {"names": 30, "pipe": 40, "socket": 40, "tables": 20, "threads": 20}
# Levels that the load of an hour goes through, in percent, minute by minute, again and again.
LEVELS = (40, 55, 70, 85, 100, 100, 85, 70, 55, 40)


def to(kernel=None, percent=100, **user):
    """Return a request to the load: MiB by kind."""
    wanted = {**user, **(kernel or {})}
    return "to " + " ".join(f"{kind}={size * percent // 100}" for kind, size in wanted.items())


def times(kernel, factor):
    return {kind: int(size * factor) for kind, size in kernel.items()}


@dataclass(frozen=True)
class Scenario:
    """What runs: run(guest, seed, kernel, plan) returns what was measured.

    together: run({kernel's name: guest}, plan) returns that for each kernel's name.
    """

    name: str
    title: str
    run: Callable
    config: Config
    seeds: tuple = (1,)
    accel: str = "tcg"
    plan: dict = field(default_factory=dict)
    usual: bool = True		# runs if no scenario is named
    together: bool = False


def mixed_load(guest, seed, plan):
    """Do what the plan asks of the load; return what it says in the end."""
    guest.load(seed)
    said = {}
    for request in plan["load"]:
        said = guest.ask(request)
    return {"steps": said["steps"], "failed": said["failed"]}


def stuck_on_dimm(guest, seed, kernel, plan):
    """Count the blocks of a DIMM that can not leave after a load."""
    first, last = guest.add_dimm("d1", plan["dimm"], "online")
    guest.add_valve()
    said = mixed_load(guest, seed, plan)
    guest.drain()
    return {**said, **guest.vmstat(), "map": guest.draw_map(kernel.title), **guest.stuck(first, last)}


def stuck_in_boot_memory(guest, seed, kernel, plan):
    """The same for the memory that the guest booted with."""
    said = mixed_load(guest, seed, plan)
    return {**said, **guest.vmstat(), **guest.stuck(0, plan["last"])}


def hour(guest, seed, kernel, plan):
    """Let the load rise and fall, and count, each minute, the DIMM's blocks with a page that can not move."""
    first, last = guest.add_dimm("d1", plan["dimm"], "online")
    guest.add_valve()
    guest.load(seed)
    samples = []
    for minute in range(plan["minutes"]):
        percent = LEVELS[minute % len(LEVELS)]
        said = guest.ask(to(KERNEL, percent, **plan["user"]))
        guest.ask("churn 1 5")
        guest.machine.output(f"sleep {SLEEP}", guest.patience(SLEEP))
        samples.append(guest.sample(first, last))
    guest.ask("free 50")
    return {"samples": samples, "failed": said["failed"], **guest.vmstat(), **guest.stuck(first, last)}


def kernel_heavy(guest, seed, kernel, plan):
    """Let memory that can not move grow to a share of all memory; return failures, kills and the rate."""
    guest.add_dimm("d1", plan["dimm"], "online")
    guest.load(seed)
    ended, nanoseconds, said = 1, 0, {"steps": 0, "failed": 0}
    try:
        for request in plan["load"]:
            said = guest.ask(request)
            nanoseconds += said["ns"]
    except Killed:
        ended = 0
    return {"ended": ended, "steps": said["steps"], "failed": said["failed"], "nanoseconds": nanoseconds,
            "rate": said["steps"] * 1e9 / nanoseconds if nanoseconds else 0, **guest.vmstat(),
            "unmovable_share": guest.unmovable_share(), "warned": allocation_failures(guest.console())}


def movable_wall(guest, seed, kernel, plan):
    """The same beside what people do today: the kernel's own has the DIMM in ZONE_MOVABLE, ours in ZONE_NORMAL.

    A moment after the load is gone, every block of the DIMM shall leave.
    """
    first, last = guest.add_dimm("d1", plan["dimm"], plan["how"].get(kernel.name, plan["how"]["own"]))
    guest.load(seed)
    ended = 1
    try:
        for request in plan["load"]:
            guest.ask(request)
        guest.ask("end")
    except Killed:
        ended = 0
    guest.machine.output(f"while pidof load >/dev/null; do sleep 0.1; done; sleep {SETTLE}", guest.patience(SETTLE))
    kills = guest.vmstat()["oom_kill"]
    stuck = guest.stuck(first, last)
    return {"ended": ended, "oom_kill": kills, "left": stuck["blocks"] - stuck["stuck"], **stuck}


def speed(guest, seed, kernel, plan):
    """Return the nanoseconds, which are instructions, of each round of each item."""
    guest.prepare_speed()
    return {name: [guest.nanoseconds(command) for _ in range(plan["rounds"])]
            for name, command in speed_items(plan["amount"]).items() if name not in plan.get("without", ())}


def load_is_real(guest, seed, kernel, plan):
    """See that the load takes what it says, kind by kind, and gives it back; for tests."""
    guest.keep_lists_short()
    guest.load(seed)
    first = before = guest.sums()
    for kind in plan["kinds"]:
        sort = "movable" if kind in ("user", "file") else "unmovable"
        said = guest.ask(f"to {kind}={plan['size']}")
        now = guest.sums()
        check_amount(f"what is {sort} of {kind}", said[kind], now[sort] - before[sort])
        before = now
    guest.ask("end")
    check_amount("free memory since the start", first["free"], guest.sums()["free"])
    return {"steps": said["steps"], "stuck": 0, "least": 0}


def check_amount(what, wanted, found):
    """Raise MachineError unless two amounts of bytes are about the same; some kinds are an estimate."""
    if not 0.5 * wanted < found < 2 * wanted:
        raise MachineError(f"{what}: {found} bytes, not about {wanted}")


def speed_side_by_side(guests, plan):
    """Run each item in turn on each kernel's machine, in rounds; return the nanoseconds of each round."""
    results = {kernel: {} for kernel in guests}
    for guest in guests.values():
        guest.prepare_speed()
    for _ in range(plan["rounds"]):
        for name, command in speed_items(plan["amount"]).items():
            for kernel, guest in guests.items():
                results[kernel].setdefault(name, []).append(guest.nanoseconds(command))
    return results


HALF_FULL = (to(user=1700, file=400), to(KERNEL, user=2200, file=500), "churn 2 20", "free 50")
FULL = (to(user=2600, file=600), to(KERNEL, user=3300, file=700), "churn 2 20", "free 50")
LITTLE = (to(times(KERNEL, 0.1), user=100, file=50), "churn 1 20", "free 50")
SIXTY_PERCENT = (to(user=1000, file=200), to(times(KERNEL, 20), user=1000, file=200), "churn 1 10")
BEYOND_A_GIGABYTE = (to(user=500, file=100), to(times(KERNEL, 10), user=500, file=100))
DIMM = Scenario("dimm", "4 GiB DIMM in ZONE_NORMAL, mixed load, half of it freed", stuck_on_dimm, WITH_DIMM, SEEDS,
                "counted", plan={"dimm": "4G", "load": HALF_FULL})
# A DIMM of 8 blocks, filled by an empty machine's first program: 700 MiB in the first blocks, side by side.
EVACUATE = Scenario("evacuate", "1 GiB DIMM, 700 MiB of anonymous memory, ejected", leaving.rounds(leaving.evacuation),
                    HALF_A_DIMM, together=True, plan={"dimm": "1G", "kind": "anon", "mib": 700, "rounds": 3})


def evacuate(kind, **changes):
    """Return a Scenario that ejects the DIMM with memory of another kind."""
    first = changes.pop("first", "true")
    return replace(EVACUATE, name=f"evacuate-{kind}", title=f"the same, {kind}",
                   plan={**EVACUATE.plan, "kind": kind, "first": first}, **changes)


MOUNT = "mkdir /run/disk && mke2fs /dev/vda >/dev/null && mount -t ext4 /dev/vda /run/disk"
ALLOW_THP = "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled"
COST = Scenario("evacuate-cost", "the same, instructions of all processors", leaving.cost, WITH_DISK, accel="counted",
                plan={**EVACUATE.plan, "first": f"{MOUNT} && {ALLOW_THP}", "kinds": table.KINDS})
PAUSE = Scenario("pause", "the same, a thread writes to the memory", leaving.rounds(leaving.pause), HALF_A_DIMM,
                 together=True, plan={**EVACUATE.plan, "kind": "store", "rest": 3, "rounds": 5})
IDLE = Scenario("idle", "4 GiB DIMM that nobody uses", leaving.rounds(leaving.idle), HALF_A_DIMM, together=True,
                plan={"dimm": "4G", "rounds": 5})
HELD = Scenario("held", "a block with a page in a pipe", leaving.rounds(leaving.held), HALF_A_DIMM, together=True,
                plan={"dimm": "1G", "mib": 64, "rounds": 1})
UNMOVABLE = Scenario("unmovable", "a block with a page of the kernel", leaving.rounds(leaving.unmovable), TWO_NODES,
                     together=True, plan={"dimm": "128M", "node": 1, "times": 9, "rounds": 3})
USED = (to(user=2600, file=300), to(KERNEL, user=2800, file=400), "free 85")
VIRTIO = Scenario("virtio-mem", "4 GiB come and go under load, ordinary zone", leaving.rounds(leaving.virtio_mem),
                  VIRTIO_MEM, SEEDS, together=True,
                  plan={"size": 4 << 30, "seed": 1, "load": USED, "goes_on": "churn 100000 2", "patience": 20,
                        "timeout": 120, "rounds": 1})

SCENARIOS = (
    DIMM,
    replace(DIMM, name="dimm-full", title="the same, memory fuller", plan={"dimm": "4G", "load": FULL}),
    Scenario("boot-memory", "the same on 4 GiB of boot memory", stuck_in_boot_memory, BOOT_ONLY, SEEDS, "counted",
             plan={"last": 39, "load": HALF_FULL}),
    Scenario("hour", "an hour, load rising and falling", hour, WITH_DIMM, accel="counted", usual=False,
             plan={"dimm": "4G", "minutes": 60, "user": {"user": 2200, "file": 500}}),
    Scenario("kernel-heavy", "unmovable memory grows to 60 % of all", kernel_heavy, WITH_DIMM, accel="counted",
             plan={"dimm": "4G", "load": SIXTY_PERCENT}),
    Scenario("movable-wall", "1.4 GiB of kernel memory; the kernel's own has the DIMM in ZONE_MOVABLE",
             movable_wall, WITH_DIMM, accel="counted", plan={"dimm": "4G", "load": BEYOND_A_GIGABYTE,
                                           "how": {"ours": "online", "own": "online_movable"}}),
    Scenario("speed", "instructions", speed, FOR_SPEED, accel="counted", plan={"amount": 1, "rounds": 3}),
    Scenario("speed-time", "time, median of alternating runs", speed_side_by_side, FOR_SPEED, SEEDS,
             together=True, plan={"amount": 1, "rounds": 5}),
    EVACUATE,
    replace(EVACUATE, name="evacuate-two", title="two such DIMMs, one after the other", config=TWO_DIMMS,
            plan={**EVACUATE.plan, "dimms": 2, "mib": 1400}),
    evacuate("cache", first=MOUNT, config=WITH_DISK),
    evacuate("tmpfs"),
    evacuate("thp", first=ALLOW_THP),
    evacuate("hugetlb"),
    COST,
    IDLE,
    HELD,
    UNMOVABLE,
    PAUSE,
    VIRTIO,
    # For the tests of this program.
    Scenario("smoke", "a small DIMM", stuck_on_dimm, WITH_DIMM, usual=False, plan={"dimm": "512M", "load": LITTLE}),
    Scenario("smoke-leaving", "all kinds of leaving, in little", leaving.rounds(leaving.everything), TWO_NODES,
             usual=False, together=True, plan={**UNMOVABLE.plan, "kind": "store", "mib": 100, "rest": 1, "times": 2,
                                               "rounds": 1}),
    replace(VIRTIO, name="smoke-virtio-mem", title="a little virtio-mem", seeds=(1,), usual=False,
            plan={**VIRTIO.plan, "size": 512 << 20, "load": LITTLE, "patience": 5}),
    Scenario("smoke-load", "the load", load_is_real, FOR_SPEED, usual=False,
             plan={"kinds": ("user", "file", *KERNEL), "size": 32}),
    Scenario("smoke-speed", "some of what is timed", speed, FOR_SPEED, usual=False,
             plan={"amount": 0.02, "rounds": 1, "without": ("make",)}),
)
