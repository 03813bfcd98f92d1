"""Metrics of verdicts and similarities, and calibration, as pure functions of arrays.

`same` is a boolean array (n,), True for positive pairs; scores and similarities (n,) are high for alike
images. Mismatched, non-finite or out-of-range arrays raise `ValueError`; data on which the metric is not
defined (no pair, or one kind of pair only) raises `UserError`.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from siamese_core.errors import UserError

MIN_SLOPE = 1e-3  # per standard deviation of the logits: float32 similarities keep their order
NEWTON_STEPS = 100  # never reached in practice: Newton converges in about ten
LEAST_PROBABILITY = 1e-6  # and 1 less it: bounds of a probability that log-odds are taken of


@dataclass(frozen=True)
class RocCurve:
    """Operating points (k,) from (0, 0) to (1, 1); a pair is called same where its score >= `thresholds`."""

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray


@dataclass(frozen=True)
class GaussianPrior:
    """Independent normal priors of regression coefficients: mean (p,), precision (p,) >= 0."""

    mean: np.ndarray
    precision: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """Platt's map from a logit to the probability of "same": expit(slope * logit + intercept)."""

    slope: float
    intercept: float

    def log_odds(self, logits: np.ndarray) -> np.ndarray:
        """Return the calibrated log-odds, float64 in the shape of `logits`."""
        return self.slope * np.asarray(logits, np.float64) + self.intercept

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        """Return the probability of "same", float32 0..1 in the shape of `logits`."""
        return expit(self.log_odds(logits)).astype(np.float32)


