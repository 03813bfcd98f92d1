"""What the command line writes: tables and outlines, errors on one line, progress with the time left."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

BAR_CELLS = 24
DRAW_SECONDS = 0.1
REPORT_SECONDS = 15.0  # where standard error is a file or a pipe: a line now and then


def one_line(text: object) -> str:
    """The text without line breaks and without characters that could steer a terminal."""
    line = " ".join(str(text).split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as their widest cell; numbers must come as text, formatted."""
    lines = [[one_line(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("  ".join(line).rstrip() for line in padded)


def outline(entries: dict, indent: int = 0) -> str:
    """A line for each entry, the entries of a dict inside it further to the right."""
    width = max((len(str(name)) for name in entries), default=0)
    lines = []
    for name, value in entries.items():
        margin = " " * indent
        if isinstance(value, dict):
            lines += [f"{margin}{name}", outline(value, indent + 2)]
        else:
            lines.append(f"{margin}{str(name).ljust(width)}  {one_line(_value(value))}")
    return "\n".join(lines)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value)
    return str(value)


def duration(seconds: float) -> str:
    """In the two largest units that matter: "40 s", "12 min", "3 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


class ProgressLine:
    """`progress(share, words)` drawn on a stream: one line that changes on a terminal, else one now and then.

    `share` 0..1 is how much is done; when it falls another phase has begun, and the time left is estimated
    anew.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        self._stream, self._clock = stream or sys.stderr, clock
        self._terminal = self._stream.isatty()
        self._drawn_at = -float("inf") if self._terminal else clock()
        self._open = False
        self._began, self._first, self._share = 0.0, 0.0, float("inf")  # the first call begins a phase

    def __call__(self, share: float, words: str) -> None:
        now = self._clock()
        share = min(1.0, max(0.0, share))
        if share < self._share:
            self._began, self._first = now, share
        self._share = share
        if now - self._drawn_at >= (DRAW_SECONDS if self._terminal else REPORT_SECONDS):
            self._draw(f"{100 * share:3.0f} %", self._left(now), one_line(words))
            self._drawn_at = now

    def close(self) -> None:
        """Takes the changing line away, so that what follows stands on a line of its own."""
        if self._open:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._open = False

    def _left(self, now: float) -> str:
        gained = self._share - self._first
        if gained <= 0 or self._share >= 1:
            return ""
        return f"{duration((now - self._began) * (1 - self._share) / gained)} left"

    def _draw(self, percent: str, left: str, words: str) -> None:
        if not self._terminal:
            self._stream.write("  ".join(filter(None, (percent, left, words))) + "\n")
        else:
            full = round(BAR_CELLS * self._share)
            bar = f"[{'#' * full}{'.' * (BAR_CELLS - full)}]"
            line = "  ".join(filter(None, (f"{percent} {bar}", left, words)))
            self._stream.write(f"\r{line[: shutil.get_terminal_size().columns - 1]}\x1b[K")
            self._open = True
        self._stream.flush()


def keep_standard_error_to_ourselves() -> None:
    """Native libraries write to descriptor 2, whatever they are told: it leads nowhere from now on.

    `sys.stderr` goes where it went. TensorFlow 2.21 logs on import in spite of TF_CPP_MIN_LOG_LEVEL, and
    image libraries warn of damaged files. What a library says as it ends the process is lost, too.
    """
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
