"""One name a class, however it was typed, packed or encoded."""

import json
import os

import pytest

from siamese_core.data.names import alike, clean_name, clean_path, notes_on


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("cat", "cat"),
        (" cat ", "cat"),
        ("big\u00a0 \t cat", "big cat"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("two\nlines", "two lines"),
        ("\u202egnp", "gnp"),
        ("日本", "日本"),
        ("", ""),
    ],
)
def test_space_unicode_form_and_invisible_letters_make_no_difference(name, cleaned):
    assert clean_name(name) == cleaned == clean_name(cleaned)


def test_bytes_that_are_no_text_can_be_printed_and_sent():
    cleaned = clean_name(os.fsdecode(b"schl\xe9cht"))
    assert cleaned == "schl\\xe9cht"
    assert json.loads(json.dumps(cleaned)) == cleaned and cleaned.encode()


@pytest.mark.parametrize("name", ["\ud800", "a\udcffb", "\ud83d\udcff", "\udfff\udc80"])
def test_halves_of_surrogate_pairs_from_wherever_become_letters(name):
    cleaned = clean_name(name)
    assert cleaned.encode() and cleaned == clean_name(cleaned)


def test_each_part_of_a_path_is_cleaned():
    assert clean_path("big cats /lion\u0301 /1.png") == "big cats/lioń/1.png"


def test_names_that_look_alike_are_told_in_groups():
    assert alike(["cat", "Cat", "dog", "ｃａｔ", "dog"]) == [["Cat", "cat", "ｃａｔ"]]


def test_classes_that_become_one_and_classes_that_look_alike_are_told():
    assert notes_on(["cat", "cat ", "dog"]) == ("'cat' and 'cat ' are one class",)
    assert notes_on(["cat", "Cat", "dog"]) == ("'Cat' and 'cat' are 2 classes",)
    assert notes_on(["cat", "dog"]) == ()
