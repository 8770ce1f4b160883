# SPDX-License-Identifier: GPL-2.0
"""The tests that run inside machines: which command, in what machine, with which kernels.

    name      unique for a kernel, for people and for test.py --only
    command   a shell command of the guest; it prints TAP, or its exit status counts
    machine   see Config in machine.py
    kernels   default: normal and debug; there is classic, too
    timeout   seconds with the normal kernel, default 60
    fresh     True for a machine of its own, because nothing may come before or after

Most tests share one machine. Its second node has DIMMs only, and no processor: what is allocated there
was asked for by a test, so free memory can be counted to the page.

The debug kernel is several times slower, and KASAN puts its shadow of one block on another one of the
same node if that is in a kernel zone. So of some tests it runs only a part.

The classic kernel has a memory map for each section; it runs what depends on that.
"""

import mm_selftests

SELFTESTS = "/kselftest/memory-hotplug"
DIMMS = {"memory": "1G", "numa": ("1G", "0"), "dimms": ("512M@1",)}
# The firmware knows the upper half of the memory, the kernel leaves it alone until it is probed.
SPARE = {"memory": "2G", "numa": ("1G", "1G"), "append": "mem=1G"}
# A node that has no memory, and with SHARED one processor of two.
ALONE = {"memory": "1G", "numa": ("1G", "0")}
SHARED = {**ALONE, "spread": True}
# The same beside two others.
THIRD = {"memory": "1536M", "numa": ("1G", "512M", "0")}
# Disks of their own: for file systems, one that takes its time, and one to swap to.
DISKS = {**DIMMS, "disks": ("64M", "16M/400", "128M"), "tools": ("mke2fs",)}
# All memory in one zone, and the tool that fills it.
LOAD = {"memory": "1536M", "append": "mem=768M", "tools": ("stress-ng",)}
# Huge pages of 1 GiB get an area of their own, eight blocks that are free but for what is movable.
CMA = {"memory": "5G", "append": "hugetlb_cma=1G"}
# A zone of DIMMs above the one of boot memory.
BESIDE = {"memory": "1G", "dimms": ("512M",)}
# A balloon takes its pages from ZONE_MOVABLE first.
BALLOON = {**BESIDE, "balloon": True}
# Boards with the spare memory on them, see acpi/containers.asl.
BOARDS = {**SPARE, "acpi": ("containers",)}
NORMAL, DEBUG, CLASSIC = ("normal",), ("debug",), ("classic",)


def with_option(machine, option):
    """Return a machine like another one, with one more option for its kernel."""
    return {**machine, "append": f"{machine.get('append', '')} {option}".strip()}


def selftest(name, program=None, machine=None, debug="", **more):
    """Return the entries of a selftest; its program has its name if not said otherwise.

    debug is what the debug kernel runs of it: options for the program, "" for all, None for nothing.
    """
    entry = {"name": name, "command": f"{SELFTESTS}/{program or name}", "machine": machine or DIMMS, **more}
    if debug == "":
        return [entry]
    entries = [{**entry, "kernels": NORMAL}]
    if debug:
        entries.append({**entry, "command": f"{entry['command']} {debug}", "kernels": DEBUG})
    return entries


MAP_ELSEWHERE = "memory_hotplug.memmap_on_memory=0"
MEMMAP_ELSEWHERE = with_option(DIMMS, MAP_ELSEWHERE)
# Huge pages of 1 GiB fit into the DIMM, where no memory map lies between, and beside it.
# An emulated machine takes long to copy one.
GIGANTIC = {"memory": "5G", "numa": ("5G", "0"), "dimms": ("2G@1",),
            "append": f"{MAP_ELSEWHERE} memory_hotplug.offline_timeout=240"}
SMALL = {"memory": "256M", "maxmem": "128G"}

# Boot memory in nodes of several sizes. On all but the first a part of it is not in the highest zone, on the
# fourth in the second node. QEMU's own firmware calls no boot memory hot-pluggable, that of the last does.
ONE_NODE = {"memory": "1G"}
TWO_NODES = {"memory": "5G", "numa": ("1G", "4G")}
FOUR_NODES = {"memory": "7424M", "numa": ("3G", "2G", "2G", "256M")}
LOW_IS_SECOND = {"memory": "6G", "srat": ("0-3G@1", "4G-7G@0")}
HOT_PLUGGABLE = {"memory": "6G", "srat": ("0-3G@0", "4G-5G@0", "5G-6G@1 hot-pluggable", "6G-6400M@2",
                                          "6400M-7G@2 hot-pluggable")}


