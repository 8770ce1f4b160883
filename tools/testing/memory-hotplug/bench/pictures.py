# SPDX-License-Identifier: GPL-2.0
"""Pictures of a comparison, drawn by gnuplot or put together, as SVG."""

import re
from pathlib import Path

from host import run
from table import middle

HEAD = """\
set terminal svg size 900,{height} background rgb "white" font "sans-serif,13"
set output "{name}.svg"
set key outside below horizontal
set style fill solid 0.8 border -1
set boxwidth 0.9
set grid ytics
set title "{title}"
"""
STUCK = ("dimm", "dimm-full", "boot-memory", "hour")
GAP = 20	# pixels between two maps


def block(name, rows):
    """Return rows of words as data that a script of gnuplot has in itself."""
    return f"${name} << END\n" + "".join(" ".join(f'"{word}"' if isinstance(word, str) else f"{word:g}"
                                                   for word in row) + "\n" for row in rows) + "END\n"


def draw(directory, name, title, script, height=420):
    """Draw one picture; its script stays beside it."""
    path = directory / f"{name}.gnuplot"
    path.write_text(HEAD.format(name=name, title=title, height=height) + script)
    run(["gnuplot", path.name], f"drawing {name}.svg", cwd=directory)
    return directory / f"{name}.svg"


def stuck(data, directory):
    """Blocks that can not leave, by scenario: bars of each kernel and of the bound."""
    kernels, results = data["kernels"], data["results"]
    names = [name for name in STUCK if all(results.get(name, {}).get(kernel) for kernel in kernels)]
    if not names:
        return None
    rows = [[name, *(max(result["stuck"] for result in results[name][kernel]) for kernel in kernels),
             max(result["least"] for result in results[name]["ours"])] for name in names]
    titles = [kernel["title"] for kernel in kernels.values()] + ["the least possible"]
    plots = ", ".join(f"$rows using {i}:xtic(1) title \"{title}\"" for i, title in enumerate(titles, 2))
    return draw(directory, "stuck", "memory blocks that can not go offline", block("rows", rows) +
                "set style data histogram\nset style histogram cluster gap 1\nset yrange [0:*]\n" + f"plot {plots}\n")


def by_block(data, directory):
    """What can not move, block by block, after the load of the first seed."""
    kernels, results = data["kernels"], data["results"].get("dimm", {})
    if not all(results.get(kernel) for kernel in kernels):
        return None
    count = len(next(iter(results.values()))[0]["by_block"])
    script = (f"set key inside top right\nset xrange [-1:{count}]\nset yrange [0:100]\n"
              "set ylabel \"percent of the block\"\n"
              f"set xlabel \"block of the DIMM\"\nset multiplot layout {len(kernels)},1\nunset title\n")
    for name, kernel in kernels.items():
        blocks = results[name][0]["by_block"]
        rows = [[i, 100 * counts[2] / max(sum(counts[:3]), 1)] for i, counts in enumerate(blocks)]
        script += block(name, rows) + f"plot ${name} using 1:2 with boxes title \"can not move, {kernel['title']}\"\n"
    return draw(directory, "blocks", "", script + "unset multiplot\n", 260 * len(kernels))


def hour(data, directory):
    """Blocks with a page that can not move, minute by minute."""
    kernels, results = data["kernels"], data["results"].get("hour", {})
    if not all(results.get(kernel) for kernel in kernels):
        return None
    script = "".join(block(name, [[i, sample["stuck"]] for i, sample in enumerate(results[name][0]["samples"], 1)])
                     for name in kernels)
    plots = ", ".join(f"${name} using 1:2 with steps linewidth 2 title \"{kernel['title']}\""
                      for name, kernel in kernels.items())
    return draw(directory, "hour", "blocks that hold what can not move",
                f"{script}set yrange [0:*]\nset xlabel \"minutes\"\nplot {plots}\n")


def speed(data, directory):
    """Instructions of allocations against the kernel's own, by order."""
    results = data["results"].get("speed", {})
    if not (results.get("ours") and results.get("own")):
        return None
    ours, own = results["ours"][0], results["own"][0]
    groups = sorted({re.sub(r" order \d+", "", name) for name in ours if " order " in name})
    script, plots = "", []
    for number, group in enumerate(groups):
        names = [name for name in ours if " order " in name and re.sub(r" order \d+", "", name) == group]
        script += block(f"group{number}", [[int(name.split()[2].rstrip(",")), middle(ours[name]) / middle(own[name])]
                                           for name in names])
        plots.append(f"$group{number} using 1:2 with linespoints title \"{group}\"")
    return draw(directory, "speed", "instructions of ours to those of the kernel's own",
                f"{script}set xlabel \"order\"\nset yrange [*<0.95:1.05<*]\n"
                "plot 1.02 with lines dashtype 2 title \"to reach\", " + ", ".join(plots) + "\n")


def svg_size(text):
    """Return (width, height) of an SVG picture."""
    root = re.search(r"<svg\b[^>]*>", text)[0]
    return tuple(float(re.search(rf'\b{name}="([\d.]+)', root)[1]) for name in ("width", "height"))


def side_by_side(pictures):
    """Return one SVG picture that has others beside each other."""
    parts, x, height = [], 0, 0
    for text in pictures:
        own_width, own_height = svg_size(text)
        body = text[text.index("<svg"):]
        parts.append(body.replace("<svg", f'<svg x="{x:g}" y="0"', 1))
        x, height = x + own_width + GAP, max(height, own_height)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{x - GAP:g}" height="{height:g}">\n' +
            "\n".join(parts) + "\n</svg>\n")


def maps(data, directory):
    """The memory map of the guests after the DIMM's load, where the guest can draw it."""
    results = data["results"].get("dimm", {})
    drawn = [results[kernel][0].get("map") for kernel in data["kernels"] if results.get(kernel)]
    if not drawn or not all(drawn):
        return None
    path = directory / "map.svg"
    path.write_text(side_by_side(drawn))
    return path


PICTURES = (stuck, by_block, hour, speed, maps)


def draw_all(data, directory):
    """Draw what there is data for; return the paths. Raise HostError."""
    return [path for path in (picture(data, Path(directory)) for picture in PICTURES) if path]