def verdict(similarity: np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    """Return which pairs are called same, bool in the shape of `similarity`: the one place of this rule."""
    # In float64, or a float32 similarity would round the threshold to its own precision first.
    return np.asarray(similarity, np.float64) >= threshold


def bounded_logit(probability: float | np.ndarray) -> np.ndarray:
    """Return the log-odds of probabilities, float64, finite for 0 and 1 too; NaN stays."""
    return logit(np.clip(probability, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))


def verdict_log_odds(similarity: float | np.ndarray, threshold: float | np.ndarray) -> np.ndarray:
    """Return the log-odds of "same" minus those of the threshold: at 0 or more the verdict is "same"."""
    return bounded_logit(similarity) - bounded_logit(threshold)


def accuracy(similarity: np.ndarray, same: np.ndarray, threshold: float) -> float:
    """Return the fraction of pairs whose verdict is right."""
    similarity, same = _pairs(similarity, same)
    return float(np.mean(verdict(similarity, threshold) == same))


def wilson_interval(correct: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval (1927) of a proportion as (low, high) in 0..1."""
    if trials < 1 or not 0 <= correct <= trials:
        raise ValueError(
            "An interval needs at least one trial and 0 to `trials` correct ones. "
            f"Received: correct={correct}, trials={trials}. Count the trials again."
        )
    low, high = _binomial_test(correct, trials).proportion_ci(confidence, method="wilson")
    return float(low), float(high)


def mcnemar_exact(first_correct: np.ndarray, second_correct: np.ndarray) -> float:
    """Return the exact two-sided p of McNemar's test (1947) of two models on the same trials (n,)."""
    first, second = np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    _check_lengths(first, second)
    discordant = int(np.sum(first != second))
    return float(_binomial_test(int(np.sum(first & ~second)), discordant).pvalue) if discordant else 1.0


def _binomial_test(successes: int, trials: int):
    from scipy.stats import (
        binomtest,  # takes a second to import, which the log and the lists need not wait for
    )

    return binomtest(successes, trials)


def roc_curve(scores: np.ndarray, same: np.ndarray) -> RocCurve:
    """Return every operating point, one for tied scores; UserError unless there are pairs of both kinds."""
    scores, same = _pairs(scores, same)
    if same.all() or not same.any():
        raise UserError(
            "This metric needs same and different pairs. "
            f"Received: {int(same.sum())} same, {int((~same).sum())} different. Add the kind that is missing."
        )
    order = np.argsort(-scores, kind="stable")
    scores, same = scores[order], same[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    tpr = np.cumsum(same)[ends] / same.sum()
    fpr = np.cumsum(~same)[ends] / (~same).sum()
    return RocCurve(np.append(0.0, fpr), np.append(0.0, tpr), np.append(np.inf, scores[ends]))


def roc_auc(scores: np.ndarray, same: np.ndarray) -> float:
    """Return the chance that a positive pair scores above a negative one, ties counted half."""
    curve = roc_curve(scores, same)
    return float(np.trapezoid(curve.tpr, curve.fpr))


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """Return the rate where false positives equal false negatives, interpolated linearly on the ROC curve."""
    curve = roc_curve(scores, same)
    excess = curve.fpr + curve.tpr - 1  # from -1 to 1, never falling
    after = int(np.argmax(excess >= 0))
    part = excess[after - 1] / (excess[after - 1] - excess[after])
    return float(curve.fpr[after - 1] + part * (curve.fpr[after] - curve.fpr[after - 1]))


def tpr_at_fpr(scores: np.ndarray, same: np.ndarray, fpr: float) -> float:
    """Return the highest true positive rate of a threshold whose false positive rate is at most `fpr`."""
    curve = roc_curve(scores, same)
    return float(curve.tpr[curve.fpr <= fpr].max())


def expected_calibration_error(similarity: np.ndarray, same: np.ndarray, bins: int = 15) -> float:
    """Return the mean gap between similarity and frequency of "same" in bins, by pairs (Guo et al. 2017)."""
    similarity, same = _similarities(similarity, same)
    bin_of = np.minimum((similarity * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_of, weights=similarity - same, minlength=bins)
    return float(np.abs(gaps).sum() / len(same))


def best_threshold(similarity: np.ndarray, same: np.ndarray) -> float:
    """Return the threshold 0..1, midway between two scores, with the most right verdicts.
    Of several the one nearest 0.5, where a calibrated similarity changes its verdict."""
    similarity, same = _similarities(similarity, same)
    levels = np.unique(np.concatenate([[0.0, 1.0], similarity]))
    candidates = np.concatenate([[0.0, 1.0], (levels[1:] + levels[:-1]) / 2])
    missed = np.searchsorted(np.sort(similarity[same]), candidates)
    refused = np.searchsorted(np.sort(similarity[~same]), candidates)
    right = refused - missed
    best = candidates[right == right.max()]
    return float(best[np.argmin(np.abs(best - 0.5))])


def fit_calibration(logits: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None) -> Calibration:
    """Fit Platt's scaling (1999) with his smoothed targets, which keep it finite on separable pairs.

    `weights` (n,) >= 0: a pair of weight 2 counts as two. The slope stays above 0, which keeps the order of
    the logits; pairs of one kind, or uninformative logits, give nearly one similarity for all."""
    logits, same = _pairs(logits, same)
    weights = np.ones(len(same)) if weights is None else np.asarray(weights, np.float64)
    if weights.shape != same.shape or not np.all(weights >= 0) or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"Weights are one finite number >= 0 for each of the {len(same)} pairs, not all 0. "
            f"Received: shape {weights.shape}, sum {weights.sum()}."
        )
    positives, negatives = weights[same].sum(), weights[~same].sum()
    targets = np.where(same, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    centre = np.average(logits, weights=weights)
    scale = math.sqrt(np.average((logits - centre) ** 2, weights=weights))
    scale = scale if scale > 1e-9 * max(1.0, abs(centre)) else 1.0  # equal logits differ by rounding
    standard = (logits - centre) / scale
    slope, intercept = fit_logistic(np.stack([standard, np.ones_like(standard)], axis=1), targets, weights)
    if slope < MIN_SLOPE:
        slope = MIN_SLOPE
        (intercept,) = fit_logistic(np.ones((len(same), 1)), targets, weights, offset=slope * standard)
    return Calibration(float(slope / scale), float(intercept - slope * centre / scale))


def fit_logistic(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    offset: np.ndarray | float = 0.0,
    prior: GaussianPrior | None = None,
) -> np.ndarray:
    """Return the coefficients (p,) of a weighted logistic regression, by Newton's method with step halving.

    features (n, p), targets (n,) in 0..1, weights (n,) >= 0; `offset`: a fixed part of the log-odds. With a
    `prior` the mode of the posterior; without, targets strictly inside 0..1 keep the coefficients finite.
    """
    prior = prior or GaussianPrior(*np.zeros((2, features.shape[1])))
    ridge = 1e-12 * weights.sum() * np.eye(len(prior.mean))  # constant columns make the curvature singular

    def loss(candidate: np.ndarray) -> float:
        log_odds = features @ candidate + offset
        misfit = weights @ (np.logaddexp(0.0, log_odds) - targets * log_odds)
        return float(misfit + prior.precision @ np.square(candidate - prior.mean) / 2)

    coefficients, best = prior.mean, loss(prior.mean)
    for _ in range(NEWTON_STEPS):
        probability = expit(features @ coefficients + offset)
        gradient = features.T @ (weights * (probability - targets))
        gradient += prior.precision * (coefficients - prior.mean)
        curvature = (features.T * (weights * probability * (1 - probability))) @ features
        step = np.linalg.solve(curvature + ridge + np.diag(prior.precision), gradient)
        while (reached := loss(coefficients - step)) > best and np.abs(step).max() > 1e-12:
            step = step / 2
        if not reached < best:
            break
        coefficients, best = coefficients - step, reached
    return coefficients


def _check_lengths(first: np.ndarray, second: np.ndarray) -> None:
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(
            "Both arrays hold one value a pair, in the same order. "
            f"Received: shapes {first.shape} and {second.shape}. Pass two flat arrays of one length."
        )
    if len(first) == 0:
        raise UserError("A metric needs at least one pair or trial. Received: 0. Add data first.")


def _pairs(scores: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores, same = np.asarray(scores, np.float64), np.asarray(same, bool)
    _check_lengths(scores, same)
    if not np.isfinite(scores).all():
        raise ValueError(
            f"Scores are finite numbers. Received: {int((~np.isfinite(scores)).sum())} of {len(scores)} "
            "NaN or infinite. Look for the cause in the encoder."
        )
    return scores, same


def _similarities(similarity: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    similarity, same = _pairs(similarity, same)
    if similarity.min() < 0 or similarity.max() > 1:
        raise ValueError(
            "Similarities lie in 0..1. "
            f"Received: {similarity.min():g} to {similarity.max():g}. Calibrate the logits first."
        )
    return similarity, same
