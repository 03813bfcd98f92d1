import numpy as np
import pytest

from helpers.samples import stroke_glyph
from helpers.warps import identity_warps
from siamese_core.images.ink_strokes import FRAME_SHARE
from siamese_core.training.augmentation import on_one_paper, origins
from siamese_core.training.compounds import HALFWAY, LENGTH, SHARE, WIDTH, compounds, share_after

SIDE, CLASSES, IMAGES = 64, 5, 3
SIZE = CLASSES * IMAGES


def drawn(seed: int, batches: int = 1, share: float = 1):
    return compounds(np.random.default_rng(seed), batches, SIZE, IMAGES, share)


def class_of(rows: np.ndarray) -> np.ndarray:
    return rows // IMAGES


def test_every_class_of_a_batch_is_joined_with_another_and_all_in_one_way():
    made = drawn(0, batches=200, share=0.8)
    whole = 0
    for batch in range(200):
        part = slice(batch * SIZE, (batch + 1) * SIZE)
        rows = made.rows[part] - batch * SIZE
        assert (rows[:, 0] == np.arange(SIZE)).all() and (np.sort(rows[:, 1]) == np.arange(SIZE)).all()
        away = (class_of(rows[:, 1]) - class_of(rows[:, 0])) % CLASSES
        assert (away == away[0]).all()
        assert (made.factors[part] == made.factors[part][0]).all()
        assert (made.shifts[part] == made.shifts[part][0]).all()
        if away[0] == 0:
            whole += 1
            assert (rows[:, 1] == rows[:, 0]).all()
            assert (made.factors[part] == 1).all() and (made.shifts[part] == 0).all()
        else:
            assert not (made.factors[part] == 1).all()
    assert whole / 200 == pytest.approx(0.2, abs=0.1)


def test_no_two_classes_become_the_same_compound():
    made = drawn(1, batches=50)
    for batch in range(50):
        pairs = class_of(made.rows[batch * SIZE : (batch + 1) * SIZE])
        assert len({tuple(pair) for pair in pairs}) == CLASSES


def test_the_parts_fill_the_frame_between_them():
    made = drawn(2, batches=100)
    edges = np.array([-FRAME_SHARE / 2, FRAME_SHARE / 2])
    for factors, shifts in zip(made.factors[::SIZE], made.shifts[::SIZE], strict=True):
        # a point p of the drawing lies at (p - shift) / factor of the compound
        placed = (edges[None, :, None] - shifts[:, None]) / factors[:, None]  # (part, edge, axis)
        sides = placed[:, 1] - placed[:, 0]
        line = int(np.argmax(np.abs(placed.mean(axis=1)).sum(axis=0)))
        assert placed[0, 0, line] == pytest.approx(edges[0]) and placed[1, 1, line] == pytest.approx(edges[1])
        np.testing.assert_allclose(placed[:, :, 1 - line].mean(axis=1), 0, atol=1e-9)
        for share, (low, high) in ((sides[:, line], LENGTH), (sides[:, 1 - line], WIDTH)):
            assert (share >= low * FRAME_SHARE - 1e-9).all() and (share <= high * FRAME_SHARE + 1e-9).all()


def test_a_compound_shows_both_drawings_and_what_is_not_joined_the_drawing_itself():
    images = np.stack([stroke_glyph(np.random.default_rng(i), SIDE)[:, :, :1] for i in range(SIZE)])
    corners = origins(identity_warps(SIZE))
    alone = drawn(3, share=0)
    np.testing.assert_allclose(on_one_paper(images[alone.rows], alone(corners)), images, atol=0.01)
    joined = drawn(3)
    places = joined(corners)
    assert places.dtype == np.float32
    both = np.asarray(on_one_paper(images[joined.rows], places))
    assert both.shape == images.shape
    parts = [np.asarray(on_one_paper(images[joined.rows][:, [i]], places[:, [i]])) for i in (0, 1)]
    np.testing.assert_array_equal(both, np.minimum(*parts))
    for part in parts:
        assert part.min() < 100 and (part != both).any()


def test_the_same_generator_gives_the_same_compounds():
    first, again, other = (drawn(seed, batches=3) for seed in (4, 4, 5))
    assert np.array_equal(first.rows, again.rows) and np.array_equal(first.factors, again.factors)
    assert not np.array_equal(first.factors, other.factors)


def test_the_share_of_compounds_grows_with_what_was_seen():
    assert share_after(0) == 0
    assert share_after(HALFWAY) == pytest.approx(SHARE / 2)
    assert 0.95 * SHARE < share_after(30 * HALFWAY) < SHARE
