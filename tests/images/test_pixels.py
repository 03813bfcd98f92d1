"""Samples mean what their file says, and nothing turns blank without a word."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from helpers.samples import image_file
from helpers.tiff import BLACK_IS_ZERO, WHITE_IS_ZERO, grey_tiff
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

RAMP = np.arange(256).reshape(8, 32)
# samples of a ramp from black to white, by type
DEEP = {
    "u1": RAMP.astype("u1"),
    "u2": (RAMP * 257).astype("u2"),
    "u4": (RAMP * 257).astype("u4"),
    "i4": (RAMP * 257).astype("i4"),
    "f4": (RAMP / 255).astype("f4"),
}


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", DEEP)
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
def test_tiff_samples_are_read_as_the_file_says_or_refused(kind, photometric, order):
    samples = DEEP[kind]
    stored = samples.max() - samples if photometric == WHITE_IS_ZERO else samples
    try:
        image = decode_image(grey_tiff(stored, photometric, order), "ramp.tif")
    except UserError as refusal:
        assert "which is a TIFF" in str(refusal)
        return
    np.testing.assert_array_equal(image[..., 0], RAMP)


@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_the_usual_depths_are_read_in_both_polarities(kind):
    for photometric in (WHITE_IS_ZERO, BLACK_IS_ZERO):
        stored = DEEP[kind].max() - DEEP[kind] if photometric == WHITE_IS_ZERO else DEEP[kind]
        np.testing.assert_array_equal(decode_image(grey_tiff(stored, photometric))[..., 0], RAMP)


def test_12_bit_samples_are_white_at_4095():
    ramp = (np.arange(256) * 4095 // 255).astype("u2").reshape(8, 32)
    packed = bytearray()
    for first, second in ramp.reshape(-1, 2).tolist():
        packed += bytes((first >> 4, (first & 15) << 4 | second >> 8, second & 255))
    file = bytearray(grey_tiff(ramp))
    file[8 : 8 + ramp.nbytes] = packed + bytes(ramp.nbytes - len(packed))
    bits = struct.pack("<HHIHH", 258, 3, 1, 16, 0)
    file[file.index(bits) : file.index(bits) + 12] = struct.pack("<HHIHH", 258, 3, 1, 12, 0)
    levels = decode_image(bytes(file), "12.tif")[..., 0].astype(int)
    np.testing.assert_allclose(levels, RAMP, atol=1)


def test_negative_whole_numbers_are_refused_in_words():
    with pytest.raises(UserError, match="whole numbers from -3 to 7"):
        decode_image(image_file(np.array([[-3, 7]], np.int32), "TIFF"), "scan.tif")


def test_32_bits_without_a_sign_reach_to_4294967295():
    samples = (RAMP.astype("u4") * 16843009).astype("u4")
    np.testing.assert_array_equal(decode_image(grey_tiff(samples), "32.tif")[..., 0], RAMP)


def test_8_bits_with_a_sign_are_refused_in_words():
    with pytest.raises(UserError, match="whole numbers from -128 to 127"):
        decode_image(grey_tiff((RAMP - 128).astype("i1")), "signed.tif")


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([np.nan, np.nan], "not one that is a finite number"),
        ([np.inf, -np.inf], "not one that is a finite number"),
        ([-2.0, -1.0], "numbers from -2 to -1"),
        ([-1.0, 1.0], "numbers from -1 to 1"),
        ([1e-7, 9e-7], "one shade where 1 is white"),
    ],
)
def test_floats_without_a_meaning_as_brightness_are_refused_in_words(samples, words):
    with pytest.raises(UserError, match=words):
        decode_image(grey_tiff(np.array([samples], "f4")), "float.tif")


def test_brighter_than_white_is_white_and_no_number_is_black():
    samples = np.array([[0.0, 0.5, 1.0, 4.0, np.inf, np.nan, -0.1]], "f4")
    assert decode_image(grey_tiff(samples), "scene.tif")[0, :, 0].tolist() == [0, 128, 255, 255, 255, 0, 0]


def test_a_mask_of_few_levels_in_16_bits_is_refused_instead_of_being_black():
    with pytest.raises(UserError, match="samples from 0 to 5, .* one shade where 65535 is white"):
        decode_image(grey_tiff(np.array([[0, 5]], "u2")), "mask.tif")
    assert not decode_image(grey_tiff(np.full((2, 2), 5, "u2")), "black.tif").any()


def test_white_ink_of_16_bits_on_nothing_is_shown_on_black():
    ink = np.full((1, 4), 65535, "u2")
    ink[0, 0] = 0
    file = io.BytesIO()
    Image.fromarray(ink).save(file, "PNG", transparency=0)
    assert decode_image(file.getvalue(), "ink.png")[0, :, 0].tolist() == [0, 255, 255, 255]


def bitmap_with_alpha(alpha: int) -> tuple[bytes, np.ndarray]:
    """A 32-bit BMP whose header names an alpha channel, all of it `alpha`; and its colours."""
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    body = np.dstack([colours[..., ::-1], np.full((6, 8), alpha, "u1")])[::-1].tobytes()
    head = struct.pack("<IiiHHIIiiII", 108, 8, 6, 1, 32, 3, len(body), 2835, 2835, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b" niW" + b"\0" * 48
    return b"BM" + struct.pack(
        "<IHHI", 14 + len(head) + len(body), 0, 0, 14 + len(head)
    ) + head + body, colours


@pytest.mark.parametrize("alpha", [0, 255])
def test_an_alpha_channel_left_at_zero_does_not_make_a_screenshot_white(alpha):
    content, colours = bitmap_with_alpha(alpha)
    np.testing.assert_array_equal(decode_image(content, "screenshot.bmp"), colours)


def test_white_ink_on_nothing_is_shown_on_black():
    drawing = np.full((9, 9, 4), 255, np.uint8)
    drawing[..., 3] = 0
    drawing[4, 1:8, 3] = 255
    image = decode_image(image_file(drawing), "white.png")
    assert image[4, 4].tolist() == [255] * 3 and image[0, 0].tolist() == [0] * 3


def test_a_palette_that_is_transparent_all_over_is_shown_opaque():
    picture = Image.fromarray(RAMP.astype("u1")).convert("P")
    file = io.BytesIO()
    picture.save(file, "PNG", transparency=bytes(256))
    assert len(np.unique(decode_image(file.getvalue(), "palette.png"))) > 100
