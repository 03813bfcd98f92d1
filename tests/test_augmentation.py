import numpy as np
import pytest

from samples import stroke_glyph
from siamese_core.augmentation import _affine, distort, mirror

SIDE = 64


class NoChange(np.random.Generator):
    """A generator whose every coin says that nothing is to be changed."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def random(self, *arguments, **keywords):
        return 1.0


def glyph(channels: int = 1) -> np.ndarray:
    return stroke_glyph(np.random.default_rng(0), SIDE)[:, :, :channels]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", [distort, mirror])
def test_copies_keep_shape_and_kind(change, channels):
    copy = change(glyph(channels), np.random.default_rng(1))
    assert copy.shape == (SIDE, SIDE, channels)
    assert copy.dtype == np.uint8


@pytest.mark.parametrize("turns", range(4))
def test_without_a_change_only_the_quarter_turns_remain(turns):
    assert np.array_equal(distort(glyph(), NoChange(), turns), np.rot90(glyph(), turns))


def test_quarter_turns_turn_the_same_distortion():
    """All images of a batch are turned together: the turn must not change what else is drawn."""
    first, second = (np.random.default_rng(2) for _ in range(2))
    distort(glyph(), first, 0), distort(glyph(), second, 3)
    assert first.random() == second.random()


def test_distortions_differ_and_the_generator_decides_them():
    copies = [distort(glyph(), np.random.default_rng(seed)) for seed in range(20)]
    assert len({copy.tobytes() for copy in copies}) > 15
    assert np.array_equal(copies[3], distort(glyph(), np.random.default_rng(3)))


def test_a_distortion_stays_what_a_seed_made_it():
    """A resumed run depends on it: another stream would be another run."""
    matrix, shift = _affine(np.random.default_rng(8))
    assert matrix.ravel() == pytest.approx([0.96108056, 0.0011447, 0.16506677, 0.85531809], abs=1e-7)
    assert shift == pytest.approx([-0.00985325, -0.01201023], abs=1e-7)


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
    drawn = [_affine(rng) for _ in range(500)]
    areas = [abs(np.linalg.det(matrix)) for matrix, _ in drawn]
    assert min(areas) >= 0.8**2 * (1 - 0.3**2)
    assert max(areas) <= 1.2**2 * (1 + 0.3**2)
    assert max(np.abs(shift).max() for _, shift in drawn) <= 2 / 105
    assert any(np.array_equal(matrix, np.eye(2)) for matrix, _ in drawn)


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
    distort(image, np.random.default_rng(7), 1)
    mirror(image, np.random.default_rng(7))
    assert np.array_equal(image, before)
