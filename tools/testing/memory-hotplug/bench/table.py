# SPDX-License-Identifier: GPL-2.0
"""The table of a comparison: a line for each measure, with the worst of several seeds.

ratio is ours to the kernel's own. bound is what no kernel can do better: as many blocks as what keeps ours online
would fill, no failure, each page moved once, and for what the kernel's own does well, what it does. It is left out
where nobody knows.
"""

import math
import statistics
from collections import namedtuple

CYCLE = 10	# minutes: the load of "hour" repeats itself
NOT_KNOWN = object()	# a bound
KINDS = ("anon", "cache", "tmpfs", "thp", "hugetlb")	# of memory that moves

# value(result) is a number; bound is one, too, or takes ours to return one, or it is NOT_KNOWN, or None: what the
# kernel's own does.
Row = namedtuple("Row", "scenario title value form bound less_is_better", defaults=(True,))


def count(value):
    return f"{value:g}"


def decimals(value):
    return f"{value:,.0f}"


def millions(value):
    return f"{value / 1e6:,.1f}"


def instructions(value):
    """Show seconds of a machine in which each instruction takes a nanosecond."""
    return millions(value * 1e9)


def hundredths(value):
    return f"{value:,.2f}"


def milliseconds(value):
    return f"{value * 1e3:,.1f}"


def mebibytes(value):
    return f"{value / (1 << 20):,.0f}"


def seconds(value):
    return "never" if value == math.inf else hundredths(value)


def yes_or_no(value):
    return "yes" if value else "no"


def key(name):
    return lambda result: result[name]


def failures(result):
    return result["failed"] + result["warned"]


def most_that_leave(result):
    return result["blocks"] - result["least"]


def most_in_cycle(samples):
    return max(sample["stuck"] for sample in samples)


def growth(result):
    """Return how many more blocks the last cycle has at its most than the second one."""
    samples = result["samples"]
    return most_in_cycle(samples[-CYCLE:]) - most_in_cycle(samples[CYCLE:2 * CYCLE])


def median(name):
    """Return what takes the median of the rounds of an item."""
    return lambda result: statistics.median(result[name])


def each_round(value):
    """Return what takes the median of value(round): a dict of the items of a round."""
    return lambda result: statistics.median(value(dict(zip(result, items))) for items in zip(*result.values()))


moved_for_each = each_round(lambda items: items["moved"] / items["in_use"])
copies_for_each = each_round(lambda items: items["seconds"] / items["moved"] / items["copy"])


def evacuation_rows(scenario):
    return (Row(scenario, "pages moved for each in use", moved_for_each, hundredths, 1),
            Row(scenario, "until it is ejected, s", median("seconds"), seconds, NOT_KNOWN))


def stuck_rows(scenario):
    return (Row(scenario, "blocks that can not leave", key("stuck"), count, key("least")),)


ROWS = (
    *stuck_rows("dimm"),
    *stuck_rows("dimm-full"),
    *stuck_rows("boot-memory"),
    *stuck_rows("hour"),
    Row("hour", "growth from the second cycle of ten minutes to the last", growth, count, 0),
    Row("kernel-heavy", "allocations that failed", failures, count, 0),
    Row("kernel-heavy", "OOM kills", key("oom_kill"), count, 0),
    Row("kernel-heavy", "steps for 10^9 instructions", key("rate"), decimals, None, False),
    Row("movable-wall", "the load comes to its end", key("ended"), yes_or_no, 1, False),
    Row("movable-wall", "OOM kills", key("oom_kill"), count, 0),
    Row("movable-wall", "blocks that leave afterwards", key("left"), count, most_that_leave, False),
    *evacuation_rows("evacuate"),
    Row("evacuate", "time for each page moved, copies of a page", copies_for_each, hundredths, 1),
    *evacuation_rows("evacuate-two"),
    *(Row(f"evacuate-{kind}", "until it is ejected, s", median("seconds"), seconds, NOT_KNOWN)
      for kind in KINDS[1:]),
    *(Row("evacuate-cost", f"{kind}, until it is offline, 10^6 instructions", key(kind), instructions, NOT_KNOWN)
      for kind in KINDS),
    Row("evacuate-cost", "instructions for each page moved, copies of a page", lambda result:
        result["anon"] / result["anon moved"] / result["copy"], hundredths, 1),
    Row("idle", "online, ms", median("online"), milliseconds, NOT_KNOWN),
    Row("idle", "offline, ms", median("offline"), milliseconds, NOT_KNOWN),
    Row("held", "until the request returns, s", median("seconds"), seconds, NOT_KNOWN),
    Row("unmovable", "until the request returns, ms", median("seconds"), milliseconds, NOT_KNOWN),
    Row("pause", "longest pause of a thread, ms", median("longest"), milliseconds, median("at_rest")),
    Row("pause", "the thread's work lost, ms", median("lost"), milliseconds, 0),
    Row("virtio-mem", "until all is there, s", median("grow"), seconds, NOT_KNOWN),
    Row("virtio-mem", "until all that leaves has left, s", median("shrink"), seconds, NOT_KNOWN),
    Row("virtio-mem", "that does not leave, MiB", median("left"), mebibytes, 0),
    *stuck_rows("smoke"),
    *stuck_rows("smoke-load"),
)
LOOPS = ("fork", "fault", "make")
# Scenario, unit, form, how the orders of allocations become one line.
SPEEDS = (("speed", "10^6 instructions", millions, "worst"), ("speed-time", "ms", millions, "sum"),
          ("smoke-speed", "ms", millions, "worst"))
