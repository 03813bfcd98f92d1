"""CSV text: every cell comes back, none starts a formula, and no damage hides a good row."""

import csv
import io
import re
import time

import numpy as np
import pytest

from siamese_core.answers.log_csv import (
    MAX_CELL,
    Scan,
    csv_text,
    escape_formula,
    first_rows,
    scan,
    unescape_formula,
)
from siamese_core.errors import UserError

FORMULA_STARTS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212"
NASTY = [
    *FORMULA_STARTS,
    *"'';;,,|\t\r\n  \"\"ab1",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\u3000",
    "é",
    "字",
    "🖋",
    "\x1f",
]


def random_text(rng: np.random.Generator) -> str:
    return "".join(rng.choice(NASTY, size=rng.integers(0, 9)))


def read(data: bytes, width: int, lines_before: int = 0) -> tuple[list[tuple[int, list[str]]], Scan]:
    rows = []
    found = scan(data, width, lambda line, cells: rows.append((line, cells)), lines_before)
    return rows, found


def cells_of(rows: list[tuple[int, list[str]]]) -> list[list[str]]:
    return [cells for _, cells in rows]


def spreadsheet_cells(text: str, separator: str, quoting: int) -> list[str]:
    """What a spreadsheet that was told `separator` makes of the file, trimmed as some of them trim."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, quoting=quoting)
    return [re.sub(r'^[\s\x00-\x20"\u200b\ufeff]+', "", cell) for row in reader for cell in row]


def test_every_text_reads_back_exactly_as_it_was_given():
    rng = np.random.default_rng(1)
    rows = [[random_text(rng) for _ in range(4)] for _ in range(5_000)]
    data = csv_text(rows).encode()
    read_back, found = read(data, 4)
    assert cells_of(read_back) == [row for row in rows if row]
    assert (found.rejected, found.torn, found.whole_bytes) == ([], None, len(data))


def test_escaping_is_undone_for_texts_that_look_escaped_already():
    rng = np.random.default_rng(2)
    for _ in range(20_000):
        text = "'" * rng.integers(0, 3) + random_text(rng)
        assert unescape_formula(escape_formula(text)) == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_starts_a_formula_whatever_separator_the_spreadsheet_was_told(separator):
    rng = np.random.default_rng(3)
    for _ in range(5_000):
        text = csv_text([["x", random_text(rng), random_text(rng), "x"]])
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)[: 1 if separator == "," else 2]:
            for cell in spreadsheet_cells(text, separator, quoting):
                assert cell[:1] not in tuple(FORMULA_STARTS), (text, cell)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\nx",
        " =1",
        ";=1",
        ",=1",
        "\uff1dHYPERLINK(1)",
        "'=1",
        "''-1",
    ],
)
def test_a_text_that_would_start_a_formula_gets_an_apostrophe_in_front(text):
    escaped = escape_formula(text)
    assert escaped[0] == "'" and escaped != text
    assert unescape_formula(escaped) == text


@pytest.mark.parametrize(
    "text", ["", "a - b", "x=1", "'tis", "it's", "mail@host", "1-2", "a, b", "two\nlines", "'"]
)
def test_a_harmless_text_is_written_as_it_is(text):
    assert escape_formula(text) == text


def test_a_long_run_of_separators_takes_no_time_to_speak_of():
    texts = [
        ";" * MAX_CELL,
        "' " * (MAX_CELL // 2),
        " " * MAX_CELL + "x",
        ";'" * (MAX_CELL // 2),
        "'" * MAX_CELL,
    ]
    started = time.process_time()
    for text in texts:
        assert unescape_formula(escape_formula(text)) == text
    assert time.process_time() - started < 2


def test_lines_end_as_rfc_4180_says_and_quotes_are_doubled():
    assert csv_text([["a", 'say "hi"'], ["b,c", "d\ne"]]) == 'a,"say ""hi"""\r\n"b,c","d\ne"\r\n'


