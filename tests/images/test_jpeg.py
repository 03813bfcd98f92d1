"""JPEG files that end before their end marker."""

import numpy as np
import pytest

from helpers.samples import image_file, photograph
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.images.jpeg import END, with_end

PHOTO = image_file(photograph(np.random.default_rng(4)), "JPEG")


@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_only_its_end_marker_is_read_whole(missing):
    assert PHOTO.endswith(END)
    np.testing.assert_array_equal(decode_image(PHOTO[:-missing]), decode_image(PHOTO))


@pytest.mark.parametrize("missing", [3, 4, 6, 20, 200])
def test_a_jpeg_that_lacks_pixels_is_refused(missing):
    assert with_end(PHOTO[:-missing]) is None
    with pytest.raises(UserError, match="which is cut short"):
        decode_image(PHOTO[:-missing])


@pytest.mark.parametrize("other", [b"", b"\xff\xd8", b"\xff\xd8\xff", PHOTO, b"\x89PNG" + bytes(90)])
def test_other_files_are_no_jpeg_without_an_end(other):
    assert with_end(other) is None
