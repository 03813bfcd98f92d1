"""What each strategy prefers, on log-odds that are known by hand, and which answers are expected."""

import numpy as np
import pytest

from helpers.hand_made import by_hand, clusters, drawn_codes, knowing, l1_view, mined_pool
from siamese_core.labelling import strategies
from siamese_core.labelling.candidates import Candidates, find_candidates
from siamese_core.labelling.mining import draw
from siamese_core.labelling.strategies import FEWEST_ANSWERS, Knowledge, expected_same, probabilities
from siamese_core.metrics import roc_auc


def test_disagreement_wants_the_verdicts_that_differ_most():
    candidates = by_hand([[3, 2], [3, -3], [-5, 0], [0.1, -0.1], [-9, -1], [9, 1]])
    scores = strategies.disagreement(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores)[:3].tolist() == [1, 2, 3]
    assert scores[[0, 4, 5]].tolist() == [-np.inf] * 3


def test_uncertain_wants_log_odds_near_the_threshold():
    candidates = by_hand([[0.1, -0.1], [4, 4], [-1, 1], [-9, -9], [-4, 0], [2, 2]])
    scores = strategies.uncertain(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores)[[0, 1, -1]].tolist() == [0, 2, 3]


def test_hard_negative_wants_similar_pairs_of_different_classes():
    candidates = by_hand([[5, 5], [-5, -5], [1, 1], [6, 6], [2, 2], [7, 7]])
    scores = strategies.hard_negative(candidates, knowing(candidates, classes=[0, 1, 1, 0]))
    # pairs 01 02 03 12 13 23; of one class: 03 12
    assert np.argsort(-scores)[:4].tolist() == [5, 0, 4, 1]
    assert scores[[2, 3]].tolist() == [-np.inf] * 2


def test_hard_negative_wants_similar_pairs_that_answers_imply_to_be_different():
    candidates = by_hand([[5, 5], [6, 6], [4, 4]], shared=0.9)
    scores = strategies.hard_negative(candidates, knowing(candidates, implied=[0, 1, -1]))
    assert scores.argmax() == 2 and scores[1] == -np.inf


def test_uncertain_uses_the_expected_answers_where_there_are_some():
    candidates = by_hand([[0.1, -0.1], [4, 4], [-9, -9]])
    scores = strategies.uncertain(candidates, knowing(candidates, expected=[0.99, 0.5, 0.1]))
    assert np.argsort(-scores).tolist() == [1, 2, 0]


def test_hard_negative_wants_similar_pairs_expected_to_be_different():
    candidates = by_hand([[5, 5], [5, 5], [-5, -5]])
    scores = strategies.hard_negative(candidates, knowing(candidates, expected=[0.9, 0.2, 0.1]))
    assert np.argsort(-scores).tolist() == [1, 0, 2]


def test_hard_negative_without_classes_wants_similar_pairs_without_common_neighbours():
    candidates = by_hand([[5, 5], [5, 5], [-5, -5]])
    candidates.shared[:] = [0.8, 0.1, 0.0]
    scores = strategies.hard_negative(candidates, Knowledge.none(candidates))
    assert np.argsort(-scores).tolist() == [1, 0, 2]


@pytest.mark.parametrize("reason", ["disagreement", "uncertain"])
@pytest.mark.parametrize("known", [1, -1])
def test_implied_pairs_are_neither_uncertain_nor_disagreements(reason, known):
    candidates = by_hand([[0.5, -0.5]] * 3)
    found = probabilities(candidates, knowing(candidates, implied=[0, known, 0]), reason)
    assert found[1] == 0 and found[0] > 0


def test_images_not_yet_seen_come_first_among_equals():
    candidates = by_hand([[0, 0]] * 6)
    found = probabilities(candidates, knowing(candidates, seen=[9, 9, 0, 0]), "uncertain")
    ranks = strategies.weights(np.zeros(6), np.ones(6))
    assert (found / ranks).argmax() == 5 and (found / ranks).argmin() == 0


