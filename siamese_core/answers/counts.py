"""The log in numbers, kept up to date row by row."""

from dataclasses import dataclass

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import conflicting_labels, standing_labels

Pair = tuple[str, str]


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
        self._of_pair: dict[Pair, tuple[int, int, int]] = {}
        self._changed: set[Pair] = set()

    def add(self, row: LabelRow, pair: Pair) -> None:
        """Take in the next row; `pair` is that of its images or, for an undo, of the label it takes back."""
        self._rows += 1
        self._events.setdefault(pair, []).append(row)
        self._changed.add(pair)

    def counts(self) -> LogCounts:
        """Return the counts of all rows so far."""
        for pair in self._changed:
            before, now = self._of_pair.get(pair, (0, 0, 0)), _counted(self._events[pair])
            self._totals = tuple(
                total + new - old for total, new, old in zip(self._totals, now, before, strict=True)
            )
            self._of_pair[pair] = now
        self._changed.clear()
        return LogCounts(self._rows, *self._totals)


def _counted(events: list[LabelRow]) -> tuple[int, int, int]:
    """Count labels that stand, corrections and conflicts in the rows of one pair."""
    standing = standing_labels(events) if len(events) > 1 else events
    corrections = sum(row.correction == "1" for row in standing)
    conflicts = len(conflicting_labels(standing)) if len(standing) > 1 else 0
    return len(standing), corrections, conflicts
