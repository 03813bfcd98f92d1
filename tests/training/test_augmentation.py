import dataclasses

import numpy as np
import pytest

from helpers.samples import stroke_glyph
from helpers.warps import identity_warps
from siamese_core.training.augmentation import (
    BENDS,
    Warps,
    _turns,
    moved,
    origins,
    other_characters,
    other_hands,
    other_views,
)

SIDE = 64


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def glyph(channels: int = 1) -> np.ndarray:
    return stroke_glyph(generator(0), SIDE)[:, :, :channels]


def copies(image: np.ndarray, *warps: Warps) -> np.ndarray:
    """A copy of `image` for each of the warps."""
    return np.asarray(moved(np.stack([image] * len(warps[0])), origins(*warps)))


def linear(matrix: np.ndarray) -> Warps:
    return dataclasses.replace(identity_warps(1), matrix=np.asarray(matrix, float)[None])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", [other_hands, other_views, other_characters])
def test_copies_keep_their_shape_and_range(change, channels):
    changed = copies(glyph(channels), change(generator(1), 5))
    assert changed.shape == (5, SIDE, SIDE, channels)
    assert changed.dtype == np.float32
    assert 0 <= changed.min() < 100 and changed.max() <= 255 + 1e-3


def test_unchanged_points_give_the_image_itself():
    np.testing.assert_allclose(copies(glyph(), identity_warps(2)), np.stack([glyph()] * 2), atol=0.01)
    np.testing.assert_allclose(copies(glyph(3), identity_warps(1), identity_warps(1))[0], glyph(3), atol=0.01)


@pytest.mark.parametrize("turns", range(4))
def test_a_quarter_turn_moves_every_pixel_to_its_place(turns):
    turned = copies(glyph(), linear(_turns(np.array([90 * turns]))[0]))[0]
    np.testing.assert_allclose(turned, np.rot90(glyph(), turns), atol=0.02)


def test_of_several_warps_the_last_changes_the_image_first():
    turn, flip = linear(_turns(np.array([90]))[0]), linear(np.diag([-1.0, 1.0]))
    np.testing.assert_allclose(copies(glyph(), flip, turn)[0], np.rot90(glyph())[:, ::-1], atol=0.02)


def test_each_copy_is_changed_by_its_own_warp():
    warps = other_hands(generator(2), 6)
    together = copies(glyph(), warps)
    for i, copy in enumerate(together):
        own = Warps(warps.matrix[i : i + 1], warps.shift[i : i + 1], warps.bends[i : i + 1])
        np.testing.assert_allclose(copies(glyph(), own)[0], copy, atol=1e-3)
    assert len({copy.tobytes() for copy in together}) == 6


def test_a_shift_between_two_pixels_mixes_them():
    line = np.full((SIDE, SIDE, 1), 255, np.uint8)
    line[:, 20] = 0
    half = dataclasses.replace(identity_warps(1), shift=np.array([[0.5 / SIDE, 0.0]]))
    row = copies(line, half)[0, 30, :, 0]
    assert row[18:22] == pytest.approx([255, 127.5, 127.5, 255], abs=0.01)


