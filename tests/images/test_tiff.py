"""TIFF files that Pillow reads wrongly or not at all."""

import numpy as np
import pytest
from PIL import Image

from helpers.samples import image_file
from helpers.tiff import WHITE_IS_ZERO, grey_tiff
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

RAMP = np.arange(256).reshape(8, 32)


def test_ycbcr_that_is_not_compressed_is_read():
    rows, columns = np.mgrid[0:48, 0:64]
    picture = np.dstack([4 * rows, 3 * columns, 128 + 0 * rows]).astype(np.uint8)
    stored = np.asarray(Image.fromarray(picture).convert("YCbCr"))
    content = image_file(Image.fromarray(stored, "YCbCr"), "TIFF")
    assert np.abs(decode_image(content, "scan.tif").astype(int) - picture).max() <= 4
    with pytest.raises(UserError, match="which is cut short"):
        decode_image(content[:-5000], "scan.tif")


def test_a_picture_of_more_rows_than_its_strips_hold_is_refused():
    content = grey_tiff(RAMP.astype("u1"))
    place = content.index(b"\x16\x01\x03\0", 8 + 256) + 8  # rows in a strip
    assert content[place] == 8
    with pytest.raises(UserError, match="damaged"):
        decode_image(content[:place] + b"\1" + content[place + 1 :], "scan.tif")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (grey_tiff(RAMP / 255), r"1 sample a pixel of 64 bits as floating point, grey"),
        (grey_tiff(RAMP.astype("u2"), WHITE_IS_ZERO, ">"), r"1 sample a pixel of 16 bits, 0 is white"),
    ],
)
def test_what_is_not_read_is_told_by_how_it_is_stored(content, words):
    with pytest.raises(UserError, match=f"a TIFF of a kind that is not read .{words}"):
        decode_image(content, "scan.tif")
