"""Clusters of images by their similarities, such that answers hold; small pools known by hand."""

import numpy as np
import pytest

from helpers.hand_made import clusters
from siamese_core.metric_learning.constrained_clustering import Evidence, constrained_clusters

NONE = np.empty((0, 2), int)


def all_pairs(log_odds: np.ndarray) -> Evidence:
    """Every pair of a symmetric table (n, n) is listed."""
    left, right = np.triu_indices(len(log_odds), 1)
    return Evidence(len(log_odds), left, right, log_odds[left, right], -2.0, len(log_odds))


def two_threes(between: float = -2.0) -> Evidence:
    """Images 0, 1, 2 and 3, 4, 5 are alike."""
    table = np.full((6, 6), between)
    table[:3, :3] = table[3:, 3:] = 2.0
    return all_pairs(table)


def found(evidence: Evidence, same=NONE, different=NONE) -> list[set[int]]:
    labels = constrained_clusters(evidence, np.array(same), np.array(different))
    return [set(np.flatnonzero(labels == each).tolist()) for each in np.unique(labels)]


def test_images_that_are_alike_are_one_cluster():
    assert found(two_threes()) == [{0, 1, 2}, {3, 4, 5}]


def test_one_similar_pair_does_not_chain_two_clusters():
    table = np.full((6, 6), -2.0)
    table[:3, :3] = table[3:, 3:] = 2.0
    table[2, 3] = table[3, 2] = 1.5
    assert found(all_pairs(table)) == [{0, 1, 2}, {3, 4, 5}]


def test_a_different_keeps_images_apart_however_alike_they_are():
    assert all({0, 1} - each and {0, 4} - each for each in found(two_threes(1.0), different=[(0, 1), (0, 4)]))


def test_a_same_joins_whole_clusters_however_unlike_they_are():
    assert found(two_threes(-4.0), same=[(0, 5)]) == [{0, 1, 2, 3, 4, 5}]


def test_what_answers_tie_is_a_cluster_by_itself_where_joining_would_break_a_different():
    sets = found(two_threes(), same=[(0, 5)], different=[(1, 4)])
    assert sorted(map(sorted, sets)) == [[0, 5], [1, 2], [3, 4]]


def test_a_different_between_tied_images_counts_for_nothing():
    assert found(two_threes(), same=[(0, 1), (1, 2)], different=[(0, 2)]) == [{0, 1, 2}, {3, 4, 5}]


@pytest.mark.parametrize("seed", range(5))
def test_random_answers_that_do_not_contradict_each_other_always_hold(seed):
    rng = np.random.default_rng(seed)
    points, classes = clusters(rng, 8, 5, dim=3, spread=1.0)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    pairs = rng.choice(len(points), (40, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    truth = rng.permutation(classes)  # of which the similarities know nothing
    is_same = truth[pairs[:, 0]] == truth[pairs[:, 1]]
    labels = constrained_clusters(all_pairs(2 - distances), pairs[is_same], pairs[~is_same])
    assert np.array_equal(labels[pairs[:, 0]] == labels[pairs[:, 1]], is_same)


def test_a_pair_that_no_list_holds_counts_as_any_other_pair():
    """Two clusters that one pair links, of sixteen that the lists could have held."""
    left, right = np.triu_indices(4, 1)
    inside = np.concatenate([np.stack([left, right]), np.stack([left, right]) + 4], axis=1)
    ends = np.concatenate([inside, [[0], [4]]], axis=1)
    evidence = Evidence(8, *ends, np.full(ends.shape[1], 2.0), -2.0, 4)
    assert found(evidence) == [{0, 1, 2, 3}, {4, 5, 6, 7}]