def test_a_bend_moves_ink_where_it_is_and_nowhere_else():
    square = np.full((SIDE, SIDE, 1), 255, np.uint8)
    square[28:36, 28:36] = 0
    middle, corner = (np.zeros((1, 2, BENDS, BENDS)) for _ in range(2))
    middle[0, 0, BENDS // 2, BENDS // 2], corner[0, 0, 0, 0] = 0.1, 0.1
    _, columns, _ = np.nonzero(copies(square, dataclasses.replace(identity_warps(1), bends=middle))[0] < 128)
    assert 31.5 - 0.1 * SIDE - 1 < columns.mean() < 31.5 - 3
    unmoved = copies(square, dataclasses.replace(identity_warps(1), bends=corner))[0]
    assert np.array_equal(unmoved < 128, square < 128)


def test_a_bend_is_as_large_as_its_control_points_say_and_smooth_between_them():
    bends = generator(5).normal(0, 0.05, (1, 2, BENDS, BENDS))
    warp = dataclasses.replace(identity_warps(1), bends=bends)
    side = np.linspace(-0.5, 0.5, BENDS)
    points = np.stack(np.meshgrid(side, side), axis=-1).reshape(1, -1, 2)
    at_controls = (warp(points) - points)[0].reshape(BENDS, BENDS, 2)
    np.testing.assert_allclose(at_controls, bends[0].transpose(1, 2, 0), atol=1e-12)
    along = np.stack([np.linspace(-0.5, 0.5, 400), np.full(400, 0.1)], axis=-1)[None]
    steps = np.diff(warp(along)[0], axis=0)
    assert np.abs(np.diff(steps, axis=0)).max() < 0.1 * np.abs(steps).max()


def test_what_a_batch_has_in_common_is_one_map_for_all():
    common = other_characters(generator(3), 2).repeated(3)
    changed = copies(glyph(), common)
    assert np.array_equal(changed[0], changed[2]) and np.array_equal(changed[3], changed[5])
    assert not np.allclose(changed[0], changed[3])


def test_other_characters_are_turned_and_mirrored_in_every_way():
    kinds = {
        (round(np.degrees(np.arctan2(m[1, 0], m[0, 0])) / 90) % 4, bool(np.linalg.det(m) > 0))
        for m in other_characters(generator(4), 200).matrix
    }
    assert len(kinds) == 8


def test_the_generator_decides_what_is_drawn():
    for change in (other_hands, other_views, other_characters):
        first, again, other = (origins(change(generator(seed), 4)) for seed in (1, 1, 2))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)


def test_a_hand_stays_what_a_seed_made_it():
    """A resumed run depends on it: another stream would be another run, by far more than rounding."""
    hand = other_hands(generator(8), 1)
    assert hand.matrix.ravel() == pytest.approx([1.0693, -0.0014, -0.1707, 0.9939], abs=2e-4)
    assert hand.shift.ravel() == pytest.approx([-0.0093, -0.0117], abs=2e-4)
    assert hand.bends[0, 0, 0, 0] == pytest.approx(0.0124, abs=2e-4)


def test_what_comes_in_from_outside_is_white_paper():
    white = np.full((SIDE, SIDE, 3), 255, np.uint8)
    np.testing.assert_allclose(copies(white, other_hands(generator(0), 20)), 255, atol=1e-3)
    far = dataclasses.replace(identity_warps(1), shift=np.array([[3.0, -2.0]]))
    np.testing.assert_allclose(copies(glyph(), far), 255, atol=1e-3)


def test_the_drawing_stays_in_the_middle_of_its_frame():
    square = np.full((SIDE, SIDE, 1), 255, np.uint8)
    square[24:40, 24:40] = 0
    for copy in copies(square, other_hands(generator(0), 40)):
        rows, columns, _ = np.nonzero(copy < 128)
        assert abs(rows.mean() - 31.5) < 2.5
        assert abs(columns.mean() - 31.5) < 2.5
        assert 0.4 * 256 < len(rows) < 1.8 * 256


def test_the_matrices_stay_within_the_published_ranges():
    drawn = other_hands(generator(6), 500)
    areas = 1 / np.abs(np.linalg.det(drawn.matrix))
    assert areas.min() >= 0.8**2 * (1 - 0.3**2)
    assert areas.max() <= 1.2**2 * (1 + 0.3**2)
    assert np.abs(drawn.shift).max() <= 2 / 105
    assert any(np.array_equal(matrix, np.eye(2)) for matrix in drawn.matrix)


def test_half_of_the_photographs_are_mirrored():
    marked = np.zeros((SIDE, SIDE, 3), np.uint8)
    marked[:, :24] = 200
    seen = copies(marked, other_views(generator(7), 60))
    mirrored = seen[:, :, SIDE // 2 :].mean(axis=(1, 2, 3)) > seen[:, :, : SIDE // 2].mean(axis=(1, 2, 3))
    assert 0.3 < mirrored.mean() < 0.7


def test_the_images_are_left_as_they_were():
    images = np.stack([glyph(3)] * 4)
    before = images.copy()
    moved(images, origins(other_hands(generator(7), 4), other_characters(generator(8), 4)))
    assert np.array_equal(images, before)
