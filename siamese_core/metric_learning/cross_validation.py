"""Cross-validation of metrics over identities: whole clusters are held out, and all their pairs scored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from siamese_core.data.sampling import members
from siamese_core.metric_learning.score_normalisation import cohort_rows, normalised_by_last
from siamese_core.metric_learning.two_covariance import Setting, Subspace, kernels
from siamese_core.metrics import Calibration, fit_calibration

FOLDS = 4


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs of rows of embeddings: left, right: int (n,); same: bool (n,)."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


@dataclass(frozen=True)
class Fold:
    """One part of the cross-validation. members: rows held out; left, right: (n,), all pairs of them but for
    answers that are probably wrong; weight: (n,), positive and negative pairs weigh alike."""

    members: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class HeldOutPairs:
    """All pairs of images in two folds, once for each two folds, to be scored by metrics fitted without them.

    Two folds at a time (as leave-pair-out cross-validation, Airola et al. 2011): single folds have few pairs.

    left, right: int (n,), rows; same: bool (n,), as the clusters imply; identity: int (n, 2), clusters of the
    left and the right image; part: int (n,), number of the two folds
    """

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    identity: np.ndarray
    part: np.ndarray

    def scores(self, embeddings: np.ndarray, clusters: np.ndarray, setting: Setting) -> np.ndarray:
        """Score each pair (n,) by a metric fitted outside its folds.

        Embeddings (m, d) and clusters (m,) outside the folds fit the metric, and images outside them
        normalise the scores.

        clusters: those that the pairs come from, or what fewer answers told of the same images.
        """
        found = np.empty(len(self.same))
        for rows in members(self.part).values():
            sides = self.left[rows], self.right[rows]
            held_out = np.unique(sides)
            others = np.setdiff1d(np.arange(len(clusters)), held_out)
            subspace = Subspace.of(embeddings[others], setting[0])
            kernel = dict(kernels(subspace, clusters[others], [setting]))[setting]
            shown = np.concatenate([held_out, others[cohort_rows(len(others))]])
            cosines = kernel.cosines(*subspace.project(embeddings[shown]))
            normalised = normalised_by_last(cosines, len(held_out))
            found[rows] = normalised[tuple(np.searchsorted(held_out, side) for side in sides)]
        return found


def folds_of(clusters: np.ndarray, answers: LabelledPairs, rng: np.random.Generator) -> Iterator[Fold]:
    """Yield the folds that have pairs of both kinds."""
    for rows in _members(clusters, answers, rng):
        pairs, known = _implied(rows, clusters, answers)
        if pairs.same.any() and not pairs.same.all():
            yield Fold(rows, pairs.left, pairs.right, pairs.same, _weights(pairs.same, known))


def held_out_pairs(clusters: np.ndarray, answers: LabelledPairs, rng: np.random.Generator) -> HeldOutPairs:
    """Return the pairs of each two folds of the clusters (m,) of rows."""
    folds = list(_members(clusters, answers, rng))
    found = [_implied(np.sort(np.concatenate(two)), clusters, answers)[0] for two in combinations(folds, 2)]
    left, right, same = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("left", "right", "same")
    )
    part = np.repeat(np.arange(len(found)), [len(each.same) for each in found])
    return HeldOutPairs(left, right, same, np.stack([clusters[left], clusters[right]], axis=1), part)


def _members(clusters: np.ndarray, answers: LabelledPairs, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the rows of each fold: whole clusters (m,) with answers, the large ones spread over all folds."""
    sizes = np.bincount(clusters)
    answered = np.zeros(len(sizes), bool)
    answered[clusters[np.concatenate([answers.left, answers.right])]] = True
    names = rng.permutation(np.flatnonzero(answered))
    order = names[np.argsort(-sizes[names], kind="stable")]
    for start in range(FOLDS):
        yield np.flatnonzero(np.isin(clusters, order[start::FOLDS]))


def _implied(
    rows: np.ndarray, clusters: np.ndarray, answers: LabelledPairs
) -> tuple[LabelledPairs, np.ndarray]:
    """Return all pairs (n,) of some rows, and which of them, bool (n,), were answered.

    Pairs whose answer the clustering overruled are left out: it is probably wrong.
    """
    code = np.minimum(answers.left, answers.right) * len(clusters) + np.maximum(answers.left, answers.right)
    by_code = np.argsort(code, kind="stable")
    first, second = np.triu_indices(len(rows), 1)
    left, right = rows[first], rows[second]
    place = np.minimum(np.searchsorted(code[by_code], left * len(clusters) + right), len(code) - 1)
    asked = np.where(code[by_code][place] == left * len(clusters) + right, by_code[place], -1)
    same = clusters[left] == clusters[right]
    known = asked >= 0
    kept = ~known | (answers.same[np.maximum(asked, 0)] == same)
    return LabelledPairs(left[kept], right[kept], same[kept]), known[kept]


def _weights(same: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Weigh positive and negative pairs alike, and among the negative ones two kinds alike.

    These are answers, which a queue seeks among hard negatives, and pairs of clusters that nobody compared,
    nearly all of them easy negatives.
    """
    weight = np.zeros(len(same))
    weight[same] = 0.5 / same.sum()
    kinds = [kind for kind in (~same & known, ~same & ~known) if kind.any()]
    for kind in kinds:
        weight[kind] = 0.5 / len(kinds) / kind.sum()
    return weight


def held_out_scores(
    embeddings: np.ndarray, clusters: np.ndarray, folds: list[Fold], settings: set[Setting]
) -> dict[Setting, list[np.ndarray]]:
    """Score each fold's pairs by metrics fitted to the images outside the fold.

    The scores are by setting, normalised against the images outside.
    """
    found: dict[Setting, list[np.ndarray]] = {}
    for fold in folds:
        others = np.setdiff1d(np.arange(len(clusters)), fold.members)
        first, second = (np.searchsorted(fold.members, side) for side in (fold.left, fold.right))
        shown = np.concatenate([fold.members, others[cohort_rows(len(others))]])
        for power in sorted({setting[0] for setting in settings}):
            subspace = Subspace.of(embeddings[others], power)
            projected = subspace.project(embeddings[shown])
            for setting, kernel in kernels(subspace, clusters[others], settings):
                normalised = normalised_by_last(kernel.cosines(*projected), len(fold.members))
                found.setdefault(setting, []).append(normalised[first, second])
    return found


def held_out_loss(scored: Iterable[tuple[np.ndarray, Fold]]) -> float:
    """Return the mean cross-entropy of (scores, fold), in bits a pair, each fold calibrated by itself."""
    losses = []
    for scores, fold in scored:
        log_odds = fit_calibration(scores, fold.same, fold.weight * len(scores)).log_odds(scores)
        losses.append(fold.weight @ (np.logaddexp(0, log_odds) - fold.same * log_odds) / np.log(2))
    return float(np.mean(losses))


def held_out_calibration(scores: list[np.ndarray], folds: list[Fold]) -> Calibration:
    """Calibrate on all held-out pairs, positive and negative balanced and each alike within its kind.

    The answers of a queue alone are the hard ones.
    """
    pooled, same = np.concatenate(scores), np.concatenate([fold.same for fold in folds])
    weight = np.where(same, 0.5 / same.mean(), 0.5 / (~same).mean())
    return fit_calibration(pooled, same, weight)