def boot_zones(nodes, machine, *lines, **more):
    """Return the entries of the test of boot memory, one for each command line."""
    return [entry for line in lines for entry in
            selftest(f"boot_zones: {nodes}: {line or 'no option'}", "boot_zones", with_option(machine, line), **more)]


TESTS = [
    # Each suite is a file with a plan of one test. Two nodes with memory of both kinds: nothing is skipped.
    {"name": "kunit", "command": "sed '/^1[.][.]1$/d' /sys/kernel/debug/kunit/*/results",
     "machine": {"memory": "1G", "numa": ("512M", "512M"), "append": "kunit.enable=1 movablecore=256M"}},

    *selftest("block_files"),
    *selftest("on_off", debug="-v online_movable", timeout=120),
    *selftest("valid_zones", debug="-t alone_the_default_is_normal -t inside_movable_the_default_is_movable"),
    *selftest("zone_spans", debug="-T two_zones_across_each_other", timeout=120),
    *selftest("state_list", debug="-v online_movable"),
    *selftest("bad_input"),
    *selftest("notifier"),
    *selftest("notifier_veto", debug="-v last_no_memory"),
    *selftest("interrupted", debug="-v movable"),
    *selftest("held_page", debug="-v by_a_pipe_in_movable -v by_a_long_pin_in_normal", timeout=120),
    *selftest("held_page, and who allocated it", "held_page -t it_ends_soon_and_changes_nothing",
              with_option(DIMMS, "page_owner=on"), debug=None, timeout=120),
    *selftest("offline_timeout"),
    *selftest("progress", debug="-v movable"),
    *selftest("query", debug="-T memory_of_the_kernel_does_not"),
    *selftest("shrink", debug="-T memory_in_use_moves_if_no_other_is_free -v movable", timeout=120),
    *selftest("no_room", debug="-V shared -V locked -V transparent", timeout=120),
    *selftest("new_memory", machine=BESIDE, debug=None),
    *selftest("called_back", fresh=True, debug=None, timeout=120),
    *selftest("sub_block", debug="-v small_pages_in_movable", timeout=120),
    *selftest("blockers", debug="-T page_tables"),
    *selftest("trace"),
    *selftest("fault_injection", timeout=120),
    *selftest("in_use", debug="-v movable", timeout=120),
    *selftest("many_writers", debug="-T a_crowd_of_one_mind", timeout=240),
    *selftest("lsmem_chmem", debug="-T chmem_by_zone"),
    *selftest("memhp"),
    *selftest("auto_online"),
    *selftest("dimm", timeout=120),
    *selftest("poisoned"),
    *selftest("owners", debug="-T kernel_memory_claims_blocks_and_gives_them_back", timeout=180),
    *selftest("set_aside", debug=None, timeout=180),
    *selftest("no_owners", machine=with_option(DIMMS, "memory_hotplug.split=off")),
    *selftest("free_pages"),

    *selftest("stopped_anywhere", debug="-T after_any_time -v by_a_signal_in_movable", timeout=180),
    *selftest("kinds", machine=DISKS, debug=None, timeout=120),
    *selftest("writers", machine=DISKS, debug=None, timeout=120),
    *selftest("races", machine=DISKS, debug=None, timeout=180),
    # To route the interrupts of disks takes the debug kernel longer than ACPI lets it.
    {"name": "kinds, no disks", "command": f"{SELFTESTS}/kinds -f kinds", "machine": DIMMS, "kernels": DEBUG,
     "timeout": 120},
    {"name": "races, no disks", "command": f"{SELFTESTS}/races -v fork -v munmap -v collapse", "machine": DIMMS,
     "kernels": DEBUG, "timeout": 180},

    *selftest("balloon", machine=BALLOON, debug=None),
    *selftest("cma", machine=CMA, timeout=120),
    *selftest("gigantic_pages", machine=GIGANTIC, debug=None, timeout=240),
    *selftest("huge_page_pool", debug=None, timeout=120),
    *selftest("reclaimable", machine=ONE_NODE, debug=None, timeout=120),

    *selftest("probe", machine=SPARE),
    *selftest("vanishing", machine=SPARE),
    *selftest("add_remove_loop", machine=SPARE, debug="-v movable", timeout=120),
    *selftest("fault_injection of add and remove", "fault_injection", SPARE, timeout=120),
    *selftest("allocation_failures", machine=SPARE, timeout=120),

    # The AML debugger of the kernel takes a mutex while it waits, which the debug kernel does not let pass.
    *selftest("under_load", machine=LOAD, debug=None, timeout=240),
    *selftest("containers", machine=BOARDS, debug=None, timeout=240),
    *selftest("kept_pages", machine=SPARE),
    *selftest("mappings", machine={"memory": "3G", "append": "mem=1G"}, debug=None),
    *selftest("small_guest", machine=SMALL, debug=None),
    *selftest("small_guest, map elsewhere", "small_guest", with_option(SMALL, MAP_ELSEWHERE), debug=None),

    *selftest("nodes", machine=ALONE, debug="-T it_costs_the_others_little", timeout=120),
    *selftest("node_policies", machine=ALONE, timeout=120),
    *selftest("target_nodes", machine=THIRD, timeout=120),
    *selftest("numa_tools", machine=ALONE, debug="-t they_show_what_is_there", timeout=120),
    *selftest("nodes with a processor", "nodes", SHARED, debug=None, timeout=120),

    # The memory map of a block lies elsewhere.
    *selftest("memmap_elsewhere: on_off", "on_off", MEMMAP_ELSEWHERE, debug=None, timeout=120),
    *selftest("memmap_elsewhere: notifier", "notifier", MEMMAP_ELSEWHERE, debug=None),
    *selftest("memmap_elsewhere: held_page", "held_page", MEMMAP_ELSEWHERE, debug=None, timeout=120),
    *selftest("memmap_elsewhere: fault_injection", "fault_injection", MEMMAP_ELSEWHERE, timeout=120),
    *selftest("memmap_elsewhere: in_use", "in_use", MEMMAP_ELSEWHERE, debug="-v movable", timeout=120),
    *selftest("memmap_elsewhere: dimm", "dimm", MEMMAP_ELSEWHERE, timeout=120),

    # Both forms of the memory map, on the memory or elsewhere, with one node and more.
    *({"name": f"every_node {nodes}, {name}", "command": f"{SELFTESTS}/every_node", "kernels": kernels,
       "machine": with_option({"memory": f"{512 * nodes}M", "numa": ("512M",) * nodes, "cpus": nodes,
                               "spread": True}, option)}
      for nodes in (1, 2, 4)
      for name, kernels, option in (("map on memory", NORMAL, ""), ("map elsewhere", NORMAL, MAP_ELSEWHERE),
                                    ("map per section", CLASSIC, ""))),
    *({"name": name, "command": f"{SELFTESTS}/{name}", "machine": machine, "kernels": CLASSIC, "timeout": 120}
      for name, machine in (("on_off", DIMMS), ("dimm", DIMMS), ("in_use", DIMMS), ("probe", SPARE),
                            ("add_remove_loop", SPARE), ("allocation_failures", SPARE))),

    # What is kept about each page of a block lies on blocks of its node.
    *selftest("dependents", machine=with_option(DIMMS, "page_owner=on"), debug=None),

    # What the boot options say about memory that arrives.
    *(entry for word in ("offline", "online", "online_kernel", "online_movable", "nonsense")
      for entry in selftest(f"memhp_default_state={word}", "auto_online -f boot",
                            with_option(DIMMS, f"memhp_default_state={word}"), debug=None)),
    *selftest("movable_node", "auto_online", with_option(DIMMS, "movable_node memhp_default_state=online"),
              debug=None),

    # Which boot memory is in ZONE_MOVABLE.
    *boot_zones("one node", ONE_NODE, "", "kernelcore=400M", "kernelcore=30%", "movablecore=256M", "kernelcore",
                "kernelcore=lots", "kernelcore=mirror", "movablecore=100%", debug=None),
    *boot_zones("two nodes", TWO_NODES, "kernelcore=3G", "movablecore=25%", "movablecore=1500M",
                "kernelcore=40% movablecore=2G", debug=None),
    *boot_zones("two nodes, low memory on the second", LOW_IS_SECOND, "kernelcore=4G", debug=None),
    *boot_zones("four nodes", FOUR_NODES, "", "kernelcore=2G", "movablecore=50%", "kernelcore=5G movablecore=3G",
                debug=None),
    *boot_zones("four nodes", FOUR_NODES, "kernelcore=4G"),
    *boot_zones("three nodes, hot-pluggable", HOT_PLUGGABLE, "movable_node kernelcore=2G", debug=None),
    *boot_zones("three nodes, hot-pluggable", HOT_PLUGGABLE, "movable_node"),

    # The kernel's own test, as it is, with errors that it injects into the notifier.
    *(entry for options, debug in (("-r 2", ""), ("-e -12 -r 50", None), ("-e -16 -r 50 -p 100", None))
      for entry in selftest(f"mem-on-off-test {options}", f"mem-on-off-test.sh {options}",
                            {"memory": "1G", "dimms": ("512M", "512M")}, debug=debug, timeout=120)),

    # The kernel's tests of all that uses pages.
    *mm_selftests.TESTS,
]
