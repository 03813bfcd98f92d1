"""Cells as people and spreadsheets write them."""

import os

import pytest

from siamese_core.data.table_cells import answer_of, file_of, month_comes_first, number_of, time_of


@pytest.mark.parametrize(
    ("answer", "cells"),
    [
        ("same", ["same", " Same", "SAME ", "1", "1.0", "1,00", "1e0", "１", "TRUE", "yes", "WAHR", "vrai"]),
        ("different", ["different", "0", "0,0", "0.000e+00", "False", "no", "FALSCH", "faux"]),
        ("unsure", ["unsure", "Not sure", "don't know", "?"]),
        ("maybe", ["maybe", " maybe "]),
        ("-1", ["-1", " -1 "]),  # "different" beside 1, "unknown" beside 1 and 0
        ("\u22121", ["\u22121"]),
        ("", ["", " "]),
    ],
)
def test_answers_are_read_in_any_case_and_language_of_a_spreadsheet(answer, cells):
    assert {answer_of(cell) for cell in cells} == {answer}


@pytest.mark.parametrize(
    ("word", "encoding", "answer"),
    [("ИСТИНА", "cp1251", "same"), ("FAŁSZ", "cp1250", "different"), ("DOĞRU", "cp1254", "same")],
)
def test_words_are_read_in_the_encoding_of_excel_s_country(word, encoding, answer):
    assert answer_of(word.encode(encoding).decode("cp1252")) == answer


def test_a_number_may_have_a_comma():
    assert [number_of(cell) for cell in ("0,25", " 0.25", "1", "a,b", ",5")] == [
        "0.25",
        "0.25",
        "1",
        "a,b",
        ".5",
    ]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("28.11.2026 14:05", "2026-11-28T14:05:00.000Z"),
        ("28.11.26, 14:05:33", "2026-11-28T14:05:33.000Z"),
        ("1.2.2026", "2026-02-01T00:00:00.000Z"),
        ("11/28/2026 2:05 PM", "2026-11-28T14:05:00.000Z"),
        ("11/28/2026 12:05 AM", "2026-11-28T00:05:00.000Z"),
        ("28/11/2026 2:05 p. m.", "2026-11-28T14:05:00.000Z"),
        ("28-11-2026 14:05", "2026-11-28T14:05:00.000Z"),
        ("2026/11/28 9:05", "2026-11-28T09:05:00.000Z"),
        ("2026. 11. 28. 14:05", "2026-11-28T14:05:00.000Z"),
        ("46354.5", "2026-11-28T12:00:00.000Z"),
        ("2026-11-28T14:05:33.123Z", "2026-11-28T14:05:33.123Z"),
        ("4/4/2026", "2026-04-04T00:00:00.000Z"),
        ("3/4/2026", None),
        ("31.02.2026", None),
        ("05:33.0", None),
        ("28/11/2026 14:05 PM", None),
        ("yesterday", None),
        ("99999999", None),
    ],
)
def test_times_of_a_spreadsheet_become_iso_where_they_are_clear(cell, time):
    assert time_of(cell, month_comes_first([cell])) == time


def test_one_clear_date_of_a_column_tells_the_order_of_all():
    assert month_comes_first(["", "3/4/2026", "11/28/2026"]) is True
    assert month_comes_first(["3/4/2026", "28/11/2026"]) is False
    assert month_comes_first(["3/4/2026"]) is None
    assert time_of("3/4/2026", True).startswith("2026-03-04") and time_of("3/4/2026", False).startswith(
        "2026-04-03"
    )


def test_a_file_is_found_by_the_separators_of_windows_and_none_where_there_is_none(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.png").write_bytes(b"")
    assert file_of(" a\\b.png ", tmp_path) == file_of("a/b.png", tmp_path) == tmp_path / "a" / "b.png"
    for cell in ("", "a", "c.png", "x" * 5000, "a\0b"):
        assert file_of(cell, tmp_path) is None


def test_a_name_in_another_encoding_finds_its_file(tmp_path):
    raw = os.fsencode(tmp_path) + b"/schl\xe9cht.png"
    with open(raw, "wb"):
        assert os.fsencode(file_of("schlécht.png", tmp_path)) == raw
    (tmp_path / "кот.png").write_bytes(b"")
    assert file_of("кот.png".encode("cp1251").decode("cp1252"), tmp_path) == tmp_path / "кот.png"
