"""Rows of the log out of a table that another program saved: names, words, numbers and times made ours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from siamese_core.answers.label_row import CHOICES, COLUMNS, FRACTIONS, LabelRow
from siamese_core.answers.log_csv import unescape_formula
from siamese_core.data.table_cells import LEFT, RIGHT, SAME, answer_of, month_comes_first, number_of, time_of
from siamese_core.data.tables import Table, WrongRow

if TYPE_CHECKING:
    import pandas as pd

# The column of the log for every name under which a table may have it
COLUMN_OF = dict.fromkeys(LEFT, "left_id") | dict.fromkeys(RIGHT, "right_id") | dict.fromkeys(SAME, "answer")
COLUMN_OF |= dict(zip(COLUMNS, COLUMNS, strict=True))
# A table with all of these is a log, whatever else it has or lacks
LOG_COLUMNS = frozenset(("label_id", "event", "left_id", "right_id", "answer"))

_WORDS = ("schema", "label_id", "target_id", "left_id", "right_id", *CHOICES)


@dataclass(frozen=True)
class GivenRow:
    """A row of a file, not checked yet.

    line: 0 where the file has no lines; place: in words where it stands, if by no line; unclear_time: a time
    that is not clear, which `row` lacks.
    """

    line: int
    row: LabelRow
    unclear_time: str = ""
    place: str = ""

    def wrong(self, why: str) -> WrongRow:
        """Return the row as one that could not be used."""
        return WrongRow(self.line, f"{self.place}: {why}" if self.place else why)


def given_rows(table: Table) -> tuple[list[GivenRow], list[WrongRow]]:
    """Return the rows of a table whose columns are all in COLUMN_OF, and those that are wrong.

    A row may lack cells at its end, as spreadsheets leave empty ones out, but not where rows have a label_id:
    these a program wrote.
    """
    cells, wrong = table.cells, list(table.wrong)
    month_first = month_comes_first(cells["created_at"].fillna("")) if "created_at" in cells else None
    if "label_id" in cells:
        counts, width = cells.count(axis=1), len(cells.columns)
        wrong += [
            WrongRow(line, f"a row has {width} cells, this one has {count}")
            for line, count in counts[counts < width].items()
        ]
        cells = cells[counts == width]
    log = _log_columns(cells)
    written = log["created_at"].str.strip()
    log["created_at"] = _changed(written, lambda text: time_of(text, month_first) or "" if text else "")
    unclear = written.where(log["created_at"] == "", "")
    rows = (LabelRow(*row) for row in log.itertuples(index=False, name=None))
    return list(map(GivenRow, log.index, rows, unclear)), wrong


def _log_columns(cells: "pd.DataFrame") -> "pd.DataFrame":
    """Return the columns of the log, "" where there is no cell; of two for one, the first that is filled."""
    found: dict[str, pd.Series] = {}
    for name in cells:
        column, texts = COLUMN_OF[name], _changed(cells[name].fillna(""), unescape_formula)
        found[column] = found[column].where(found[column] != "", texts) if column in found else texts
    cleaned = cells.assign(**{name: _changed(texts, partial(_clean, name)) for name, texts in found.items()})
    return cleaned.reindex(columns=list(COLUMNS), fill_value="")


def _changed(texts: "pd.Series", change: Callable[[str], str]) -> "pd.Series":
    """Change the texts of a column, each different one once."""
    return texts.map({text: change(text) for text in texts.unique()}).astype(object)


def cleaned(cells: dict[str, str]) -> dict[str, str]:
    """Return cells with answers, numbers and the words of the log as the log writes them."""
    return {column: _clean(column, cell) for column, cell in cells.items()}


def _clean(column: str, cell: str) -> str:
    if column == "answer":
        return answer_of(cell) if cell else cell
    if column in FRACTIONS:
        return number_of(cell)
    if column in _WORDS:
        return cell.strip().lower() if column in ("event", "source", "task") else cell.strip()
    return cell


def without_others(table: Table) -> Table:
    """Return the table without the columns that the log does not have."""
    kept = [name for name in table.cells if name in COLUMN_OF]
    return replace(
        table, columns=tuple(name for name in table.columns if name in COLUMN_OF), cells=table.cells[kept]
    )
