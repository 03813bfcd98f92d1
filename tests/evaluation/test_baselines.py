"""Baselines against naive loops and images drawn by hand."""

import numpy as np
import pytest

from siamese_core.evaluation.baselines import (
    BASELINES,
    SIDE,
    blurred_ink,
    cosine,
    ink_points,
    minus_modified_hausdorff,
    pixel_ink,
)


def paper(side: int = SIDE) -> np.ndarray:
    return np.full((side, side, 3), 255, np.uint8)


def drawing(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Black boxes (top, left, height, width) on white."""
    image = paper()
    for top, left, height, width in boxes:
        image[top : top + height, left : left + width] = 0
    return image


def scribble(rng: np.random.Generator, side: int = SIDE) -> np.ndarray:
    """A random walk with gaps, so that rows and columns without ink lie between others."""
    image = paper(side)
    row, column = rng.integers(10, side - 10, 2)
    for _ in range(250):
        row, column = np.clip([row, column] + rng.integers(-3, 4, 2), 0, side - 1)
        image[row, column] = 0
    return image


def hausdorff_by_loops(first: np.ndarray, second: np.ndarray) -> float:
    """Lake's demo, a point at a time."""
    sets = [np.argwhere(image[..., 0] < 128).astype(float) for image in (first, second)]
    one, other = (points - points.mean(axis=0) for points in sets)

    def mean_nearest(source: np.ndarray, target: np.ndarray) -> float:
        return float(np.mean([min(np.hypot(*(point - goal)) for goal in target) for point in source]))

    return max(mean_nearest(one, other), mean_nearest(other, one))


def hausdorff(first: np.ndarray, second: np.ndarray) -> float:
    embeddings = BASELINES["modified_hausdorff"].embed([first, second])
    return -float(minus_modified_hausdorff(embeddings[:1], embeddings[1:])[0])


@pytest.mark.parametrize("seed", range(6))
def test_modified_hausdorff_is_the_published_distance(seed):
    rng = np.random.default_rng(seed)
    first, second = scribble(rng), scribble(rng)
    assert hausdorff(first, second) == pytest.approx(hausdorff_by_loops(first, second), abs=1e-4)


def test_modified_hausdorff_of_shapes_at_opposite_corners_and_of_any_size():
    rng = np.random.default_rng(7)
    small, wide = scribble(rng, 40), np.full((30, 100, 3), 255, np.uint8)
    wide[25:, 3:8] = wide[2, 90:] = 0
    assert hausdorff(small, wide) == pytest.approx(hausdorff_by_loops(small, wide), abs=1e-4)


def test_modified_hausdorff_ignores_where_the_ink_lies_and_which_image_comes_first():
    first, moved = drawing((10, 10, 30, 5)), drawing((60, 80, 30, 5))
    other = drawing((40, 20, 5, 60), (20, 50, 40, 4))
    assert hausdorff(first, moved) == pytest.approx(0, abs=1e-4)
    assert hausdorff(first, other) == pytest.approx(hausdorff(other, first))
    assert hausdorff(first, other) > 5


def test_modified_hausdorff_of_two_dots_is_known_by_hand():
    # centred: points at -10 and 10 against one point at 0
    assert hausdorff(drawing((50, 30, 1, 1), (50, 50, 1, 1)), drawing((9, 9, 1, 1))) == pytest.approx(10)


def test_modified_hausdorff_shrinks_large_images_to_the_side_of_omniglot():
    image = paper(420)
    image[100:300, 200:240] = 0
    embedded = ink_points(image)
    assert embedded.points.max() < SIDE
    assert len(embedded.points) == pytest.approx(50 * 10, rel=0.1)


def test_blank_images_are_alike_and_finite_for_every_baseline():
    for baseline in BASELINES.values():
        embeddings = baseline.embed([paper(), drawing((20, 20, 40, 40)), paper(30)])
        logits = baseline.logits(embeddings[[0, 0]], embeddings[[1, 2]])
        assert np.isfinite(logits).all()
        assert logits[1] >= logits[0]


def test_cosine_is_the_normalised_product_of_rows():
    rng = np.random.default_rng(0)
    left, right = rng.integers(0, 256, (2, 5, 40)).astype(np.uint8)
    for row, found in enumerate(cosine(left, right)):
        one, other = left[row].astype(float), right[row].astype(float)
        expected = sum(a * b for a, b in zip(one, other, strict=True)) / (
            sum(a * a for a in one) ** 0.5 * sum(b * b for b in other) ** 0.5
        )
        assert found == pytest.approx(expected, rel=1e-5)
    assert cosine(np.zeros((1, 4)), np.ones((1, 4)))[0] == 0


def test_pixel_cosine_compares_darkness_in_place():
    first, same_place = drawing((10, 10, 20, 20)), drawing((10, 20, 20, 20))
    assert pixel_ink(first).reshape(SIDE, SIDE)[10:30, 10:30].min() == 255
    assert pixel_ink(first).sum() == 255 * 400
    one, half, none = (pixel_ink(image)[None] for image in (first, same_place, drawing((60, 60, 9, 9))))
    assert cosine(one, half)[0] == pytest.approx(0.5)
    assert cosine(one, none)[0] == 0


def test_blurred_cosine_forgives_a_shift_and_a_hair():
    first, moved = drawing((10, 10, 31, 7)), drawing((61, 70, 31, 7))
    thinner, flat = drawing((30, 30, 29, 5)), drawing((30, 30, 7, 31))
    one, *others = (blurred_ink(image)[None] for image in (first, moved, thinner, flat))
    shifted, thin, turned = (cosine(one, other)[0] for other in others)
    assert shifted > 0.999
    assert thin > 0.97
    assert turned < 0.8


@pytest.mark.parametrize("name", ["pixel_cosine", "blurred_cosine", "modified_hausdorff"])
def test_every_baseline_answers_like_a_checkpoint(name):
    baseline = BASELINES[name]
    rng = np.random.default_rng(1)
    images = [scribble(rng) for _ in range(4)]
    embeddings = baseline.embed(images)
    logits = baseline.logits(embeddings[[0, 0, 0]], embeddings[[0, 1, 2]])
    similarity = baseline.similarity(logits)
    assert (baseline.encoder_name, len(embeddings)) == (name, 4)
    assert similarity.shape == (3,)
    assert similarity[0] > max(similarity[1:])
    assert similarity[0] > baseline.threshold
