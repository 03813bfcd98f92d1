"""Cross-validation of metrics over identities: whole clusters are held out, and all their pairs scored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

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
    """Pairs of held-out identities, scored by metrics that were fitted without their fold.

    left, right: int (n,), rows of the embeddings; same: bool (n,), as the clusters of the answers imply
    identity: int (n, 2), cluster of the left and the right image; fold: int (n,); scores: float (n,)
    """

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    identity: np.ndarray
    fold: np.ndarray
    scores: np.ndarray


def folds_of(clusters: np.ndarray, answers: LabelledPairs, rng: np.random.Generator) -> Iterator[Fold]:
    """Hold out whole clusters (m,), the large ones spread over all folds."""
    sizes = np.bincount(clusters)
    answered = np.zeros(len(sizes), bool)
    answered[clusters[np.concatenate([answers.left, answers.right])]] = True
    names = rng.permutation(np.flatnonzero(answered))
    order = names[np.argsort(-sizes[names], kind="stable")]
    code = np.minimum(answers.left, answers.right) * len(clusters) + np.maximum(answers.left, answers.right)
    by_code = np.argsort(code, kind="stable")
    for start in range(FOLDS):
        members = np.flatnonzero(np.isin(clusters, order[start::FOLDS]))
        first, second = np.triu_indices(len(members), 1)
        left, right = members[first], members[second]
        place = np.minimum(np.searchsorted(code[by_code], left * len(clusters) + right), len(code) - 1)
        asked = np.where(code[by_code][place] == left * len(clusters) + right, by_code[place], -1)
        same = clusters[left] == clusters[right]
        known = asked >= 0
        # an answer that the clustering overruled is probably wrong
        kept = ~known | (answers.same[np.maximum(asked, 0)] == same)
        left, right, same, known = (each[kept] for each in (left, right, same, known))
        if same.any() and not same.all():
            yield Fold(members, left, right, same, _weights(same, known))


def _weights(same: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Weigh positive and negative pairs alike, and among the negative ones answers (which a queue seeks among
    hard negatives) and pairs of clusters that nobody compared (nearly all of them easy negatives)."""
    weight = np.zeros(len(same))
    weight[same] = 0.5 / same.sum()
    kinds = [kind for kind in (~same & known, ~same & ~known) if kind.any()]
    for kind in kinds:
        weight[kind] = 0.5 / len(kinds) / kind.sum()
    return weight


def held_out_scores(
    embeddings: np.ndarray, clusters: np.ndarray, folds: list[Fold], settings: set[Setting]
) -> dict[Setting, list[np.ndarray]]:
    """Score each fold's pairs by metrics fitted to the images outside the fold, by setting."""
    found: dict[Setting, list[np.ndarray]] = {}
    for fold in folds:
        others = np.setdiff1d(np.arange(len(clusters)), fold.members)
        first, second = (np.searchsorted(fold.members, side) for side in (fold.left, fold.right))
        for power in sorted({setting[0] for setting in settings}):
            subspace = Subspace.of(embeddings[others], power)
            projected = subspace.project(embeddings[fold.members])
            for setting, kernel in kernels(subspace, clusters[others], settings):
                found.setdefault(setting, []).append(kernel.cosines(*projected)[first, second])
    return found


def held_out_loss(scored: Iterable[tuple[np.ndarray, Fold]]) -> float:
    """Return the mean cross-entropy of (scores, fold), in bits a pair, each fold calibrated by itself."""
    losses = []
    for scores, fold in scored:
        log_odds = fit_calibration(scores, fold.same, fold.weight * len(scores)).log_odds(scores)
        losses.append(fold.weight @ (np.logaddexp(0, log_odds) - fold.same * log_odds) / np.log(2))
    return float(np.mean(losses))


def held_out_calibration(scores: list[np.ndarray], folds: list[Fold]) -> Calibration:
    """Calibrate on all held-out pairs, positive and negative balanced and each alike within its kind: the
    answers of a queue alone are the hard ones."""
    pooled, same = np.concatenate(scores), np.concatenate([fold.same for fold in folds])
    weight = np.where(same, 0.5 / same.mean(), 0.5 / (~same).mean())
    return fit_calibration(pooled, same, weight)


def held_out_pairs(
    clusters: np.ndarray, folds: list[Fold], scores: list[np.ndarray], rows: np.ndarray
) -> HeldOutPairs:
    """Return all folds' pairs in one. scores: (n,) for each fold; rows: int (m,), of the clusters' images."""
    left, right, same = (
        np.concatenate([getattr(fold, name) for fold in folds]) for name in ("left", "right", "same")
    )
    number = np.repeat(np.arange(len(folds)), [len(fold.same) for fold in folds])
    identity = np.stack([clusters[left], clusters[right]], axis=1)
    return HeldOutPairs(rows[left], rows[right], same, identity, number, np.concatenate(scores))
