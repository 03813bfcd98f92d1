"""Adapt a head to answered pairs by logistic regression with a Gaussian prior on the parent (MAP estimate).

The log-odds of "same" are the parent's times a scale, plus a shift, minus |left - right| times a change of
each dimension's weight. The precision of the prior is chosen by cross-validation over identities, so that
twenty answers change little and a thousand as much as they should.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.metric_learning.principal_axes import principal_axes
from siamese_core.metrics import GaussianPrior, fit_logistic

# Precisions of the prior on the weights to choose from, for gaps with a root mean square length of 1.
STRENGTHS = np.geomspace(0.1, 1e4, 6)
SCALE_PRECISION, SHIFT_PRECISION = 4.0, 0.5  # of the prior: standard deviations of 0.5 and 1.4
LEAST_SCALE = 0.05  # above 0, so that the parent's order is not reversed
AXES = 200  # principal axes of the gaps whose weights are fitted
FOLDS = 5  # of the cross-validation
NEAR_BEST = (
    1.0  # standard errors within which the strongest prior is taken (one-standard-error rule, Breiman 1984)
)
REPLAYED = -1  # identity of replayed images, which no fold holds out


@dataclass(frozen=True)
class Evidence:
    """Answered pairs as training data of a head.

    base: float (n,), the parent's log-odds; gaps: float32 (n, d), |left - right| of the embeddings
    same: bool (n,); weight: float (n,) of each pair in the loss
    identity: int (n, 2), of the left and the right image; `REPLAYED` for pairs that always train
    """

    base: np.ndarray
    gaps: np.ndarray
    same: np.ndarray
    weight: np.ndarray
    identity: np.ndarray

    def __len__(self) -> int:
        return len(self.same)

    def part(self, chosen: np.ndarray) -> "Evidence":
        """Return the pairs at the indices, or where the mask is true."""
        return Evidence(*(array[chosen] for array in vars(self).values()))

    def joined(self, other: "Evidence") -> "Evidence":
        """Return these pairs and the other's."""
        both = zip(vars(self).values(), vars(other).values(), strict=True)
        return Evidence(*(np.concatenate(arrays) for arrays in both))


@dataclass(frozen=True)
class Adaptation:
    """A fitted change of a head: log-odds = scale * the parent's + shift - gaps @ weights.

    scale > 0; weights: float (d,); strength: the precision of the prior on them.
    """

    scale: float
    shift: float
    weights: np.ndarray
    strength: float

    def log_odds(self, base: np.ndarray, gaps: np.ndarray) -> np.ndarray:
        return self.scale * base + self.shift - gaps @ self.weights


def adapt(
    evidence: Evidence, rng: np.random.Generator, allowed: Callable[[Adaptation], bool] = lambda found: True
) -> Adaptation:
    """Fit a head with the precision of the prior that cross-validation over identities selects.

    Of the precisions about as good as the best one the strongest is taken, and where its result is not
    allowed, a stronger one still.
    """
    short, axes = _projected(evidence)
    held_out = _held_out(evidence.identity, rng)
    losses = np.stack([_held_out_losses(short, held_out, strength) for strength in STRENGTHS])
    worse = losses - losses[losses.mean(axis=1).argmin()]
    near = worse.mean(axis=1) <= NEAR_BEST * worse.std(axis=1) / np.sqrt(worse.shape[1])
    for strength in STRENGTHS[np.flatnonzero(near).max() :]:
        found = fit(short, float(strength))
        found = replace(found, weights=axes @ found.weights)
        if allowed(found):
            break
    return found


def adapted_at(evidence: Evidence, strength: float) -> Adaptation:
    """Fit a head with a prior of this precision, without cross-validation."""
    short, axes = _projected(evidence)
    found = fit(short, strength)
    return replace(found, weights=axes @ found.weights)


def _projected(evidence: Evidence) -> tuple[Evidence, np.ndarray]:
    """Return the pairs with gaps on their principal axes (d, r), scaled to a root mean square length of 1."""
    length = float(np.sqrt(np.mean(np.square(evidence.gaps).sum(axis=1)))) or 1.0
    axes = principal_axes(evidence.gaps, AXES) / length
    return replace(evidence, gaps=evidence.gaps @ axes), axes


def _held_out(identity: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Return the folds, bool (n,): the pairs with an image of one of a fold's identities."""
    names = rng.permutation(np.unique(identity[identity != REPLAYED]))
    return [np.isin(identity, part).any(axis=1) for part in np.array_split(names, FOLDS) if len(part)]


def _held_out_losses(evidence: Evidence, folds: list[np.ndarray], strength: float) -> np.ndarray:
    losses = []
    for held_out in folds:
        found, part = fit(evidence.part(~held_out), strength), evidence.part(held_out)
        losses.append(_losses(found.log_odds(part.base, part.gaps), part))
    return np.concatenate(losses)


def _losses(log_odds: np.ndarray, evidence: Evidence) -> np.ndarray:
    """Return the weighted cross-entropy (n,) of the answers, in nats."""
    return evidence.weight * (np.logaddexp(0, log_odds) - evidence.same * log_odds)


def fit(evidence: Evidence, strength: float) -> Adaptation:
    """Return the MAP estimate under a prior of precision `strength` on the weights.

    Its scale is at least LEAST_SCALE.
    """
    columns = np.column_stack([evidence.base, np.ones(len(evidence)), -evidence.gaps])
    precision = np.r_[SCALE_PRECISION, SHIFT_PRECISION, np.full(evidence.gaps.shape[1], strength)]
    mean = np.r_[1.0, np.zeros(len(precision) - 1)]
    same = evidence.same.astype("float64")
    found = fit_logistic(columns, same, evidence.weight, prior=GaussianPrior(mean, precision))
    if found[0] < LEAST_SCALE:  # the posterior is log-concave: the best allowed scale is the least
        prior = GaussianPrior(mean[1:], precision[1:])
        rest = fit_logistic(columns[:, 1:], same, evidence.weight, LEAST_SCALE * evidence.base, prior)
        found = np.r_[LEAST_SCALE, rest]
    return Adaptation(float(found[0]), float(found[1]), found[2:], strength)
