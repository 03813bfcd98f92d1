import dataclasses

import numpy as np
import pytest

from samples import stroke_glyph
from siamese_core.augmentation import (
    BENDS,
    UNCHANGED,
    _turn,
    another_hand,
    distort,
    mirror,
    other_characters,
    warped,
)

SIDE = 64


def glyph(channels: int = 1) -> np.ndarray:
    return stroke_glyph(np.random.default_rng(0), SIDE)[:, :, :channels]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", [distort, mirror])
def test_copies_keep_shape_and_kind(change, channels):
    copy = change(glyph(channels), np.random.default_rng(1))
    assert copy.shape == (SIDE, SIDE, channels)
    assert copy.dtype == np.uint8


def test_unchanged_points_give_the_image_itself():
    assert np.array_equal(warped(glyph(), UNCHANGED), glyph())
    assert np.array_equal(warped(glyph(3), UNCHANGED, UNCHANGED), glyph(3))


@pytest.mark.parametrize("turns", range(4))
def test_a_quarter_turn_moves_every_pixel_to_its_place(turns):
    turn = dataclasses.replace(UNCHANGED, matrix=np.round(_turn(90 * turns)))
    assert np.array_equal(warped(glyph(), turn), np.rot90(glyph(), turns))


def test_of_several_warps_the_last_changes_the_image_first():
    turn = dataclasses.replace(UNCHANGED, matrix=np.round(_turn(90)))
    flip = dataclasses.replace(UNCHANGED, matrix=np.diag([-1.0, 1.0]))
    assert np.array_equal(warped(glyph(), flip, turn), np.rot90(glyph())[:, ::-1])


def test_a_bend_moves_ink_where_it_is_and_nowhere_else():
    square = np.full((SIDE, SIDE, 1), 255, np.uint8)
    square[28:36, 28:36] = 0
    middle, corner = (np.zeros((2, BENDS, BENDS)) for _ in range(2))
    middle[0, BENDS // 2, BENDS // 2], corner[0, 0, 0] = 0.1, 0.1
    moved = warped(square, dataclasses.replace(UNCHANGED, bends=middle))
    _, columns, _ = np.nonzero(moved < 128)
    assert 31.5 - 0.1 * SIDE - 1 < columns.mean() < 31.5 - 3
    assert np.array_equal(warped(square, dataclasses.replace(UNCHANGED, bends=corner)) < 128, square < 128)


def test_other_characters_are_as_different_as_the_ones_they_are_made_of():
    """What a batch has in common is one map for all: the same image stays the same as its twin."""
    common = other_characters(np.random.default_rng(3))
    assert np.array_equal(warped(glyph(), common), warped(glyph().copy(), common))
    assert not np.array_equal(warped(glyph(), common), glyph())


def test_other_characters_are_turned_and_mirrored_in_every_way():
    rng = np.random.default_rng(4)
    kinds = {
        (round(np.degrees(np.arctan2(m[1, 0], m[0, 0])) / 90) % 4, bool(np.linalg.det(m) > 0))
        for m in (other_characters(rng).matrix for _ in range(200))
    }
    assert len(kinds) == 8


def test_distortions_differ_and_the_generator_decides_them():
    copies = [distort(glyph(), np.random.default_rng(seed)) for seed in range(20)]
    assert len({copy.tobytes() for copy in copies}) > 15
    assert np.array_equal(copies[3], distort(glyph(), np.random.default_rng(3)))


def test_a_distortion_stays_what_a_seed_made_it():
    """A resumed run depends on it: another stream would be another run."""
    hand = another_hand(np.random.default_rng(8))
    assert hand.matrix.ravel() == pytest.approx([1.04073472, -0.00139285, -0.2008501, 1.16942448], abs=1e-7)
    assert hand.shift == pytest.approx([-0.00985325, -0.01201023], abs=1e-7)
    assert hand.bends[0, 0, 0] == pytest.approx(-0.00316772, abs=1e-7)


def test_what_comes_in_from_outside_is_white_paper():
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    for seed in range(20):
        assert (distort(white, np.random.default_rng(seed)) == 255).all()


def test_the_drawing_stays_in_the_middle_of_its_frame():
    square = np.full((SIDE, SIDE, 1), 255, np.uint8)
    square[24:40, 24:40] = 0
    for seed in range(40):
        rows, columns, _ = np.nonzero(distort(square, np.random.default_rng(seed)) < 128)
        assert abs(rows.mean() - 31.5) < 2.5
        assert abs(columns.mean() - 31.5) < 2.5
        assert 0.4 * 256 < len(rows) < 1.8 * 256


def test_the_matrices_stay_within_the_published_ranges():
    rng = np.random.default_rng(6)
    drawn = [another_hand(rng) for _ in range(500)]
    areas = [1 / abs(np.linalg.det(hand.matrix)) for hand in drawn]
    assert min(areas) >= 0.8**2 * (1 - 0.3**2)
    assert max(areas) <= 1.2**2 * (1 + 0.3**2)
    assert max(np.abs(hand.shift).max() for hand in drawn) <= 2 / 105
    assert any(np.array_equal(hand.matrix, np.eye(2)) for hand in drawn)


def test_half_of_the_photographs_are_mirrored():
    marked = np.zeros((SIDE, SIDE, 3), np.uint8)
    marked[:, :24] = 200
    left = [mirror(marked, np.random.default_rng(seed))[:, : SIDE // 2].mean() for seed in range(60)]
    right = [mirror(marked, np.random.default_rng(seed))[:, SIDE // 2 :].mean() for seed in range(60)]
    mirrored = np.mean(np.array(right) > np.array(left))
    assert 0.3 < mirrored < 0.7


def test_the_image_is_left_as_it_was():
    image = glyph(3)
    before = image.copy()
    distort(image, np.random.default_rng(7), other_characters(np.random.default_rng(8)))
    mirror(image, np.random.default_rng(7))
    assert np.array_equal(image, before)
