"""The log as a table of PostgreSQL, only ever appended to, which several servers share.

Who appends holds a lock of the database until the rows are committed (`pair_log.sql`). A reader holds none:
it asks for the rows behind the last one that it has read when the database has told of new ones.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from siamese_core.answers.counts import LogCounts
from siamese_core.answers.label_row import COLUMNS, LabelRow, row_cells
from siamese_core.answers.log_contents import LogContents
from siamese_core.answers.log_csv import csv_text, require_writable
from siamese_core.answers.stores.log_snapshot import LOG_NAME
from siamese_core.answers.stores.session import Session
from siamese_core.atomic import replace_file
from siamese_core.data.tables import WrongRow
from siamese_core.errors import UserError

if TYPE_CHECKING:
    import psycopg

Told = TypeVar("Told")
SCHEMA = Path(__file__).with_name("pair_log.sql")
ROWS_AT_ONCE = 20_000  # about 10 MB
# Rows are asked for as often even where the database told of none: what stands between may not pass that on.
UNTOLD_SECONDS = 5.0
_NAMES = ", ".join(COLUMNS)
_THERE = "SELECT to_regclass('pair_log') IS NOT NULL"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('pair_log'))"
_READ = f"SELECT position, {_NAMES} FROM pair_log WHERE position >= %s ORDER BY position LIMIT %s"  # noqa: S608
_WRITE = f"COPY pair_log ({_NAMES}) FROM STDIN"
_LAST = "SELECT max(position) FROM pair_log"


class LogTable:
    """The table `pair_log` in the database that a URL names; made by the first append.

    One object serves all threads of a process. Every method but `problem` raises UserError where the database
    cannot be reached, its cause an OSError.
    """

    path = None

    def __init__(self, url: str):
        self._session = Session(url)
        self.name = self._session.name
        self._guard = threading.Lock()
        self._read_by: psycopg.Connection | None = None  # which has told of all rows since
        self._read_at = 0.0
        self._forget()

    def ask(self, question: Callable[[LogContents], Told]) -> Told:
        """Return what `question` finds in the contents.

        Costs that and what the rows since the last call cost.
        """
        with self._guard:
            self._session.run(self._look)
            return question(self._contents)

    def problem(self) -> str | None:
        """Say what is wrong with the database, if anything."""
        try:
            self.ask(lambda now: None)
        except UserError as problem:
            return str(problem)
        return None

    def read(self) -> tuple[list[LabelRow], LogCounts, list[WrongRow]]:
        """Return every good row, their counts, and the rows that somebody else added and that are unfit."""
        return self.ask(lambda now: (list(now.rows), now.counts(), list(now.rejected)))

    def snapshot(self, folder: Path) -> list[LabelRow]:
        """Write the rows as `pairs.csv` into `folder`, if there are any, and return them."""
        rows, _, _ = self.read()
        if rows:
            replace_file(folder / LOG_NAME, csv_text([COLUMNS, *map(row_cells, rows)]).encode())
        return rows

    def append(self, add: Callable[[LogContents], None]) -> list[LabelRow]:
        """Append the rows that `add` adds to the contents, which nobody else changes meanwhile.

        Where the connection is lost before the commit is confirmed, a new one looks whether it was made.
        """
        with self._guard:
            return self._session.run(partial(self._append, add, []))

    def _append(
        self,
        add: Callable[[LogContents], None],
        tried: list[LabelRow],
        connection: "psycopg.Connection",
    ) -> list[LabelRow]:
        """Append in one transaction. tried: rows of which it is not known whether they were committed."""
        known = None
        try:
            with connection.transaction():
                connection.execute(_LOCK)
                self._catch_up(connection)
                if tried and all(row.label_id in self._contents for row in tried):
                    return tried
                known = len(self._contents.rows)
                add(self._contents)
                tried[:] = self._contents.rows[known:]
                if tried:
                    last = _write(connection, tried)
        except BaseException:
            if known is not None and len(self._contents.rows) > known:
                self._forget()
            raise
        if tried:
            self._last = last, tried[-1].label_id
        return tried

    def _look(self, connection: "psycopg.Connection") -> None:
        """Read new rows where the database has told of some."""
        own = connection.info.backend_pid
        told = [each for each in connection.notifies(timeout=0) if each.pid != own]
        late = time.monotonic() - self._read_at > UNTOLD_SECONDS
        if told or late or self._read_by is not connection:
            self._catch_up(connection)
            self._read_by, self._read_at = connection, time.monotonic()

    def _catch_up(self, connection: "psycopg.Connection") -> None:
        """Read the rows behind the last one; all of them, where that is not in the table any more."""
        if not connection.execute(_THERE).fetchone()[0]:
            self._forget()
            return
        while True:
            position = self._last[0]
            found = connection.execute(_READ, (position, ROWS_AT_ONCE)).fetchall()
            if position and (not found or (found[0][0], found[0][2]) != self._last):
                self._forget()
                continue
            self._take(found[1:] if position else found)
            if len(found) < ROWS_AT_ONCE:
                return

    def _take(self, found: list[tuple]) -> None:
        for position, *cells in found:
            row = LabelRow(*cells)
            if why := self._contents.add(row):
                self._contents.rejected.append(WrongRow(position, why))
            self._last = position, row.label_id

    def _forget(self) -> None:
        """Read the table anew at the next call."""
        self._contents, self._last, self._read_by = LogContents(), (0, ""), None


def _write(connection: "psycopg.Connection", rows: list[LabelRow]) -> int:
    """Write the rows, and the table where it is missing; return the position of the last one."""
    if not connection.execute(_THERE).fetchone()[0]:
        connection.execute(SCHEMA.read_text(encoding="utf-8"))
    for row in rows:
        require_writable(row_cells(row))
    with connection.cursor().copy(_WRITE) as copy:
        for row in rows:
            copy.write_row(row_cells(row))
    return connection.execute(_LAST).fetchone()[0]
