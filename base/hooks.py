# SPDX-License-Identifier: GPL-2.0
"""Hooks: the few lines that change in kernel files which are not ours.

A hook file holds hunks. A hunk names a file, then quotes at most one of its lines:

    # why
    @ FILE [FUNCTION [N]]   the anchor is looked for in FILE, or only in the body of FUNCTION
    -line                   the anchor, replaced by the + lines
     line                   (one space first) the anchor, kept
    +line                   a new line, before or after the anchor as written
    x NAME [all]            in place of an anchor: remove the function, enum or table NAME, its comment and its
                            EXPORT_SYMBOL; with "all", each of its definitions
    d                       in place of an anchor: delete FILE

"@? FILE" is for a line that not every point release has: without it the hunk is left out.
An anchor is compared without the white space around it and must match exactly one line; N picks the
Nth match. Hunks of one file build on each other in the order in which they are read.
"""

import re
from dataclasses import dataclass, field


class HookError(Exception):
    """A hook is malformed, or does not fit the file that it changes."""


@dataclass
class Hunk:
    where: str                  # "NAME.hook:LINE", for messages
    path: str
    function: str = ""
    match: int = 0              # which match, from 1; 0: there must be one only
    optional: bool = False      # left out if the anchor is not there
    anchor: str | None = None
    keep: bool = True           # keep the anchor line
    before: list = field(default_factory=list)
    after: list = field(default_factory=list)
    remove: str = ""            # name of the function, enum or table to remove
    all: bool = False           # remove each definition of it
    delete: bool = False

    def actions(self):
        return (self.anchor is not None) + bool(self.remove) + self.delete


def parse(text, name):
    """Return the hunks of a hook file's text; name is what messages call it."""
    hunks = []
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{name}:{number}"
        mark = line[:1]
        if mark == "#" or not line.strip():
            continue
        if mark == "@":
            optional = line.startswith("@?")
            words = line[1 + optional:].split()
            if not 1 <= len(words) <= 3 or len(words) == 3 and not words[2].isdigit():
                raise HookError(f"{where}: expected '@ FILE [FUNCTION [N]]'")
            hunks.append(Hunk(where, words[0], *words[1:2], optional=optional))
            if len(words) == 3:
                hunks[-1].match = int(words[2])
            continue
        if not hunks:
            raise HookError(f"{where}: a line before the first '@ FILE'")
        _add_line(hunks[-1], where, mark, line)
    for hunk in hunks:
        if hunk.actions() != 1:
            raise HookError(f"{hunk.where}: a hunk needs one quoted line, one 'x FUNCTION' or one 'd'")
        if hunk.optional and hunk.anchor is None:
            raise HookError(f"{hunk.where}: '@?' needs a quoted line")
        if hunk.anchor is None and (hunk.before or hunk.after):
            raise HookError(f"{hunk.where}: + lines need a quoted line")
        if hunk.anchor is not None and not hunk.anchor.strip():
            raise HookError(f"{hunk.where}: the quoted line is empty")
    return hunks


def _add_line(hunk, where, mark, line):
    if mark == "+":
        (hunk.before if hunk.anchor is None else hunk.after).append(line[1:])
        return
    if hunk.actions():
        raise HookError(f"{where}: a second quoted line in one hunk")
    if mark in "- ":
        hunk.anchor = line[1:]
        hunk.keep = mark == " "
    elif mark == "x" and len(line.split()) == 2 + (line.split()[-1] == "all"):
        hunk.remove = line.split()[1]
        hunk.all = line.split()[2:] == ["all"]
    elif line.strip() == "d":
        hunk.delete = True
    else:
        raise HookError(f"{where}: '{line}' is none of '#', '@', '-', ' ', '+', 'x FUNCTION', 'd'")


def find_function(lines, name):
    """Return (head, open, close) line indices of each definition of a C function.

    head is the first line of the definition, open the line of its first brace, close that of its last.
    """
    found = []
    start = re.compile(r"\b%s\s*\(" % re.escape(name))
    for at, line in enumerate(lines):
        if not start.search(line) or line[:1] in ("#", "*", "/") or line[:1].isspace() and not _split_head(lines, at):
            continue
        begin = _body_start(lines, at)
        if begin is None:
            continue
        end = begin
        if lines[begin].count("{") != lines[begin].count("}"):
            end = next((i for i in range(begin + 1, len(lines)) if lines[i].startswith("}")), None)
            if end is None:
                continue
        head = at
        while head and _split_head(lines, head):
            head -= 1
        found.append((head, begin, end))
    return found


