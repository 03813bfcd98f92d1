"""The rows of a log's file, read piece by piece as it grows."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace

from siamese_core.answers.counts import LogCounts, RunningCounts
from siamese_core.answers.label_row import COLUMNS, SCHEMA, SET_ASIDE, LabelRow, row_problem
from siamese_core.answers.log_csv import first_rows, scan, split_lines
from siamese_core.answers.table_rows import LOG_COLUMNS, cleaned, given_rows, without_others
from siamese_core.data.table_cells import time_of
from siamese_core.data.tables import WrongRow, is_blank, parse_table
from siamese_core.errors import UserError, refuse_newer

_HEADER = list(COLUMNS)
_TIME = COLUMNS.index("created_at")


class LogContents:
    """The good rows of a log in their order, and what could not be used.

    whole_bytes: how much of the file has been read for good; behind it is the torn end, or what is new.
    form: how another program saved the file, in words; "" where it has the format of the log, the only one
    that is appended to.
    """

    def __init__(self):
        self.rows: list[LabelRow] = []
        self.rejected: list[WrongRow] = []
        self.torn: WrongRow | None = None
        self.whole_bytes = 0
        self.form = ""
        self._whole_lines = 0
        self._events: dict[str, LabelRow] = {}
        self._undone: set[str] = set()
        self._of_session: dict[str, dict[str, LabelRow]] = {}  # label rows that are not undone, by label_id
        self._aside: Counter[str] = Counter()  # by annotator, how often their answers are set aside
        self._counts = RunningCounts()

    def read(self, data: bytes) -> None:
        """Take in `data`, the file from `whole_bytes` to its end.

        UserError if it is no log or of a later version; then what is here is of no use any more.
        """
        if not self.whole_bytes and not _is_canonical(data):
            self._read_table(data)
            return

        def take(line: int, cells: list[str]) -> None:
            if cells != _HEADER and not is_blank(cells) and (why := self._add_forgiving(LabelRow(*cells))):
                self.rejected.append(WrongRow(line, why))

        found = scan(data, len(COLUMNS), take, self._whole_lines)
        self.rejected = sorted(self.rejected + found.rejected, key=lambda each: each.line)
        self.torn = found.torn
        self.whole_bytes += found.whole_bytes
        self._whole_lines += found.whole_lines

    def _add_forgiving(self, row: LabelRow) -> str | None:
        """Add a row, if need be as somebody may have written it by hand: "Same", "0,5"."""
        why = self.add(row)
        if why and (other := replace(row, **cleaned(asdict(row)))) != row:
            return self.add(other)
        return why

    def _read_table(self, data: bytes) -> None:
        """Read a log that another program saved with other separators, line ends or bytes for letters."""
        table = parse_table(data, COLUMNS, "the log")
        if not set(table.columns) >= LOG_COLUMNS:
            raise _no_log(table.columns)
        given, self.rejected = given_rows(without_others(table))
        for each in given:
            if why := self.add(each.row):
                self.rejected.append(WrongRow(each.line, why))
        self.rejected.sort(key=lambda each: each.line)
        self.torn, self.form, self.whole_bytes = None, table.form, len(data)

    def wrote(self, data: bytes) -> None:
        """Note that `data`, the header or rows that were added here before, now ends the file."""
        self.torn = None
        self.whole_bytes += len(data)
        self._whole_lines += len(split_lines(data))

    def add(self, row: LabelRow) -> str | None:
        """Take the row in, or say why not: it is unfit, in the log already, or undoes nothing.

        UserError where a later version wrote it, which may mean something else by it.
        """
        refuse_newer(row.schema, int(SCHEMA), "a log")
        why = row_problem(row) or self._clash(row)
        if why is None:
            self.rows.append(row)
            self._events[row.label_id] = row
            self._take(row, self._meant(row))
        return why

    def _take(self, row: LabelRow, meant: LabelRow) -> None:
        """Note what the row changes. meant: the row itself, or what it takes back."""
        is_undo = row.event == "undo"
        if is_undo:
            self._undone.add(row.target_id)
        if meant.event == SET_ASIDE:
            self._aside[meant.target_id] += -1 if is_undo else 1
            self._counts.set_aside(meant.target_id, -1 if is_undo else 1)
            return
        of_session = self._of_session.setdefault(meant.session_id, {})
        if is_undo:
            del of_session[row.target_id]
        else:
            of_session[row.label_id] = row
        self._counts.add(row, meant.pair)

    def counts(self) -> LogCounts:
        """Return the counts of the rows so far; costs what the rows since the last call cost."""
        return self._counts.counts()

    def latest_standing(self, count: int) -> list[LabelRow]:
        """Return the last labels that stand, as `settled.standing_labels` has them, the latest first."""
        found: dict[tuple, LabelRow] = {}
        for row in reversed(self.rows):
            if len(found) == count:
                break
            counts = row.event == "label" and row.label_id not in self._undone
            if counts and not self._aside[row.annotator]:
                found.setdefault((row.pair, row.annotator), row)
        return list(found.values())

    def of_session(self, session_id: str) -> list[LabelRow]:
        """Return the labels of a session that are not undone, oldest first."""
        return list(self._of_session.get(session_id, {}).values())

    def __contains__(self, label_id: object) -> bool:
        return label_id in self._events

    def lacks(self, row: LabelRow) -> bool:
        """Return whether a row is missing: not here, and no undo of what is undone anyway."""
        undone = row.event == "undo" and row.target_id in self._undone
        return row.label_id not in self._events and not undone

    def event(self, label_id: str) -> LabelRow | None:
        """Return the row with this label_id, if there is one."""
        return self._events.get(label_id)

    def _meant(self, row: LabelRow) -> LabelRow:
        """Return the row itself, or the one that it takes back."""
        return self._events[row.target_id] if row.event == "undo" else row

    def _clash(self, row: LabelRow) -> str | None:
        if row.label_id in self._events:
            return f"label_id {row.label_id!r} is already in the log"
        if row.event == "undo":
            target = self._events.get(row.target_id)
            if target is None or target.event == "undo":
                return f"there is no label {row.target_id!r} to undo"
            if row.target_id in self._undone:
                return f"label {row.target_id!r} is already undone"
        return None


def _is_canonical(data: bytes) -> bool:
    """Return whether the file has the log's own format.

    That is its header with commas, lines that end in \\n, UTF-8, times in ISO 8601.

    So has a first line that is not written to its end, which is torn.
    """
    heading, line_end, _ = data.partition(b"\n")
    if not line_end:
        return b"\r" not in data[:-1]
    whole = data[: data.rindex(b"\n")]  # behind it, a letter may be cut in two
    rows = first_rows(data)
    return (
        b"\r" not in heading[:-1] and rows[:1] == [_HEADER] and _is_utf_8(whole) and not _other_time(rows[1:])
    )


def _other_time(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the time in a row of the log is a date as a spreadsheet writes it."""
    cells = [cells[_TIME] for cells in rows if len(cells) == len(_HEADER)]
    return any(time_of(cell, month_first=True) not in (None, cell) for cell in cells)


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _no_log(columns: Sequence[str]) -> UserError:
    return UserError(
        f"The first line of a log names its columns: {','.join(COLUMNS)}. "
        f"Received: {', '.join(columns)[:400] or 'none'}. Move the file away. If it holds answers, with "
        "columns left, right and answer, take them in with: python -m siamese_core log import FILE",
        code="storage_failed",
    )
