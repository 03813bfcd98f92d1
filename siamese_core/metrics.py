"""Metrics of verdicts and similarities as pure functions of arrays.

`same` is always a boolean array, True where both images show one class. Scores and similarities grow with
likeness. Mismatched, non-finite or out-of-range arrays raise `ValueError`; data that cannot carry the
metric (nothing at all, or one kind of pair only) raises `UserError`. NumPy only.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from siamese_core.errors import UserError

# In units of one standard deviation of the logits: enough for a float32 similarity to keep their order.
MIN_SLOPE = 1e-3
NEWTON_STEPS = 100


@dataclass(frozen=True)
class RocCurve:
    """Points (k,) from (0, 0) to (1, 1); a pair is called same where its score >= the point's threshold."""

    fpr: np.ndarray
    tpr: np.ndarray
    thresholds: np.ndarray


@dataclass(frozen=True)
class Calibration:
    """Logit to probability of same: sigmoid(slope * logit + intercept)."""

    slope: float
    intercept: float

    def log_odds(self, logits: np.ndarray) -> np.ndarray:
        """float64, of any shape; 0 is a similarity of 0.5."""
        return self.slope * np.asarray(logits, np.float64) + self.intercept

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        """float32 0..1 in the shape of `logits`."""
        return sigmoid(self.log_odds(logits)).astype(np.float32)


def sigmoid(log_odds: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-log_odds)) without overflow at either end."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(log_odds, np.float64)))


def verdict(similarity: np.ndarray, threshold: float) -> np.ndarray:
    """The one rule of what is called same, as booleans in the shape of `similarity`."""
    # In float64, or a float32 similarity would round the threshold to its own precision first.
    return np.asarray(similarity, np.float64) >= threshold


def accuracy(similarity: np.ndarray, same: np.ndarray, threshold: float) -> float:
    """Fraction of pairs whose verdict is right."""
    similarity, same = _pairs(similarity, same)
    return float(np.mean(verdict(similarity, threshold) == same))