def _split_head(lines, at):
    """Does the line before this one hold the start of the same declaration, such as the return type?"""
    if not at:
        return False
    line = lines[at - 1]
    return bool(re.match(r"[A-Za-z_]", line)) and not re.search(r"[;{}:]\s*$|\)\s*$|\*/\s*$|\\$", line)


def _body_start(lines, at):
    """Index of the line with the first brace of the definition that starts here; None: it is no definition."""
    depth = 0
    for i in range(at, min(at + 20, len(lines))):
        code = re.sub(r"/\*.*?\*/", "", lines[i])
        for char in code:
            if char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
            elif char == "{" and not depth:
                return i
            elif char in ";=" and not depth:
                return None
    return None


def find_block(lines, name):
    """Return (head, open, close) line indices of each enum or table of a name; see find_function()."""
    start = re.compile(r"^(enum %s|[a-z].*\b%s(\[[^\]]*\])+ =) \{$" % (re.escape(name), re.escape(name)))
    return [(at, at, next(i for i in range(at, len(lines)) if lines[i].startswith("}")))
            for at, line in enumerate(lines) if start.match(line)]


def remove_definition(lines, name, every=False):
    """Return lines without the definition, the comment above it and its EXPORT_SYMBOL below it."""
    found = find_function(lines, name) or find_block(lines, name)
    if not found or len(found) > 1 and not every:
        raise HookError(f"{name} is defined {len(found)} times, not once")
    for head, _, close in reversed(found):
        lines = _remove_one(lines, name, head, close)
    return lines


def drop_empty_conditions(lines):
    """Return lines without each #if that has nothing but #else before its #endif."""
    kept = []
    for line in lines:
        kept.append(line)
        if not line.startswith("#endif"):
            continue
        at = len(kept) - 2
        while at >= 0 and (not kept[at].strip() or kept[at].startswith("#else")):
            at -= 1
        if at >= 0 and kept[at].startswith("#if"):
            del kept[at:]
            if kept and not kept[-1].strip():
                kept.pop()
    return kept


def _remove_one(lines, name, head, close):
    if head and lines[head - 1].rstrip().endswith("*/"):
        comment = head - 1
        while comment and not lines[comment].lstrip().startswith("/*"):
            comment -= 1
        head = comment
    close += 1
    export = re.compile(r"EXPORT_SYMBOL\w*\(\s*%s\s*[,)]" % re.escape(name))
    while close < len(lines) and export.match(lines[close]):
        close += 1
    if (not head or not lines[head - 1].strip()) and close < len(lines) and not lines[close].strip():
        close += 1
    return lines[:head] + lines[close:]


def _find_anchor(lines, hunk):
    ranges = [(0, len(lines))]
    place = hunk.path
    if hunk.function:
        place += f", function {hunk.function}"
        ranges = [(begin, close + 1) for _, begin, close in find_function(lines, hunk.function)]
        if not ranges:
            raise HookError(f"{hunk.where}: {hunk.path} defines no function {hunk.function}")
    wanted = hunk.anchor.strip()
    found = [i for first, last in ranges for i in range(first, last) if lines[i].strip() == wanted]
    if hunk.match:
        if hunk.match <= len(found):
            return found[hunk.match - 1]
    elif len(found) == 1:
        return found[0]
    if hunk.optional and not found:
        return None
    raise HookError(f"{hunk.where}: '{wanted}' matches {len(found)} lines of {place}")


def apply(text, hunks):
    """Return the text of a file after its hunks; None: the file is deleted."""
    lines = text.split("\n")
    for hunk in hunks:
        if hunk.delete:
            return None
        if hunk.remove:
            try:
                lines = drop_empty_conditions(remove_definition(lines, hunk.remove, hunk.all))
            except HookError as error:
                raise HookError(f"{hunk.where}: {hunk.path}: {error}") from None
            continue
        at = _find_anchor(lines, hunk)
        if at is None:
            continue
        kept = [lines[at]] if hunk.keep else []
        lines[at:at + 1] = hunk.before + kept + hunk.after
    return "\n".join(lines)


def load(directory):
    """Return {FILE: [hunk, ...]} of every *.hook file of a directory, in file name order."""
    files = {}
    for path in sorted(directory.glob("*.hook")):
        for hunk in parse(path.read_text(), path.name):
            files.setdefault(hunk.path, []).append(hunk)
    return files
