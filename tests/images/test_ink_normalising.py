"""Characters come to one polarity, size, place and stroke width, however they were recorded."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label

from helpers.characters import CHARACTERS, drawings, rgb
from helpers.samples import (
    draw_program,
    pencil_photograph,
    photograph,
    stroke_program,
)
from siamese_core.images.ink import is_ink
from siamese_core.images.ink_normalising import normalise_if_ink, normalise_ink

SIZE = 105  # px


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation of two slightly blurred pictures: 1 for the same one."""
    blurred = [gaussian_filter(picture.astype(float), 2).ravel() for picture in (first, second)]
    return float(np.corrcoef(blurred)[0, 1])


@pytest.mark.parametrize("pair", [("scan", "canvas"), ("scan", "pencil"), ("canvas", "pencil")])
def test_one_character_looks_nearly_the_same_however_it_was_recorded(recordings, pair):
    first, second = ([normalise_ink(image, SIZE) for image in recordings[kind]] for kind in pair)
    same = [likeness(a, b) for a, b in zip(first, second, strict=True)]
    different = [likeness(a, b) for i, a in enumerate(first) for j, b in enumerate(second) if i != j]
    assert min(same) > 0.9
    assert min(same) > max(different) + 0.2


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
