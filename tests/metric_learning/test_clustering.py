"""Groups from answers that may be wrong, on points whose things are known."""

import numpy as np
import pytest

from siamese_core.metric_learning.clustering import EVIDENCE, SURE, likely_groups, log_odds_of_pairs

NOTHING = np.zeros((6, 6))


def groups(log_odds: np.ndarray, *answers: tuple[int, int, bool]) -> list[int]:
    left, right, same = (np.array(side) for side in zip(*answers, strict=True))
    return likely_groups(log_odds, left, right, same.astype(bool)).tolist()


def test_same_is_transitive_and_images_without_answers_stay_alone():
    found = groups(NOTHING, (0, 1, True), (1, 2, True), (3, 4, True), (0, 3, False))
    assert found[0] == found[1] == found[2] != found[3] == found[4]
    assert len(set(found)) == 3


def test_groups_are_numbered_from_0_without_gaps():
    assert set(groups(NOTHING, (4, 5, True), (0, 1, False))) == set(range(5))


def test_a_wrong_same_does_not_merge_what_is_unlike():
    log_odds = np.full((6, 6), -SURE)
    log_odds[:3, :3] = log_odds[3:, 3:] = SURE
    right = [(0, 1, True), (1, 2, True), (3, 4, True), (4, 5, True)]
    found = groups(log_odds, *right, (2, 3, True))
    assert len(set(found[:3])) == len(set(found[3:])) == 1 and found[0] != found[3]


def test_a_wrong_different_does_not_part_what_is_alike():
    alike = np.full((6, 6), SURE)
    found = groups(alike, (0, 1, True), (1, 2, True), (0, 2, False))
    assert found[0] == found[1] == found[2]


def test_a_same_and_a_different_about_nothing_known_cancel_out():
    found = groups(NOTHING, (0, 1, True), (0, 1, False))
    assert found[0] != found[1]


def test_likeness_alone_merges_nothing():
    assert len(set(groups(np.full((6, 6), SURE), (0, 1, False)))) == 6


def test_likeness_is_trusted_as_far_as_the_answers_bear_it_out_and_no_further():
    angles = np.deg2rad([0, 2, 90, 92, 180, 183])
    points = np.column_stack([np.cos(angles), np.sin(angles)])
    left, right = np.array([0, 2, 0, 2]), np.array([1, 3, 2, 4])
    found = log_odds_of_pairs(points, left, right, np.array([True, True, False, False]))
    assert found[4, 5] > 0 > found[1, 4]
    assert np.abs(found).max() <= SURE
    assert found == pytest.approx(found.T)
    assert EVIDENCE < SURE
