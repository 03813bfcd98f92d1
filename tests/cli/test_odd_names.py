"""Files and folders may have any name: no byte of it reaches the terminal or breaks the JSON."""

import json
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import alphabet, image_file
from siamese_core.cli.main import main

ODD = {
    "no UTF-8": b"schl\xe9cht",
    "line feed": b"two\nlines",
    "terminal codes": b"\x1b[31mred\x1b]0;title\x07",
    "C1 terminal codes": "\x9b31m".encode(),
    "right to left": "\u202egnp".encode(),
    "longest": b"x" * 251,
    "leading dash": b"-rf",
    "markup": b"<img src=x onerror=alert(1)>",
    "quotes and separators": b"a\"b'c;d,e[bold]",
    "half a surrogate pair": b"\xed\xb3\xa9",
}


QUICK = {"quotes and separators", "half a surrogate pair"}  # the others in `make soak`


@pytest.fixture(
    params=[each if each in QUICK else pytest.param(each, marks=pytest.mark.soak) for each in ODD]
)
def name(request) -> str:
    return os.fsdecode(ODD[request.param])


@pytest.fixture
def place(tmp_path, name) -> Path:
    """A folder with an odd name of images, class folders and tables with odd names."""
    glyphs = alphabet(np.random.default_rng(2), 2, 3, 32)
    place = tmp_path / "odd" / name
    for number, drawers in enumerate(glyphs):
        folder = place / "data" / f"{number}{name}"[:251]
        folder.mkdir(parents=True)
        for drawer, glyph in enumerate(drawers):
            (folder / (f"{drawer}{name}"[:251] + ".png")).write_bytes(image_file(glyph))
    (folder / (f"z{name}"[:251] + ".png")).write_bytes(b"no image")
    (folder / (f"z{name}"[:249] + ".heic")).write_bytes(b"no image")
    for side, drawers in zip(("left", "right"), glyphs, strict=True):
        (place / (f"{side}{name}"[:251] + ".png")).write_bytes(image_file(drawers[0]))
    write_tables(place)
    return place


def write_tables(place: Path) -> None:
    """A list of pairs and a table of answers, in the bytes of the names themselves."""
    quoted = [
        b'"' + os.fsencode(file.relative_to(place)).replace(b'"', b'""') + b'"'
        for file in sorted(place.glob("data/*/[0-9]*.png"))
    ]
    pairs = [(0, 1, True), (3, 4, True), (0, 3, False), (1, 4, False)]
    for table, heading, words in (
        ("pairs.csv", b"left,right,same", (b"0", b"1")),
        ("answers.csv", b"left_path,right_path,answer", (b"different", b"same")),
    ):
        rows = [b",".join((quoted[left], quoted[right], words[same])) for left, right, same in pairs]
        (place / table).write_bytes(b"\n".join([heading, *rows]) + b"\n")


def commands(place: Path, name: str) -> Iterator[tuple[int, tuple]]:
    """Commands on these files, each with the exit code that it should end with."""
    left, right = sorted(place.glob("*.png"))
    data, missing = place / "data", place / f"m{name}"[:100]
    one_shot = ("evaluate", "one-shot", "--n-way", 2, "--episodes", 3, "--data")
    yield 0, ("compare", left, right)
    yield 2, ("compare", missing, right)
    yield 2, ("compare", place / "answers.csv", right)
    yield 0, ("one-shot", "--query", left, "--support", data)
    yield 2, ("one-shot", "--query", left, "--support", missing)
    yield 0, ("mine", "--images", data, "--top", 3)
    yield 2, ("mine", "--images", missing, "--top", 3)
    yield 0, (*one_shot, data)
    yield 2, (*one_shot, data, "--strict")
    yield 2, (*one_shot, missing)
    yield 2, (*one_shot, data, "--checkpoint", missing)
    yield 0, ("evaluate", "verification", "--list", place / "pairs.csv")
    yield 0, ("diagnose", "--data", data, "--list", place / "pairs.csv")
    yield 0, ("log", "import", place / "answers.csv")
    yield 2, ("log", "import", missing)
    yield 0, ("log", "export", place / f"e{name}"[:255])
    yield 2, ("retrain", "--log", missing)
    yield 2, ("checkpoints", "promote", f"k{name}"[:200])
    yield 2, ("compare", left, right, f"--encoder={name[:200]}")
    yield 2, ("train", "koch", "--data", missing, "--steps", 1, "--out", place / f"o{name}"[:200])
    yield 2, ("--workspace", left, "log", "check")


def unprintable(text: str) -> set[str]:
    """Letters that steer a terminal, hide, turn the writing round, or cannot be written."""
    odd = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    return odd - {"\n"}


def texts(found: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, list | dict):
        for each in found.values() if isinstance(found, dict) else found:
            yield from texts(each)


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "JSON"])
def test_every_command_takes_and_tells_odd_names(own_slots, place, name, more, capsys):
    for code, words in commands(place, name):
        given = ["--workspace", str(own_slots), *map(str, words), *more]
        ended = main(given)
        out, err = capsys.readouterr()
        assert ended == code, (words, err)
        assert not unprintable(out) and not unprintable(err), words
        assert (out + err).encode(), words
        if code == 2:
            assert out == "" and len(err.splitlines()) == 1 and "Received" in err or "invalid choice" in err
        elif more:
            assert not any(unprintable(text) for text in texts(json.loads(out))), words
