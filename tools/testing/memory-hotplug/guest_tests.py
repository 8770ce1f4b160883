# SPDX-License-Identifier: GPL-2.0
"""The tests that run inside machines: which command, in what machine, with which kernels.

    name      unique, for people and for test.py --only
    command   a shell command of the guest; it prints TAP, or its exit status counts
    machine   see Config in machine.py
    kernels   default: normal and debug
    timeout   seconds with the normal kernel, default 60
    fresh     True for a machine of its own, because nothing may come before or after

Most tests share one machine. Its second node has DIMMs only, and no processor: what is allocated there
was asked for by a test, so free memory can be counted to the page.
"""

SELFTESTS = "/kselftest/memory-hotplug"
# The first node has so much that a kernel that checks itself does not look for memory on the second.
DIMMS = {"memory": "2G", "numa": ("2G", "0"), "dimms": ("512M@1",)}
# The firmware knows the upper half of the memory, the kernel leaves it alone until it is probed.
SPARE = {"memory": "2G", "numa": ("1G", "1G"), "append": "mem=1G"}


def row(name, program=None, machine=None, **more):
    """Return an entry for a selftest; its program has its name if not said otherwise."""
    return {"name": name, "command": f"{SELFTESTS}/{program or name}", "machine": machine or DIMMS, **more}


def with_option(machine, option):
    """Return a machine like another one, with one more option for its kernel."""
    return {**machine, "append": f"{machine.get('append', '')} {option}".strip()}


MEMMAP_ON_MEMORY = with_option(DIMMS, "memory_hotplug.memmap_on_memory=1")

TESTS = [
    row("block_files"),
    row("on_off", timeout=120),
    row("valid_zones"),
    row("state_list"),
    row("bad_input"),
    row("notifier"),
    row("notifier_veto"),
    row("interrupted"),
    row("held_page", timeout=120),
    row("offline_timeout"),
    row("no_room"),
    row("blockers"),
    row("trace"),
    row("fault_injection", timeout=120),
    row("in_use", timeout=240),
    row("many_writers", timeout=240),
    row("lsmem_chmem"),
    row("auto_online", timeout=120),
    row("dimm", timeout=240),
    row("poisoned"),

    row("probe", machine=SPARE),
    row("vanishing", machine=SPARE, timeout=120),
    row("add_remove_loop", machine=SPARE, timeout=240),
    row("fault_injection of add and remove", "fault_injection", SPARE, timeout=120),
    row("allocation_failures", machine=SPARE, timeout=120),

    # The memory map of a block lies on the block.
    row("memmap_on_memory: on_off", "on_off", MEMMAP_ON_MEMORY, timeout=120),
    row("memmap_on_memory: notifier", "notifier", MEMMAP_ON_MEMORY),
    row("memmap_on_memory: held_page", "held_page", MEMMAP_ON_MEMORY, timeout=120),
    row("memmap_on_memory: fault_injection", "fault_injection", MEMMAP_ON_MEMORY, timeout=120),
    row("memmap_on_memory: in_use", "in_use", MEMMAP_ON_MEMORY, timeout=240),
    row("memmap_on_memory: dimm", "dimm", MEMMAP_ON_MEMORY, timeout=240),

    # What the boot options say about memory that arrives.
    *(row(f"memhp_default_state={word}", "auto_online", with_option(DIMMS, f"memhp_default_state={word}"),
          timeout=120)
      for word in ("offline", "online", "online_kernel", "online_movable", "nonsense")),
    row("movable_node", "auto_online", with_option(DIMMS, "movable_node memhp_default_state=online"),
        timeout=120),

    # The kernel's own test, as it is, with errors that it injects into the notifier.
    *(row(f"mem-on-off-test {options}", f"mem-on-off-test.sh {options}",
          {"memory": "1G", "dimms": ("512M", "512M")}, timeout=120)
      for options in ("-r 2", "-e -12 -r 50", "-e -16 -r 50 -p 100")),
]
