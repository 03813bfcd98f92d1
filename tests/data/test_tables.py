"""One reader of tables: separators, encodings, line ends and quotes as spreadsheets write them."""

import contextlib

import numpy as np
import pytest

from siamese_core.data.tables import column_name, parse_table, read_table
from siamese_core.errors import UserError

KNOWN = ("left", "right", "same")


def rows_of(data: bytes) -> list[tuple[int, list[str]]]:
    cells = parse_table(data, KNOWN, "list.csv").cells
    return list(zip(cells.index, cells.values.tolist(), strict=True))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_form_gives_the_same_rows_with_their_lines(line_end, separator, encoding):
    encoding = "mac_roman" if (encoding, line_end) == ("cp1252", "\r") else encoding
    lines = ["left,right,same", "é,b,1", ",,", "", "a,ü,0"]
    data = "".join(line.replace(",", separator) + line_end for line in lines).encode(encoding)
    assert rows_of(data) == [(2, ["é", "b", "1"]), (5, ["a", "ü", "0"])]


def test_the_form_of_a_table_is_told_in_words():
    forms = [
        parse_table(data, KNOWN, "x").form for data in (b"left,right,same\n", b"left;right;same\rx;y;1\r")
    ]
    assert forms == ["UTF-8 with commas", "UTF-8 with semicolons, line ends of an old Mac"]


def test_a_first_line_may_name_the_separator():
    for first in (b"sep=;\r\n", b'"sep=;"\n', b"SEP=;;;\r\n"):
        assert rows_of(first + b"left;right;same\r\na,b;c;1\r\n") == [(3, ["a,b", "c", "1"])]


def test_separators_inside_of_cells_do_not_mislead():
    assert rows_of(b"left;right;same;a,b,c,d\nx,y;z;1;,,,\n") == [(2, ["x,y", "z", "1", ",,,"])]


def test_quotes_hold_separators_quotes_and_line_ends():
    data = b'left,right,same\r\n"a,""b""","c\r\nd",1\r\n\r\ne,f,0\r\n'
    assert rows_of(data) == [(2, ['a,"b"', "c\r\nd", "1"]), (5, ["e", "f", "0"])]


def test_a_quote_that_is_never_closed_and_cells_too_many_cost_their_row_only():
    table = parse_table(b'left,right,same\n"a,b,1\nc,d,0,x\nc,d,0,,\ne\0,f,1\ng,h,1', KNOWN, "list.csv")
    assert table.cells.index.tolist() == [4, 6]
    assert [wrong.line for wrong in table.wrong] == [2, 3, 5]
    assert "never closed" in table.wrong[0].why and "3 cells, this one has 4" in table.wrong[1].why


def test_cells_are_text_as_it_was_written_whatever_it_looks_like():
    assert rows_of(b"left,right,same\nNA,001,1.0\nnull,1e5,True\n") == [
        (2, ["NA", "001", "1.0"]),
        (3, ["null", "1e5", "True"]),
    ]


def test_what_a_row_lacks_at_its_end_is_missing_and_not_empty():
    cells = parse_table(b"left,right,same\na,b\n,c,\n", KNOWN, "list.csv").cells
    assert cells.isna().values.tolist() == [[False, False, True], [False, False, False]]


def test_of_two_columns_with_one_name_the_later_counts_and_one_without_a_name_is_left_out():
    table = parse_table(b"left,,Left,same\n,x,b,1\nc\n", KNOWN, "list.csv")
    assert table.columns == ("left", "", "left", "same")
    assert table.cells[["left"]].values.tolist() == [["b"], ["c"]] and list(table.cells) == ["left", "same"]


def test_a_row_whose_columns_of_one_name_differ_is_wrong_where_the_name_counts():
    table = parse_table(b"left,right,same,same,note,note\na,b,1,1,x,y\nc,d,1,0,,\ne,f,,0,,\n", KNOWN, "x")
    assert table.cells.index.tolist() == [2, 4]
    assert [(each.line, each.why) for each in table.wrong] == [(3, "two columns have one name, and differ")]


def test_zeros_that_a_power_cut_left_behind_a_text_cost_no_row():
    assert rows_of(b"left,right,same\na,b,1\n" + bytes(3000)) == [(2, ["a", "b", "1"])]


@pytest.mark.parametrize(
    "name", ["Left Path", " left_path ", "LEFT-PATH", "\ufeffleft__path", '"left path"', "ｌｅｆｔ path"]
)
def test_names_of_columns_are_forgiven_case_spaces_and_signs(name):
    assert column_name(name) == "left_path"


@pytest.mark.parametrize(
    ("data", "what"),
    [(b"PK\x03\x04rest", "xlsx"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"\.xls")],
)
def test_a_workbook_is_named_with_what_to_do(tmp_path, data, what):
    (tmp_path / "list.csv").write_bytes(data)
    with pytest.raises(UserError, match=f'list.csv, which is a workbook.*{what}.*save it as "CSV UTF-8"'):
        read_table(tmp_path / "list.csv", KNOWN)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for file in (tmp_path, tmp_path / "nowhere.csv"):
        with pytest.raises(UserError, match="can be read"):
            read_table(file, KNOWN)


def test_a_heading_that_comes_again_is_no_row():
    assert rows_of(b"left,right,same\na,b,1\nleft,right,same\nc,d,0\n") == [
        (2, ["a", "b", "1"]),
        (4, ["c", "d", "0"]),
    ]


def test_a_text_may_begin_like_a_binary_file_and_hold_a_nul():
    assert rows_of(b"MZ,left,right,same\n1,a,b,1\n2,c\0,d,0\n") == [(2, ["1", "a", "b", "1"])]


def test_random_damage_raises_nothing_but_user_errors():
    rng = np.random.default_rng(4)
    whole = 'left;right;same\r\n"a;ü";b;1\r\nc;d;0\r\n'
    for encoding in ("utf-8", "utf-16", "cp1252"):
        data = np.frombuffer(whole.encode(encoding), np.uint8)
        for _ in range(300):
            damaged = data.copy()
            damaged[rng.integers(len(data), size=3)] = rng.integers(256, size=3)
            parse_table(damaged[: rng.integers(len(data) + 1)].tobytes(), KNOWN, "x")
    for start in range(300):
        with contextlib.suppress(UserError):
            parse_table(np.random.default_rng(start).bytes(200), KNOWN, "x")
