"""The encoding of tables, and what files are that are none."""

import gzip

import numpy as np
import pytest

from helpers.samples import image_file
from siamese_core.data.table_text import decode_text
from siamese_core.errors import UserError


def test_one_line_in_another_encoding_spoils_no_other():
    text, encoding = decode_text("é\n".encode() + b"\xe9\n\x81\n", "x")
    assert (text, encoding) == ("é\né\n\x81\n", "Windows-1252")


def test_names_with_codes_of_terminals_are_text():
    name = "\x1b[31mred\x1b]0;title\x07.png"
    assert decode_text(f"left,right\n{name},{name}\n".encode(), "x")[0].count("\x1b") == 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (image_file(np.zeros((9, 9), np.uint8)), "which is a PNG"),
        (gzip.compress(b"left,right,same\n", mtime=0), "which is a gzip archive"),
        (b"<!doctype html><title>Sign in</title>", "which is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "which is a Git LFS pointer"),
        (b"%PDF-1.7\n1 0 obj\n", "which is a PDF"),
        (b'{"left": "a.png"}\n', "which is JSON"),
        (bytes(2000), "which is empty inside: nothing but zero bytes"),
        (np.random.default_rng(0).bytes(2000), "which is no text but binary data"),
    ],
)
def test_what_is_no_text_is_called_by_what_it_is(data, words):
    with pytest.raises(UserError, match=words):
        decode_text(data, "pairs.csv")
