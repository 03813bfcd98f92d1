"""Which pairs each strategy prefers, on log-odds that are known by hand."""

import numpy as np
import pytest

from helpers.hand_made import by_hand, knowing, mined_pool
from siamese_core.labelling import strategies
from siamese_core.labelling.strategies import Knowledge, chances


def test_disagreement_wants_the_verdicts_that_differ_most():
    candidates = by_hand([[3, 2], [3, -3], [-5, 0], [0.1, -0.1], [-9, -1], [9, 1]])
    scores = strategies.disagreement(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores)[:3].tolist() == [1, 2, 3]
    assert scores[[0, 4, 5]].tolist() == [-np.inf] * 3


def test_uncertain_wants_log_odds_near_the_threshold():
    candidates = by_hand([[0.1, -0.1], [4, 4], [-1, 1], [-9, -9], [-4, 0], [2, 2]])
    scores = strategies.uncertain(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores)[[0, 1, -1]].tolist() == [0, 2, 3]


def test_hard_negative_wants_what_is_alike_and_of_different_classes():
    candidates = by_hand([[5, 5], [-5, -5], [1, 1], [6, 6], [2, 2], [7, 7]])
    scores = strategies.hard_negative(candidates, knowing(candidates, classes=[0, 1, 1, 0]))
    # pairs 01 02 03 12 13 23; of one class: 03 12
    assert np.argsort(-scores)[:4].tolist() == [5, 0, 4, 1]
    assert scores[[2, 3]].tolist() == [-np.inf] * 2


def test_hard_negative_wants_what_answers_say_is_different_but_looks_alike():
    candidates = by_hand([[5, 5], [6, 6], [4, 4]], shared=0.9)
    scores = strategies.hard_negative(candidates, knowing(candidates, implied=[0, 1, -1]))
    assert scores.argmax() == 2 and scores[1] == -np.inf


def test_uncertain_goes_by_the_answers_where_there_are_some():
    candidates = by_hand([[0.1, -0.1], [4, 4], [-9, -9]])
    scores = strategies.uncertain(candidates, knowing(candidates, expected=[0.99, 0.5, 0.1]))
    assert np.argsort(-scores).tolist() == [1, 2, 0]


def test_hard_negative_is_what_looks_alike_and_the_answers_make_unlikely():
    candidates = by_hand([[5, 5], [5, 5], [-5, -5]])
    scores = strategies.hard_negative(candidates, knowing(candidates, expected=[0.9, 0.2, 0.1]))
    assert np.argsort(-scores).tolist() == [1, 0, 2]


def test_hard_negative_without_classes_wants_what_is_alike_in_other_neighbourhoods():
    candidates = by_hand([[5, 5], [5, 5], [-5, -5]])
    candidates.shared[:] = [0.8, 0.1, 0.0]
    scores = strategies.hard_negative(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores).tolist() == [1, 0, 2]


@pytest.mark.parametrize("reason", ["disagreement", "uncertain"])
@pytest.mark.parametrize("known", [1, -1])
def test_what_answers_imply_is_not_asked_for_being_unclear(reason, known):
    candidates = by_hand([[0.5, -0.5]] * 3)
    told = chances(candidates, knowing(candidates, implied=[0, known, 0]), reason)
    assert told[1] == 0 and told[0] > 0


def test_images_not_yet_seen_come_first_among_equals():
    candidates = by_hand([[0, 0]] * 6)
    told = chances(candidates, knowing(candidates, seen=[9, 9, 0, 0]), "uncertain")
    ranks = strategies.weights(np.zeros(6), np.ones(6))
    assert (told / ranks).argmax() == 5 and (told / ranks).argmin() == 0


def test_most_of_the_chance_goes_to_nearest_neighbours():
    large, _ = mined_pool(60, 8)
    for reason in ("disagreement", "uncertain"):
        told = chances(large, Knowledge.none(large), reason)
        assert told[large.mutual_neighbours].sum() == pytest.approx(strategies.NEIGHBOUR_SHARE)
        assert told.sum() == pytest.approx(1)
