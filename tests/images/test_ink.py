import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, label, minimum_filter

from helpers.samples import (
    as_scan,
    draw_program,
    on_dark_canvas,
    pencil_photograph,
    photograph,
    stroke_program,
)
from siamese_core.images.decoding import decode_image
from siamese_core.images.ink import _distance, is_ink, normalise_if_ink, normalise_ink

SIZE = 105
CHARACTERS = 8


def drawings(seed: int = 0, side: int = 420) -> list[np.ndarray]:
    """CHARACTERS different characters, each drawn exactly."""
    rng = np.random.default_rng(seed)
    return [draw_program(stroke_program(rng), rng, side, jitter=0) for _ in range(CHARACTERS)]


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two slightly blurred pictures: 1 for the same one."""
    blurred = [gaussian_filter(picture.astype(float), 2).ravel() for picture in (first, second)]
    return float(np.corrcoef(blurred)[0, 1])


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)


@pytest.fixture(scope="module")
def recordings() -> dict[str, list[np.ndarray]]:
    """The same characters as a scan, a canvas and a photograph of a pencil drawing."""
    rng = np.random.default_rng(1)
    drawn = drawings()
    return {
        "scan": [as_scan(one) for one in drawn],
        "canvas": [on_dark_canvas(one) for one in drawn],
        "pencil": [pencil_photograph(one, rng) for one in drawn],
    }


@pytest.mark.parametrize("pair", [("scan", "canvas"), ("scan", "pencil"), ("canvas", "pencil")])
def test_one_character_looks_nearly_the_same_however_it_was_recorded(recordings, pair):
    first, second = ([normalise_ink(image, SIZE) for image in recordings[kind]] for kind in pair)
    same = [likeness(a, b) for a, b in zip(first, second, strict=True)]
    different = [likeness(a, b) for i, a in enumerate(first) for j, b in enumerate(second) if i != j]
    assert min(same) > 0.9
    assert min(same) > max(different) + 0.2


@pytest.mark.parametrize("kind", ["scan", "canvas", "pencil"])
def test_drawings_are_ink_however_they_were_recorded(recordings, kind):
    assert all(is_ink(image) for image in recordings[kind])


def test_a_small_pencil_drawing_on_a_large_sheet_is_found():
    rng = np.random.default_rng(2)
    found = 0
    for drawing in drawings(side=200):
        sheet = np.full((600, 600, 3), 255, np.uint8)
        top, left = rng.integers(0, 400, 2)
        sheet[top : top + 200, left : left + 200] = drawing
        photo = pencil_photograph(sheet, rng, 700)
        found += is_ink(photo) and likeness(normalise_ink(photo, SIZE), normalise_ink(drawing, SIZE)) > 0.9
    assert found >= 0.9 * CHARACTERS


@pytest.mark.parametrize("thickness", [1, 2])
def test_a_tight_crop_and_a_thick_brush_are_ink(thickness):
    for drawing in drawings(3, side=100):
        dark = drawing[:, :, 0] < 128
        for _ in range(thickness - 1):
            dark[1:] |= dark[:-1].copy()
            dark[:, 1:] |= dark[:, :-1].copy()
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        crop = np.pad(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 3)
        assert is_ink(rgb(np.where(crop, 0, 255).astype(np.uint8)))


def test_pictures_of_things_are_no_ink():
    rng = np.random.default_rng(4)
    assert sum(is_ink(photograph(rng)) for _ in range(30)) <= 1


def cut_out(photo: np.ndarray, rng: np.random.Generator, ground: int) -> np.ndarray:
    """A round part of a photograph alone on a plain ground, as catalogues show things."""
    y, x = np.mgrid[-1 : 1 : photo.shape[0] * 1j, -1 : 1 : photo.shape[1] * 1j]
    (dy, dx), (ry, rx) = rng.uniform(-0.2, 0.2, 2), rng.uniform(0.3, 0.8, 2)
    inside = ((y - dy) / ry) ** 2 + ((x - dx) / rx) ** 2 < 1
    return np.where(inside[..., None], photo, np.uint8(ground))


@pytest.mark.parametrize("colours", [True, False])
@pytest.mark.parametrize("ground", [255, 225, 15])
def test_things_on_a_plain_ground_are_no_ink(ground, colours):
    rng = np.random.default_rng(15)
    things = [cut_out(photograph(rng), rng, ground) for _ in range(40)]
    if not colours:
        things = [rgb(np.asarray(Image.fromarray(each).convert("L"))) for each in things]
    assert np.mean([is_ink(each) for each in things]) <= 0.3


def test_a_thick_brush_under_a_lamp_is_ink():
    rng = np.random.default_rng(16)
    thick = [minimum_filter(each, (35, 35, 1), mode="nearest") for each in drawings(5)]
    assert np.mean([is_ink(pencil_photograph(each, rng)) for each in thick]) >= 0.9


def plain_textures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    ramp = np.linspace(0, 255, 96).astype(np.uint8)
    noise = rng.integers(0, 256, (96, 96, 3), np.uint8)
    clouds = gaussian_filter(rng.normal(size=(96, 96)), 6)
    clouds = np.uint8(255 * (clouds - clouds.min()) / np.ptp(clouds))
    waves = np.uint8(127 + 120 * np.sin(np.arange(96) / 4))
    return {
        "gradient": rgb(np.tile(ramp, (96, 1))),
        "two-way gradient": rgb(np.uint8((ramp[:, None].astype(int) + ramp) // 2)),
        "noise": noise,
        "grey noise": rgb(noise[:, :, 0]),
        "clouds": rgb(clouds),
        "coloured clouds": np.dstack([clouds, 255 - clouds, np.roll(clouds, 30)]),
        "soft stripes": rgb(np.tile(waves, (96, 1))),
        "chequers": rgb(np.uint8(255 * ((np.indices((96, 96)) // 8).sum(axis=0) % 2))),
    }


@pytest.mark.parametrize("name", plain_textures())
def test_textures_are_no_ink(name):
    assert not is_ink(plain_textures()[name])


@pytest.mark.parametrize("level", [0, 127, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (20, 20), (21, 21), (300, 200)])
def test_an_image_of_one_colour_has_no_ink(shape, level):
    image = np.full((*shape, 3), level, np.uint8)
    assert not is_ink(image)
    assert (normalise_ink(image, SIZE) == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1), (5, 7), (19, 21), (64, 1), (1, 500)])
@pytest.mark.parametrize("seed", range(3))
def test_tiny_and_odd_shapes_do_no_harm(shape, seed):
    image = np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
    normalised = normalise_ink(image, SIZE)
    assert normalised.shape == (SIZE, SIZE)
    assert normalised.dtype == np.uint8
    assert normalise_if_ink(image, SIZE) is None or is_ink(image)


@pytest.mark.parametrize("dot", [1, 2, 5])
def test_a_dot_is_drawn_in_the_middle(dot):
    image = np.full((20, 20, 3), 255, np.uint8)
    image[3 : 3 + dot, 12 : 12 + dot] = 0
    rows, columns = np.nonzero(normalise_ink(image, SIZE) < 128)
    assert abs(rows.mean() - (SIZE - 1) / 2) < 2
    assert abs(columns.mean() - (SIZE - 1) / 2) < 2


@pytest.mark.parametrize("size", [16, 28, 64, 105, 224])
def test_the_drawing_fills_its_frame_and_keeps_a_margin(size):
    for drawing in drawings(6)[:4]:
        dark = normalise_ink(drawing, size) < 128
        rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
        longer = max(np.ptp(rows), np.ptp(columns)) + 1
        assert 0.68 * size <= longer <= 0.92 * size
        assert min(rows[0], columns[0]) >= 0.01 * size
        assert max(rows[-1], columns[-1]) <= 0.99 * size


def test_a_few_small_dots_are_a_character():
    dots = np.full((105, 105), 255, np.uint8)
    for row, column in ((30, 40), (30, 60), (52, 40)):
        dots[row : row + 3, column : column + 3] = 0
    assert is_ink(rgb(dots))
    blobs, count = label(normalise_ink(rgb(dots), SIZE) < 128)
    assert count == 3


def test_thick_and_thin_pens_come_to_nearly_one_width():
    rng = np.random.default_rng(7)
    program = stroke_program(rng)
    thin, thick = draw_program(program, rng, 800, jitter=0), draw_program(program, rng, 200, jitter=0)
    white = np.full((800, 800, 3), 255, np.uint8)
    white[300:500, 300:500] = thick
    widths = [np.mean(normalise_ink(image, SIZE) < 128) for image in (thin, white)]
    assert widths[0] == pytest.approx(widths[1], rel=0.1)


def test_polarity_and_place_do_not_matter():
    for drawing in drawings(8, side=200)[:4]:
        expected = normalise_ink(drawing, SIZE)
        assert likeness(normalise_ink(255 - drawing, SIZE), expected) > 0.999
        moved = np.full((260, 330, 3), 255, np.uint8)
        moved[50:250, 120:320] = drawing
        assert np.array_equal(normalise_ink(moved, SIZE), expected)


def test_dust_does_not_move_the_drawing():
    drawing = drawings(9, side=300)[0]
    dusty = np.pad(drawing, ((40, 40), (40, 40), (0, 0)), constant_values=255)
    clean = normalise_ink(dusty, SIZE)
    dusty[5:7, 5:7] = dusty[370:372, 370:372] = 0
    assert np.array_equal(normalise_ink(dusty, SIZE), clean)


def test_normalising_twice_changes_little():
    twice = []
    for drawing in drawings(10):
        once = normalise_ink(drawing, SIZE)
        twice.append(likeness(normalise_ink(rgb(once), SIZE), once))
        assert is_ink(rgb(once))
    assert min(twice) > 0.85
    assert np.median(twice) > 0.98


@pytest.mark.parametrize("size", [64, 105])
def test_one_call_answers_both_questions_alike_for_every_size(recordings, size):
    rng = np.random.default_rng(11)
    for image in [*recordings["scan"][:3], *recordings["pencil"][:3], photograph(rng), photograph(rng)]:
        both = normalise_if_ink(image, size)
        assert (both is not None) == is_ink(image)
        if both is not None:
            assert np.array_equal(both, normalise_ink(image, size))


def test_the_image_is_left_as_it_was():
    image = photograph(np.random.default_rng(12))
    before = image.copy()
    normalise_ink(image, SIZE)
    is_ink(image)
    assert np.array_equal(image, before)


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_those_of_the_distance_transform(seed):
    rng = np.random.default_rng(seed)
    mask = gaussian_filter(rng.normal(size=(60, 45)), 2 + seed) > 0
    mask[rng.integers(60), rng.integers(45)] = False
    expected = distance_transform_edt(mask)
    assert np.array_equal(_distance(mask, 100), expected)
    near = expected <= 3
    limited = _distance(mask, 3)
    assert np.array_equal(limited[near], expected[near])
    assert (limited[~near] > 3).all()


def stored_images(archive: str, step: int) -> list[np.ndarray]:
    with zipfile.ZipFile(Path(os.environ["SIAMESE_DATA"]) / archive) as images:
        names = sorted(name for name in images.namelist() if name.endswith((".png", ".jpg")))[::step]
        return [decode_image(images.read(name), name) for name in names]


@pytest.mark.data
def test_every_omniglot_glyph_is_ink_in_pencil_too():
    rng = np.random.default_rng(13)
    glyphs = stored_images("omniglot/images_validation.zip", 30)
    assert all(is_ink(glyph) for glyph in glyphs)
    large = [np.asarray(Image.fromarray(glyph).resize((420, 420))) for glyph in glyphs[::3]]
    assert np.mean([is_ink(pencil_photograph(glyph, rng)) for glyph in large]) >= 0.9


@pytest.mark.data
@pytest.mark.parametrize(("archive", "most"), [("photos_60.zip", 0.05), ("faces_orl.zip", 0.01)])
def test_photographs_are_no_ink(archive, most):
    photos = stored_images(archive, 3)
    assert np.mean([is_ink(photo) for photo in photos]) <= most


@pytest.mark.data
@pytest.mark.parametrize("ground", [255, 225, 15])
def test_photographed_things_on_a_plain_ground_are_no_ink(ground):
    rng = np.random.default_rng(17)
    photos = stored_images("photos_60.zip", 4)
    assert np.mean([is_ink(cut_out(photo, rng, ground)) for photo in photos]) <= 0.3
