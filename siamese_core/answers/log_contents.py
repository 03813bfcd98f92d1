"""The rows of a log's file, read piece by piece as it grows."""

from siamese_core.answers.counts import LogCounts, RunningCounts
from siamese_core.answers.label_row import COLUMNS, LabelRow, row_problem
from siamese_core.answers.log_csv import Rejected, header, scan, split_lines
from siamese_core.errors import UserError

_HEADER = list(COLUMNS)


class LogContents:
    """The good rows of a log in their order, and what could not be used.

    whole_bytes: how much of the file has been read for good; behind it is the torn end, or what is new.
    """

    def __init__(self):
        self.rows: list[LabelRow] = []
        self.rejected: list[Rejected] = []
        self.torn: Rejected | None = None
        self.whole_bytes = 0
        self._whole_lines = 0
        self._events: dict[str, LabelRow] = {}
        self._undone: set[str] = set()
        self._counts = RunningCounts()

    def read(self, data: bytes) -> None:
        """Take in `data`, the file from `whole_bytes` to its end. UserError if it is no log."""
        if not self.whole_bytes and b"\n" in data:
            _require_header(data)

        def take(line: int, cells: list[str]) -> None:
            if cells != _HEADER and (why := self.add(LabelRow(*cells))):
                self.rejected.append(Rejected(line, why))

        found = scan(data, len(COLUMNS), take, self._whole_lines)
        self.rejected = sorted(self.rejected + found.rejected, key=lambda each: each.line)
        self.torn = found.torn
        self.whole_bytes += found.whole_bytes
        self._whole_lines += found.whole_lines

    def wrote(self, data: bytes) -> None:
        """Note that `data`, the header or rows that were added here before, now ends the file."""
        self.torn = None
        self.whole_bytes += len(data)
        self._whole_lines += len(split_lines(data))

    def add(self, row: LabelRow) -> str | None:
        """Take the row in, or say why not: it is unfit, in the log already, or undoes nothing."""
        why = row_problem(row) or self._clash(row)
        if why is None:
            self.rows.append(row)
            self._events[row.label_id] = row
            if row.event == "undo":
                self._undone.add(row.target_id)
            self._counts.add(row, self._labelled(row).pair)
        return why

    def counts(self) -> LogCounts:
        """Return the counts of the rows so far; costs what the rows since the last call cost."""
        return self._counts.counts()

    def event(self, label_id: str) -> LabelRow | None:
        """Return the row with this label_id, if there is one."""
        return self._events.get(label_id)

    def _labelled(self, row: LabelRow) -> LabelRow:
        """Return the row itself, or the label that it takes back."""
        return self._events[row.target_id] if row.event == "undo" else row

    def _clash(self, row: LabelRow) -> str | None:
        if row.label_id in self._events:
            return f"label_id {row.label_id!r} is already in the log"
        if row.event == "undo":
            target = self._events.get(row.target_id)
            if target is None or target.event != "label":
                return f"there is no label {row.target_id!r} to undo"
            if row.target_id in self._undone:
                return f"label {row.target_id!r} is already undone"
        return None


def _require_header(data: bytes) -> None:
    received = header(data)
    if received != _HEADER:
        raise UserError(
            f"The first line of a log names its columns: {','.join(COLUMNS)}. "
            f"Received: {','.join(received)[:400]!r}. Put that line first, or move the file away and read it "
            "with: python -m siamese_core log import FILE"
        )
