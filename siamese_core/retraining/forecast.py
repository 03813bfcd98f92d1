"""What more answers are likely to bring: a learning curve of the answers so far, drawn out by 50.

Heads are fitted to growing parts of the answers and tried on answers about other things, again and again.
The error falls about as a power of the number of answers, which is what is drawn out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.data.sampling import Pairs
from siamese_core.labelling.pool import PoolEmbeddings
from siamese_core.metric_learning.principal_axes import principal_axes
from siamese_core.retraining.adapting import Evidence, fit
from siamese_core.retraining.head_training import pairs_evidence
from siamese_core.retraining.holdout import identities

FEWEST = 40  # answers to learn from or to try on
PARTS = (0.25, 0.5, 1.0)  # of what is there to learn from
ROUNDS = 12  # random cuts into what is learned from and what is tried on
TRIED = 0.35  # of the identities
AXES = 40  # directions of the gaps that a trial fit may weigh anew: few, for it is done dozens of times
STRENGTH = 30.0  # of its prior, for gaps of a length of about 1
MORE = 50  # answers that the forecast is for
WORTH = 0.005  # of the error: less than half a point is not worth 50 answers


@dataclass(frozen=True)
class Forecast:
    """errors: 0..1, of heads that learned from so many `answers`, the first from none; next: the error after
    `MORE` more, and `gain` (what they take off it) with its 95 % interval over the random cuts."""

    answers: tuple[int, ...]
    errors: tuple[float, ...]
    next: float
    gain: float
    interval: tuple[float, float]

    @property
    def enough(self) -> bool:
        """Whether 50 more answers are likely to bring less than `WORTH`."""
        return self.gain < WORTH


def pool_evidence(embedded: PoolEmbeddings, settled: Sequence[LabelRow]) -> Evidence:
    """The settled answers, one a pair, on images that are embedded."""
    rows = list(
        {row.pair: row for row in settled if all(each in embedded.store for each in row.pair)}.values()
    )
    left, right = [row.left_id for row in rows], [row.right_id for row in rows]
    same = np.array([row.answer == "same" for row in rows], bool)
    ids = list(dict.fromkeys([*left, *right]))
    place = {image_id: number for number, image_id in enumerate(ids)}
    pairs = Pairs(
        np.array([place[each] for each in left], int), np.array([place[each] for each in right], int), same
    )
    evidence = pairs_evidence(embedded.checkpoint, embedded.store.take(ids), pairs)
    return replace(evidence, identity=identities(left, right, same).reshape(-1, 2))


def forecast(evidence: Evidence, rng: np.random.Generator) -> Forecast | None:
    """None where there are too few answers, or of one kind only, to tell."""
    if len(evidence) < FEWEST or evidence.same.all() or not evidence.same.any():
        return None
    short = _shortened(evidence)
    cuts = [each for each in (_cut(short, rng) for _ in range(ROUNDS)) if each]
    if not cuts:
        return None
    sizes = np.array([[0, *(max(1, round(part * len(learned))) for part in PARTS)] for learned, _ in cuts])
    errors = np.array([_errors(learned, tried, rng) for learned, tried in cuts])
    # The curve is that of the trials; on all answers it goes on where they end.
    mean, count = errors.mean(axis=0), sizes.mean(axis=0)
    now = float(np.interp(len(evidence), count, mean)) * (len(evidence) / count[-1]) ** -_fall(count, mean)
    gains = [
        _gain(now, len(evidence), _fall(count, errors[chosen].mean(axis=0)))
        for chosen in _samples(rng, len(cuts))
    ]
    gain = _gain(now, len(evidence), _fall(count, mean))
    low, high = np.quantile(gains, [0.025, 0.975])
    answers = (*(int(round(each)) for each in count), len(evidence))
    return Forecast(answers, (*map(float, mean), now), now - gain, gain, (float(low), float(high)))


def _shortened(evidence: Evidence) -> Evidence:
    """The same on the few directions in which the gaps are longest, scaled to a length of about 1."""
    gaps = evidence.gaps.astype("float64")
    length = float(np.sqrt(np.mean(np.square(gaps).sum(axis=1)))) or 1.0
    short = gaps @ principal_axes(gaps, AXES) / length
    return Evidence(evidence.base, short, evidence.same, np.ones(len(evidence)), evidence.identity)


def _cut(evidence: Evidence, rng: np.random.Generator) -> tuple[Evidence, Evidence] | None:
    """Split at random into training and test pairs that share no identity; None where either side lacks
    positive or negative pairs."""
    names = rng.permutation(np.unique(evidence.identity))
    tried = np.isin(evidence.identity, names[: round(TRIED * len(names))])
    parts = evidence.part(~tried.any(axis=1)), evidence.part(tried.all(axis=1))
    whole = all(0 < part.same.sum() < len(part) for part in parts)
    return parts if whole else None


def _errors(learned: Evidence, tried: Evidence, rng: np.random.Generator) -> list[float]:
    """On `tried`, by heads that learned from nothing and from growing parts of `learned`."""
    order = rng.permutation(len(learned))
    told = [tried.base]
    for part in PARTS:
        found = fit(learned.part(order[: max(1, round(part * len(learned)))]), STRENGTH)
        told.append(found.log_odds(tried.base, tried.gaps))
    return [float(np.mean((each >= 0) != tried.same)) for each in told]


def _fall(count: np.ndarray, errors: np.ndarray) -> float:
    """b >= 0 of error ~ answers ** -b, by least squares over the parts."""
    x, y = np.log(count[1:]), np.log(np.maximum(errors[1:], 1e-3))
    return max(0.0, -float(np.polyfit(x, y, 1)[0]))


def _gain(now: float, answers: int, fall: float) -> float:
    return now * (1 - ((answers + MORE) / answers) ** -fall)


def _samples(rng: np.random.Generator, count: int, times: int = 200) -> np.ndarray:
    return rng.integers(count, size=(times, count))
