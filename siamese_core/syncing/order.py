"""Order the rows of several logs so that every server comes to the same log.

Each row gets a moment when it is sent: its `created_at`, but later than every row that its server knew by
then (a hybrid logical clock, Kulkarni et al. 2014). So an undo stands after what it takes back and a second
answer after the first, whatever the clocks of two servers say.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from siamese_core.answers.label_row import LabelRow


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row of a log and its moment, in milliseconds since 1970."""

    row: LabelRow
    moment: int


def placed(rows: Sequence[LabelRow], after: int, now: int | None = None) -> list[PlacedRow]:
    """Give rows, in the order of their log, moments that grow and are all later than `after`.

    now: in ms, the latest that a `created_at` counts as, so that a date of next year moves nobody's rows.
    """
    latest = int(time.time() * 1000) if now is None else now
    found = []
    for row in rows:
        after = max(min(milliseconds(row.created_at), latest), after + 1)
        found.append(PlacedRow(row, after))
    return found


def milliseconds(created_at: str) -> int:
    """Return a time in ISO 8601, UTC where it names no zone, as ms since 1970; 0 where it is none."""
    try:
        time_of = datetime.fromisoformat(created_at)
    except ValueError:
        return 0
    return int((time_of if time_of.tzinfo else time_of.replace(tzinfo=UTC)).timestamp() * 1000)


def merged(rows: Iterable[PlacedRow]) -> list[LabelRow]:
    """Return the rows, each once, by moment and then by id, as a log takes them.

    An undo stands behind its label. Left out is one whose label is not there, and a second one of a label:
    two servers may take the same answer back.
    """
    result: list[LabelRow] = []
    known: set[str] = set()
    undone: set[str] = set()
    early: dict[str, LabelRow] = {}  # undo rows by the label that has not come yet

    def take(row: LabelRow) -> None:
        known.add(row.label_id)
        result.append(row)

    def take_back(row: LabelRow) -> None:
        if row.target_id not in undone:
            undone.add(row.target_id)
            take(row)

    for each in sorted(rows, key=lambda each: (each.moment, each.row.label_id)):
        row = each.row
        if row.label_id in known:
            continue
        if row.event != "undo":
            take(row)
            if row.label_id in early:
                take_back(early.pop(row.label_id))
        elif row.target_id in known:
            take_back(row)
        else:
            early.setdefault(row.target_id, row)
    return result
