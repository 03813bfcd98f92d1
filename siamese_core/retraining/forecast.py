"""Forecast what more answers bring: extrapolate the learning curve of the answers so far by 50.

Heads are fitted to growing parts of the answers and tested on answers about other identities, over random
splits. The error is fitted by a power law of the number of answers (Hestness 2017).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import one_a_pair
from siamese_core.labelling.pool import PoolEmbeddings
from siamese_core.metric_learning.principal_axes import principal_axes
from siamese_core.retraining.adapting import Evidence, fit
from siamese_core.retraining.answered_pairs import indexed_pairs
from siamese_core.retraining.head_training import pairs_evidence
from siamese_core.retraining.holdout import identities

FEWEST = 40  # answers that a forecast needs
PARTS = (0.25, 0.5, 1.0)  # of the training answers: the points of the curve
ROUNDS = 12  # random splits into training and test answers
TEST_SHARE = 0.35  # of the identities
AXES = 40  # principal axes of the gaps whose weights are fitted: few, since dozens of heads are fitted
STRENGTH = 30.0  # precision of the prior, for gaps with a root mean square length of 1
MORE = 50  # answers that the forecast is for
WORTH = 0.005  # fall of the error: less than half a point is not worth 50 answers
RESAMPLES = 200  # of the bootstrap over the splits


@dataclass(frozen=True)
class Forecast:
    """A learning curve and its extrapolation.

    answers, errors: the points, errors 0..1 by heads fitted to so many answers, the first to none; next: the
    error after `MORE` more; gain: by how much they lower it, with the 95 % bootstrap interval over the splits
    """

    answers: tuple[int, ...]
    errors: tuple[float, ...]
    next: float
    gain: float
    interval: tuple[float, float]

    @property
    def enough(self) -> bool:
        """Whether 50 more answers are expected to lower the error by less than `WORTH`."""
        return self.gain < WORTH


def pool_evidence(embedded: PoolEmbeddings, settled: Sequence[LabelRow]) -> Evidence:
    """Return the settled answers, one a pair, whose images are embedded, as training data of a head."""
    rows = one_a_pair(row for row in settled if all(each in embedded.store for each in row.pair))
    ids, pairs = indexed_pairs(rows)
    evidence = pairs_evidence(embedded.checkpoint, embedded.store.take(ids), pairs)
    sides = [row.left_id for row in rows], [row.right_id for row in rows]
    return replace(evidence, identity=identities(*sides, pairs.same).reshape(-1, 2))


def forecast(evidence: Evidence, rng: np.random.Generator) -> Forecast | None:
    """Forecast the error after `MORE` more answers.

    None where there are too few answers or of one kind only.
    """
    if len(evidence) < FEWEST or evidence.same.all() or not evidence.same.any():
        return None
    short = _projected(evidence)
    splits = [each for each in (_split(short, rng) for _ in range(ROUNDS)) if each]
    if not splits:
        return None
    sizes = np.array([[0, *(max(1, round(part * len(train))) for part in PARTS)] for train, _ in splits])
    errors = np.array([_errors(train, test, rng) for train, test in splits])
    # The curve holds for training parts; it is continued to the number of all answers.
    mean, count = errors.mean(axis=0), sizes.mean(axis=0)
    now = float(np.interp(len(evidence), count, mean)) * (len(evidence) / count[-1]) ** -_exponent(
        count, mean
    )
    gains = [
        _gain(now, len(evidence), _exponent(count, errors[chosen].mean(axis=0)))
        for chosen in rng.integers(len(splits), size=(RESAMPLES, len(splits)))
    ]
    gain = _gain(now, len(evidence), _exponent(count, mean))
    low, high = np.quantile(gains, [0.025, 0.975])
    answers = (*(int(round(each)) for each in count), len(evidence))
    return Forecast(answers, (*map(float, mean), now), now - gain, gain, (float(low), float(high)))


def _projected(evidence: Evidence) -> Evidence:
    """Return the pairs with gaps on their principal axes, scaled to a root mean square of 1.

    They are weighted alike.
    """
    gaps = evidence.gaps.astype("float64")
    length = float(np.sqrt(np.mean(np.square(gaps).sum(axis=1)))) or 1.0
    short = gaps @ principal_axes(gaps, AXES) / length
    return Evidence(evidence.base, short, evidence.same, np.ones(len(evidence)), evidence.identity)


def _split(evidence: Evidence, rng: np.random.Generator) -> tuple[Evidence, Evidence] | None:
    """Split at random into training and test pairs that share no identity.

    None where either side lacks positive or negative pairs.
    """
    names = rng.permutation(np.unique(evidence.identity))
    tested = np.isin(evidence.identity, names[: round(TEST_SHARE * len(names))])
    parts = evidence.part(~tested.any(axis=1)), evidence.part(tested.all(axis=1))
    whole = all(0 < part.same.sum() < len(part) for part in parts)
    return parts if whole else None


def _errors(train: Evidence, test: Evidence, rng: np.random.Generator) -> list[float]:
    """Return the errors on `test` by the parent's head and by heads fitted to growing parts of `train`."""
    order = rng.permutation(len(train))
    log_odds = [test.base]
    for part in PARTS:
        found = fit(train.part(order[: max(1, round(part * len(train)))]), STRENGTH)
        log_odds.append(found.log_odds(test.base, test.gaps))
    return [float(np.mean((each >= 0) != test.same)) for each in log_odds]


def _exponent(count: np.ndarray, errors: np.ndarray) -> float:
    """Return b >= 0 of error ~ answers ** -b, by least squares over the parts."""
    x, y = np.log(count[1:]), np.log(np.maximum(errors[1:], 1e-3))
    return max(0.0, -float(np.polyfit(x, y, 1)[0]))


def _gain(now: float, answers: int, exponent: float) -> float:
    return now * (1 - ((answers + MORE) / answers) ** -exponent)
