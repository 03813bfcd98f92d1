"""One decoder for every image file."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from helpers.paths import ROOT
from helpers.samples import (
    bad_files,
    corner_mark,
    huge_png,
    image_file,
    jpeg_files,
    odd_files,
    raw_png,
    texture,
)
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_PIXELS, MAX_SIDE, decode_image, encode_png, image_id, thumbnail

CORNER_MARK_ID = "1c49638a524ed333d90179be7eb153f03fa7165054c8c3091c00cca1ff35d6ac"
ODD = odd_files()
BAD = bad_files()


def waves(height: int, width: int) -> np.ndarray:
    """A smooth colour picture without symmetry: uint8 (height, width, 3)."""
    rows, columns = np.ogrid[0:height, 0:width]
    tones = [np.sin(rows / 90 + columns / 70), np.cos(columns / 130 + rows / 999), np.sin(rows / 200)]
    return np.dstack([np.broadcast_to(tone * 127 + 128, (height, width)).astype(np.uint8) for tone in tones])


# What comes out


@pytest.mark.parametrize("name", ODD)
def test_every_kind_of_file_shows_the_same_picture(name):
    image = decode_image(ODD[name], name)
    assert image.dtype == np.uint8
    loss = 8 if name in jpeg_files() else 0
    np.testing.assert_allclose(image.astype(int), corner_mark(), atol=loss)


def test_a_path_a_string_and_bytes_decode_alike(tmp_path):
    file = tmp_path / "mark.png"
    file.write_bytes(ODD["plain.png"])
    for source in (file, str(file), file.read_bytes()):
        np.testing.assert_array_equal(decode_image(source), corner_mark())


def test_the_decoded_image_can_be_written_to():
    image = decode_image(ODD["plain.png"])
    image[0, 0] = 7
    assert image[0, 0].tolist() == [7, 7, 7]


def test_half_transparent_ink_is_mixed_with_white():
    pixel = np.array([[[0, 0, 0, 51], [200, 100, 0, 255], [9, 9, 9, 0]]], np.uint8)
    assert decode_image(image_file(pixel)).tolist() == [[[204] * 3, [200, 100, 0], [255] * 3]]


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_wholly_transparent_image_is_white_paper(mode):
    assert (decode_image(image_file(Image.new(mode, (5, 4)))) == 255).all()


def test_16_bit_grey_keeps_its_tones_instead_of_being_clipped():
    ramp = np.linspace(0, 65535, 256).round().astype(np.uint16)[None]
    np.testing.assert_array_equal(decode_image(image_file(ramp))[0, :, 0], np.arange(256))


def test_16_bit_grey_with_half_alpha_is_mixed_with_white():
    pixel = np.array([[[0, 0x8000]]], np.uint16)
    assert decode_image(raw_png(pixel, 4)).tolist() == [[[127] * 3]]


@pytest.mark.parametrize(
    ("highest", "levels"), [(1.0, [0, 128, 255]), (200.0, [0, 100, 200]), (1000.0, [0, 2, 4])]
)
def test_floats_are_scaled_by_the_smallest_usual_range_that_holds_them(highest, levels):
    values = np.array([[0, highest / 2, highest]], np.float32)
    assert decode_image(image_file(values, "TIFF"))[0, :, 0].tolist() == levels


def test_values_a_little_below_zero_are_black():
    values = np.array([[-0.05, 1.0]], np.float32)
    assert decode_image(image_file(values, "TIFF"))[0, :, 0].tolist() == [0, 255]


def test_deep_images_without_a_positive_value_are_black():
    assert (decode_image(image_file(np.zeros((1, 2), np.int32), "TIFF")) == 0).all()


def test_one_pixel_stays_one_pixel():
    assert decode_image(image_file(np.full((1, 1, 3), 9, np.uint8))).tolist() == [[[9, 9, 9]]]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0junk and more junk", b"Exif\0\0MM\0*\0\xc8", b"Exif\0\0MM\0*\0\0\0\x08\xff"]
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_damaged_exif_does_not_spoil_good_pixels(file_format, exif):
    file = image_file(corner_mark(), file_format, exif=exif, quality=95)
    np.testing.assert_allclose(decode_image(file).astype(int), corner_mark(), atol=8)


# Size


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1, 5000), (MAX_SIDE, 1, 3)),
        ((5000, 1), (1, MAX_SIDE, 3)),
        ((3, 40_000), (MAX_SIDE, 1, 3)),
        ((MAX_SIDE, MAX_SIDE), (MAX_SIDE, MAX_SIDE, 3)),
        ((MAX_SIDE + 1, 10), (10, MAX_SIDE, 3)),
        ((3000, 1500), (512, MAX_SIDE, 3)),
        ((20, 30), (30, 20, 3)),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_images_are_shrunk_to_the_largest_side_and_never_enlarged(size, shape, file_format):
    image = decode_image(image_file(Image.new("RGB", size, "navy"), file_format))
    assert image.shape == shape
    np.testing.assert_allclose(image, np.broadcast_to([0, 0, 128], shape), atol=2)


@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [(2101, 4207), (1500, 1300)])
def test_shrinking_in_tiles_equals_shrinking_the_whole(size, file_format):
    picture = waves(*size)
    options = {"JPEG": {"quality": 95}, "PNG": {"compress_level": 1}}[file_format]
    image = decode_image(image_file(picture, file_format, **options))
    whole = Image.fromarray(picture).resize((image.shape[1], image.shape[0]), Image.Resampling.LANCZOS)
    np.testing.assert_allclose(image.astype(int), np.asarray(whole), atol=3 if file_format == "PNG" else 12)


def test_transparency_survives_shrinking():
    picture = np.zeros((2500, 2500, 4), np.uint8)
    picture[:1250, :, 3] = 255
    image = decode_image(image_file(picture, compress_level=1))
    assert (image[:500] == 0).all()
    assert (image[524:] == 255).all()


def test_the_largest_image_allowed_is_decoded_by_several_at_once():
    side = 8000
    file = huge_png(side, MAX_PIXELS // side)
    with ThreadPoolExecutor(3) as pool:
        images = list(pool.map(decode_image, [file] * 3))
    assert [image.shape for image in images] == [(640, 1024, 3)] * 3
    assert not any(image.any() for image in images)


# What is refused


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_image_is_refused_in_words(name):
    with pytest.raises(UserError, match=r"^[^\n]+ Received: [^\n]+\. [^\n]+\.$") as refused:
        decode_image(BAD[name], name)
    assert name in str(refused.value)


def test_a_size_beyond_the_limit_is_told_with_its_numbers():
    file = huge_png()
    assert len(file) < 10_000
    with pytest.raises(UserError, match="at most 40 million pixels.* scan.png, PNG, 6500 x 6400 px"):
        decode_image(file, "scan.png")


@pytest.mark.parametrize("side", [10_000, 14_000])
def test_an_image_bomb_is_refused_quietly_and_without_memory(tmp_path, side):
    """Both where Pillow would warn and where it raises."""
    (tmp_path / "bomb.png").write_bytes(huge_png(side, side))
    program = (
        "import resource, sys\nfrom siamese_core.errors import UserError\n"
        "from siamese_core.images.decoding import decode_image\n"
        "used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = used()\n"
        "try: decode_image(sys.argv[1])\nexcept UserError: print(used() - before)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "bomb.png"], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.stderr == ""
    assert int(finished.stdout) < 8_000  # kilobytes; decoding would take 100_000 and more


def test_no_message_tells_a_path_of_this_machine(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "text.png").write_bytes(b"text")
    for file in ("folder.png", "text.png", "missing.png"):
        for name in (None, str(tmp_path / file)):
            with pytest.raises(UserError, match=f"Received: {file}") as refused:
                decode_image(tmp_path / file, name)
            assert str(tmp_path) not in str(refused.value)


def test_the_name_given_is_the_name_shown(tmp_path):
    (tmp_path / "upload-1234").write_bytes(b"text")
    with pytest.raises(UserError, match="Received: my cat.png"):
        decode_image(tmp_path / "upload-1234", "my cat.png")


def test_a_hostile_name_stays_short_and_on_one_line():
    with pytest.raises(UserError) as refused:
        decode_image(b"", "a\nerror: b\x1b[31m\udcff" + "c" * 5000)
    message = str(refused.value)
    assert message.isprintable()
    assert len(message) < 250


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_files_give_an_image_or_a_user_error_and_nothing_else():
    rng = np.random.default_rng(0)
    outcomes = {"decoded": 0, "refused": 0}
    for name in list(ODD) * 20:
        content = bytearray(ODD[name])
        for position in rng.integers(0, len(content), 3):
            content[position] = rng.integers(0, 256)
        try:
            image = decode_image(bytes(content[: rng.integers(len(content) // 2, 2 * len(content))]), name)
            assert image.dtype == np.uint8
            assert image.ndim == 3
            outcomes["decoded"] += 1
        except UserError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 100


# Identity


def test_the_id_of_an_image_never_changes_between_versions():
    assert image_id(corner_mark()) == CORNER_MARK_ID


def test_the_id_comes_from_the_pixels_not_from_the_file():
    ids = {image_id(decode_image(file)) for name, file in ODD.items() if name not in jpeg_files()}
    assert ids == {image_id(corner_mark())}


def test_the_id_tells_shapes_and_single_pixels_apart():
    changed = corner_mark()
    changed[-1, -1, -1] -= 1
    images = [np.zeros((2, 3, 3), np.uint8), np.zeros((3, 2, 3), np.uint8), corner_mark(), changed]
    assert len({image_id(image) for image in images}) == 4


def test_the_id_does_not_depend_on_the_memory_layout():
    image = texture(20, 30)
    assert image_id(np.asfortranarray(image)) == image_id(image)
    assert image_id(image[::2]) == image_id(image[::2].copy())


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), "u1"),
    ],
)
@pytest.mark.parametrize("function", [image_id, encode_png, lambda image: thumbnail(image, 10)])
def test_what_is_no_image_array_is_told_its_shape(function, wrong):
    with pytest.raises(ValueError, match=r"\(height, width, 3\).*Received: \w+ \("):
        function(wrong)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1024), (33, 77), (1024, 1024)])
def test_png_bytes_decode_to_the_same_pixels(shape):
    image = texture(*shape)
    np.testing.assert_array_equal(decode_image(encode_png(image)), image)
    np.testing.assert_array_equal(decode_image(encode_png(image[::-1])), image[::-1])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((100, 50), (20, 10)), ((30, 900), (1, 20)), ((5, 7), (5, 7)), ((20, 20), (20, 20))],
)
def test_a_thumbnail_fits_and_keeps_the_aspect(shape, expected):
    small = thumbnail(np.full((*shape, 3), 77, np.uint8), 20)
    assert small.shape == (*expected, 3)
    assert (small == 77).all()
