"""A new head from answered pairs on embeddings that stay as they are.

The log-odds of "same" under the parent, plus a scale, a shift and a change of weight for each dimension of
|left - right|, all drawn towards the parent by a Gaussian prior (maximum a posteriori). How strongly is
chosen by cross-validation over connected groups of images, so that twenty answers move little and a thousand
move what they should.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import eigh

from siamese_core.metrics import sigmoid

STRENGTHS = np.geomspace(
    1e-2, 1e4, 7
)  # precision of the prior on the weights, in units of the answers' evidence
SCALE_PRECISION, SHIFT_PRECISION = 4.0, 0.5
LEAST_SCALE = 0.05
AXES = 200
FOLDS = 5
NEWTON_STEPS = 30


@dataclass(frozen=True)
class Evidence:
    """Answered pairs: base float (n,), the parent's log-odds; gaps float32 (n, d), |left - right|; same bool
    (n,);
    weight float (n,), how much each counts; group int (n,), pairs of one connected group of images alike."""

    base: np.ndarray
    gaps: np.ndarray
    same: np.ndarray
    weight: np.ndarray
    group: np.ndarray

    def weighted(self, weight: np.ndarray, group: np.ndarray) -> "Evidence":
        return Evidence(self.base, self.gaps, self.same, weight, group)

    def part(self, chosen: np.ndarray) -> "Evidence":
        return Evidence(
            self.base[chosen], self.gaps[chosen], self.same[chosen], self.weight[chosen], self.group[chosen]
        )


@dataclass(frozen=True)
class Adaptation:
    """log-odds = scale * the parent's - gaps @ weights + shift."""

    scale: float
    shift: float
    weights: np.ndarray
    strength: float

    def log_odds(self, base: np.ndarray, gaps: np.ndarray) -> np.ndarray:
        return self.scale * base - gaps @ self.weights + self.shift


def adapt(evidence: Evidence, rng: np.random.Generator) -> Adaptation:
    """The adaptation with the prior that predicts held-out groups best; of equals, the stronger prior."""
    unit = float(np.sqrt(np.mean(np.square(evidence.gaps).sum(axis=1)))) or 1.0
    axes = _axes(evidence.gaps)
    short = replace(evidence, gaps=(evidence.gaps @ axes) / unit)
    folds = _folds(evidence.group, rng)
    losses = [_held_out_losses(short, folds, strength) for strength in STRENGTHS]
    means = np.array([loss.mean() for loss in losses])
    best = int(np.argmin(means))
    spread = losses[best].std() / np.sqrt(len(losses[best]))
    strength = max(s for s, mean in zip(STRENGTHS, means, strict=True) if mean <= means[best] + 0.25 * spread)
    found = fit(short, strength)
    return replace(found, weights=(axes @ found.weights / unit).astype("float32"))


def _axes(gaps: np.ndarray) -> np.ndarray:
    """Orthonormal (d, r): the `AXES` directions in which the gaps are longest, found from the smaller Gram
    matrix."""
    count, dim = gaps.shape
    rank = min(count, dim, AXES)
    gaps = gaps.astype("float64")
    if count >= dim:
        return eigh(gaps.T @ gaps, subset_by_index=(dim - rank, dim - 1))[1]
    lengths, left = eigh(gaps @ gaps.T, subset_by_index=(count - rank, count - 1))
    kept = lengths > 1e-10 * max(lengths.max(), 1e-30)
    return gaps.T @ (left[:, kept] / np.sqrt(lengths[kept]))


def fit(evidence: Evidence, strength: float) -> Adaptation:
    """Maximum a posteriori by Newton's method, for gaps of a length of about 1 so that one prior fits all
    encoders."""
    features = np.column_stack([evidence.base, np.ones(len(evidence.base)), -evidence.gaps])
    precision = np.concatenate(
        [[SCALE_PRECISION, SHIFT_PRECISION], np.full(evidence.gaps.shape[1], strength)]
    )
    mean = np.zeros(len(precision))
    mean[0] = 1.0

    def loss(parameters: np.ndarray) -> float:
        log_odds = features @ parameters
        prior = precision @ np.square(parameters - mean)
        return float(evidence.weight @ (np.logaddexp(0, log_odds) - evidence.same * log_odds) + prior / 2)

    found, best = mean, loss(mean)
    for _ in range(NEWTON_STEPS):
        chance = sigmoid(features @ found)
        slope = features.T @ (evidence.weight * (chance - evidence.same)) + precision * (found - mean)
        curvature = (features.T * (evidence.weight * chance * (1 - chance))) @ features + np.diag(precision)
        step = np.linalg.solve(curvature, slope)
        while (reached := loss(found - step)) > best and np.abs(step).max() > 1e-9:
            step = step / 2
        if not reached < best - 1e-9:
            break
        found, best = found - step, reached
    scale = max(float(found[0]), LEAST_SCALE)  # below 0 it would turn the parent's order round
    return Adaptation(scale, float(found[1]), found[2:], float(strength))


def _folds(group: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    names = rng.permutation(np.unique(group))
    return [np.isin(group, part) for part in np.array_split(names, min(FOLDS, len(names)))]


def _held_out_losses(evidence: Evidence, folds: list[np.ndarray], strength: float) -> np.ndarray:
    losses = []
    for held_out in folds:
        if held_out.all():  # one group: nothing to learn from but itself
            model = Adaptation(1.0, 0.0, np.zeros(evidence.gaps.shape[1], "float32"), strength)
        else:
            model = fit(evidence.part(~held_out), strength)
        part = evidence.part(held_out)
        log_odds = model.log_odds(part.base, part.gaps)
        losses.append(part.weight * (np.logaddexp(0, log_odds) - part.same * log_odds))
    return np.concatenate(losses)
