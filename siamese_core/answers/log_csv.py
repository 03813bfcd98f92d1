"""The text of the log: CSV (RFC 4180) that starts no formula in a spreadsheet and survives a power cut.

Knows lines and cells only; `label_row` knows what they mean.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from siamese_core.data.tables import NEVER_CLOSED, WrongRow, csv_rows, is_blank
from siamese_core.errors import UserError

MAX_CELL = 32_000  # characters: a spreadsheet's cell holds 32,767

# What starts a formula: = + - @, their full-width and small forms, and the minus sign.
_FORMULA = "[-=+@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212]"
# A spreadsheet that is set to another separator than the comma ignores quotes and splits cells here.
_SEPARATOR = r"[;,|\t\r\n]"
# What spreadsheets trim from the start of a cell, so that a formula may follow it.
_SKIPPED = r'[\s\x00-\x20";,|\u200b-\u200f\u2060\ufeff]'
_SPACE = f"(?:(?!{_SEPARATOR}){_SKIPPED})"
# Anchored where a run of skipped characters begins, which keeps matching linear in its length.
_CUT = f"(?<!{_SKIPPED}){_SPACE}*+{_SEPARATOR}{_SKIPPED}*+'*"

_STARTS_FORMULA = re.compile(f"'*+(?:[\\t\\r\\n]|{_SKIPPED}*+'*+{_FORMULA})")
_FORMULA_INSIDE = re.compile(f"({_CUT})(?={_FORMULA})")
_ESCAPED_INSIDE = re.compile(f"({_CUT})'(?={_FORMULA})")

_HAS_SEPARATOR = re.compile(_SEPARATOR)
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that would start a formula in a spreadsheet.

    So it does inside a text before each formula that would start a cell where the file is opened with another
    separator.

    A text with such apostrophes of its own gets one more, so that `unescape_formula` restores every text
    exactly. The attacks: https://owasp.org/www-community/attacks/CSV_Injection
    """
    if _HAS_SEPARATOR.search(text):
        text = _FORMULA_INSIDE.sub(r"\1'", text)
    return f"'{text}" if _STARTS_FORMULA.match(text) else text


def unescape_formula(cell: str) -> str:
    """Return the text that `escape_formula` was given; a cell that was never escaped stays as it is."""
    if cell[:1] == "'" and _STARTS_FORMULA.match(cell, 1):
        cell = cell[1:]
    return _ESCAPED_INSIDE.sub(r"\1", cell)


def unescaped(cells: Sequence[str]) -> list[str]:
    """Return the texts of a row's cells."""
    return [unescape_formula(cell) if "'" in cell else cell for cell in cells]


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Format rows as CSV lines. UserError for a cell that could not be read back as it is."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        require_writable(row)
        writer.writerow([cell and escape_formula(cell) for cell in row])
    return text.getvalue()


def require_writable(row: Sequence[str]) -> None:
    """Raise UserError for a row with a cell that could not be read back as it is."""
    longest = max(row, key=len)
    if len(longest) > MAX_CELL:
        raise UserError(
            f"A text in the log has at most {MAX_CELL:,} characters. "
            f"Received: {len(longest):,} characters, {longest[:40]!r}... Shorten it."
        )
    if found := _NOT_TEXT.search("".join(row)):
        cell = next(cell for cell in row if found[0] in cell)
        raise UserError(
            "A text in the log is Unicode without NUL and without halves of surrogate pairs. "
            f"Received: {found[0]!r} in {cell[:80]!r}. Leave that character out."
        )


@dataclass(frozen=True)
class Scan:
    """The lines that are no row, and the torn end, if any; `whole_bytes` and `whole_lines` come before it."""

    rejected: list[WrongRow]
    torn: WrongRow | None
    whole_bytes: int
    whole_lines: int


def scan(data: bytes, width: int, take: Callable[[int, list[str]], None], lines_before: int = 0) -> Scan:
    """Call `take` for every row of `width` cells with the line it begins on and its cells, unescaped.

    Nothing in `data` is fatal. After a malformed row scanning goes on at the line after its first, so that a
    quote which is never closed hides no row behind it. The file is torn where such a quote has no row behind
    it, and where the last line does not end.
    """
    lines = split_lines(data)
    ended = len(lines) if data.endswith(b"\n") else max(len(lines) - 1, 0)
    wrong, torn_at = {}, None
    for position, cells, why in csv_rows(lines[:ended], lambda cells: _malformed(cells, width)):
        if why is None:
            torn_at = None
            if len(cells) == width:  # else a row of separators only
                take(lines_before + position + 1, unescaped(cells))
            continue
        wrong[position] = WrongRow(lines_before + position + 1, why)
        if why == NEVER_CLOSED and torn_at is None:
            torn_at = position
    if torn_at is None and ended < len(lines):
        wrong[ended] = WrongRow(lines_before + ended + 1, "the line does not end")
        torn_at = ended
    whole = len(lines) if torn_at is None else torn_at
    torn_bytes = "".join(lines[whole:]).encode("utf-8", "surrogateescape")
    return Scan(
        rejected=[reason for position, reason in wrong.items() if position < whole],
        torn=wrong.get(whole),
        whole_bytes=len(data) - len(torn_bytes) if whole else 0,
        whole_lines=whole,
    )


def _malformed(cells: list[str], width: int) -> str | None:
    if len(cells) != width and not is_blank(cells):
        return f"a row has {width} cells, this one has {len(cells)}"
    together = "".join(cells)
    if "\0" in together or not together.isascii() and _NOT_TEXT.search(together):
        return "a NUL character or bytes that are not UTF-8"
    return None


def split_lines(data: bytes) -> list[str]:
    """Split into lines with their ends. A byte that is not UTF-8 becomes half a surrogate pair, so that its
    row is rejected and not the file; a byte order mark is dropped."""
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return list(io.StringIO(text, newline=""))


def first_rows(data: bytes) -> list[list[str]]:
    """Return the cells of the header and of the first row below it, of any width.

    Nothing where the lines are no rows.
    """
    try:
        rows = csv.reader(split_lines(data[: 2 * MAX_CELL]), strict=True)
        return list(itertools.islice(filter(None, rows), 2))
    except csv.Error:
        return []
