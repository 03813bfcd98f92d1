"""Learn a metric of embeddings from answered pairs and unlabelled images, as functions of arrays.

Answers are clustered into identities, a two-covariance model is fitted to these under several settings, and
the setting is selected that tells identities apart which it was not fitted to (cross-validation over
identities).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.metric_learning.clustering import cluster, log_odds_of_pairs
from siamese_core.metric_learning.cross_validation import (
    HeldOutPairs,
    LabelledPairs,
    folds_of,
    held_out_calibration,
    held_out_loss,
    held_out_pairs,
    held_out_scores,
)
from siamese_core.metric_learning.two_covariance import (
    MOST_EXEMPLARS,
    POWERS,
    SETTINGS,
    SHRINKAGES,
    UNLABELLED,
    Metric,
    Setting,
    Subspace,
    as_metric,
    centred,
    kernels,
)
from siamese_core.metrics import Calibration

MOST_IMAGES = 500  # that a metric is fitted to, so that it takes seconds
FEWEST_SAME = 4  # positive pairs held out, below which no setting can be selected
# Held-out loss, in units of the parent's, above which a setting is discarded. Generous, since a few
# identities held out tell no more; whether a candidate replaces its parent is decided on the holdout
# (`retraining.judging.gate`).
CLEARLY_WORSE = 2.0
# Held-out loss, in units of that of the images alone, up to which a setting is preferred to these: it also
# knows the identities that answers have shown, of which none is held out.
AS_GOOD = 1.25


@dataclass(frozen=True)
class DefaultSetting:
    """The power and shrinkage used unless held-out answers clearly favour another.

    Held-out answers are few and harder than random pairs: for each step of `POWERS` and `SHRINKAGES` away
    from the default, the held-out loss of a setting is multiplied by `penalty` before settings are compared.
    """

    setting: Setting
    penalty: float

    def penalty_of(self, setting: Setting) -> float:
        """Return the factor on the held-out loss of a setting, 1 for the default itself."""
        steps = (_steps(*each) for each in zip(self.setting, setting, (POWERS, SHRINKAGES), strict=True))
        return self.penalty ** sum(steps)


def _steps(start: float, end: float, values: tuple[float, ...]) -> int:
    return sum(min(start, end) <= value <= max(start, end) and value != start for value in values)


# Lowest error on faces, photographs and characters together (`bench loop`).
# For embeddings that were trained for another task, as those of ImageNet classifiers:
DEFAULT_PRETRAINED = DefaultSetting((1.0, 0.7), 1.07)
# For embeddings that were trained to be compared, weighted as their head weights them:
DEFAULT_TRAINED = DefaultSetting((0.5, 0.5), 1.15)


@dataclass(frozen=True)
class Selection:
    """How a setting is selected: the default, and whether a metric is allowed to be the result."""

    default: DefaultSetting = DEFAULT_PRETRAINED
    allowed: Callable[[Metric], bool] = lambda metric: True


ANY_METRIC = Selection()


@dataclass(frozen=True)
class LearnedMetric:
    """A metric with the calibration of its scores and the setting it was fitted with.

    loss, parent_loss: balanced cross-entropy of held-out pairs, in bits a pair (1 is chance); None where the
    parent was not measured.
    """

    metric: Metric
    calibration: Calibration
    loss: float
    parent_loss: float | None
    setting: Setting


def unlabelled_metric(embeddings: np.ndarray) -> Metric:
    """Return the cosine after shrunk whitening, from images (m, d) without any answer."""
    some = embeddings[:MOST_IMAGES]
    return _fitted(some, np.arange(len(some)), UNLABELLED)


def learn(
    embeddings: np.ndarray,
    answers: LabelledPairs,
    parent: Callable[[np.ndarray, np.ndarray], np.ndarray] | None,
    rng: np.random.Generator,
    selection: Selection = ANY_METRIC,
) -> LearnedMetric | None:
    """Learn a metric from embeddings (m, d) of answered and other images, and the answers.

    Where the answers do not show on held-out identities that they teach more than the images alone, it is the
    metric of these. Its calibration is of scores normalised against a cohort, with a pooled spread.

    parent: scores (n,) of pairs of rows by what serves today, or None where that was itself fitted to these
    answers, so that nothing is held out from it.

    Returns None where the answers are too few to select a setting by, or where every setting is clearly worse
    than the parent on held-out identities or not allowed.
    """
    kept, answers = _reduced(embeddings, answers)
    embeddings = embeddings[kept]
    clusters = _clusters(embeddings, answers)
    folds = list(folds_of(clusters, answers, rng))
    if sum(int(fold.same.sum()) for fold in folds) < FEWEST_SAME:
        return None
    parent_loss = (
        held_out_loss([(parent(kept[fold.left], kept[fold.right]), fold) for fold in folds])
        if parent
        else None
    )
    settings = {*SETTINGS, selection.default.setting, UNLABELLED}
    scores = held_out_scores(embeddings, clusters, folds, settings)
    losses = {setting: held_out_loss(zip(parts, folds, strict=True)) for setting, parts in scores.items()}
    for setting in _in_order(losses, selection.default):
        if parent_loss is not None and losses[setting] > CLEARLY_WORSE * parent_loss:
            continue
        metric = _fitted(embeddings, clusters, setting)
        if selection.allowed(metric):
            calibration = held_out_calibration(scores[setting], folds)
            return LearnedMetric(metric, calibration, losses[setting], parent_loss, setting)
    return None


def _in_order(losses: dict[Setting, float], default: DefaultSetting) -> list[Setting]:
    """Return the settings that are as good on held-out pairs as the images alone, best first, then these."""
    fitted = {setting: loss for setting, loss in losses.items() if setting != UNLABELLED}
    order = sorted(fitted, key=lambda each: fitted[each] * default.penalty_of(each))
    limit = AS_GOOD * losses[UNLABELLED]
    return [*(each for each in order if fitted[each] < limit), UNLABELLED]


def compared_held_out(
    embeddings: np.ndarray,
    answers: LabelledPairs,
    settings: tuple[Setting, Setting | None],
    earlier: np.ndarray,
    rng: np.random.Generator,
) -> tuple[HeldOutPairs, np.ndarray, np.ndarray | None]:
    """Return pairs of held-out identities with the scores (n,) of two metrics that were fitted without them.

    One is fitted to the answers with the first setting, the other to those of them in `earlier`, bool (a,),
    with the second: None where that is None. Rows are those of `embeddings`.
    """
    kept, answers = _reduced(embeddings, answers)
    embeddings = embeddings[kept]
    clusters = _clusters(embeddings, answers)
    pairs = held_out_pairs(clusters, answers, rng)
    scores = pairs.scores(embeddings, clusters, settings[0])
    before = None
    if settings[1] is not None:
        former = LabelledPairs(*(each[earlier] for each in vars(answers).values()))
        before = pairs.scores(embeddings, _clusters(embeddings, former), settings[1])
    return replace(pairs, left=kept[pairs.left], right=kept[pairs.right]), scores, before


def _clusters(embeddings: np.ndarray, answers: LabelledPairs) -> np.ndarray:
    log_odds = log_odds_of_pairs(centred(embeddings, POWERS[0]), answers.left, answers.right, answers.same)
    return cluster(log_odds, answers.left, answers.right, answers.same)


def _reduced(embeddings: np.ndarray, answers: LabelledPairs) -> tuple[np.ndarray, LabelledPairs]:
    """Return which rows to learn from, and the answers as indices into these rows.

    They are the answered images, and as many of the others as `MOST_IMAGES` has room for.
    """
    answered = np.unique(np.concatenate([answers.left, answers.right]))
    others = np.setdiff1d(np.arange(len(embeddings)), answered)
    room = max(0, MOST_IMAGES - len(answered))
    if len(others) > room:
        others = others[np.linspace(0, len(others) - 1, room).astype(int)] if room else others[:0]
    kept = np.concatenate([answered, others])
    place = np.zeros(len(embeddings), np.int64)
    place[kept] = np.arange(len(kept))
    return kept, LabelledPairs(place[answers.left], place[answers.right], answers.same)


def _fitted(embeddings: np.ndarray, clusters: np.ndarray, setting: Setting) -> Metric:
    """Fit the metric of a setting to all images; its exemplars are the means of the largest clusters."""
    subspace = Subspace.of(embeddings, setting[0])
    kernel = dict(kernels(subspace, clusters, [setting]))[setting]
    sizes = np.bincount(clusters)
    largest = [each for each in np.argsort(-sizes, kind="stable")[:MOST_EXEMPLARS] if sizes[each] > 1]
    exemplars = np.array([subspace.rows[clusters == each].mean(axis=0) for each in largest])
    return as_metric(subspace, kernel, exemplars.reshape(-1, subspace.rank))
