"""What the answers so far make likely, on pools whose classes are known; encoders may be out of place."""

import numpy as np
import pytest

from helpers.hand_made import by_hand, clusters, drawn_codes, knowing, l1_view, mined_pool
from siamese_core.labelling.candidates import Candidates, find_candidates
from siamese_core.labelling.expectation import FEWEST_ANSWERS, expected_same
from siamese_core.labelling.mining import draw
from siamese_core.metrics import roc_auc


def truth(candidates: Candidates, classes: np.ndarray) -> np.ndarray:
    return classes[candidates.left] == classes[candidates.right]


def answered_rows(rng: np.random.Generator, same: np.ndarray, count: int) -> np.ndarray:
    """Half of them same."""
    return np.concatenate(
        [rng.choice(np.flatnonzero(same == kind), count // 2, False) for kind in (True, False)]
    )


def out_of_place(bias: float) -> tuple[Candidates, np.ndarray]:
    """A pool in which both encoders call all pairs the same (bias high) or none (low)."""
    rng = np.random.default_rng(0)
    embeddings, classes = clusters(rng, 50, 8, spread=0.6)
    views = [l1_view(embeddings + 0.2 * rng.normal(size=embeddings.shape), bias=bias) for _ in range(2)]
    return find_candidates(views, rng), classes


@pytest.mark.parametrize("bias", [9, 60, -20])
def test_a_few_answers_tell_same_from_different_wherever_the_thresholds_stand(bias):
    candidates, classes = out_of_place(bias)
    same = truth(candidates, classes)
    rows = answered_rows(np.random.default_rng(1), same, 30)
    expected = expected_same(candidates, rows, same[rows])
    assert roc_auc(expected, same) > 0.97
    assert np.mean((expected >= 0.5) == same) > 0.9


def test_an_encoder_that_tells_nothing_is_not_believed():
    rng = np.random.default_rng(2)
    embeddings, classes = clusters(rng, 50, 8, spread=0.6)
    useless = l1_view(rng.normal(size=embeddings.shape), bias=9)
    candidates = find_candidates([l1_view(embeddings, bias=9), useless], rng)
    same = truth(candidates, classes)
    rows = answered_rows(rng, same, 60)
    assert roc_auc(expected_same(candidates, rows, same[rows]), same) > 0.95


@pytest.mark.parametrize("kind", [True, False])
def test_answers_of_one_kind_give_finite_chances(kind):
    candidates, classes = mined_pool(20, 5)
    rows = np.flatnonzero(truth(candidates, classes) == kind)[:40]
    expected = expected_same(candidates, rows, np.full(len(rows), kind))
    assert np.all((expected > 0) & (expected < 1))
    assert np.mean(expected[rows] >= 0.5) == pytest.approx(float(kind), abs=0.4)


def test_too_few_answers_tell_nothing():
    candidates, _ = mined_pool(8, 4)
    rows = np.arange(FEWEST_ANSWERS - 1)
    assert expected_same(candidates, rows, rows % 2 == 0) is None


def test_images_all_alike_do_no_harm():
    candidates = by_hand(np.ones((45, 2)))
    candidates.mutual_neighbours[:] = True
    rows = np.arange(12)
    assert np.isfinite(expected_same(candidates, rows, rows % 2 == 0)).all()


@pytest.mark.parametrize("bias", [9, 60, -20])
def test_the_queue_finds_its_balance_by_the_answers_it_gets(bias):
    """300 answers by somebody who knows, in batches of ten: neither all same nor all different."""
    candidates, classes = out_of_place(bias)
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
