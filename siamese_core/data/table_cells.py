"""What cells of a table mean: answers, numbers, times and paths, as people and spreadsheets write them."""

import contextlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from siamese_core.data.tables import column_name

# Names of the columns of a pair; `column_name` cleans them first.
LEFT = ("left", "left_id", "left_path", "left_image", "left_file")
RIGHT = ("right", "right_id", "right_path", "right_image", "right_file")
SAME = ("same", "answer")

# Excel writes TRUE and FALSE in the language of its user, and 1.0 with the user's comma.
_WORDS = {
    "same": "same true t yes y wahr ja vrai oui verdadero sí si vero sì verdadeiro sim waar prawda "
    "tak истина да sant sand tosi igaz pravda doğru 真",
    "different": "different false f no n falsch nein faux non falso não onwaar nee fałsz nie ложь "
    "нет falskt usand falsk epätosi hamis nepravda yanlış 偽",
    "unsure": "unsure not_sure don't_know unknown ?",
}
_ANSWER_OF = {word: answer for answer, words in _WORDS.items() for word in words.split()}

# In which Excel saves "CSV" outside of Western Europe. A name is tried in each: the file tells which it was.
_OTHER_ENCODINGS = ("cp1250", "cp1251", "cp1253", "cp1254", "cp932", "gb18030", "big5", "cp949", "mac_roman")

_NEGATIVE = re.compile(r"\W*[-\u2010-\u2212]\s*\d")
_NUMBER = re.compile(r"\d*,\d+(e-?\d+)?", re.IGNORECASE)
_DATE = re.compile(
    r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{2,4})\.?"
    r"(?:[T,\s]\s*(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap])?\.?\s?(?:m\.?)?)?",
    re.IGNORECASE,
)
_DAYS = re.compile(r"\d{5}(?:[.,]\d+)?")  # of Excel: days since 1899-12-30
_EXCEL_BEGINS = datetime(1899, 12, 30, tzinfo=UTC)


def answer_of(cell: str) -> str:
    """Return "same", "different" or "unsure" for the ways to write them, else the cell as it is, trimmed.

    -1 is none of them: it is "different" beside 1, and "unknown" beside 1 and 0.
    """
    text = cell.strip()
    if _NEGATIVE.match(text):
        return text
    with contextlib.suppress(ValueError):
        return {1.0: "same", 0.0: "different"}.get(float(number_of(text)), text)
    for each in (text, *_in_other_encodings(text)):
        if found := _ANSWER_OF.get(column_name(each)) or _ANSWER_OF.get(each.lower()):
            return found
    return text


def number_of(cell: str) -> str:
    """Return a number with a decimal point, where it was written with a comma."""
    text = cell.strip()
    return text.replace(",", ".") if _NUMBER.fullmatch(text) else text


def month_comes_first(cells: Iterable[str]) -> bool | None:
    """Whether the dates of a column have the month before the day; None where none of them tells."""
    for cell in cells:
        found = _DATE.fullmatch(cell.strip())
        if found and len(found[1]) < 3:
            first, second = int(found[1]), int(found[3])
            if max(first, second) > 12 >= min(first, second):
                return second > 12
    return None


def time_of(cell: str, month_first: bool | None) -> str | None:
    """Return a time as ISO 8601 in UTC with milliseconds; an ISO time as it is; None where it is not clear.

    Dates with dots have the day first; elsewhere `month_first` tells, as `month_comes_first` found it.
    """
    text = " ".join(cell.split())
    try:
        datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return text
    try:
        if _DAYS.fullmatch(text):
            time = _EXCEL_BEGINS + timedelta(days=float(text.replace(",", ".")))
        else:
            time = _written_time(text, month_first)
    except (ValueError, OverflowError):
        return None
    return time and time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written_time(text: str, month_first: bool | None) -> datetime | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    first, between, second, third = found[1], found[2], int(found[3]), found[4]
    if len(first) == 4:
        year, month, day = int(first), second, int(third)
    else:
        if between == ".":
            month_first = False
        if month_first is None and int(first) != second:
            return None
        month, day = (int(first), second) if month_first else (second, int(first))
        year = int(third) + (2000 if len(third) == 2 else 0)
    hour, minute, seconds = (int(found[group] or 0) for group in (5, 6, 7))
    if found[8]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[8].lower() == "p" else 0)
    return datetime(year, month, day, hour, minute, seconds, tzinfo=UTC)


def file_of(cell: str, folder: Path) -> Path | None:
    """Return the file that a cell names, relative to the folder; None if there is none.

    A back-slash separates folders, as on Windows, unless a file has one in its name. Accents may be one
    letter or two, and letters those of another encoding than the table was read with.
    """
    name = cell.strip()
    if not name or "\0" in name:
        return None
    for each in dict.fromkeys(_spellings(name)):
        with contextlib.suppress(OSError, ValueError):  # such as a name that is too long
            if (folder / each).is_file():
                return folder / each
    return None


def _spellings(name: str) -> Iterator[str]:
    """Yield the ways in which a file of this name may be called on disk, the likeliest first."""
    yield name
    yield name.replace("\\", "/")
    if name.isascii():
        return
    for form in ("NFC", "NFD"):
        yield unicodedata.normalize(form, name).replace("\\", "/")
    for written in _as_written(name):
        yield os.fsdecode(written).replace("\\", "/")
    for each in _in_other_encodings(name):
        yield each.replace("\\", "/")


def _in_other_encodings(text: str) -> Iterator[str]:
    """Yield how a text that is no ASCII reads where its file had another encoding than it was read with."""
    for written in () if text.isascii() else _as_written(text):
        for other in _OTHER_ENCODINGS:
            with contextlib.suppress(UnicodeError):
                yield written.decode(other)


def _as_written(text: str) -> Iterator[bytes]:
    for encoding in ("cp1252", "latin-1"):
        with contextlib.suppress(UnicodeError):
            yield text.encode(encoding)
