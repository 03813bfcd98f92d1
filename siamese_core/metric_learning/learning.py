"""What answered pairs and unlabelled images teach of how to compare embeddings, as functions of arrays.

Embeddings are brought to unit length after a power of each number and compared by a cosine in which
directions that differ within one thing count less (within-class covariance, Hatch 2006), shrunk towards all
directions alike, and those in which things differ count more (two-covariance model, Brümmer 2010). How much
of each is chosen by how well it tells things apart that it did not learn from.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from siamese_core.metric_learning.clustering import likely_groups, log_odds_of_pairs
from siamese_core.metric_learning.two_covariance import (
    MOST_EXEMPLARS,
    POWERS,
    SETTINGS,
    SHRINKAGES,
    Kernel,
    Metric,
    Setting,
    Span,
    as_metric,
    centred,
    kernels,
)
from siamese_core.metrics import Calibration, fit_calibration

UNLABELLED_SHRINKAGE = 10.0  # of the covariance of all images, where there are no answers
FOLDS = 4
MOST_IMAGES = 500  # that are learned from, so that it takes seconds
FEWEST_SAME = 4  # pairs in held-out things, below which nothing can be chosen
CLEARLY_WORSE = 2.0  # times the parent's loss; a few things held out tell no more, the gate judges


@dataclass(frozen=True)
class DefaultSetting:
    """The power and shrinkage used unless held-out answers clearly favour another.

    Held-out answers are few and harder than random pairs: for each step of `POWERS` and `SHRINKAGES` away
    from the default, the held-out loss of a setting is multiplied by `penalty` before settings are compared.
    """

    setting: Setting
    penalty: float

    def penalty_of(self, setting: Setting) -> float:
        steps = (_steps(*each) for each in zip(self.setting, setting, (POWERS, SHRINKAGES), strict=True))
        return self.penalty ** sum(steps)


def _steps(start: float, end: float, values: tuple[float, ...]) -> int:
    return sum(min(start, end) <= value <= max(start, end) and value != start for value in values)


# Best on faces, photographs and characters together (`bench loop`).
DEFAULT_PRETRAINED = DefaultSetting((1.0, 1.5), 1.07)  # embeddings trained for another task, as ImageNet's
DEFAULT_TRAINED = DefaultSetting(
    (0.5, 0.5), 1.15
)  # embeddings trained to be compared, weighted as by their head


@dataclass(frozen=True)
class LabelledPairs:
    """Pairs (n,) of rows of embeddings, and whether they are the same."""

    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


@dataclass(frozen=True)
class LearnedMetric:
    """calibration: of the metric's scores; loss, parent_loss: cross-entropy in bits for each pair of things
    held out, 1 is chance; setting: power, shrinkage."""

    metric: Metric
    calibration: Calibration
    loss: float
    parent_loss: float | None
    setting: Setting


def unlabelled_metric(embeddings: np.ndarray) -> Metric:
    """From images (m, d) of which nothing is known: the cosine after shrunk whitening."""
    span = Span.of(embeddings[:MOST_IMAGES], POWERS[0])
    total = span.rows.T @ span.rows / len(span.rows)
    kernel = Kernel.shrunk(total, span.unit * UNLABELLED_SHRINKAGE)
    return as_metric(span, kernel, np.empty((0, span.rank)))


def learn(
    embeddings: np.ndarray,
    answers: LabelledPairs,
    parent: Callable[[np.ndarray, np.ndarray], np.ndarray] | None,
    rng: np.random.Generator,
    allowed: Callable[[Metric], bool] = lambda metric: True,
    default: DefaultSetting = DEFAULT_PRETRAINED,
) -> LearnedMetric | None:
    """From embeddings (m, d), of answered and other images, and the answers. `parent`: what it says, (n,),
    of pairs of rows; None for one that learned from these answers itself, so that nothing is held out from
    it; the best that is `allowed` is taken. None where the answers are too few to choose by, or all that they
    teach is clearly worse than the parent on things held out, or not allowed."""
    answers, embeddings, parent = _reduced(embeddings, answers, parent)
    trust = log_odds_of_pairs(centred(embeddings, POWERS[0]), answers.left, answers.right, answers.same)
    group = likely_groups(trust, answers.left, answers.right, answers.same)
    judged = list(_folds(group, answers, rng))
    if sum(int(fold.same.sum()) for fold in judged) < FEWEST_SAME:
        return None
    before = _loss([(parent(fold.left, fold.right), fold) for fold in judged]) if parent else None
    scores = _held_out_scores(embeddings, group, judged, {*SETTINGS, default.setting})
    losses = {setting: _loss(zip(said, judged, strict=True)) for setting, said in scores.items()}
    for setting in sorted(losses, key=lambda each: losses[each] * default.penalty_of(each)):
        if before is not None and losses[setting] > CLEARLY_WORSE * before:
            continue
        metric = _final(embeddings, group, setting)
        if allowed(metric):
            calibration = _calibrated(scores[setting], judged)
            return LearnedMetric(metric, calibration, losses[setting], before, setting)
    return None


def _reduced(
    embeddings: np.ndarray, answers: LabelledPairs, parent: Callable | None
) -> tuple[LabelledPairs, np.ndarray, Callable | None]:
    """The answered images first, and of the others as many as there is room for."""
    answered = np.unique(np.concatenate([answers.left, answers.right]))
    others = np.setdiff1d(np.arange(len(embeddings)), answered)
    room = max(0, MOST_IMAGES - len(answered))
    if len(others) > room:
        others = others[np.linspace(0, len(others) - 1, room).astype(int)] if room else others[:0]
    kept = np.concatenate([answered, others])
    place = np.zeros(len(embeddings), np.int64)
    place[kept] = np.arange(len(kept))
    moved = LabelledPairs(place[answers.left], place[answers.right], answers.same)
    said = parent and (lambda left, right: parent(kept[left], kept[right]))
    return moved, embeddings[kept], said


@dataclass(frozen=True)
class _Fold:
    """members: rows held out; left, right: rows of all pairs of them but for answers that are likely wrong;
    same, weight: (n,), the two kinds weigh alike."""

    members: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    weight: np.ndarray


def _folds(group: np.ndarray, answers: LabelledPairs, rng: np.random.Generator) -> Iterator[_Fold]:
    """Whole groups are held out. Half of the weight of `different` is that of answers, which a queue seeks
    among the hard ones, and half that of pairs of groups that nobody compared, nearly all of them
    different."""
    sizes = np.bincount(group)
    answered = np.zeros(len(sizes), bool)
    answered[group[np.concatenate([answers.left, answers.right])]] = True
    names = rng.permutation(np.flatnonzero(answered))
    order = names[np.argsort(-sizes[names], kind="stable")]  # large ones go to every fold
    code = np.minimum(answers.left, answers.right) * len(group) + np.maximum(answers.left, answers.right)
    by_code = np.argsort(code, kind="stable")
    for start in range(FOLDS):
        members = np.flatnonzero(np.isin(group, order[start::FOLDS]))
        first, second = np.triu_indices(len(members), 1)
        left, right = members[first], members[second]
        place = np.minimum(np.searchsorted(code[by_code], left * len(group) + right), len(code) - 1)
        asked = np.where(code[by_code][place] == left * len(group) + right, by_code[place], -1)
        same = group[left] == group[right]
        known = asked >= 0
        # an answer that the groups do not bear out is likely wrong
        fair = ~known | (answers.same[np.maximum(asked, 0)] == same)
        left, right, same, known = (each[fair] for each in (left, right, same, known))
        if same.any() and not same.all():
            yield _Fold(members, left, right, same, _balanced(same, known))


def _balanced(same: np.ndarray, known: np.ndarray) -> np.ndarray:
    weight = np.zeros(len(same))
    weight[same] = 0.5 / same.sum()
    kinds = [kind for kind in (~same & known, ~same & ~known) if kind.any()]
    for kind in kinds:
        weight[kind] = 0.5 / len(kinds) / kind.sum()
    return weight


def _held_out_scores(
    embeddings: np.ndarray, group: np.ndarray, folds: list[_Fold], settings: set[Setting]
) -> dict[Setting, list[np.ndarray]]:
    """By setting, of each fold's pairs, learned from the images outside the fold."""
    found: dict[Setting, list[np.ndarray]] = {}
    for fold in folds:
        others = np.setdiff1d(np.arange(len(group)), fold.members)
        first, second = (np.searchsorted(fold.members, side) for side in (fold.left, fold.right))
        for power in sorted({setting[0] for setting in settings}):
            span = Span.of(embeddings[others], power)
            placed = span.place(embeddings[fold.members])
            for setting, kernel in kernels(span, group[others], settings):
                found.setdefault(setting, []).append(kernel.cosines(*placed)[first, second])
    return found


