#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The kernel's own selftests of mm: those that run inside our machines, and why the others do not.

The kernel's run_vmtests.sh knows what each program needs, and takes a large machine for an hour. Here each
program is a test in a machine with two nodes, as short as it can be asked to be. Prints, as TAP, what is
left out.
"""

DIRECTORY = "/kselftest/mm"
MACHINE = {"memory": "2G", "numa": ("1G", "1G"), "cpus": 4}
THP = "/sys/kernel/mm/transparent_hugepage/enabled"
HUGE = {"huge_pages": 128}
SWAP = {"first": "modprobe brd rd_nr=1 rd_size=262144 && mkswap /dev/ram0 && swapon /dev/ram0",
        "last": "swapoff /dev/ram0; rmmod brd"}

# program, arguments, and what is not as usual:
#   huge_pages  how many there are, usually none
#   first       what the shell does before
#   last        and after
#   timeout     seconds
RUN = (
    # pages that move
    ("migration", "-t private_anon -t private_anon_thp", {"timeout": 240}),
    ("compaction_test", "", {"timeout": 240}),
    ("mremap_dontunmap", "", {}),
    # It takes no page of a huge one for itself, and expects to have none that it did not ask for.
    ("hmm-tests", "-f hmm", {**HUGE, "first": f"echo madvise >{THP}; modprobe test_hmm",
                             "last": f"rmmod test_hmm; echo always >{THP}", "timeout": 240}),

    # transparent huge pages
    ("khugepaged", "madvise:anon", {**SWAP, "timeout": 240}),

    # huge pages
    ("hugepage-mmap", "", HUGE),
    ("hugepage-mremap", "", HUGE),
    ("hugepage-shm", "", {**HUGE, "first": "echo 268435456 >/proc/sys/kernel/shmmax"}),
    ("hugepage-vmemmap", "", HUGE),
    ("hugetlb-madvise", "", HUGE),
    ("hugetlb-soft-offline", "", {"huge_pages": 8}),
    ("hugetlb_dio", "", HUGE),
    ("hugetlb_madv_vs_map", "", {"huge_pages": 1}),
    ("map_hugetlb", "", HUGE),

    # pages that are held, shared, merged
    ("cow", "", {**SWAP, "huge_pages": 8, "timeout": 240}),
    ("gup_longterm", "", HUGE),
    ("gup_test", "-u", {}),
    ("gup_test", "-a", {}),
    ("gup_test", "-ct -F 0x1 0 19 0x1000", {}),
    ("ksm_tests", "-M -p 10", {}),
    ("ksm_tests", "-Z -p 10 -z 0", {}),
    ("ksm_tests", "-Z -p 10 -z 1", {}),
    ("memfd_secret", "", {}),

    # page tables and their flags
    ("droppable", "", {}),
    ("madv_populate", "", {}),
    ("map_fixed_noreplace", "", {}),
    ("map_populate", "", {}),
    ("mdwe_test", "", {}),
    ("mkdirty", "", {}),
    ("mlock-random-test", "", {}),
    ("mlock2-tests", "", {}),
    ("mrelease_test", "", {}),
    ("mseal_test", "", {}),
    ("pagemap_ioctl", "", {"timeout": 240}),
    ("seal_elf", "", {}),
    ("soft-dirty", "", {}),
    ("uffd-unit-tests", "-f move", {"huge_pages": 8}),
)

# program: the reason
LEFT_OUT = {
    "charge_reserved_hugetlb.sh": "needs the controller of huge pages, and sleeps for minutes",
    "hugetlb-read-hwpoison": "dies of a bus error, with the pristine kernel, too",
    "hugetlb_fault_after_madv": "10,000 rounds take minutes under emulation",
    "hugetlb_reparenting_test.sh": "needs the controller of huge pages, and sleeps for minutes",
    "ksm_functional_tests": "waits for whole rounds of ksmd, minutes on a busy host",
    "ksm_tests -H, -P": "measure, and take a minute",
    "ksm_tests -N, -U": "fail every third time, with the pristine kernel, too",
    "migration, huge pages that processes share": "a page may be too busy to move, with the pristine kernel, too",
    "khugepaged, the thread itself": "gives it three seconds, which is not enough on a busy host",
    "migration, other kinds": "20 s each; those that run take the same ways",
    "mremap_test": "picks addresses at random, and fails when one is taken",
    "on-fault-limit": "must not be root, and the machine has nobody else",
    "pkey_sighandler_tests, protection_keys": "the kernel is built without protection keys",
    "split_huge_page_test": "90 s, and most of it for lack of XFS is not tested",
    "test_hmm.sh": "only starts hmm-tests, as we do",
    "test_vmalloc.sh": "stresses vmalloc, which has nothing to do with where pages lie",
    "thuge-gen": "needs 4 GiB of shared memory",
    "transhuge-stress": "fills all memory, round after round: minutes under emulation",
    "uffd-stress": "minutes under emulation",
    "uffd-unit-tests, the rest": "minutes under emulation",
    "va_high_addr_switch": "needs five levels of page tables, and the kernel's configuration in the machine",
    "virtual_address_range": "uses up addresses, not memory, for 24 s",
    "write_to_hugetlbfs": "a part of charge_reserved_hugetlb.sh",
}


def programs():
    """Return the names of the programs that run."""
    return sorted({program for program, *_ in RUN})


def entry(program, arguments, more):
    """Return an entry for guest_tests.py."""
    words = f"{program} {arguments}".strip()
    commands = [f"echo {more.get('huge_pages', 0)} >/proc/sys/vm/nr_hugepages", more.get("first"),
                f"cd {DIRECTORY}", f"./{words}", "status=$?", more.get("last"), "exit $status"]
    return {"name": f"mm: {words}", "command": "; ".join(filter(None, commands)), "machine": MACHINE,
            "kernels": ("normal",), "timeout": more.get("timeout", 60)}


TESTS = [entry(*row) for row in RUN]

if __name__ == "__main__":
    print(f"1..{len(LEFT_OUT)}")
    for number, (program, reason) in enumerate(LEFT_OUT.items(), 1):
        print(f"ok {number} {program} # SKIP {program}: {reason}")
