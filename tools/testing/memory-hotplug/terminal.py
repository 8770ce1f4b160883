# SPDX-License-Identifier: GPL-2.0
"""What a person sees: steps with their times. Colours and lines that change only on a terminal."""

import sys
import time

GREEN, RED, DIM, BOLD = "32", "31", "2", "1"


def size_text(size):
    """Return bytes in the unit that a person would use."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size / (1 << 20):.0f} MiB"


def time_text(nanoseconds):
    """Return a short time in milliseconds, a long one in seconds."""
    if nanoseconds >= 1e9:
        return f"{nanoseconds / 1e9:.1f} s"
    return f"{nanoseconds / 1e6:.1f} ms"


class Terminal:
    """Prints steps, each with the seconds since the beginning."""

    def __init__(self, stream=sys.stdout):
        self._stream = stream
        self._live = stream.isatty()
        self._started = time.monotonic()

    def paint(self, text, colour):
        return f"\033[{colour}m{text}\033[0m" if self._live else text

    def line(self, text=""):
        self._print(text + "\n")

    def step(self, text):
        """Print something that has happened."""
        self._print(f"{self._clock()}  {text}\n")

    def passing(self, text):
        """Show something that goes on; the next line takes its place."""
        if self._live:
            self._print(f"{self._clock()}  {self.paint(text, DIM)}")

    def _clock(self):
        return self.paint(f"{time.monotonic() - self._started:7.1f} s", DIM)

    def _print(self, text):
        if self._live:
            text = "\r\033[K" + text
        self._stream.write(text)
        self._stream.flush()
