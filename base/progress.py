# SPDX-License-Identifier: GPL-2.0
"""Run a long command quietly: its output into a log, a progress bar on the terminal."""

import re
import subprocess
import sys
import time
from collections import namedtuple

BAR = 30
# Kbuild's short lines: "  CC      mm/page_alloc.o"
STEP = re.compile(r"^  [A-Z][A-Z0-9_]*(?: \[M\])? +\S")

Done = namedtuple("Done", "status steps")


class Bar:
    """On a terminal one line that is redrawn; otherwise a line every tenth of the way."""

    def __init__(self, title, expect, out=sys.stdout):
        self.title, self.expect, self.out = title, expect, out
        self.terminal = out.isatty()
        self.began = time.monotonic()
        self.drawn = 0.0
        self.tenth = 0

    def _text(self, count):
        seconds = time.monotonic() - self.began
        clock = f"{int(seconds) // 60}:{int(seconds) % 60:02}"
        if not self.expect:
            return f"{self.title}: {count} steps, {clock}"
        part = min(count / self.expect, 0.99)
        full = int(part * BAR)
        bar = f" [{'#' * full}{'.' * (BAR - full)}]" if self.terminal else ""
        return f"{self.title}:{bar} {part:4.0%} {count}/~{self.expect}, {clock}"

    def update(self, count):
        if self.terminal:
            now = time.monotonic()
            if now - self.drawn < 0.2:
                return
            self.drawn = now
            print(f"\r{self._text(count)}\033[K", end="", file=self.out, flush=True)
        elif self.expect and count * 10 // self.expect > self.tenth:
            self.tenth = count * 10 // self.expect
            print(self._text(count), file=self.out, flush=True)

    def clear(self):
        if self.terminal:
            print("\r\033[K", end="", file=self.out, flush=True)


def run(command, log, title=None, expect=0, **popen):
    """Run command, its output to the file log. A title asks for a bar, expect is the number of steps.

    Returns the exit status and the number of Kbuild steps seen. The command does not outlive us.
    """
    bar = Bar(title, expect) if title else None
    count = 0
    with open(log, "w", buffering=1) as out, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                                 stderr=subprocess.STDOUT, text=True, errors="replace",
                                                 **popen) as process:
        try:
            for line in process.stdout:
                out.write(line)
                if STEP.match(line):
                    count += 1
                    if bar:
                        bar.update(count)
        finally:
            if bar:
                bar.clear()
            if sys.exc_info()[0]:
                process.terminate()
    return Done(process.returncode, count)


def tail(log, lines=20):
    """What a log says of its errors; its last lines if it names none."""
    with open(log, errors="replace") as text:
        text = text.read().splitlines()
    errors = [line for line in text if re.search(r"\berror\b|undefined reference|Error \d", line)]
    return "\n".join(errors[:lines] or text[-lines:])
