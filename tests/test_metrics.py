"""Metrics against naive loops, closed forms and degenerate data."""

import math

import numpy as np
import pytest
from scipy.special import expit

from siamese_core.errors import UserError
from siamese_core.metrics import (
    Calibration,
    GaussianPrior,
    accuracy,
    best_threshold,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
    fit_logistic,
    mcnemar_exact,
    roc_auc,
    roc_curve,
    tpr_at_fpr,
    verdict_log_odds,
    wilson_interval,
)


def tied_scores(seed: int, count: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Similarities with many ties, and a same that they partly tell."""
    rng = np.random.default_rng(seed)
    same = rng.random(count) < 0.4
    same[:2] = [True, False]
    similarity = np.clip(np.round(rng.normal(0.4 + 0.2 * same, 0.2), 1), 0, 1)
    return similarity, same


def test_wilson_interval_matches_published_values():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_wilson_interval_stays_in_range_and_is_symmetric():
    assert wilson_interval(20, 20)[1] == 1.0
    low, high = wilson_interval(3, 20)
    mirrored_low, mirrored_high = wilson_interval(17, 20)
    assert (low, high) == pytest.approx((1 - mirrored_high, 1 - mirrored_low))
    assert wilson_interval(3, 20, confidence=0.99)[0] < low


@pytest.mark.parametrize(("correct", "trials"), [(0, 0), (5, 4), (-1, 4)])
def test_wilson_interval_refuses_impossible_counts(correct, trials):
    with pytest.raises(ValueError, match=f"correct={correct}, trials={trials}"):
        wilson_interval(correct, trials)


def test_mcnemar_is_the_binomial_test_of_the_discordant_trials():
    for only_first, only_second in [(0, 0), (1, 0), (0, 6), (3, 9), (10, 10), (7, 8)]:
        first = np.array([True] * only_first + [False] * only_second + [True, False])
        second = np.array([False] * only_first + [True] * only_second + [True, False])
        total = only_first + only_second
        tail = sum(math.comb(total, wins) for wins in range(min(only_first, only_second) + 1))
        expected = min(1.0, 2 * tail * 0.5**total)
        assert mcnemar_exact(first, second) == pytest.approx(expected)
        assert mcnemar_exact(second, first) == pytest.approx(expected)


def test_mcnemar_survives_thousands_of_discordant_trials():
    first = np.arange(4000) < 1900
    assert 0.0005 < mcnemar_exact(first, ~first) < 0.003
    assert mcnemar_exact(np.ones(4000, bool), np.zeros(4000, bool)) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_auc_counts_ordered_pairs(seed):
    scores, same = tied_scores(seed)
    wins = [
        1.0 if positive > negative else 0.5 if positive == negative else 0.0
        for positive in scores[same]
        for negative in scores[~same]
    ]
    assert roc_auc(scores, same) == pytest.approx(np.mean(wins))


@pytest.mark.parametrize("seed", range(5))
def test_roc_points_are_the_rates_at_their_thresholds(seed):
    scores, same = tied_scores(seed)
    curve = roc_curve(scores, same)
    for fpr, tpr, threshold in zip(curve.fpr, curve.tpr, curve.thresholds, strict=True):
        assert fpr == pytest.approx(np.mean(scores[~same] >= threshold))
        assert tpr == pytest.approx(np.mean(scores[same] >= threshold))
    assert (curve.fpr[0], curve.tpr[0], curve.fpr[-1], curve.tpr[-1]) == (0, 0, 1, 1)


@pytest.mark.parametrize("seed", range(5))
def test_equal_error_rate_lies_where_a_scan_finds_the_rates_crossing(seed):
    scores, same = tied_scores(seed)
    thresholds = [np.inf, *sorted(set(scores), reverse=True)]
    rates = [(np.mean(scores[~same] >= level), np.mean(scores[same] < level)) for level in thresholds]
    above = next(index for index, (fpr, fnr) in enumerate(rates) if fpr >= fnr)
    (fpr_before, fnr_before), (fpr_after, fnr_after) = rates[above - 1], rates[above]
    walk = np.linspace(0, 1, 100_001)
    fpr = fpr_before + walk * (fpr_after - fpr_before)
    fnr = fnr_before + walk * (fnr_after - fnr_before)
    assert equal_error_rate(scores, same) == pytest.approx(fpr[np.argmin(np.abs(fpr - fnr))], abs=1e-4)


def test_error_rates_of_perfect_inverted_and_blind_scores():
    same = np.array([True, True, False, False])
    for scores, auc, eer in [([4, 3, 2, 1], 1.0, 0.0), ([1, 2, 3, 4], 0.0, 1.0), ([7, 7, 7, 7], 0.5, 0.5)]:
        assert roc_auc(scores, same) == auc
        assert equal_error_rate(scores, same) == eer


def test_tpr_at_fpr_never_exceeds_the_false_positives_it_may_make():
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    same = np.array([True, False, True, True, False, False])
    assert tpr_at_fpr(scores, same, 0.01) == pytest.approx(1 / 3)
    assert tpr_at_fpr(scores, same, 0.34) == 1.0
    assert tpr_at_fpr(np.zeros(6), same, 0.5) == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_calibration_error_is_the_weighted_gap_of_the_bins(seed):
    similarity, same = tied_scores(seed, count=200)
    total = 0.0
    for bin_number in range(15):
        inside = [index for index, value in enumerate(similarity) if min(int(value * 15), 14) == bin_number]
        if inside:
            total += len(inside) * abs(similarity[inside].mean() - same[inside].mean())
    assert expected_calibration_error(similarity, same) == pytest.approx(total / 200)


def test_calibration_error_of_honest_and_of_boastful_similarities():
    same = np.array([True, False] * 50)
    assert expected_calibration_error(np.full(100, 0.5), same) == pytest.approx(0.0)
    assert expected_calibration_error(np.ones(100), same) == pytest.approx(0.5)


@pytest.mark.parametrize("seed", range(5))
def test_best_threshold_beats_every_other_threshold(seed):
    similarity, same = tied_scores(seed)
    reached = accuracy(similarity, same, best_threshold(similarity, same))
    assert reached == max(accuracy(similarity, same, level) for level in np.linspace(0, 1.05, 211))


def test_best_threshold_lies_midway_between_the_scores_it_parts():
    assert best_threshold([0.1, 0.2, 0.8, 0.9], [False, False, True, True]) == pytest.approx(0.5)
    assert best_threshold([0.1, 0.2, 0.3, 0.9], [False, True, True, True]) == pytest.approx(0.15)


def test_best_threshold_of_one_kind_of_pair_answers_that_kind():
    assert accuracy([0.2, 0.7], [True, True], best_threshold([0.2, 0.7], [True, True])) == 1.0
    assert accuracy([0.2, 0.7], [False, False], best_threshold([0.2, 0.7], [False, False])) == 1.0


def test_accuracy_counts_the_threshold_itself_as_same():
    assert accuracy([0.5, 0.5, 0.4, 0.0], [True, False, False, False], 0.5) == 0.75
    assert accuracy([0.5, 0.0], [True, False], 0.0) == 0.5


def test_calibration_recovers_the_probabilities_that_made_the_data():
    rng = np.random.default_rng(0)
    logits = rng.normal(3, 2, 40_000)
    same = rng.random(40_000) < expit(1.5 * logits - 4)
    calibration = fit_calibration(logits, same)
    assert calibration.slope == pytest.approx(1.5, abs=0.05)
    assert calibration.intercept == pytest.approx(-4, abs=0.15)
    assert expected_calibration_error(calibration.similarity(logits), same) < 0.01


def test_calibration_minimises_the_smoothed_cross_entropy():
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 1, 50)
    same = rng.random(50) < expit(logits)
    targets = np.where(same, (same.sum() + 1) / (same.sum() + 2), 1 / ((~same).sum() + 2))

    def loss(slope: float, intercept: float) -> float:
        log_odds = slope * logits + intercept
        return float(np.sum(np.logaddexp(0, log_odds) - targets * log_odds))

    fitted = fit_calibration(logits, same)
    best = loss(fitted.slope, fitted.intercept)
    for slope_step, intercept_step in [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, 0.01)]:
        assert loss(fitted.slope + slope_step, fitted.intercept + intercept_step) > best


def test_calibration_weights_count_as_repetitions():
    rng = np.random.default_rng(2)
    logits, same = rng.normal(0, 1, 40), rng.random(40) < 0.5
    weights = rng.integers(0, 4, 40)
    weighted = fit_calibration(logits, same, weights)
    repeated = fit_calibration(np.repeat(logits, weights), np.repeat(same, weights))
    assert weighted.slope == pytest.approx(repeated.slope, rel=1e-6)
    assert weighted.intercept == pytest.approx(repeated.intercept, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_calibration_stays_finite_on_separable_pairs(scale):
    logits = scale * np.array([-3.0, -2.0, 2.0, 3.0])
    same = np.array([False, False, True, True])
    similarity = fit_calibration(logits, same).similarity(logits)
    assert similarity[0] <= similarity[1] < 0.5 < similarity[2] <= similarity[3]
    assert np.isfinite(similarity).all()


@pytest.mark.parametrize(
    ("logits", "same"),
    [
        ([1.0, 2.0, 3.0], [True, True, True]),
        ([1.0, 2.0, 3.0], [False, False, False]),
        ([3.0, 2.0, 1.0], [False, False, True]),
        ([0.1, 0.1, 0.1], [True, False, True]),
        ([5.0], [True]),
        ([0.0, 1e6], [False, True]),
    ],
)
def test_calibration_slope_is_positive_and_finite_on_degenerate_pairs(logits, same):
    calibration = fit_calibration(np.array(logits), np.array(same))
    assert 0 < calibration.slope < np.inf
    similarity = calibration.similarity(np.array(logits))
    assert np.isfinite(similarity).all()
    if len(set(logits)) == len(logits):
        assert list(np.argsort(similarity)) == list(np.argsort(logits))


def test_calibration_of_one_kind_keeps_platts_doubt():
    similarity = fit_calibration(np.array([1.0, 2.0, 3.0]), np.ones(3, bool)).similarity(np.array([2.0]))
    assert similarity[0] == pytest.approx(4 / 5, abs=0.01)


def test_similarity_is_float32_and_saturates_without_warning():
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        similarity = Calibration(2.0, 0.0).similarity(np.array([[-1e4, 0.0], [0.5, 1e4]]))
    assert similarity.dtype == np.float32
    np.testing.assert_allclose(similarity, [[0, 0.5], [1 / (1 + math.exp(-1)), 1]], rtol=1e-6)


def test_a_regression_with_a_prior_is_drawn_towards_its_mean_as_strongly_as_its_precision_says():
    rng = np.random.default_rng(4)
    features = rng.normal(0, 1, (200, 2))
    same = (rng.random(200) < expit(features @ [2.0, -1.0])).astype(float)
    mean = np.array([0.5, 0.5])

    def fitted(precision: float) -> np.ndarray:
        return fit_logistic(features, same, np.ones(200), prior=GaussianPrior(mean, np.full(2, precision)))

    np.testing.assert_allclose(fitted(1e9), mean, atol=1e-4)
    np.testing.assert_allclose(fitted(1e-9), fit_logistic(features, same, np.ones(200)), atol=1e-4)
    found = fitted(5.0)
    gradient = features.T @ (expit(features @ found) - same) + 5.0 * (found - mean)
    np.testing.assert_allclose(gradient, 0, atol=1e-6)


def test_what_is_fixed_in_a_regression_counts_as_told():
    rng = np.random.default_rng(5)
    features = rng.normal(0, 1, (300, 2))
    same = (rng.random(300) < expit(features @ [1.0, 2.0])).astype(float)
    both = fit_logistic(features, same, np.ones(300))
    second = fit_logistic(features[:, 1:], same, np.ones(300), offset=both[0] * features[:, 0])
    np.testing.assert_allclose(second, both[1:], atol=1e-6)


METRICS = [roc_curve, roc_auc, equal_error_rate, expected_calibration_error, best_threshold, fit_calibration,
           mcnemar_exact]  # fmt: skip


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_refuse_arrays_that_do_not_match(metric):
    with pytest.raises(ValueError, match=r"\(3,\) and \(2,\)"):
        metric(np.array([0.1, 0.2, 0.3]), np.array([True, False]))


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_refuse_nothing_at_all(metric):
    with pytest.raises(UserError, match="Received: 0"):
        metric(np.array([]), np.array([]))


@pytest.mark.parametrize(
    "metric", [roc_auc, equal_error_rate, lambda scores, same: tpr_at_fpr(scores, same, 0)]
)
def test_ranking_metrics_name_the_kind_of_pair_that_is_missing(metric):
    with pytest.raises(UserError, match="2 same, 0 different"):
        metric(np.array([0.1, 0.2]), np.array([True, True]))


def test_metrics_refuse_scores_that_are_not_numbers_or_not_similarities():
    with pytest.raises(ValueError, match="1 of 2 NaN"):
        roc_auc(np.array([np.nan, 0.5]), np.array([True, False]))
    with pytest.raises(ValueError, match="-3 to 2"):
        best_threshold(np.array([-3.0, 2.0]), np.array([True, False]))


def test_calibration_refuses_weights_that_are_negative_or_all_zero():
    for weights in ([-1.0, 2.0], [0.0, 0.0], [1.0]):
        with pytest.raises(ValueError, match="Weights"):
            fit_calibration(np.array([0.0, 1.0]), np.array([False, True]), np.array(weights))


def test_verdict_log_odds_are_zero_at_the_threshold_and_finite_everywhere():
    assert verdict_log_odds(0.3, 0.3) == 0
    assert verdict_log_odds(0.9, 0.5) == pytest.approx(np.log(9))
    assert verdict_log_odds(0.2, 0.5) < 0 < verdict_log_odds(1.0, 0.0) < np.inf
