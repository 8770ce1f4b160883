#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Print the core of the kernel's own page allocator, for timings beside ours.

    kernel_core.py BUILD

The functions are those that base/hooks/mm-buddy.hook removes from mm/page_alloc.c, and what they need from
mm/internal.h. They are taken from the kernel's own text of these files, which `make tree` leaves in BUILD. What is
printed belongs below BUILD, not into the repository.
"""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(TOP / "base"))

import hooks  # noqa: E402

# What stands for the allocator's core is defined in buddy_internal.h, or is not timed.
LEFT_OUT = {
    "is_free_buddy_page", "break_down_buddy_pages", "take_page_off_buddy", "put_page_back_buddy", "add_to_free_list",
    "__isolate_free_page", "__putback_isolated_page", "__offline_isolated_pages", "reserve_highatomic_pageblock",
    "unreserve_highatomic_pageblock",
}
FROM_INTERNAL = ("page_is_buddy", "__find_buddy_pfn", "find_buddy_page_pfn")
FROM_PAGE_ALLOC = ("bad_range",)


def kernel_lines(build, path):
    """Return the lines of a kernel file as the kernel has it."""
    for place in ("pristine", "linux"):
        if (build / place / path).is_file():
            return (build / place / path).read_text().split("\n")
    raise SystemExit(f"{build}: {path} is not there; run `make tree` first")


def removed_names():
    """Return what our hooks remove from mm/page_alloc.c."""
    hunks = hooks.load(TOP / "base/hooks")["mm/page_alloc.c"]
    return [hunk.remove for hunk in hunks if hunk.remove and hunk.where.startswith("mm-buddy.hook")]


def definitions(lines, names):
    """Return the first definition of each name, in the order in which the file has them."""
    found = []
    for name in names:
        places = hooks.find_function(lines, name) or hooks.find_block(lines, name)
        if not places:
            raise SystemExit(f"the kernel has no {name}")
        head, _, close = places[0]
        found.append((head, close + 1))
    return ["\n".join(lines[head:end]) for head, end in sorted(found)]


def main():
    build = Path(sys.argv[1])
    names = [name for name in removed_names() if name not in LEFT_OUT]
    print("\n\n".join(definitions(kernel_lines(build, "mm/internal.h"), FROM_INTERNAL)))
    print("\n\n".join(definitions(kernel_lines(build, "mm/page_alloc.c"), [*FROM_PAGE_ALLOC, *names])))


if __name__ == "__main__":
    main()
