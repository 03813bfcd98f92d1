"""Likely label errors, on answers whose wrong ones were planted."""

import numpy as np
import pytest

from siamese_core.answers.answer_table import answer_table
from siamese_core.answers.label_row import LabelRow
from siamese_core.review.label_errors import error_probabilities, log_odds_table


def answers(seed: int, n: int = 400, wrong: float = 0.05, checkpoints: int = 2, noise: float = 1.5):
    """Log-odds (n, checkpoints) of "same", the answers, and which of them were planted wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.4
    log_odds = np.where(truth, 2.5, -2.5)[:, None] + noise * rng.normal(size=(n, checkpoints))
    planted = np.zeros(n, bool)
    planted[rng.permutation(n)[: round(wrong * n)]] = True
    return log_odds, truth ^ planted, planted


def found(doubt: np.ndarray, planted: np.ndarray) -> float:
    """The share of wrong answers among as many of the first."""
    first = np.argsort(-doubt)[: planted.sum()]
    return planted[first].mean()


@pytest.mark.parametrize("seed", range(5))
def test_planted_errors_come_first(seed):
    log_odds, same, planted = answers(seed)
    doubt, likely = error_probabilities(log_odds, same)
    assert found(doubt, planted) >= 0.85
    assert planted[likely].mean() >= 0.8 and likely[planted].mean() >= 0.6
    assert ((doubt >= 0) & (doubt <= 1)).all()


def test_two_checkpoints_find_more_than_one():
    both, one = [], []
    for seed in range(20):
        log_odds, same, planted = answers(seed, noise=2.5)
        both.append(found(error_probabilities(log_odds, same)[0], planted))
        one.append(found(error_probabilities(log_odds[:, :1], same)[0], planted))
    assert np.mean(both) > np.mean(one) + 0.1


def test_what_one_checkpoint_alone_says_is_never_likely():
    log_odds, same, _ = answers(0, checkpoints=1, noise=0.1)
    doubt, likely = error_probabilities(log_odds, same)
    assert not likely.any() and doubt.max() > 0.6
    log_odds = np.hstack([log_odds, np.full(log_odds.shape, np.nan)])
    np.testing.assert_allclose(error_probabilities(log_odds, same)[0], doubt)


def test_a_checkpoint_that_knows_nothing_here_is_sure_of_nothing():
    log_odds, same, planted = answers(1)
    shouting = 20 * np.random.default_rng(7).normal(size=(len(same), 1))
    with_it, _ = error_probabilities(np.hstack([log_odds, shouting]), same)
    assert found(with_it, planted) >= found(error_probabilities(log_odds, same)[0], planted) - 0.05
    assert np.abs(error_probabilities(shouting, same)[0] - 0.5).max() < 0.35


def test_a_threshold_that_does_not_suit_these_images_accuses_nobody():
    log_odds, same, planted = answers(2)
    moved, likely = error_probabilities(log_odds - 6, same)  # to these checkpoints, all pairs are different
    assert found(moved, planted) >= 0.85 and likely.mean() < 0.1


def test_on_few_answers_log_odds_are_taken_uncalibrated():
    doubt, likely = error_probabilities(
        np.array([[3.0, 3.0], [-3.0, 3.0], [-3.0, -3.0]]), np.array([False, False, False])
    )
    assert doubt.tolist() == sorted(doubt.tolist(), reverse=True)
    assert likely.tolist() == [True, False, False] and doubt[1] == 0.5


def test_without_answers_or_opinions_there_is_no_doubt():
    assert error_probabilities(np.empty((0, 2)), np.empty(0, bool))[0].shape == (0,)
    assert error_probabilities(np.empty((3, 0)), np.ones(3, bool))[0].tolist() == [0.5] * 3


def test_opinions_become_a_table_by_checkpoint_and_those_of_now_count_first():
    said = {"koch_similarity": "0.9", "koch_threshold": "0.5"}
    answers = [
        LabelRow(left_id="b", right_id="a", koch_checkpoint="koch-1", **said),
        LabelRow(left_id="c", right_id="d", **said),
        LabelRow(left_id="e", right_id="f", koch_similarity="0.9"),
    ]
    table = log_odds_table(answer_table(answers), {("a", "b"): {"koch-1": -1.0, "koch-2": 2.0}})
    np.testing.assert_allclose(table, [[np.nan, -1, 2], [np.log(9), np.nan, np.nan], [np.nan] * 3])
    assert log_odds_table(answer_table([]), {}).shape == (0, 0)
