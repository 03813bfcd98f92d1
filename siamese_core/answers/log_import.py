"""Reads answers from any CSV: a whole log, or just the columns `left_id,right_id,answer`."""

import hashlib
import json
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, replace
from pathlib import Path

from siamese_core.answers.corrections import correction_of, logged_verdicts
from siamese_core.answers.label_row import COLUMNS, LabelRow, completed, row_cells, row_problem
from siamese_core.answers.log_csv import MAX_CELL, Rejected, header, scan
from siamese_core.errors import UserError

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


def read_answers(file: Path, images: Container[str]) -> tuple[list[ImportedRow], list[Rejected]]:
    """Read the rows that are fit for the log, and the lines that are not, in the order of the file.

    A row without a label_id gets a hash of its cells and of how many equal rows come before it, so that the
    same file gives the same ids again. UserError if the file cannot be read or lacks columns.
    """
    data = _read_bytes(file)
    heading = header(data)
    columns = _columns(file, heading)
    imported, rejected, seen = [], [], Counter()

    def take(line: int, cells: list[str]) -> None:
        if cells == heading:
            return
        given = LabelRow(**dict(zip(columns, cells, strict=True)))
        label_id = given.label_id or _label_id(given, seen)
        row = completed(replace(given, label_id=label_id, source=given.source or "import"))
        if why := row_problem(row) or _length_problem(cells) or _image_problem(row, images):
            rejected.append(Rejected(line, why))
        else:
            imported.append(ImportedRow(line, given, _with_correction(row)))

    found = scan(data if data.endswith(b"\n") else data + b"\n", len(columns), take)
    rejected += found.rejected + ([found.torn] if found.torn else [])
    return imported, rejected


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(
            f"A CSV of answers must be a readable file. Received: {file} ({error.strerror}). Check the name."
        ) from error


def _columns(file: Path, heading: list[str]) -> list[str]:
    columns = [name.strip() for name in heading]
    missing = [name for name in REQUIRED if name not in columns]
    wrong = [name for name in columns if name not in COLUMNS or columns.count(name) > 1]
    if missing or wrong:
        raise UserError(
            f"The first line of a CSV of answers names the columns {', '.join(REQUIRED)} and may name others "
            f"of the log ({', '.join(COLUMNS)}), each once, with commas between them. "
            f"Received: {file} with the columns {', '.join(columns)[:400] or 'none'}; "
            f"missing: {', '.join(missing) or 'none'}; unknown or twice: {', '.join(wrong)[:400] or 'none'}. "
            "Add, rename or remove those."
        )
    return columns


def _label_id(given: LabelRow, seen: Counter) -> str:
    cells = row_cells(given)
    seen[cells] += 1
    return hashlib.sha256(json.dumps([cells, seen[cells]]).encode()).hexdigest()[:32]


def _with_correction(row: LabelRow) -> LabelRow:
    if row.event != "label" or row.correction:
        return row
    return replace(row, correction=correction_of(row.answer, logged_verdicts(row)))


def _length_problem(cells: list[str]) -> str | None:
    longest = max(map(len, cells))
    return f"a text has at most {MAX_CELL:,} characters, received {longest:,}" if longest > MAX_CELL else None


def _image_problem(row: LabelRow, images: Container[str]) -> str | None:
    if row.event != "label":
        return None
    if row.left_id == row.right_id:
        return f"left_id and right_id are the same image, {row.left_id!r}"
    for column in ("left_id", "right_id"):
        if (image_id := getattr(row, column)) not in images:
            return f"{column}: there is no image {image_id!r} in the workspace"
    return None
