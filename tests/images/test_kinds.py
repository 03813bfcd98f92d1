"""What can be read is listed once; what cannot is called by its name."""

import numpy as np
import pytest

from helpers.samples import image_file
from siamese_core.errors import UserError
from siamese_core.images import kinds
from siamese_core.images.decoding import decode_image

FOREIGN = {
    "a PDF": b"%PDF-1.7\n",
    "a PostScript file": b"%!PS-Adobe",
    "an SVG drawing": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "a web page": b"<!DOCTYPE html><html>",
    "text": "Grüße, kein Bild".encode(),
    "a zip or an office document": b"PK\x03\x04\0\0",
    "a Photoshop file": b"8BPS\0\1",
    "a video": b"\0\0\0\x18ftypisom\0\0\0\0",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "nothing but zero bytes": bytes(4096),
    "a PNG whose header is damaged": b"\x89PNG\r\n\x1a\n\0\0",
    "a TIFF whose header is damaged": b"II*\0\xff\xff\xff\xff",
    "a WebP that is cut short": image_file(np.zeros((9, 9, 3), np.uint8), "WEBP")[:-3],
    "a PNG whose line ends were changed": b"\x89PNG\n\x1a\n\0\0",
    "a PNG that was saved as text": "\ufffdPNG\r\n".encode(),
    "the raw photograph of a camera": b"II*\0\x10\0\0\0CR\2\0",
    "a bzip2 archive": b"BZh91AY&SY",
    "a DICOM image": bytes(128) + b"DICM",
    "a tar archive": bytes(257) + b"ustar",
    "what a Mac keeps beside a file": b"\0\5\x16\7\0\2\0\0",
    "an AVIF photograph whose header is damaged": b"\0\0\0\x18ftypavif" + bytes(200),
}


@pytest.mark.parametrize("words", FOREIGN)
def test_what_is_no_image_is_called_by_its_name(words):
    with pytest.raises(UserError, match=words):
        decode_image(FOREIGN[words], "file.png")


def test_what_tells_nothing_is_none_of_these():
    with pytest.raises(UserError, match="none of these"):
        decode_image(b"\x01\x02\xfe\xfd" * 99, "file.png")


def test_a_suffix_is_readable_exactly_where_its_kind_is():
    for kind, suffixes in kinds.KINDS.items():
        for suffix in suffixes:
            assert (suffix in kinds.SUFFIXES) == (kind in kinds.FORMATS)
            assert bool(kinds.how_to_read(suffix)) == (kind not in kinds.FORMATS)
    assert kinds.how_to_read(".docx") == ""


def test_a_photograph_of_a_telephone_is_named_with_what_would_read_it(monkeypatch):
    monkeypatch.setitem(kinds._MISSING, "HEIF", "pip install x")
    assert kinds.content_of(b"\0\0\0\x18ftypheic\0\0") == "a HEIC photograph (pip install x reads it)"
    assert kinds.how_to_read(".HEIC") == "pip install x"


@pytest.mark.parametrize("file_format", ["HEIF", "AVIF"])
def test_photographs_of_telephones_are_read_where_their_reader_is_installed(file_format):
    rows, columns = np.mgrid[0:48, 0:64]
    picture = np.dstack([4 * rows, 3 * columns, 128 + 0 * rows]).astype(np.uint8)
    image = decode_image(image_file(picture, file_format, quality=95), "IMG_0001")
    assert np.abs(image.astype(int) - picture).mean() < 3
