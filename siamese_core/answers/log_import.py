"""Reads answers from any CSV: a whole log, or just three columns, with images by id or by path."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from siamese_core.answers.corrections import correction_of, logged_verdicts
from siamese_core.answers.label_row import (
    COLUMNS,
    WITHOUT_A_PAIR,
    LabelRow,
    completed,
    row_cells,
    row_problem,
)
from siamese_core.answers.log_csv import MAX_CELL
from siamese_core.answers.table_rows import COLUMN_OF, LOG_COLUMNS, GivenRow, given_rows, without_others
from siamese_core.data.names import clean_path
from siamese_core.data.table_cells import file_of
from siamese_core.data.tables import Table, WrongRow, read_table
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.images.store import ImageStore

REQUIRED = ("left_id", "right_id", "answer")


@dataclass(frozen=True)
class ImportedRow:
    """A row of the CSV. `given`: its cells; `row`: the same, completed for the log."""

    line: int
    given: LabelRow
    row: LabelRow

    def repeats(self, known: LabelRow) -> bool:
        """Whether every cell that was given equals that of a row of the log."""
        return all(
            cell in ("", old) for cell, old in zip(row_cells(self.given), row_cells(known), strict=True)
        )


@dataclass(frozen=True)
class ReadAnswers:
    """The rows of a CSV that are fit for the log, and the lines that are not, in the order of the file.

    notes: what was not clear about rows that were taken, in words.
    """

    rows: list[ImportedRow] = field(default_factory=list)
    rejected: list[WrongRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_answers(file: Path, images: ImageStore) -> ReadAnswers:
    """Read the answers of a CSV; images that it names by their paths, as seen from it, are stored.

    A row without a label_id gets a hash of its cells and of how many equal rows come before it, so that the
    same file gives the same ids again. UserError if the file cannot be read or lacks columns.
    """
    table = read_table(file, tuple(COLUMN_OF))
    if set(table.columns) >= LOG_COLUMNS:
        table = without_others(table)
    _require_columns(file, table)
    given, rejected = given_rows(table)

    def read(cell: str) -> np.ndarray:
        path = file_of(cell, file.parent)
        if path is None:
            raise UserError(f"there is no image {cell!r} in the workspace")
        return decode_image(path, clean_path(cell))

    return fit_answers(given, rejected, NamedImages(images, read))


class NamedImages:
    """The images that rows name, by id or as `read` understands a name; each name is read once.

    read: returns the image of a name, uint8 (height, width, 3), to be stored; UserError where there is none.
    """

    def __init__(self, images: ImageStore, read: Callable[[str], np.ndarray]):
        self._images, self._read = images, read
        self._of_name: dict[str, tuple[str, str | None]] = {}

    def identified(self, row: LabelRow) -> tuple[LabelRow, str | None]:
        """Return the row with the ids of its images, and what is wrong with them, if anything."""
        if row.event in WITHOUT_A_PAIR:
            return row, None
        ids, why = {}, None
        for column in ("left_id", "right_id"):
            ids[column], problem = self.id_of(getattr(row, column))
            why = why or (problem and f"{column}: {problem}")
        return row if (row.left_id, row.right_id) == tuple(ids.values()) else replace(row, **ids), why

    def id_of(self, cell: str) -> tuple[str, str | None]:
        """Return the id of the image that a cell names, stored, or the cell and what is wrong with it."""
        if not cell or cell in self._images:
            return cell, None
        if cell not in self._of_name:
            try:
                self._of_name[cell] = self._images.add(self._read(cell)), None
            except UserError as problem:
                self._of_name[cell] = cell, str(problem)
        return self._of_name[cell]


def fit_answers(given: Iterable[GivenRow], rejected: list[WrongRow], named: NamedImages) -> ReadAnswers:
    """Return the rows that are fit for the log, their images stored, beside those that are not.

    rejected: rows that could not be read.
    """
    found, seen = ReadAnswers(rejected=rejected), Counter()
    unclear = []
    for each in given:
        row, why = each.row, _problem(each.row)
        if why is None:  # only then are its images stored
            row, why = named.identified(row)
        if why := why or _same_image(row):
            found.rejected.append(each.wrong(why))
            continue
        label_id = row.label_id or _label_id(row, each.unclear_time, seen)
        source, correction = row.source or "import", row.correction or _correction(row)
        fit = completed(replace(row, label_id=label_id, source=source, correction=correction))
        found.rows.append(ImportedRow(each.line, row, fit))
        if each.unclear_time:
            unclear.append(each)
    found.rejected.sort(key=lambda each: each.line)
    found.notes.extend(_time_note(unclear))
    return found


def _require_columns(file: Path, table: Table) -> None:
    columns = [name for name in table.columns if name]
    there = {COLUMN_OF.get(name) for name in columns}
    missing = [name for name in REQUIRED if name not in there]
    wrong = [name for name in columns if name not in COLUMN_OF or columns.count(name) > 1]
    if missing or wrong:
        raise UserError(
            f"The first line of a CSV of answers names the columns {', '.join(REQUIRED)} (left_path and "
            f"right_path for files) and may name others of the log ({', '.join(COLUMNS)}), each once, with "
            f"commas, semicolons or tabs between them. Received: {file} with the columns "
            f"{', '.join(columns)[:400] or 'none'}; missing: {', '.join(missing) or 'none'}; "
            f"unknown or twice: {', '.join(wrong)[:400] or 'none'}. Add, rename or remove those."
        )


def _label_id(given: LabelRow, unclear_time: str, seen: Counter) -> str:
    cells = row_cells(replace(given, created_at=unclear_time) if unclear_time else given)
    seen[cells] += 1
    return hashlib.sha256(json.dumps([cells, seen[cells]]).encode()).hexdigest()[:32]


def _correction(row: LabelRow) -> str:
    return "" if row.event in WITHOUT_A_PAIR else correction_of(row.answer, logged_verdicts(row))


def _problem(row: LabelRow) -> str | None:
    """Say what makes a row unfit, whatever its images."""
    longest = max(map(len, row_cells(row)))
    if longest > MAX_CELL:
        return f"a text has at most {MAX_CELL:,} characters, received {longest:,}"
    return row_problem(completed(row))


def _same_image(row: LabelRow) -> str | None:
    if row.event not in WITHOUT_A_PAIR and row.left_id == row.right_id:
        return f"left_id and right_id are the same image, {row.left_id!r}"
    return None


def _time_note(unclear: list[GivenRow]) -> list[str]:
    if not unclear:
        return []
    first = unclear[0]
    return [
        f"{len(unclear)} times of answers could be read in two ways or in none, such as "
        f"{first.unclear_time!r} in line {first.line}: these answers have the time of the import"
    ]
