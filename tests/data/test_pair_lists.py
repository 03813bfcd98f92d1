import os
import re
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import bad_files, image_file
from siamese_core.data.pair_lists import load_pair_list
from siamese_core.errors import UserError


def write_csv(folder: Path, text: str, images: str = "ab") -> Path:
    """A list with the images a.png, b.png... beside it, whose grey levels are 0, 10..."""
    for level, name in enumerate(images):
        (folder / f"{name}.png").write_bytes(image_file(np.full((3, 4, 3), 10 * level, np.uint8)))
    (folder / "list.csv").write_text(text, encoding="utf-8")
    return folder / "list.csv"


def write_npy(folder: Path, pairs: list[np.ndarray], labels: str | None = None) -> tuple[Path, Path]:
    """The published layout: arrays in files, a text file of their paths, a text file of labels."""
    (folder / "pairs").mkdir()
    for number, pair in enumerate(pairs):
        np.save(folder / "pairs" / f"{number}.npy", pair)
    (folder / "pairs.txt").write_text("".join(f"pairs/{number}.npy\n" for number in range(len(pairs))))
    (folder / "labels.txt").write_text("1\n0\n" * (len(pairs) // 2) if labels is None else labels)
    return folder / "pairs.txt", folder / "labels.txt"


def test_a_csv_names_images_beside_it(tmp_path):
    pairs = load_pair_list(write_csv(tmp_path, "left,right,same\na.png,b.png,1\nb.png,c.png,0\n", "abc"))
    assert pairs.same.tolist() == [True, False]
    levels = [[int(pairs.images[i][0, 0, 0]) for i in side] for side in (pairs.left, pairs.right)]
    assert levels == [[0, 10], [10, 20]]
    assert len(pairs) == 3
    assert pairs.image(0).shape == (3, 4, 3)


@pytest.mark.parametrize("yes", ["1", "1.0", "true", "True", "same", "yes", " 1 "])
@pytest.mark.parametrize("no", ["0", "0.0", "false", "FALSE", "different", "no"])
def test_same_can_be_written_in_several_ways(tmp_path, yes, no):
    text = f"left,right,same\na.png,b.png,{yes}\na.png,b.png,{no}\n"
    assert load_pair_list(write_csv(tmp_path, text)).same.tolist() == [True, False]


def test_a_spreadsheet_s_mark_other_columns_and_their_order_do_not_matter(tmp_path):
    text = "\ufeffnote, Same ,right,left\r\nx,1,b.png,a.png\r\n"
    pairs = load_pair_list(write_csv(tmp_path, text))
    assert [int(pairs.image(int(i))[0, 0, 0]) for i in (pairs.left[0], pairs.right[0])] == [0, 10]


def test_names_may_be_absolute_and_lie_in_folders(tmp_path):
    (tmp_path / "deep").mkdir()
    write_csv(tmp_path / "deep", "")
    text = f"left,right,same\ndeep/a.png,{tmp_path}/deep/b.png,1\n"
    assert len(load_pair_list(write_csv(tmp_path, text, ""))) == 2


def test_missing_images_are_counted_and_the_first_one_named(tmp_path):
    text = "left,right,same\na.png,x.png,1\ny.png,b.png,0\n"
    with pytest.raises(
        UserError, match=r"list\.csv with 2 that cannot.*line 2: there is no file 'x\.png'; line 3.*y\.png"
    ):
        load_pair_list(write_csv(tmp_path, text))


def test_a_corrupt_image_is_named_when_it_is_read(tmp_path):
    file = write_csv(tmp_path, "left,right,same\na.png,b.png,1\n")
    (tmp_path / "b.png").write_bytes(bad_files()["cut-short.png"])
    pairs = load_pair_list(file)
    assert pairs.image(0).shape == (3, 4, 3)
    with pytest.raises(UserError, match="b.png"):
        pairs.image(1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns left, right and same.*Received: nothing"),
        ("left:right:same\na.png:b.png:1\n", "with commas, semicolons or tabs.*left:right:same"),
        ("left,right\na.png,b.png\n", "Received: left, right in list.csv"),
        ("left,right,same\n", "must hold a pair"),
        (
            "left,right,same\na.png,b.png,maybe\n",
            "line 2: whether it is the same must be 1 or 0.*received 'maybe'",
        ),
        ("left,right,same\n\na.png,b.png\n", "line 3: whether it is.*received ''"),
        ("left,right,same\na.png,,1\n", "line 2: a pair must name two images, received 'a.png' and ''"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_wrong(tmp_path, text, says):
    with pytest.raises(UserError, match=says):
        load_pair_list(write_csv(tmp_path, text))


def test_a_list_that_is_no_text_or_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="can be read.*nowhere.csv"):
        load_pair_list(tmp_path / "nowhere.csv")
    (tmp_path / "list.csv").write_bytes(b"PK\x03\x04\x14\0")
    with pytest.raises(UserError, match='a workbook.*save it as "CSV UTF-8"'):
        load_pair_list(tmp_path / "list.csv")


SPREADSHEETS = {
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "sep=;": lambda text: b"sep=;\r\n" + text.replace(",", ";").encode(),
    "tabs in UTF-16": lambda text: text.replace(",", "\t").encode("utf-16"),
    "CR only": lambda text: text.replace("\n", "\r").encode(),
    "CR LF": lambda text: text.replace("\n", "\r\n").encode(),
    "back-slashes": lambda text: text.replace("/", "\\").encode(),
    "rows of separators": lambda text: text.replace("\n", "\n,,\n").encode(),
    "quotes": lambda text: text.replace("1\n", '"1"\n').encode(),
    "spaces before quotes": lambda text: re.sub(r"[^,\n]+", r'"\g<0>"', text).replace(",", ", ").encode(),
    "separators behind the cells": lambda text: text.replace("\n", ",,,\n").encode(),
    "names of the import": lambda text: text.replace(
        "left,right,same", "Left Path,RIGHT_PATH,Answer"
    ).encode(),
    "words": lambda text: text.replace(",1", ", Same").replace(",0", ",FALSCH").encode(),
    "accents in two letters": lambda text: unicodedata.normalize("NFD", text).encode(),
    "Windows-1252": lambda text: text.encode("cp1252"),
    "Mac Roman": lambda text: text.replace("\n", "\r").encode("mac_roman"),
    "Chinese Windows": lambda text: text.encode("gb18030"),
}


@pytest.mark.parametrize("saved", SPREADSHEETS)
def test_a_list_is_read_as_any_spreadsheet_saves_it(tmp_path, saved):
    (tmp_path / "deep").mkdir()
    for name in ("a", "é"):
        (tmp_path / "deep" / f"{name}.png").write_bytes(image_file(np.zeros((3, 4, 3), np.uint8)))
    text = "left,right,same\ndeep/a.png,deep/é.png,1\ndeep/é.png,deep/a.png,0\n"
    (tmp_path / "list.csv").write_bytes(SPREADSHEETS[saved](text))
    pairs = load_pair_list(tmp_path / "list.csv")
    assert pairs.same.tolist() == [True, False] and len(pairs) == 2
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0, 1], [1, 0]) and not pairs.left_out


def test_a_broken_image_whose_name_is_no_utf_8_is_named_in_letters_that_can_be_printed(tmp_path):
    with open(os.fsencode(tmp_path) + b"/schl\xe9cht.png", "wb") as file:
        file.write(b"no image")
    list_file = write_csv(tmp_path, "")
    list_file.write_bytes(b"left,right,same\na.png,schl\xe9cht.png,1\n")
    pairs = load_pair_list(list_file)
    with pytest.raises(UserError) as told:
        pairs.image(1)
    assert "schl\\xe9cht.png" in str(told.value).encode().decode()


def test_a_name_with_a_back_slash_is_tried_as_it_is_first(tmp_path):
    (tmp_path / "a\\b.png").write_bytes(image_file(np.zeros((3, 4, 3), np.uint8)))
    file = write_csv(tmp_path, "left,right,same\na\\b.png,a.png,1\n")
    assert len(load_pair_list(file)) == 2


def test_wrong_rows_are_passed_over_counted_and_named_by_their_line(tmp_path):
    text = "left,right,same\na.png,b.png,1\n\na.png,x.png,1\na.png,b.png,unsure\na.png,b.png,0,1\n"
    pairs = load_pair_list(write_csv(tmp_path, text))
    assert pairs.same.tolist() == [True]
    assert [each.name for each in pairs.left_out.files] == [f"list.csv, line {line}" for line in (4, 5, 6)]
    assert (
        "left out: 3 of the list's rows; list.csv, line 4: there is no file 'x.png'" in pairs.left_out.line()
    )


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (np.full((2, 3, 4, 3), 200, np.uint8), 200),
        (np.full((2, 3, 4, 1), 200, np.uint8), 200),
        (np.full((2, 3, 4, 3), 0.5, np.float32), 128),
        (np.full((2, 3, 4, 3), 200.0, np.float64), 200),
        (np.full((2, 3, 4, 1), 1, np.int64), 1),
        (np.full((2, 3, 4, 1), True), 255),
    ],
)
def test_arrays_of_every_usual_kind_become_images(tmp_path, pair, expected):
    pairs = load_pair_list(*write_npy(tmp_path, [pair, pair]))
    assert pairs.same.tolist() == [True, False]
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0, 2], [1, 3])
    for index in range(4):
        image = pairs.image(index)
        assert image.shape == (3, 4, 3)
        assert image.dtype == np.uint8
        assert (image == expected).all()


