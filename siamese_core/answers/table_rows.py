"""Rows of the log out of a table that another program saved: names, words, numbers and times made ours."""

from dataclasses import dataclass, replace

from siamese_core.answers.label_row import CHOICES, COLUMNS, FRACTIONS, LabelRow
from siamese_core.answers.log_csv import unescape_formula
from siamese_core.data.table_cells import LEFT, RIGHT, SAME, answer_of, month_comes_first, number_of, time_of
from siamese_core.data.tables import Table, TableRow, WrongRow

# The column of the log for every name under which a table may have it
COLUMN_OF = dict.fromkeys(LEFT, "left_id") | dict.fromkeys(RIGHT, "right_id") | dict.fromkeys(SAME, "answer")
COLUMN_OF |= dict(zip(COLUMNS, COLUMNS, strict=True))
# A table with all of these is a log, whatever else it has or lacks
LOG_COLUMNS = frozenset(("label_id", "event", "left_id", "right_id", "answer"))

_WORDS = ("schema", "label_id", "target_id", "left_id", "right_id", *CHOICES)


@dataclass(frozen=True)
class GivenRow:
    """A row of a table, not checked yet. unclear_time: a time that is not clear, which `row` lacks."""

    line: int
    row: LabelRow
    unclear_time: str = ""


def given_rows(table: Table) -> tuple[list[GivenRow], list[WrongRow]]:
    """Return the rows of a table whose columns are all in COLUMN_OF, and those that are wrong.

    A row may lack cells at its end, as spreadsheets leave empty ones out, but not where rows have a label_id:
    these a program wrote.
    """
    by_program = "label_id" in table.columns
    width = len(set(filter(None, table.columns)))
    month_first = month_comes_first(each.cells.get("created_at", "") for each in table.rows)
    rows, wrong = [], list(table.wrong)
    for each in table.rows:
        if by_program and len(each.cells) < width:
            wrong.append(WrongRow(each.line, f"a row has {width} cells, this one has {len(each.cells)}"))
        else:
            rows.append(_given(each, month_first))
    return rows, wrong


def _given(row: TableRow, month_first: bool | None) -> GivenRow:
    cells: dict[str, str] = {}
    for name, cell in row.cells.items():
        column = COLUMN_OF[name]
        cells[column] = cells.get(column) or unescape_formula(cell)
    cells = cleaned(cells)
    created_at = cells.get("created_at", "").strip()
    time = time_of(created_at, month_first) if created_at else ""
    return GivenRow(row.line, LabelRow(**cells | {"created_at": time or ""}), "" if time else created_at)


def cleaned(cells: dict[str, str]) -> dict[str, str]:
    """Return cells with answers, numbers and the words of the log as the log writes them."""

    def clean(column: str, cell: str) -> str:
        if column == "answer":
            return answer_of(cell) if cell else cell
        if column in FRACTIONS:
            return number_of(cell)
        if column in _WORDS:
            return cell.strip().lower() if column in ("event", "source", "task") else cell.strip()
        return cell

    return {column: clean(column, cell) for column, cell in cells.items()}


def without_others(table: Table) -> Table:
    """Return the table without the columns that the log does not have."""
    columns = tuple(name for name in table.columns if name in COLUMN_OF)
    rows = [
        TableRow(each.line, {name: cell for name, cell in each.cells.items() if name in COLUMN_OF})
        for each in table.rows
    ]
    return replace(table, columns=columns, rows=rows)