GROUPS = tuple((kind, cpus) for kind in ("kernel", "movable") for cpus in (1, 2))


def middle(value):
    """Return the median of what was measured in rounds."""
    return statistics.median(value) if isinstance(value, list) else value


def ratio(ours, own):
    return ours / own if own else None


def worst(results, row):
    """Return the worst value of several seeds."""
    values = [row.value(result) for result in results]
    return max(values) if row.less_is_better else min(values)


def bound_of(row, results, own):
    """Return the bound of a row, from our results and the value of the kernel's own; None if there is none."""
    if row.bound is None:
        return own
    if row.bound is NOT_KNOWN:
        return None
    return max(map(row.bound, results)) if callable(row.bound) else row.bound


def line(row, results, kernels):
    """Return [scenario, title, value of each kernel, ratio, bound] as text."""
    values = {kernel: worst(results[kernel], row) if results.get(kernel) else None for kernel in kernels}
    first, second = (values.get(kernel) for kernel in ("ours", "own"))
    part = None if first is None or second is None else ratio(first, second)
    if row.form is yes_or_no:
        part = None
    bound = bound_of(row, results["ours"], second) if results.get("ours") else None
    return [row.scenario, row.title, *("failed" if value is None else row.form(value) for value in values.values()),
            "" if part is None else f"{part:.2f}", "" if bound is None else row.form(bound)]


def worst_order(names, results):
    """Return the name of an item at which ours has the worst ratio."""
    return max(names, key=lambda name: ratio(middle(results["ours"][0][name]), middle(results["own"][0][name])) or 0)


def speed_rows(scenario, unit, form, how, results):
    """Return the Rows of a timing: allocations by type and number of CPUs, then the loops."""
    names = list(results["ours"][0])
    rows = []
    for kind, cpus in GROUPS:
        orders = [name for name in names if name.startswith(f"{kind} order") and name.endswith(f"{cpus} CPU")]
        title = f"{kind} pages on {cpus} CPU{'s' if cpus > 1 else ''}"
        if how == "worst":
            orders = [worst_order(orders, results)]
            title += f", worst order: {orders[0].split()[2].rstrip(',')}"
        else:
            title += ", all orders"
        rows.append(Row(scenario, f"{title}, {unit}", lambda result, orders=orders:
                        sum(middle(result[name]) for name in orders), form, None))
    rows += [Row(scenario, f"{name}, {unit}", lambda result, name=name: middle(result[name]), form, None)
             for name in LOOPS if name in names]
    return rows


def rows_of(results, kernels):
    """Return the Rows for what was measured, in the order of the table."""
    rows = [row for row in ROWS if row.scenario in results]
    for scenario, unit, form, how in SPEEDS:
        if all(results.get(scenario, {}).get(kernel) for kernel in kernels):
            rows += speed_rows(scenario, unit, form, how, results[scenario])
    return rows


def markdown(head, lines):
    """Return a table that a terminal shows as well; texts are flush left, numbers right."""
    widths = [max(len(cells[i]) for cells in [head, *lines]) for i in range(len(head))]
    text = [[cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))]
            for cells in [head, *lines]]
    rule = ["-" * width if i < 2 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [text[0], rule, *text[1:]])


def table(data):
    """Return the table of what a data file holds."""
    kernels = data["kernels"]
    head = ["scenario", "measure", *(kernel["title"] for kernel in kernels.values()), "ratio", "bound"]
    results = data["results"]
    return markdown(head, [line(row, results[row.scenario], kernels) for row in rows_of(results, kernels)])


def description(data):
    """Return the lines that say when, where and with what a table was made."""
    host = data["host"]
    lines = [f"{data['date']}; {host['cores']} cores, {host['memory']} of memory, {host['qemu']} (TCG); "
             f"the worst of several seeds"]
    lines += [f"{kernel['title']}: Linux {kernel['release']}" for kernel in data["kernels"].values()]
    return "\n".join(lines)
