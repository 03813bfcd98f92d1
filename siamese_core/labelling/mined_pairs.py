"""Keep the pairs that were mined elsewhere and wait to be asked, as CSV files."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from siamese_core.answers.log_csv import csv_text, unescape_formula
from siamese_core.atomic import locked, replace_file
from siamese_core.data.tables import read_table
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Pair, pair_of
from siamese_core.labelling.mining import REASONS

COLUMNS = ("left_id", "right_id", "left_file", "right_file", "reason", "probability")
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class MinedPair:
    """A pair to be asked, and the files of its images. reason, probability: as `Question` has them."""

    left_id: str
    right_id: str
    left_file: str
    right_file: str
    reason: str
    probability: float

    @property
    def pair(self) -> Pair:
        return pair_of(self.left_id, self.right_id)


def write_pairs(file: Path, pairs: Iterable[MinedPair]) -> None:
    """Write pairs as a CSV file that is whole or absent."""
    rows = [COLUMNS, *(tuple(str(getattr(each, name)) for name in COLUMNS) for each in pairs)]
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, csv_text(rows).encode())


def read_pairs(file: Path) -> list[MinedPair]:
    """Read pairs as `mine --out` writes them. UserError that names the first line that is none."""
    table = read_table(file, COLUMNS)
    if missing := set(COLUMNS) - set(table.columns):
        raise _wrong(file, 1, f"no column {', '.join(sorted(missing))}")
    if table.wrong:
        raise _wrong(file, table.wrong[0].line, table.wrong[0].why)
    cells = table.cells[list(COLUMNS)].fillna("")
    return [_pair(file, line, row) for line, row in zip(cells.index, cells.to_numpy().tolist(), strict=True)]


def _pair(file: Path, line: int, row: Sequence[str]) -> MinedPair:
    *texts, number = map(unescape_formula, row)
    try:
        found = MinedPair(*texts, float(number))
    except ValueError:
        raise _wrong(file, line, f"a probability of {number!r}") from None
    if not (0 < found.probability <= 1 and math.isfinite(found.probability)):
        raise _wrong(file, line, f"a probability of {number}")
    if found.reason not in REASONS:
        raise _wrong(file, line, f"a reason {found.reason!r}")
    if not found.left_id or found.left_id == found.right_id:
        raise _wrong(file, line, "a pair of fewer than two images")
    return found


def _wrong(file: Path, line: int, why: str) -> UserError:
    return UserError(
        f"Mined pairs are a CSV file as `mine --out` writes it, with {', '.join(COLUMNS)}. Received: "
        f"{file.name}, line {line}: {why}. Mine them again."
    )


class MinedPairs:
    """The mined pairs of a workspace that wait to be asked, in its folder of the pool."""

    def __init__(self, folder: Path):
        self.file = Path(folder) / "mined.csv"
        self._read: tuple[object, list[MinedPair]] = (None, [])

    def pairs(self) -> list[MinedPair]:
        """Return them in the order in which they were added; the file is read where it has changed."""
        try:
            status = self.file.stat()
        except FileNotFoundError:
            return []
        stamp = status.st_mtime_ns, status.st_size
        if self._read[0] != stamp:
            self._read = stamp, read_pairs(self.file)
        return self._read[1]

    def add(self, pairs: Iterable[MinedPair]) -> int:
        """Add the pairs that are not waiting yet; returns how many these are."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self.file.with_suffix(".lock"), LOCK_SECONDS):
            there = self.pairs()
            new = {each.pair: each for each in pairs}
            for each in there:
                new.pop(each.pair, None)
            write_pairs(self.file, [*there, *new.values()])
        return len(new)
