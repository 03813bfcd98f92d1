import numpy as np
import pytest

from siamese_core.searching.projection import placed, project


def clusters(count: int, each: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return embeddings around so many random directions, and which of them each is of."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(count, 40)), each, axis=0)
    return centres + 0.2 * rng.normal(size=centres.shape), np.repeat(np.arange(count), each)


def share_of_own(positions: np.ndarray, labels: np.ndarray) -> float:
    """Return how often the nearest other point is of the same cluster."""
    apart = np.square(positions[:, None] - positions).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((labels[apart.argmin(axis=1)] == labels).mean())


def test_what_is_alike_lies_together_and_twice_the_same_way():
    embeddings, labels = clusters(8, 30)

    positions = project(embeddings, seed=1)

    assert positions.shape == (240, 2) and np.abs(positions).max() == pytest.approx(1)
    assert share_of_own(positions, labels) > 0.95
    assert np.array_equal(positions, project(embeddings, seed=1))


def test_new_images_are_placed_among_their_like_and_nobody_moves():
    embeddings, labels = clusters(6, 30)
    known = np.arange(len(labels)) % 3 > 0
    positions = project(embeddings[known])

    found = placed(embeddings[~known], embeddings[known], positions)

    apart = np.square(found[:, None] - positions).sum(axis=2)
    assert (labels[known][apart.argmin(axis=1)] == labels[~known]).mean() > 0.95


@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_few_images_have_positions_too(count):
    positions = project(np.random.default_rng(0).normal(size=(count, 40)))
    assert positions.shape == (count, 2) and np.isfinite(positions).all()
