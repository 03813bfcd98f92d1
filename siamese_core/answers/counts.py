"""The log in numbers, kept up to date row by row."""

from collections import Counter
from dataclasses import dataclass

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import conflicting_labels, standing_labels

Pair = tuple[str, str]
Counts = tuple[int, int, int]  # labels that stand, corrections, conflicts


@dataclass(frozen=True)
class LogCounts:
    """rows: events; labels: answers that stand; corrections: of these; conflicts: pairs in conflict."""

    rows: int
    labels: int
    corrections: int
    conflicts: int


class RunningCounts:
    """Counts the rows of a growing log. A new row costs what its pair's rows cost, whatever the log holds."""

    def __init__(self):
        self._rows = 0
        self._events: dict[Pair, list[LabelRow]] = {}
        self._totals = (0, 0, 0)
        self._of_pair: dict[Pair, Counts] = {}
        self._changed: set[Pair] = set()
        self._aside: Counter[str] = Counter()  # how often an annotator's answers are set aside

    def add(self, row: LabelRow, pair: Pair) -> None:
        """Take in the next row; `pair` is that of its images or, for an undo, of the label it takes back."""
        self._rows += 1
        self._events.setdefault(pair, []).append(row)
        self._changed.add(pair)

    def set_aside(self, annotator: str, times: int) -> None:
        """Take in an event that sets an annotator's answers aside (1), or takes that back (-1).

        Costs a look at all rows; it is rare.
        """
        self._rows += 1
        self._aside[annotator] += times
        self._changed |= {
            pair for pair, rows in self._events.items() if any(row.annotator == annotator for row in rows)
        }

    def counts(self) -> LogCounts:
        """Return the counts of all rows so far."""
        changed = {
            pair: [row for row in self._events[pair] if row.event == "undo" or not self._aside[row.annotator]]
            for pair in self._changed
        }
        for pair, now in _counted(changed).items():
            before = self._of_pair.get(pair, (0, 0, 0))
            self._totals = tuple(
                total + new - old for total, new, old in zip(self._totals, now, before, strict=True)
            )
            self._of_pair[pair] = now
        self._changed.clear()
        return LogCounts(self._rows, *self._totals)


def _counted(events: dict[Pair, list[LabelRow]]) -> dict[Pair, Counts]:
    """Count the events of each pair. A pair with one event, as nearly all have, needs no table."""
    found = {pair: _counted_alone(*rows) for pair, rows in events.items() if len(rows) < 2}
    several = {pair: rows for pair, rows in events.items() if len(rows) > 1}
    if several:
        found |= _counted_together(several)
    return found


def _counted_alone(row: LabelRow | None = None) -> Counts:
    stands = row is not None and row.event == "label"
    return int(stands), int(stands and row.correction == "1"), 0


def _counted_together(events: dict[Pair, list[LabelRow]]) -> dict[Pair, Counts]:
    from siamese_core.answers.answer_table import PAIR, answer_table  # imports pandas, which takes long

    standing = standing_labels(row for rows in events.values() for row in rows)
    table = answer_table(standing, ("correction",))
    is_correction = (table["correction"] == "1").groupby([table[side] for side in PAIR])
    counted = is_correction.agg(["size", "sum"])
    of_pair = dict(zip(counted.index, counted.itertuples(index=False, name=None), strict=True))
    disputed = {group[0].pair for group in conflicting_labels(standing)}
    return {pair: (*of_pair.get(pair, (0, 0)), int(pair in disputed)) for pair in events}