@pytest.mark.parametrize(
    ("cell", "named"), [("a\0b", r"\\x00"), ("half \ud800", "ud800"), ("x" * 32_001, "32,001")]
)
def test_a_text_that_could_not_be_read_back_is_refused_by_name(cell, named):
    with pytest.raises(UserError, match=named):
        csv_text([["fine", cell]])


def test_the_longest_text_reads_back_beside_other_long_ones():
    row = ["\n" * MAX_CELL, '"' * MAX_CELL, "字" * MAX_CELL]
    rows, found = read(csv_text([row]).encode(), 3)
    assert cells_of(rows) == [row] and not found.rejected


def test_a_quote_that_is_never_closed_hides_no_row_behind_it():
    lines = b'a,b\r\nc,"d\r\ne,f\r\n"g\ng",h\r\n'
    rows, found = read(lines, 2)
    assert rows == [(1, ["a", "b"]), (3, ["e", "f"]), (4, ["g\ng", "h"])]
    assert [each.line for each in found.rejected] == [2]
    assert found.torn is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"only one\r\n", "2 cells, this one has 1"),
        (b"1,2,3\r\n", "2 cells, this one has 3"),
        (b'"a"b,c\r\n', "not CSV"),
        (b"a,\xff\xfe\r\n", "not UTF-8"),
        (b"a,\0\r\n", "NUL"),
        (b"\xed\xa0\x80,a\r\n", "not UTF-8"),
        (b'a,"' + b"x" * 200_000 + b'"\r\n', "not CSV"),
    ],
)
def test_a_malformed_line_is_rejected_with_its_number_and_why(line, why):
    rows, found = read(b"a,b\r\n\r\n" + line + b"c,d\r\n", 2, lines_before=10)
    assert cells_of(rows) == [["a", "b"], ["c", "d"]]
    [rejected] = found.rejected
    assert rejected.line == 13 and why in rejected.why


def test_a_cut_at_any_byte_loses_no_row_before_it_and_is_found_as_torn():
    whole = csv_text([["a", "b"], ["first\r\nrow", "x"]]).encode()
    last = csv_text([['né "w"\r\n=1', "字;\n\n🖋"]]).encode()
    for cut in range(1, len(last)):
        rows, found = read(whole + last[:cut], 2)
        assert cells_of(rows) == [["a", "b"], ["first\r\nrow", "x"]], cut
        assert found.torn is not None and found.rejected == [], cut
        assert (found.whole_bytes, found.whole_lines) == (len(whole), 3), cut
        assert found.torn.line == 4, cut


def test_a_tail_of_zero_bytes_is_torn():
    rows, found = read(b"a,b\r\n" + b"\0" * 4096, 2)
    assert rows == [(1, ["a", "b"])] and found.torn.line == 2 and found.whole_bytes == 5


def test_lines_of_unix_and_a_byte_order_mark_are_read():
    rows, found = read("\ufeffa,b\nc,d\n".encode(), 2)
    assert cells_of(rows) == [["a", "b"], ["c", "d"]] and found.whole_bytes == 11


def test_a_hundred_thousand_damaged_lines_take_no_more_than_good_ones():
    started = time.process_time()
    rows, found = read(b"a,b\n" + b'"x\n' * 100_000, 2)
    assert len(rows) == 1 and len(found.rejected) + (found.torn is not None) > 1
    assert time.process_time() - started < 8


def test_nothing_is_read_from_nothing():
    rows, found = read(b"", 2)
    assert (rows, found) == ([], Scan([], None, 0, 0))


@pytest.mark.parametrize(
    ("data", "cells"),
    [(b"", []), (b"\r\na,b\r\n1,2,3\r\n", ["a", "b"]), (b'"a"b\n', []), (b"a;b\n", ["a;b"])],
)
def test_the_header_is_the_first_row_whatever_its_width(data, cells):
    assert (first_rows(data) or [[]])[0] == cells
