"""The text of tables and lists: which encoding a file has, and what it is where it is no text."""

from pathlib import Path

from siamese_core.errors import UserError
from siamese_core.images.kinds import HEAD_BYTES, content_of

_BYTE_ORDER_MARKS = {  # UTF-32 before UTF-16, whose mark it begins with
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_WORKBOOKS = {
    b"PK\x03\x04": "a workbook (such as .xlsx or .ods) or a zip",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel (.xls)",
}
_CONTROLS = bytes({*range(32), 127} - set(b"\a\b\t\n\v\f\r\x1b"))  # but for those of terminals
_MARKED_UP = ("a PDF", "a PostScript file", "a web page", "an SVG drawing", "JSON", "XML", "an RTF document")
MOST_CONTROLS = 3, 0.05  # control characters in the first HEAD_BYTES of a text: a few, or this share


def read_bytes(file: Path) -> bytes:
    """Return the bytes of a list or table; UserError where that fails."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UserError(
            f"A list must be a file that can be read. Received: {file} ({problem.strerror}). Check the path."
        ) from problem


def decode_text(data: bytes, name: str) -> tuple[str, str]:
    """Return the text of a file and its encoding in words. UserError for what is no text, as a workbook.

    By its byte order mark, else UTF-16 if every other byte is 0, else UTF-8; a line that is no UTF-8 is
    Windows-1252, or Mac Roman where all lines end as on an old Mac.
    """
    for magic, what in _WORKBOOKS.items():
        if data.startswith(magic):
            raise UserError(
                f"A table is a text file (CSV). Received: {name}, which is {what}. "
                'Open it in a spreadsheet and save it as "CSV UTF-8".'
            )
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding.upper().removesuffix("-LE")
    if encoding := _utf_16(data[:4000]):
        return data.decode(encoding, "replace"), encoding.upper()
    if what := _no_text(data[:HEAD_BYTES]):
        raise UserError(
            f"A table is a text file (CSV). Received: {name}, which is {what}. "
            "Name one with a row a line, and commas, semicolons or tabs between the cells."
        )
    try:
        return data.decode(), "UTF-8"
    except UnicodeDecodeError:
        old_mac = b"\r" in data and b"\n" not in data
        words = "Mac Roman" if old_mac else "Windows-1252"
        lines = data.splitlines(keepends=True)
        return "".join(_line_text(line, "mac_roman" if old_mac else "cp1252") for line in lines), words


def _no_text(head: bytes) -> str:
    """Say what a file is, by its first bytes, where it is no text or none that holds a table; else ""."""
    found = content_of(head)
    written = head.rstrip(b"\0")  # a power cut leaves zeros at the end of a text
    controls = len(written) - len(written.translate(None, _CONTROLS))
    few, share = MOST_CONTROLS
    if controls > max(few, share * len(written)) or (head and not written):
        return found or "no text but binary data"
    return found if found in _MARKED_UP or found.startswith("a Git LFS pointer") else ""


def _utf_16(start: bytes) -> str | None:
    """Return the encoding of UTF-16 without its mark: most characters of a table are ASCII."""
    zeros = start[0::2].count(0), start[1::2].count(0)
    if max(zeros) <= len(start) // 5 or min(zeros) > max(zeros) // 10:
        return None
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _line_text(line: bytes, otherwise: str) -> str:
    for encoding in ("utf-8", otherwise):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")