def test_left_and_right_are_not_mixed_up(tmp_path):
    pair = np.stack([np.full((3, 4, 3), 10, np.uint8), np.full((3, 4, 3), 20, np.uint8)])
    pairs = load_pair_list(*write_npy(tmp_path, [pair, pair + 20]))
    assert [int(image[0, 0, 0]) for image in pairs.images] == [10, 20, 30, 40]


@pytest.mark.parametrize(
    "labels", ["1\n0\n", "1.0\n0.0", "1.000000000000000000e+00\n0.000000000000000000e+00\n"]
)
def test_labels_may_be_written_as_numpy_does(tmp_path, labels):
    pair = np.zeros((2, 3, 4, 3), np.uint8)
    assert load_pair_list(*write_npy(tmp_path, [pair, pair], labels)).same.tolist() == [True, False]


@pytest.mark.parametrize(
    ("pairs", "labels", "says"),
    [
        ([np.zeros((2, 3, 4, 3), np.uint8)], "1\n0\n", "Received: 1 pairs in pairs.txt and 2 labels"),
        ([], "", "Received: 0 pairs"),
        ([np.zeros((2, 3, 4, 3), np.uint8)], "0.7\n", "'0.7' in line 1"),
        ([np.zeros((3, 4, 3), np.uint8)], "1\n", r"shape.*\(3, 4, 3\) in 0.npy"),
        ([np.zeros((3, 2, 4, 3), np.uint8)], "1\n", r"shape.*\(3, 2, 4, 3\)"),
        ([np.zeros((2, 3, 4, 4), np.uint8)], "1\n", r"shape.*\(2, 3, 4, 4\)"),
    ],
)
def test_wrong_arrays_and_labels_are_refused(tmp_path, pairs, labels, says):
    with pytest.raises(UserError, match=says):
        load_pair_list(*write_npy(tmp_path, pairs, labels))


