"""What the command line writes: tables, errors on one line, progress with the time left. Drawn by rich.

Colour, and lines that fit the width, are for a terminal only: a file or a pipe gets plain text, each row of a
table on one line.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column, Table
from rich.text import Text

from siamese_core.errors import UserError

UNLIMITED = 100_000  # columns
BAR_CELLS = 24  # characters
REPORT_SECONDS = 15.0  # between two lines of progress where standard error is a file or a pipe
SPEED_SECONDS = 300.0  # of the past, from which the time left is estimated


def one_line(text: object) -> str:
    """Return the text without line breaks and without characters that could steer a terminal."""
    line = " ".join(str(text).split())
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table whose columns are as wide as their widest cell; numbers must come formatted."""
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in heading:
        drawn.add_column(Text(one_line(name)), overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(one_line(cell)) for cell in row))
    return drawn


def outline(entries: dict) -> Table:
    """Return a line for each entry; the entries of a dict inside stand below it, indented."""
    drawn = Table.grid(padding=(0, 2, 0, 0))
    for name, value in _outlined(entries, 0):
        drawn.add_row(Text(name), Text(value))
    return drawn


def _outlined(entries: dict, depth: int) -> list[tuple[str, str]]:
    lines = []
    for name, value in entries.items():
        nested = isinstance(value, dict)
        lines.append((f"{'  ' * depth}{one_line(name)}", "" if nested else one_line(_value(value))))
        lines += _outlined(value, depth + 1) if nested else []
    return lines


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value)
    return str(value)


def console_on(stream: TextIO) -> Console:
    """Return a console that prints texts as they are, with colour and a width only on a terminal."""
    terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=terminal,
        color_system="auto" if terminal else None,
        width=None if terminal else UNLIMITED,
        markup=False,
        emoji=False,
        highlight=False,
    )


def print_parts(parts: Sequence[RenderableType]) -> None:
    """Print texts and tables on standard output, one under the other."""
    console = console_on(sys.stdout)
    for part in parts:
        with console.capture() as written:
            # a text is wrapped by the terminal, so that a long path in it can be copied
            console.print(part, soft_wrap=isinstance(part, str))
        for line in written.get().splitlines():
            console.file.write(f"{line.rstrip()}\n")
    console.file.flush()


def print_error(words: str) -> None:
    """Print one line `error: ...` on standard error, if that takes it, whatever is in the words."""
    with unheard("stderr"):
        console = console_on(sys.stderr)
        console.print(Text.assemble(("error:", "bold red"), " ", one_line(words)), soft_wrap=True)
        sys.stderr.flush()


@contextlib.contextmanager
def unheard(name: str) -> Iterator[None]:
    """Within the block, the stream "stdout" or "stderr" may fail, as on a full disk."""
    try:
        yield
    except OSError:
        _lead_nowhere(name)


@contextlib.contextmanager
def printed() -> Iterator[None]:
    """UserError where standard output does not take what is printed within the block."""
    try:
        yield
        sys.stdout.flush()
    except OSError as problem:
        _lead_nowhere("stdout")
        raise UserError(
            f"Standard output must take what is printed. Received: {problem.strerror}. Make room, or lead it "
            "elsewhere; what the command has written to the workspace is there."
        ) from problem


def _lead_nowhere(name: str) -> None:
    """Python flushes a stream once more as it ends, and exits with 120 where that fails."""
    setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (open as long as the process)


class ProgressLine:
    """Shows `progress(share, words)`: a bar on a terminal, elsewhere a line every `REPORT_SECONDS`.

    share: 0..1, how much is done. When it falls another phase has begun, and the time left is estimated anew.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        self._console, self._clock = console_on(stream or sys.stderr), clock
        self._columns = (
            TextColumn("{task.percentage:3.0f} %"),
            BarColumn(BAR_CELLS),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        )
        self._bar = Progress(
            *self._columns,
            console=self._console,
            transient=True,
            get_time=clock,
            speed_estimate_period=SPEED_SECONDS,
        )
        self._task: TaskID | None = None
        self._share, self._reported_at = 0.0, clock()

    def __call__(self, share: float, words: str) -> None:
        share = min(1.0, max(0.0, share))
        if self._task is None:
            self._task = self._bar.add_task("", total=1.0)
        elif share < self._share:
            self._bar.reset(self._task)
        self._share = share
        self._bar.update(self._task, completed=share, description=one_line(words))
        if self._console.is_interactive:
            self._bar.start()
        elif self._clock() - self._reported_at >= REPORT_SECONDS:
            self._report()

    def close(self) -> None:
        """Take the bar away, so that what follows stands on a line of its own."""
        if self._bar.live.is_started:
            self._bar.stop()

    def _report(self) -> None:
        (task,) = self._bar.tasks
        percent, _, left, words = self._columns
        parts = (percent.render(task), f"{left.render(task)} left", words.render(task))
        with contextlib.suppress(OSError):  # a full disk under a log of progress must not end the work
            self._console.print("  ".join(str(part) for part in parts))
        self._reported_at = self._clock()


def mute_native_libraries() -> None:
    """Lead descriptor 2, to which native libraries write whatever they are told, nowhere from now on.

    `sys.stderr` goes where it went. TensorFlow 2.21 logs on import in spite of TF_CPP_MIN_LOG_LEVEL, and
    image libraries warn of damaged files. What a library says as it ends the process is lost, too.
    """
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
