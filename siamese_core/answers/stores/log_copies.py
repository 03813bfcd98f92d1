"""Keep dated copies of a log beside it: of each day, each file of another program, each loss.

An answer that is lost from the log by somebody's hand is told until it is back, or until its copy is deleted.
"""

import contextlib
import glob
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from siamese_core.answers.label_row import COLUMNS, row_cells
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.log_csv import csv_text
from siamese_core.atomic import replace_file
from siamese_core.errors import UserError

DAILY_COPIES = 5  # days
_TIME = "%Y%m%dT%H%M%S.%fZ"


class LogCopies:
    """The copies of the log at `path`, named `pairs.backup-TIME.csv` and `pairs.as-saved-TIME.csv`."""

    def __init__(self, path: Path):
        self._path = path
        self._looked_for_daily = datetime.min.replace(tzinfo=UTC)
        self._looked_for_loss = False
        self._lost: frozenset[str] = frozenset()  # label ids that were in the log and are in _copy
        self._copy: Path | None = None
        self._said: tuple[object, int, str | None] = (None, 0, None)  # what `loss` said of which contents

    def put_aside(self) -> None:
        """Copy the log as it is, since it is about to be written anew. OSError where that fails."""
        replace_file(self._new("as-saved"), self._path.read_bytes())

    def keep_daily(self) -> None:
        """Copy the log if no copy is a day old or younger. Looks once an hour only.

        The oldest copies go, but for those that are larger than the log, which only ever grows.
        """
        now = datetime.now(UTC)
        if now - self._looked_for_daily < timedelta(hours=1):
            return
        self._looked_for_daily = now
        with contextlib.suppress(OSError):  # a full disk must keep no answer from being saved
            size = self._path.stat().st_size if self._path.exists() else 0
            copies = self._files("backup")
            if size and not (copies and copies[-1] > self._named("backup", now - timedelta(days=1))):
                replace_file(self._new("backup"), self._path.read_bytes())
                for old in copies[: 1 - DAILY_COPIES]:
                    if old.stat().st_size <= size:
                        old.unlink(missing_ok=True)

    def follow(self, size: int, data: bytes) -> None:
        """Append to the newest copy what was appended to the log of `size` bytes, if both were of that size.

        So the copy has every answer when the log is damaged while no program looks. Written without flushing:
        the log itself is on disk.
        """
        with contextlib.suppress(OSError):
            copies = self._files("backup")
            if not size and not copies:
                replace_file(self._new("backup"), data)
            elif copies and copies[-1].stat().st_size == size:
                with copies[-1].open("ab") as file:
                    file.write(data)

    def keep_lost(self, before: LogContents, now: LogContents) -> None:
        """Copy all rows that were in the log before, if some of them are neither in it nor in a copy."""
        lost = frozenset(row.label_id for row in before.rows if now.lacks(row))
        if not lost or (lost <= self._lost and self._copy and self._copy.exists()):
            return
        file = next((each for each in reversed(self._files("backup")) if _holds(each, lost)), None)
        with contextlib.suppress(
            OSError
        ):  # a folder that cannot be written to; what is lost is told all the same
            if file is None:
                text = csv_text([COLUMNS, *map(row_cells, before.rows)])
                replace_file(new := self._new("backup"), text.encode())
                file = new
        self._lost, self._copy, self._said = lost, file, (None, 0, None)

    def loss(self, now: LogContents) -> str | None:
        """Say how many answers are lost, and how they come back; None where there are none."""
        if not self._looked_for_loss:
            self._looked_for_loss = True
            self._look_for_loss(now)
        if self._copy and not self._copy.exists():
            self._lost, self._copy, self._said = frozenset(), None, (None, 0, None)
        if self._said[:2] != (now, len(now.rows)):
            missing = sum(label_id not in now for label_id in self._lost)
            self._said = (now, len(now.rows), _words(missing, self._copy) if missing else None)
        return self._said[2]

    def kept(self) -> str | None:
        """Say where the answers are that were read before the log could no longer be."""
        return f"The answers that were in it are in {self._copy.name}." if self._copy else None

    def report(self, known: Callable[[], LogContents]) -> Iterator[str]:
        """Say of each copy, newest first, what it holds that is not `known`, the contents of the log.

        These are asked for after the copy is read: an answer given meanwhile is in the log first.
        """
        told: set[str] = set()
        for file in reversed(self._files("backup")):
            copy = _read(file)
            in_log = known()
            missing = {row.label_id for row in copy.rows if in_log.lacks(row)} - told
            told |= missing
            if missing:
                yield _words(len(missing), file)
        for file in self._files("as-saved"):
            copy = _read(file)
            in_log = known()
            missing = sum(in_log.lacks(row) for row in copy.rows)
            lines = f"; {len(copy.rejected)} of its lines could not be read" if copy.rejected else ""
            lines += f"; {missing} of its answers are not in the log" if missing else ""
            yield (
                f"the log was saved by another program ({copy.form}) and is kept as it was in {file.name}"
                f"{lines}; delete that file when you have seen it"
            )

    def _look_for_loss(self, now: LogContents) -> None:
        """Compare with the copies that the log is no continuation of, as a program that starts."""
        size = self._path.stat().st_size if self._path.exists() else 0
        copies = self._files("backup")
        for file in copies:
            if file.stat().st_size > size or file == copies[-1] and not _goes_on(self._path, file):
                missing = frozenset(row.label_id for row in _read(file).rows if now.lacks(row))
                if len(missing) >= max(len(self._lost), 1):
                    self._lost, self._copy = missing, file

    def _files(self, kind: str) -> list[Path]:
        """List the copies of a kind, oldest first."""
        name = glob.escape(self._path.stem)
        return sorted(self._path.parent.glob(f"{name}.{kind}-*{glob.escape(self._path.suffix)}"))

    def _named(self, kind: str, time: datetime) -> Path:
        return self._path.with_name(f"{self._path.stem}.{kind}-{time.strftime(_TIME)}{self._path.suffix}")

    def _new(self, kind: str) -> Path:
        return self._named(kind, datetime.now(UTC))


def _read(file: Path) -> LogContents:
    """Read a copy; without rows where it is none any more."""
    contents = LogContents()
    with contextlib.suppress(OSError, UserError):
        contents.read(file.read_bytes())
    return contents


def _goes_on(log: Path, copy: Path) -> bool:
    with contextlib.suppress(OSError), log.open("rb") as file:
        content = copy.read_bytes()
        return file.read(len(content)) == content
    return False


def _holds(copy: Path, label_ids: frozenset[str]) -> bool:
    return label_ids <= {row.label_id for row in _read(copy).rows}


def _words(missing: int, copy: Path | None) -> str:
    count = f"{missing:,} answer{'' if missing == 1 else 's'}"
    were = "was in the log is" if missing == 1 else "were in the log are"
    if copy is None:
        return f"{count} that {were} no longer there, and no copy could be written: look for the file."
    return (
        f"{count} that {were} no longer there. A copy is {copy.name} in the workspace: bring back what "
        f"it holds with python -m siamese_core log import {copy.name}, or delete it if that shall be gone."
    )
