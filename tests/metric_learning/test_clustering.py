"""Clusters from answers that may be wrong, on points whose identities are known."""

import numpy as np
import pytest

from siamese_core.metric_learning.clustering import ANSWER_LOG_ODDS, MOST_LOG_ODDS, cluster, log_odds_of_pairs

NOTHING = np.zeros((6, 6))


def clusters(log_odds: np.ndarray, *answers: tuple[int, int, bool]) -> list[int]:
    left, right, same = (np.array(side) for side in zip(*answers, strict=True))
    return cluster(log_odds, left, right, same.astype(bool)).tolist()


def test_same_is_transitive_and_images_without_answers_stay_alone():
    found = clusters(NOTHING, (0, 1, True), (1, 2, True), (3, 4, True), (0, 3, False))
    assert found[0] == found[1] == found[2] != found[3] == found[4]
    assert len(set(found)) == 3


def test_clusters_are_numbered_from_0_without_gaps():
    assert set(clusters(NOTHING, (4, 5, True), (0, 1, False))) == set(range(5))


def test_a_wrong_same_does_not_merge_two_dissimilar_identities():
    log_odds = np.full((6, 6), -MOST_LOG_ODDS)
    log_odds[:3, :3] = log_odds[3:, 3:] = MOST_LOG_ODDS
    right = [(0, 1, True), (1, 2, True), (3, 4, True), (4, 5, True)]
    found = clusters(log_odds, *right, (2, 3, True))
    assert len(set(found[:3])) == len(set(found[3:])) == 1 and found[0] != found[3]


def test_a_wrong_different_does_not_split_similar_images():
    similar = np.full((6, 6), MOST_LOG_ODDS)
    found = clusters(similar, (0, 1, True), (1, 2, True), (0, 2, False))
    assert found[0] == found[1] == found[2]


def test_a_same_and_a_different_answer_on_one_pair_cancel_out():
    found = clusters(NOTHING, (0, 1, True), (0, 1, False))
    assert found[0] != found[1]


def test_similarity_alone_merges_nothing():
    assert len(set(clusters(np.full((6, 6), MOST_LOG_ODDS), (0, 1, False)))) == 6


def test_similarity_counts_as_far_as_the_answers_bear_it_out_and_within_bounds():
    angles = np.deg2rad([0, 2, 90, 92, 180, 183])
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    left, right = np.array([0, 2, 0, 2]), np.array([1, 3, 2, 4])
    found = log_odds_of_pairs(points, left, right, np.array([True, True, False, False]))
    assert found[4, 5] > 0 > found[1, 4]
    assert np.abs(found).max() <= MOST_LOG_ODDS
    assert found == pytest.approx(found.T)
    assert ANSWER_LOG_ODDS < MOST_LOG_ODDS