def wilson_interval(correct: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (1927) of a proportion: (low, high) in 0..1."""
    if trials < 1 or not 0 <= correct <= trials:
        raise ValueError(
            "An interval needs at least one trial and 0 to `trials` correct ones. "
            f"Received: correct={correct}, trials={trials}. Count the trials again."
        )
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, spread = correct / trials, z * z / trials
    centre = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == trials else min(1.0, centre + half)
    return low, high


def mcnemar_exact(first_correct: np.ndarray, second_correct: np.ndarray) -> float:
    """Two-sided exact p that two models that took the same trials (n,) are equally often right."""
    first, second = np.asarray(first_correct, bool), np.asarray(second_correct, bool)
    _check_lengths(first, second)
    only_first = int(np.sum(first & ~second))
    discordant = int(np.sum(first != second))
    ways = tail = 1
    for step in range(min(only_first, discordant - only_first)):
        ways = ways * (discordant - step) // (step + 1)
        tail += ways
    return min(1.0, 2 * tail / 2**discordant)


def roc_curve(scores: np.ndarray, same: np.ndarray) -> RocCurve:
    """Every operating point; tied scores share one. UserError unless both kinds of pair are there."""
    scores, same = _both_kinds(scores, same)
    order = np.argsort(-scores, kind="stable")
    scores, same = scores[order], same[order]
    ends = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    tpr = np.cumsum(same)[ends] / same.sum()
    fpr = np.cumsum(~same)[ends] / (~same).sum()
    return RocCurve(np.append(0.0, fpr), np.append(0.0, tpr), np.append(np.inf, scores[ends]))


def roc_auc(scores: np.ndarray, same: np.ndarray) -> float:
    """Chance that a same pair scores above a different one, ties counted half."""
    curve = roc_curve(scores, same)
    return float(np.trapezoid(curve.tpr, curve.fpr))


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """Where false positive and false negative rate meet, on straight lines between the points of the ROC."""
    curve = roc_curve(scores, same)
    excess = curve.fpr + curve.tpr - 1  # from -1 to 1, never falling
    after = int(np.argmax(excess >= 0))
    part = excess[after - 1] / (excess[after - 1] - excess[after])
    return float(curve.fpr[after - 1] + part * (curve.fpr[after] - curve.fpr[after - 1]))


def tpr_at_fpr(scores: np.ndarray, same: np.ndarray, fpr: float) -> float:
    """The best true positive rate of a threshold whose false positive rate is at most `fpr`."""
    curve = roc_curve(scores, same)
    return float(curve.tpr[curve.fpr <= fpr].max())


def expected_calibration_error(similarity: np.ndarray, same: np.ndarray, bins: int = 15) -> float:
    """Mean gap between similarity and frequency of same in bins of equal width, weighted by their pairs."""
    similarity, same = _similarities(similarity, same)
    bin_of = np.minimum((similarity * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(bin_of, weights=similarity - same, minlength=bins)
    return float(np.abs(gaps).sum() / len(same))


def best_threshold(similarity: np.ndarray, same: np.ndarray) -> float:
    """The threshold 0..1, midway between two scores, with the most right verdicts; of several, the one
    nearest 0.5, which is where a calibrated similarity changes its verdict."""
    similarity, same = _similarities(similarity, same)
    levels = np.unique(np.concatenate([[0.0, 1.0], similarity]))
    candidates = np.concatenate([[0.0, 1.0], (levels[1:] + levels[:-1]) / 2])
    missed = np.searchsorted(np.sort(similarity[same]), candidates)
    refused = np.searchsorted(np.sort(similarity[~same]), candidates)
    right = refused - missed
    best = candidates[right == right.max()]
    return float(best[np.argmin(np.abs(best - 0.5))])


def fit_calibration(logits: np.ndarray, same: np.ndarray, weights: np.ndarray | None = None) -> Calibration:
    """Platt's scaling (1999) with his smoothed targets, which keep it finite on separable pairs.

    `weights` (n,) >= 0: a pair of weight 2 counts as two. The slope stays above 0, so that no calibration
    turns an order round; pairs of one kind, or logits that tell nothing, give nearly one similarity for all.
    """
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
    scale = scale if scale > 1e-9 * max(1.0, abs(centre)) else 1.0  # rounding of equal logits is no spread
    standard = (logits - centre) / scale
    slope, intercept = fit_logistic(np.stack([standard, np.ones_like(standard)], axis=1), targets, weights)
    if slope < MIN_SLOPE:
        slope = MIN_SLOPE
        (intercept,) = fit_logistic(np.ones((len(same), 1)), targets, weights, offset=slope * standard)
    return Calibration(float(slope / scale), float(intercept - slope * centre / scale))


def fit_logistic(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, offset: np.ndarray | float = 0.0
) -> np.ndarray:
    """Coefficients (p,) of the logistic regression of targets (n,) strictly between 0 and 1 on features
    (n, p), by Newton's method with step halving; `offset` is a part of the log-odds that stays fixed."""
    coefficients = np.zeros(features.shape[1])

    def loss(candidate: np.ndarray) -> float:
        log_odds = features @ candidate + offset
        return float(weights @ (np.logaddexp(0.0, log_odds) - targets * log_odds))

    best = loss(coefficients)
    for _ in range(NEWTON_STEPS):
        probability = sigmoid(features @ coefficients + offset)
        gradient = features.T @ (weights * (probability - targets))
        curvature = (features.T * (weights * probability * (1 - probability))) @ features
        ridge = 1e-12 * weights.sum() * np.eye(len(coefficients))  # constant columns make it singular
        step = np.linalg.solve(curvature + ridge, gradient)
        while (reached := loss(coefficients - step)) > best and np.abs(step).max() > 1e-12:
            step = step / 2
        if not reached < best:
            break
        coefficients, best = coefficients - step, reached
    return coefficients


def bootstrap_interval(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], float],
    rng: np.random.Generator,
    resamples: int = 1000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval (low, high) of `statistic` over resamples of the rows of `values` (n, ...)."""
    values = np.asarray(values)
    if len(values) == 0:
        raise UserError("A bootstrap needs at least one value. Received: 0. Add data first.")
    draws = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(resamples)]
    low, high = np.quantile(draws, [0.5 - confidence / 2, 0.5 + confidence / 2])
    return float(low), float(high)


def cohens_kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Agreement of two annotators beyond chance (Cohen 1960): 1 full, 0 as by chance; answers (n,)."""
    first, second = np.asarray(first), np.asarray(second)
    _check_lengths(first, second)
    answers = np.unique(np.concatenate([first, second]))
    observed = float(np.mean(first == second))
    by_chance = sum(float(np.mean(first == answer) * np.mean(second == answer)) for answer in answers)
    return 1.0 if len(answers) == 1 else (observed - by_chance) / (1 - by_chance)


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


def _both_kinds(scores: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores, same = _pairs(scores, same)
    if same.all() or not same.any():
        raise UserError(
            "This metric needs same and different pairs. "
            f"Received: {int(same.sum())} same, {int((~same).sum())} different. Add the kind that is missing."
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
