"""Tables as people save them: CSV of any separator, encoding and line end, with the line of every row."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from siamese_core.data.table_text import decode_text, read_bytes

if TYPE_CHECKING:
    import pandas as pd

NEVER_CLOSED = "a quoted cell is never closed"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
HEADING_LINES = 50  # lines at most that stand before the names of the columns, or that they go over

_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[;,|\t]*\s*', re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\0]")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class WrongRow:
    """A row that could not be used. line: counted from 1, where it begins; why: in words."""

    line: int
    why: str


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    columns: names as `column_name` cleans them, "" for one without a name
    cells: text, a column for each name; rows are indexed by the line on which they begin, and one that ends
        early misses what is behind its end
    form: how it was saved, in words, as "UTF-16 with semicolons"
    """

    columns: tuple[str, ...]
    cells: "pd.DataFrame"
    wrong: list[WrongRow]
    form: str


def read_table(file: Path, known: Sequence[str]) -> Table:
    """Read a table whose first row names columns. UserError where it cannot be read or is a workbook.

    `known`: names of columns that one looks for; the separator is the one by which most of them are found.
    """
    return parse_table(read_bytes(file), known, file.name)


def parse_table(data: bytes, known: Sequence[str], name: str) -> Table:
    """Read the bytes of a table, as `read_table` does; messages call it `name`."""
    text, encoding = decode_text(data, name)
    lines = list(io.StringIO(text, newline=""))
    separator, heading, start = _heading(lines, frozenset(known))
    columns = tuple(map(column_name, heading))
    # Where names stand behind a space, so do quotes; elsewhere a space belongs to the cell.
    spaced = any(cell[:1] == " " for cell in heading[1:])
    rows, wrong = {}, []

    def malformed(cells: list[str]) -> str | None:
        if any(cell.strip() for cell in cells[len(columns) :]):
            return f"a row has {len(columns)} cells, this one has {len(cells)}"
        return "a NUL character" if "\0" in "".join(cells) else None

    for position, cells, why in csv_rows(lines[start:], malformed, separator, spaced):
        line = start + position + 1
        if why:
            wrong.append(WrongRow(line, why))
        elif not is_blank(cells) and cells != heading:  # which files that were joined have once more
            rows[line] = cells
    for line in _contradictory(rows, columns, known):
        wrong.append(WrongRow(line, "two columns have one name, and differ"))
        del rows[line]
    return Table(columns, _named_cells(rows, columns), wrong, _form(text, encoding, separator))


def _contradictory(rows: dict[int, list[str]], columns: Sequence[str], known: Sequence[str]) -> list[int]:
    """Return the lines of rows that have two values for one of the known columns."""
    places = {name: [at for at, each in enumerate(columns) if each == name] for name in known}
    repeated = [each for each in places.values() if len(each) > 1]

    def differ(cells: list[str]) -> bool:
        return any(len({cells[at].strip() for at in each if at < len(cells)} - {""}) > 1 for each in repeated)

    return [line for line, cells in rows.items() if differ(cells)] if repeated else []


def _named_cells(rows: dict[int, list[str]], columns: Sequence[str]) -> "pd.DataFrame":
    """Return the cells of the rows by line. Where two columns have one name, the later one counts."""
    import pandas as pd  # takes longer than all else that a command on the log imports

    width = len(columns)
    padded = [[*cells[:width], *[None] * (width - len(cells))] for cells in rows.values()]
    cells = pd.DataFrame(padded, index=list(rows), columns=range(width), dtype=object)
    named: dict[str, pd.Series] = {}
    for place, name in enumerate(columns):
        if name:
            named[name] = cells[place].fillna(named[name]) if name in named else cells[place]
    return pd.DataFrame(named, index=cells.index, dtype=object)


def _form(text: str, encoding: str, separator: str) -> str:
    ends = ", line ends of an old Mac" if "\r" in text and "\n" not in text else ""
    return f"{encoding} with {SEPARATORS.get(separator, repr(separator))}{ends}"


def csv_rows(
    lines: list[str],
    malformed: Callable[[list[str]], str | None],
    separator: str = ",",
    skip_spaces: bool = False,
) -> Iterator[tuple[int, list[str], str | None]]:
    """Yield the position in `lines` of each row, its cells, and what is wrong with it, if anything.

    Empty lines are passed over. After a row that is wrong reading goes on at the line after its first, so
    that a quote which is never closed hides no row behind it. (`pandas.read_csv` tells no lines, and such a
    quote takes all that follows.)
    """
    position = 0
    while position < len(lines):
        rest = (lines[at] for at in range(position, len(lines)))
        reader = csv.reader(rest, delimiter=separator, skipinitialspace=skip_spaces, strict=True)
        start, why = position, None
        try:
            for cells in reader:
                why = malformed(cells)
                if why:
                    break
                if cells:
                    yield position, cells, None
                position = start + reader.line_num
        except csv.Error as error:
            why = NEVER_CLOSED if str(error) == "unexpected end of data" else f"not CSV: {error}"
        if why:
            yield position, [], why
            position += 1


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a row holds separators and spaces only, as spreadsheets add them below a table."""
    return not any(map(str.strip, cells))


def column_name(cell: str) -> str:
    """Clean a column's name: case, spaces, hyphens and invisible characters do not matter."""
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", cell)).strip().strip("\"'").lower()
    return re.sub(r"[\s_-]+", "_", text).strip("_")


def _heading(lines: list[str], known: frozenset[str]) -> tuple[str, list[str], int]:
    """Return the separator, the cells of the header, and how many lines lie above the next row.

    The header is the first row that is not blank, and the separator the one by which most known names are
    found in it.
    """
    start = next((at for at, line in enumerate(lines) if line.strip()), 0)
    told = _SEPARATOR_LINE.fullmatch(lines[start]) if lines else None
    if told:
        return told[1], *_first_row(lines, start + 1, told[1])
    found = [(separator, *_first_row(lines, start, separator)) for separator in SEPARATORS]

    def names_found(each: tuple[str, list[str], int]) -> int:
        return len(known.intersection(map(column_name, each[1])))

    return max(found, key=names_found)


def _first_row(lines: list[str], start: int, separator: str) -> tuple[list[str], int]:
    reader = csv.reader(lines[start : start + HEADING_LINES], delimiter=separator, strict=True)
    try:
        for cells in reader:
            if not is_blank(cells):
                return cells, start + reader.line_num
    except csv.Error:
        pass
    return [], len(lines)
