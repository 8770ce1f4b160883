# SPDX-License-Identifier: GPL-2.0
"""What is measured while memory leaves.

Each function measures once, on one machine: measure(guest, plan) returns numbers by name, times in seconds. They are
of the host's clock or of a guest's that follows it, as moving memory on several CPUs is part of the question; only
cost() counts instructions, and asks what all CPUs together have to do.

The DIMMs are in ZONE_MOVABLE with every kernel: all user memory goes there first, and nothing else. They are on the
node of the boot memory, where the kernel's own moves the pages of one block into the next one.
"""

import errno
import math

from machine import MachineError
from measure import PAGE
from virtio_mem import VirtioMem

MIB = 1 << 20
GIVE_UP = 60	# seconds until an offline is interrupted
DIMM = "d1"
# Of the memory that a program took, so much must lie where it was meant to.
ENOUGH = 0.95


def rounds(measure):
    """Return what a scenario runs on machines beside each other: measure on each in turn, in rounds."""
    def run(guests, plan):
        results = {kernel: {} for kernel in guests}
        for guest in guests.values():
            guest.prepare_speed()
            guest.machine.output(plan.get("first", "true"))
        for _ in range(plan["rounds"]):
            for kernel, guest in guests.items():
                for name, value in measure(guest, plan).items():
                    results[kernel].setdefault(name, []).append(value)
        return results
    return run


def fill_dimms(guest, plan):
    """Add DIMMs and let a program fill a part of them; return {name: first and last block} and the pages in use."""
    blocks = {f"d{number}": guest.add_dimm(f"d{number}", plan["dimm"], "online_movable")
              for number in range(1, plan.get("dimms", 1) + 1)}
    guest.take(plan["kind"], plan["mib"])
    in_use = sum(guest.in_use(first, last) for first, last in blocks.values())
    if in_use * PAGE < ENOUGH * plan["mib"] * MIB:
        raise MachineError(f"{plan['kind']}: {in_use} pages are in use on the DIMMs, not {plan['mib']} MiB")
    return blocks, in_use


def evacuation(guest, plan):
    """Eject DIMMs that are in use, one after the other."""
    blocks, in_use = fill_dimms(guest, plan)
    before = guest.pages_moved()
    seconds = sum(map(guest.eject, blocks))
    moved = guest.pages_moved() - before
    guest.give_back()
    return {"in_use": in_use, "moved": moved, "seconds": seconds, "copy": guest.copy_seconds()}


def cost(guest, seed, kernel, plan):
    """Take the blocks of a DIMM offline with memory of one kind after another; return the seconds of each."""
    guest.prepare_speed()
    guest.machine.output(plan["first"])
    results = {"copy": guest.copy_seconds()}
    for kind in plan["kinds"]:
        blocks, _ = fill_dimms(guest, {**plan, "kind": kind})
        before = guest.pages_moved()
        results[kind] = guest.put_blocks("offline", *blocks[DIMM])
        results[f"{kind} moved"] = guest.pages_moved() - before
        guest.eject(DIMM)
        guest.give_back()
    return results


def pause(guest, plan):
    """Eject a DIMM whose memory a thread writes to, and compare what the thread does before and meanwhile."""
    fill_dimms(guest, plan)
    first = guest.tenant_stats()
    guest.machine.output(f"sleep {plan['rest']}", guest.patience(plan["rest"]))
    second = guest.tenant_stats()
    guest.eject(DIMM)
    third = guest.tenant_stats()
    guest.give_back()
    rate = (second["stores"] - first["stores"]) / (second["seconds"] - first["seconds"])
    took = third["seconds"] - second["seconds"]
    return {"at_rest": second["longest"], "longest": third["longest"], "took": took,
            "lost": max(took - (third["stores"] - second["stores"]) / rate, 0)}


def idle(guest, plan):
    """Put the blocks of a DIMM that nobody uses online and offline."""
    first, last = guest.add_dimm(DIMM, plan["dimm"])
    online = guest.put_blocks("online_movable", first, last)
    offline = guest.put_blocks("offline", first, last)
    guest.eject(DIMM)
    return {"online": online, "offline": offline}


def answer(taken):
    """Return the seconds of a refusal, infinity if it was interrupted; raise MachineError if the block left."""
    seconds, error = taken
    if not error:
        raise MachineError("a block left that could not")
    return math.inf if error == errno.EINTR else seconds


def held(guest, plan):
    """Ask for a block with a page that somebody holds."""
    guest.add_dimm(DIMM, plan["dimm"], "online_movable")
    block = guest.take("held", plan["mib"]) * PAGE // guest.block_size
    taken, = guest.refusals(block, 1, GIVE_UP)
    guest.give_back()
    guest.eject(DIMM)
    return {"seconds": answer(taken)}


def unmovable(guest, plan):
    """Ask for a block with a page of the kernel, the only block of its node."""
    block, _ = guest.add_dimm(DIMM, plan["dimm"], "online_kernel", plan["node"])
    guest.keep_page(plan["node"])
    taken = guest.refusals(block, plan["times"], GIVE_UP)
    guest.keep_page(-1)
    guest.eject(DIMM)
    return {"seconds": sorted(map(answer, taken))[len(taken) // 2]}


def everything(guest, plan):
    """Measure all of the above once; for tests."""
    return {f"{measure.__name__} {name}": value for measure in (evacuation, pause, idle, held, unmovable)
            for name, value in measure(guest, plan).items()}


def virtio_mem(guest, plan):
    """Grow by a virtio-mem device, use the memory, and shrink to nothing while a small load goes on."""
    device = VirtioMem(guest.machine.firmware.qmp)
    size, grow = device.resize(plan["size"], plan["patience"], plan["timeout"])
    if size != plan["size"]:
        raise MachineError(f"virtio-mem: grew to {size} bytes, not {plan['size']}")
    guest.load(plan["seed"])
    for request in plan["load"]:
        guest.ask(request)
    guest.machine.output(f"load ask {plan['goes_on']} >/dev/null 2>&1 &")
    left, shrink = device.resize(0, plan["patience"], plan["timeout"])
    guest.machine.output("killall load")	# the other machines need the processors
    return {"grow": grow, "shrink": shrink, "left": left}
