"""Groups as a person sees them: medoid first, the weakest link, what answers add to the tree."""

import numpy as np
import pytest

from siamese_core.metric_learning.constrained_clustering import Evidence
from siamese_core.searching import groups
from siamese_core.searching.groups import Compared, described, grouped

# Points on a line: 0, 1, 2 lie close together, 10 and 11 too, 30 alone.
PLACES = np.array([0.0, 1.0, 2.2, 10.0, 11.0, 30.0])
NONE = np.empty((0, 2), int)


def compared() -> Compared:
    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return 3 - np.abs(PLACES[left] - PLACES[right])

    left, right = np.triu_indices(len(PLACES), 1)
    return Compared(Evidence(len(PLACES), left, right, log_odds(left, right), -4.0, 5), log_odds)


def test_groups_come_with_their_medoid_first_and_their_weakest_link():
    found = grouped(compared(), np.ones(6, bool), NONE, NONE)
    assert [set(each.images) for each in found.groups] == [{0, 1, 2}, {3, 4}]
    assert found.alone == (5,)
    first = found.groups[0]
    assert first.images[0] == 1
    assert (first.weakest.left, first.weakest.right) == (1, 2)
    assert [(link.left, link.right) for link in first.tree] == [(1, 2), (0, 1)]
    assert first.weakest.similarity == pytest.approx(1 / (1 + np.exp(-1.8)))


def test_an_image_that_is_set_aside_is_in_no_group():
    found = grouped(compared(), np.arange(6) != 4, NONE, NONE)
    assert [set(each.images) for each in found.groups] == [{0, 1, 2}]
    assert found.alone == (3, 5)


def test_answered_pairs_come_into_the_tree_first_and_are_no_open_link():
    (group,) = described(compared(), [np.array([0, 1, 2])], np.array([(0, 2)]))
    assert [(link.left, link.right) for link in group.tree if link.answered] == [(0, 2)]
    assert [(link.left, link.right) for link in group.open] == [(0, 1)]
    whole = described(compared(), [np.array([0, 1, 2])], np.array([(0, 2), (0, 1)]))[0]
    assert whole.open == ()


def test_a_large_group_is_connected_by_what_is_listed(monkeypatch):
    monkeypatch.setattr(groups, "LARGEST_WHOLE", 2)
    (group,) = described(compared(), [np.array([0, 1, 2, 3])], np.array([(0, 3)]))
    assert len(group.tree) == 3
    assert {0, 1, 2, 3} == set(group.images)
    assert (0, 3) in {(link.left, link.right) for link in group.tree}