def test_most_of_the_probability_goes_to_mutual_neighbours():
    large, _ = mined_pool(60, 8)
    for reason in ("disagreement", "uncertain"):
        found = probabilities(large, Knowledge.none(large), reason)
        assert found[large.mutual_neighbours].sum() == pytest.approx(strategies.NEIGHBOUR_SHARE)
        assert found.sum() == pytest.approx(1)


def truth(candidates: Candidates, classes: np.ndarray) -> np.ndarray:
    return classes[candidates.left] == classes[candidates.right]


def answered_rows(rng: np.random.Generator, same: np.ndarray, count: int) -> np.ndarray:
    """Return rows of candidates, half of them of same pairs."""
    return np.concatenate(
        [rng.choice(np.flatnonzero(same == kind), count // 2, False) for kind in (True, False)]
    )


def out_of_domain_pool(bias: float) -> tuple[Candidates, np.ndarray]:
    """Return a pool in which both encoders call all pairs same (bias high) or none (low)."""
    rng = np.random.default_rng(0)
    embeddings, classes = clusters(rng, 50, 8, spread=0.6)
    views = [l1_view(embeddings + 0.2 * rng.normal(size=embeddings.shape), bias=bias) for _ in range(2)]
    return find_candidates(views, rng), classes


@pytest.mark.parametrize("bias", [9, 60, -20])
def test_a_few_answers_predict_the_others_wherever_the_thresholds_are(bias):
    candidates, classes = out_of_domain_pool(bias)
    same = truth(candidates, classes)
    rows = answered_rows(np.random.default_rng(1), same, 30)
    expected = expected_same(candidates, rows, same[rows])
    assert roc_auc(expected, same) > 0.97
    assert np.mean((expected >= 0.5) == same) > 0.9


def test_an_encoder_of_noise_gets_no_weight():
    rng = np.random.default_rng(2)
    embeddings, classes = clusters(rng, 50, 8, spread=0.6)
    useless = l1_view(rng.normal(size=embeddings.shape), bias=9)
    candidates = find_candidates([l1_view(embeddings, bias=9), useless], rng)
    same = truth(candidates, classes)
    rows = answered_rows(rng, same, 60)
    assert roc_auc(expected_same(candidates, rows, same[rows]), same) > 0.95


@pytest.mark.parametrize("kind", [True, False])
def test_answers_of_one_kind_give_finite_probabilities(kind):
    candidates, classes = mined_pool(20, 5)
    rows = np.flatnonzero(truth(candidates, classes) == kind)[:40]
    expected = expected_same(candidates, rows, np.full(len(rows), kind))
    assert np.all((expected > 0) & (expected < 1))
    assert np.mean(expected[rows] >= 0.5) == pytest.approx(float(kind), abs=0.4)


def test_from_too_few_answers_nothing_is_expected():
    candidates, _ = mined_pool(8, 4)
    rows = np.arange(FEWEST_ANSWERS - 1)
    assert expected_same(candidates, rows, rows % 2 == 0) is None


def test_identical_scores_give_finite_probabilities():
    candidates = by_hand(np.ones((45, 2)))
    candidates.mutual_neighbours[:] = True
    rows = np.arange(12)
    assert np.isfinite(expected_same(candidates, rows, rows % 2 == 0)).all()


@pytest.mark.parametrize("bias", [9, 60, -20])
def test_answers_balance_what_the_queue_asks(bias):
    """300 right answers in batches of ten are neither nearly all same nor nearly all different."""
    candidates, classes = out_of_domain_pool(bias)
    same, rng = truth(candidates, classes), np.random.default_rng(3)
    codes, kinds = np.empty(0, np.int64), []
    for _ in range(30):
        rows = np.flatnonzero(np.isin(candidates.codes, codes))
        expected = expected_same(candidates, rows, same[rows])
        known = knowing(
            candidates, excluded=np.unique(codes), **({} if expected is None else {"expected": expected})
        )
        drawn = draw(candidates, known, 10, rng)
        codes = np.append(codes, drawn_codes(candidates, drawn))
        kinds += [classes[each.left] == classes[each.right] for each in drawn]
    assert 0.2 < np.mean(kinds[50:]) < 0.7
