"""Approximate nearest neighbours against those by the head itself over all pairs."""

import numpy as np
import pytest

from helpers.hand_made import clusters, l1_view
from siamese_core.metric_learning import neighbours
from siamese_core.metric_learning.neighbours import View, coordinates, nearest


def head_neighbours(view: View, count: int) -> list[set[int]]:
    """By the head's own log-odds of all pairs."""
    everyone = np.arange(view.images)
    found = []
    for image in everyone:
        log_odds = view.compare(np.full(view.images, image), everyone)
        log_odds[image] = -np.inf
        found.append(set(np.argsort(-log_odds)[:count].tolist()))
    return found


def recall(view: View, count: int, neighbour_count: int) -> float:
    found = nearest(coordinates(view, np.random.default_rng(0)), neighbour_count)
    expected = head_neighbours(view, count)
    return np.mean([len(each & set(row.tolist())) / count for each, row in zip(expected, found, strict=True)])


def test_the_nearest_are_those_of_a_loop_over_all():
    points = np.random.default_rng(1).normal(size=(700, 5)).astype(np.float32)
    found = nearest(points, 7)
    for row in (0, 13, 511, 512, 699):
        distances = np.square(points - points[row]).sum(axis=1)
        distances[row] = np.inf
        assert set(found[row].tolist()) == set(np.argsort(distances)[:7].tolist())


def test_an_image_is_not_its_own_neighbour_even_among_copies():
    found = nearest(np.zeros((20, 3), np.float32), 19)
    assert all(row not in found[row] and len(set(found[row])) == 19 for row in range(20))


def test_most_of_the_most_similar_are_among_the_neighbours():
    embeddings, _ = clusters(np.random.default_rng(2), 40, 10, dim=200, spread=0.5)
    assert recall(l1_view(embeddings), 10, 16) > 0.9


def test_dimensions_that_the_head_ignores_do_not_mislead():
    rng = np.random.default_rng(3)
    weighted, _ = clusters(rng, 40, 10, dim=20)
    ignored = 50 * rng.normal(size=(400, 30))
    view = l1_view(np.hstack([weighted, ignored]), np.r_[np.ones(20), np.zeros(30)])
    assert recall(view, 8, 12) > 0.9


def test_a_dimension_with_a_negative_weight_is_left_out():
    rng = np.random.default_rng(4)
    weighted, _ = clusters(rng, 40, 10, dim=20)
    view = l1_view(
        np.hstack([weighted, 50 * rng.normal(size=(400, 5))]), np.r_[np.ones(20), np.full(5, -1e-4)]
    )
    assert recall(view, 8, 12) > 0.9


def test_other_heads_are_approximated_too():
    embeddings, _ = clusters(np.random.default_rng(5), 30, 10, dim=40)

    def euclidean(left, right):
        return -np.sqrt(np.square(left - right).sum(axis=1) + 1e-12)

    view = View(len(embeddings), lambda rows: embeddings[rows], euclidean, 0.5)
    assert recall(view, 8, 10) > 0.95


def test_a_head_without_weights_still_gives_coordinates():
    view = l1_view(np.random.default_rng(6).normal(size=(30, 4)), np.zeros(4))
    assert np.isfinite(coordinates(view, np.random.default_rng(0))).all()


@pytest.mark.parametrize("embeddings", [np.ones((10, 6)), np.eye(10)[:, :6]])
def test_embeddings_without_spread_do_no_harm(embeddings):
    found = coordinates(l1_view(embeddings), np.random.default_rng(0))
    assert len(found) == 10 and np.isfinite(found).all()


def test_pairs_are_compared_in_blocks_with_one_result(monkeypatch):
    view = l1_view(np.random.default_rng(7).normal(size=(50, 4)))
    left, right = np.random.default_rng(8).integers(50, size=(2, 300))
    whole = view.compare(left, right)
    monkeypatch.setattr(neighbours, "BLOCK", 7)
    np.testing.assert_array_equal(view.compare(left, right), whole)
    assert view.compare(left[:0], right[:0]).shape == (0,)
