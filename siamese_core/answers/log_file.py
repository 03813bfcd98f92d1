"""The file of a log: locks, appends that are on disk, torn ends, and reading only what is new.

Whoever appends holds the lock `pairs.csv.lock`. A reader holds none: it takes whole rows only, and waits for
the lock where it meets half a row, since somebody may be writing it at this moment.
"""

import contextlib
import glob
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import COLUMNS, LabelRow, row_cells
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.log_csv import Rejected, csv_text
from siamese_core.atomic import flush, flush_names, locked, replace_file
from siamese_core.errors import UserError

_REMEMBERED_END = 256  # bytes by which a log that went on is told from one that was replaced
_WAIT_FOR_ROW = 1.0  # seconds; a row is written in milliseconds


@dataclass(frozen=True)
class _Stamp:
    """The identity of a file (device, inode), and its size and time, which change when it is written to."""

    file: tuple[int, int]
    size: int
    changed: int


class LogFile:
    """The file at `path`, made by the first append. One object serves all threads of a process.

    Every method raises UserError where the file cannot be read or written, or is no log.
    """

    def __init__(self, path: Path):
        self.path = path
        self._lock = path.with_name(f"{path.name}.lock")
        self._contents = LogContents()
        self._stamp: _Stamp | None = None
        self._end = b""
        self._guard = threading.Lock()

    def rows(self) -> list[LabelRow]:
        """Return every good row, oldest first."""
        with self._guard:
            return list(self._current().rows)

    def holds(self, label_id: str) -> bool:
        """Return whether there is an event with this id."""
        with self._guard:
            return self._current().event(label_id) is not None

    def counts(self) -> LogCounts:
        """Count the rows; costs what the rows since the last call cost."""
        with self._guard:
            return self._current().counts()

    def read(self) -> tuple[list[LabelRow], LogCounts, list[Rejected]]:
        """Return every good row, their counts, and what could not be used, torn ends among it."""
        with self._guard:
            contents = self._current()
            rows, counts = list(contents.rows), contents.counts()
            rejected, torn = list(contents.rejected), contents.torn
        if torn:
            why = f"torn ({torn.why}); the next answer sets it aside in a file beside the log"
            rejected.append(Rejected(torn.line, why))
        for file in sorted(self.path.parent.glob(f"{glob.escape(self.path.name)}.torn-*")):
            why = f"a torn end was set aside in {file.name}; delete that file when you have seen it"
            rejected.append(Rejected(0, why))
        return rows, counts, rejected

    def append(self, add: Callable[[LogContents], None]) -> list[LabelRow]:
        """Append the rows that `add` adds to the contents, which nobody else changes meanwhile."""
        with self._opened("a+b") as file:
            with self._guard, locked(self._lock):
                rows = self._write_added(file, add)
            # Outside the lock, so that the system can serve all who wait with one flush.
            flush(file)
        return rows

    def _write_added(self, file: BinaryIO, add: Callable[[LogContents], None]) -> list[LabelRow]:
        contents = self._refresh(file)
        before = len(contents.rows)
        try:
            add(contents)
            rows = contents.rows[before:]
            if rows:
                head = [] if contents.whole_bytes else [COLUMNS]
                self._write(file, csv_text([*head, *map(row_cells, rows)]).encode())
        except BaseException:
            if len(contents.rows) > before:
                self._contents, self._stamp = LogContents(), None
            raise
        return rows

    def _write(self, file: BinaryIO, data: bytes) -> None:
        contents = self._contents
        if contents.torn:
            self._set_aside(file, contents.whole_bytes)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
        except BaseException:
            file.truncate(contents.whole_bytes)
            raise
        if not contents.whole_bytes:
            flush_names(self.path.parent)
        contents.wrote(data)
        self._remember(file, _stamp(file))

    def _set_aside(self, file: BinaryIO, whole_bytes: int) -> None:
        """Move the torn end to a file of its own; a crash in between leaves it in both, never in none."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        file.seek(whole_bytes)
        replace_file(self.path.with_name(f"{self.path.name}.torn-{time}"), file.read())
        file.truncate(whole_bytes)

    def _current(self) -> LogContents:
        if not self.path.exists():
            self._contents, self._stamp = LogContents(), None
            return self._contents
        with self._opened("rb") as file:
            if self._refresh(file).torn:
                # Without the right to lock, or after a long wait, the half row is what there is to report.
                with contextlib.suppress(TimeoutError, PermissionError), locked(self._lock, _WAIT_FOR_ROW):
                    self._refresh(file)
            return self._contents

    def _refresh(self, file: BinaryIO) -> LogContents:
        """Read what was appended since the last time; everything, if it is another file now."""
        stamp = _stamp(file)
        if stamp != self._stamp:
            if not self._goes_on(file, stamp):
                self._contents = LogContents()
            start = self._contents.whole_bytes
            file.seek(start)
            # No more than the stamp tells of: somebody may append between the two.
            self._contents.read(file.read(stamp.size - start))
            self._remember(file, stamp)
        return self._contents

    def _goes_on(self, file: BinaryIO, stamp: _Stamp) -> bool:
        whole = self._contents.whole_bytes
        same_file = self._stamp is not None and self._stamp.file == stamp.file
        return same_file and stamp.size > whole and _end(file, whole) == self._end

    def _remember(self, file: BinaryIO, stamp: _Stamp) -> None:
        self._stamp, self._end = stamp, _end(file, self._contents.whole_bytes)

    @contextlib.contextmanager
    def _opened(self, mode: str) -> Iterator[BinaryIO]:
        try:
            if mode != "rb":
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open(mode, buffering=0) as file:
                yield file
        except OSError as error:
            raise UserError(
                "The log must be a file that can be read and written. "
                f"Received: {self.path}: {error.strerror}. Make room or correct its permissions."
            ) from error


def _stamp(file: BinaryIO) -> _Stamp:
    found = os.fstat(file.fileno())
    return _Stamp((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns)


def _end(file: BinaryIO, position: int) -> bytes:
    start = max(position - _REMEMBERED_END, 0)
    file.seek(start)
    return file.read(position - start)