def _loss(judged) -> float:
    """Mean cross-entropy in bits of pairs' (scores, fold), each fold calibrated by itself."""
    losses = []
    for scores, fold in judged:
        log_odds = fit_calibration(scores, fold.same, fold.weight * len(scores)).log_odds(scores)
        losses.append(fold.weight @ (np.logaddexp(0, log_odds) - fold.same * log_odds) / np.log(2))
    return float(np.mean(losses))


def _calibrated(scores: list[np.ndarray], folds: list[_Fold]) -> Calibration:
    """From all pairs of things held out, each with the chance of an audit, same and different balanced: a
    queue's answers are the hard ones."""
    said, same = np.concatenate(scores), np.concatenate([fold.same for fold in folds])
    weight = np.where(same, 0.5 / same.mean(), 0.5 / (~same).mean())
    return fit_calibration(said, same, weight)


def _final(embeddings: np.ndarray, group: np.ndarray, setting: Setting) -> Metric:
    span = Span.of(embeddings, setting[0])
    kernel = dict(kernels(span, group, [setting]))[setting]
    sizes = np.bincount(group)
    largest = [each for each in np.argsort(-sizes, kind="stable")[:MOST_EXEMPLARS] if sizes[each] > 1]
    exemplars = np.array([span.rows[group == each].mean(axis=0) for each in largest]).reshape(-1, span.rank)
    return as_metric(span, kernel, exemplars)
