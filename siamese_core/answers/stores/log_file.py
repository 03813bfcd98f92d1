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
from typing import BinaryIO, TypeVar

from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import COLUMNS, LabelRow, row_cells
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.log_csv import csv_text
from siamese_core.answers.stores.log_copies import LogCopies
from siamese_core.answers.stores.log_snapshot import copy_log, lock_of
from siamese_core.atomic import flush, flush_names, locked, replace_file
from siamese_core.data.tables import WrongRow
from siamese_core.errors import UserError

_REMEMBERED_END = 256  # bytes by which a log that went on is told from one that was replaced
Told = TypeVar("Told")
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
        self.path, self.name = path, str(path)
        self.copies = LogCopies(path)
        self._lock = lock_of(path)
        self._contents = LogContents()
        self._stamp: _Stamp | None = None
        self._end = b""
        self._guard = threading.Lock()

    def ask(self, question: Callable[[LogContents], Told]) -> Told:
        """Return what `question` finds in the contents.

        Costs that and what the rows since the last call cost.
        """
        with self._guard:
            return question(self._current())

    def problem(self) -> str | None:
        """Say what is wrong with the file, if anything, at the cost of the rows since the last call."""
        with self._guard:
            try:
                contents = self._current()
            except UserError as problem:
                return " ".join(filter(None, (str(problem), self.copies.kept())))
            if contents.form:
                return (
                    f"{self.path.name} was saved by another program ({contents.form}). It is read; the next "
                    "answer puts it aside and writes it in the log's own form."
                )
            self.copies.keep_daily()
            return self.copies.loss(contents)

    def read(self) -> tuple[list[LabelRow], LogCounts, list[WrongRow]]:
        """Return every good row, their counts, and what could not be used: lines, torn ends, lost answers."""
        with self._guard:
            contents = self._current()
            rows, counts = list(contents.rows), contents.counts()
            rejected, torn = list(contents.rejected), contents.torn
        if torn:
            why = f"torn ({torn.why}); the next answer sets it aside in a file beside the log"
            rejected.append(WrongRow(torn.line, why))
        if contents.form:
            why = f"saved by another program ({contents.form}); the next answer puts the file aside as it is"
            rejected.append(WrongRow(0, f"{why} and writes it in the log's own form"))
        for file in sorted(self.path.parent.glob(f"{glob.escape(self.path.name)}.torn-*")):
            why = f"a torn end was set aside in {file.name}; delete that file when you have seen it"
            rejected.append(WrongRow(0, why))
        lost = self.copies.report(lambda: self.ask(lambda now: now))
        return rows, counts, [*rejected, *(WrongRow(0, why) for why in lost)]

    def snapshot(self, folder: Path) -> list[LabelRow]:
        """Copy the log and what is kept beside it into `folder`; return its rows, oldest first."""
        return copy_log(self.path, folder)

    def append(self, add: Callable[[LogContents], None]) -> list[LabelRow]:
        """Append the rows that `add` adds to the contents, which nobody else changes meanwhile."""
        with self._told(), contextlib.ExitStack() as stack:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._guard, locked(self._lock):
                _require_file(self.path)
                if self._current(locking=False).form:
                    self._rewrite()
                self.copies.keep_daily()
                # Opened within the lock, so that it is not the file that another process has put aside.
                file = stack.enter_context(self.path.open("a+b", buffering=0))
                rows = self._write_added(file, add)
            # Outside the lock, so that the system can serve all who wait with one flush.
            flush(file)
        return rows

    def _rewrite(self) -> None:
        """Put a file that another program saved aside, as it is, and write its rows in the log's own form."""
        self.copies.put_aside()
        replace_file(self.path, csv_text([COLUMNS, *map(row_cells, self._contents.rows)]).encode())

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
        self.copies.follow(contents.whole_bytes, data)
        contents.wrote(data)
        self._remember(file, _stamp(file))

    def _set_aside(self, file: BinaryIO, whole_bytes: int) -> None:
        """Move the torn end to a file of its own; a crash in between leaves it in both, never in none."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        file.seek(whole_bytes)
        replace_file(self.path.with_name(f"{self.path.name}.torn-{time}"), file.read())
        file.truncate(whole_bytes)

    def _current(self, locking: bool = True) -> LogContents:
        """Return the contents as the file now is. `locking`: wait for whoever is writing half a row."""
        with self._told():
            try:
                self._look(locking)
            except (OSError, UserError):
                self.copies.keep_lost(self._contents, LogContents())
                raise
        return self._contents

    def _look(self, locking: bool) -> None:
        if not _require_file(self.path):
            self._replace(LogContents())
            self._stamp = None
            return
        with self.path.open("rb", buffering=0) as file:
            if self._refresh(file).torn and locking:
                # Without the right to lock, or after a long wait, the half row is what there is to report.
                with contextlib.suppress(TimeoutError, PermissionError), locked(self._lock, _WAIT_FOR_ROW):
                    self._refresh(file)

    def _refresh(self, file: BinaryIO) -> LogContents:
        """Read what was appended since the last time; everything, if it is another file now."""
        stamp = _stamp(file)
        if stamp != self._stamp:
            contents = self._contents if self._goes_on(file, stamp) else LogContents()
            start = contents.whole_bytes
            file.seek(start)
            try:  # no more than the stamp tells of: somebody may append between the two
                contents.read(file.read(stamp.size - start))
            except UserError:
                if contents is self._contents:
                    self._contents, self._stamp = LogContents(), None
                raise
            self._replace(contents)
            self._remember(file, stamp)
        return self._contents

    def _replace(self, contents: LogContents) -> None:
        """Take other contents; a copy is kept of those before where they have rows that these have not."""
        if contents is not self._contents:
            self.copies.keep_lost(self._contents, contents)
            self._contents = contents

    def _goes_on(self, file: BinaryIO, stamp: _Stamp) -> bool:
        whole = self._contents.whole_bytes
        same_file = self._stamp is not None and self._stamp.file == stamp.file
        return same_file and not self._contents.form and stamp.size > whole and _end(file, whole) == self._end

    def _remember(self, file: BinaryIO, stamp: _Stamp) -> None:
        self._stamp, self._end = stamp, _end(file, self._contents.whole_bytes)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the system says into a UserError."""
        try:
            yield
        except OSError as error:
            name = Path(error.filename or self.path).name
            name = name if name == self._lock.name else self.path.name
            raise UserError(
                "The log must be a file that can be read and written. "
                f"Received: {name}: {error.strerror}. Make room or correct its permissions.",
                code="storage_failed",
            ) from error


def _require_file(path: Path) -> bool:
    """Whether the log is there; UserError if it is a folder or no regular file."""
    if not path.exists():
        return False
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no regular file"
        raise UserError(
            f"The log must be a file that can be read and written. Received: {path.name}, which is {what}. "
            "Move it away: answers are saved again as soon as it is gone.",
            code="storage_failed",
        ) from IsADirectoryError(path.name)  # as of the system: what cannot be saved now can be later
    return True


def _stamp(file: BinaryIO) -> _Stamp:
    found = os.fstat(file.fileno())
    return _Stamp((found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns)


def _end(file: BinaryIO, position: int) -> bytes:
    start = max(position - _REMEMBERED_END, 0)
    file.seek(start)
    return file.read(position - start)