@pytest.mark.parametrize("value", [-1.0, 300.0, np.nan, np.inf])
def test_pixels_out_of_range_are_refused(tmp_path, value):
    pairs = load_pair_list(*write_npy(tmp_path, [np.full((2, 3, 4, 3), value)], "1\n"))
    with pytest.raises(UserError, match="0..255, or 0..1.*0.npy"):
        pairs.image(0)


def test_missing_and_damaged_arrays_are_named(tmp_path):
    files = write_npy(tmp_path, [np.zeros((2, 3, 4, 3), np.uint8)] * 2)
    (tmp_path / "pairs" / "1.npy").write_bytes(b"not an array")
    with pytest.raises(UserError, match=r"whole \.npy.*1\.npy"):
        load_pair_list(*files)
    (tmp_path / "pairs" / "1.npy").unlink()
    with pytest.raises(UserError, match=r"1 of 2 missing.*1\.npy"):
        load_pair_list(*files)


def test_pickled_arrays_are_never_run(tmp_path):
    files = write_npy(tmp_path, [], "1\n")
    np.save(tmp_path / "pairs" / "0.npy", np.array([{}], dtype=object), allow_pickle=True)
    files[0].write_text("pairs/0.npy\n")
    with pytest.raises(UserError, match="0.npy"):
        load_pair_list(*files)


def test_the_fingerprint_changes_with_pixels_and_answers(tmp_path):
    file = write_csv(tmp_path, "left,right,same\na.png,b.png,1\n")
    first = load_pair_list(file).fingerprint()
    assert load_pair_list(file).fingerprint() == first
    other = load_pair_list(write_csv(tmp_path, "left,right,same\na.png,b.png,0\n")).fingerprint()
    (tmp_path / "a.png").write_bytes(image_file(np.full((3, 4, 3), 77, np.uint8)))
    assert len({first, other, load_pair_list(file).fingerprint()}) == 3
