"""Tell whether a query is of any class of a support set at all (open-set recognition), from scores.

A support set tells itself how to read its scores. It is a cohort that they are normalised against, and where
its classes have several images, each of these is a query whose class is known: the threshold is the lowest
tenth of their scores (split conformal prediction; Vovk, Gammerman, Shafer, *Algorithmic learning in a random
world*, 2005).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from siamese_core.metrics import Calibration, verdict

FEWEST_CLASSES = 5  # of a set that is a cohort: with fewer, means and spreads are too uncertain
FALSE_REFUSALS = 0.1  # share of queries of the set's classes that may be refused
# With one image a class nothing shows how alike two of one class are. Fitted by the log-loss of queries of
# present and of absent classes, at 10 % false refusals, on objects, parts, grey faces and characters, 5 to 20
# classes; see the bench README.
# The log-odds over the threshold at which a query is refused, of a calibrated checkpoint: 1, log(classes).
CALIBRATED = (-0.97, 0.72)
# Of any other the least sum: the normalised score + the log-odds times trust + the bounded log-odds.
LEAST_EVIDENCE, TRUSTED_WEIGHT, BOUNDED_WEIGHT, BOUND = 2.6, 0.45, 0.27, 6.0
SMALLEST_SPREAD = 1e-6  # of scores: below it lies rounding


@dataclass(frozen=True)
class SupportScores:
    """Scores of a query and of a support set's images with the set.

    query: (n,); rows: int (m,), which of the n images the others are compared with; own: (m, n), of these;
    classes: int (n,), 0 up to the number of classes. At least two classes.
    """

    query: np.ndarray
    rows: np.ndarray
    own: np.ndarray
    classes: np.ndarray

    def normalised(self) -> "SupportScores":
        """Return scores less the mean of each support image with the other classes, in the query's scale.

        An image with the mean of the set keeps its score with the query.
        """
        means = self._means
        centre = (self._query_mean + means.mean()) / 2
        own = self.own - (means[self.rows][:, None] + means) / 2 + centre
        return SupportScores(self.query - (means - means.mean()) / 2, self.rows, own, self.classes)

    def of_classes(self) -> np.ndarray:
        """Return the query's mean score with each class, (classes,)."""
        return np.bincount(self.classes, self.query) / np.bincount(self.classes)

    def conformal_threshold(self) -> float | None:
        """Return the score that at most `FALSE_REFUSALS` of queries of the set's classes are below.

        They are the set's own images, each compared with the others. None where too few classes have a second
        image.
        """
        shots = np.bincount(self.classes)[self.classes[self.rows]]
        several = shots > 1
        place = int(FALSE_REFUSALS * (several.sum() + 1))
        if place < 1:
            return None
        sums = np.where(self._own_class & ~self._itself, self.own, 0).sum(axis=1)
        right = sums[several] / (shots[several] - 1)
        return float(np.sort(np.maximum(right, self._other_classes[several].max(axis=1)))[place - 1])

    def spread_of_others(self) -> tuple[float, float]:
        """Return the mean that the query scores with wrong classes after `normalised`, and the spread."""
        apart = np.where(self._own_class, 0, np.square(self.own - self._row_means[:, None]))
        spread = np.sqrt(apart.sum() / (~self._own_class).sum())
        return (self._query_mean + float(self._means.mean())) / 2, max(float(spread), SMALLEST_SPREAD)

    def false_hits(self, threshold: float) -> float:
        """Return how many wrong classes an image of the set is at or above the threshold with, on average."""
        return float(verdict(self._other_classes, threshold).sum(axis=1).mean())

    @cached_property
    def _own_class(self) -> np.ndarray:
        return self.classes[self.rows][:, None] == self.classes

    @cached_property
    def _itself(self) -> np.ndarray:
        return self.rows[:, None] == np.arange(len(self.classes))

    @cached_property
    def _means(self) -> np.ndarray:
        """Each image's mean score with images of other classes, (n,)."""
        other = ~self._own_class
        return np.where(other, self.own, 0).sum(axis=0) / np.maximum(other.sum(axis=0), 1)

    @cached_property
    def _row_means(self) -> np.ndarray:
        other = ~self._own_class
        return np.where(other, self.own, 0).sum(axis=1) / other.sum(axis=1)

    @cached_property
    def _query_mean(self) -> float:
        """The query's mean score with all but its best class, which it may be of."""
        return float(self.query[self.classes != self.of_classes().argmax()].mean())

    @cached_property
    def _other_classes(self) -> np.ndarray:
        """The mean scores of the images with each class that they are not of, (m, classes).

        -inf with their own.
        """
        member = np.eye(self.classes.max() + 1)[self.classes]
        means = self.own @ member / member.sum(axis=0)
        means[np.arange(len(self.rows)), self.classes[self.rows]] = -np.inf
        return means


def single_shot_threshold(scores: SupportScores, log_odds: Calibration, trust: float) -> float:
    """Return the score below which a query is of no class of a set with one image a class.

    scores: before `normalised`, the result after it; log_odds: of a score, 0 where the verdict changes;
    trust: 0..1, by how much they count.
    """
    centre, spread = scores.spread_of_others()
    slope = 1 / spread + TRUSTED_WEIGHT * trust * log_odds.slope
    rest = LEAST_EVIDENCE + centre / spread - TRUSTED_WEIGHT * trust * log_odds.intercept
    inside = (rest - BOUNDED_WEIGHT * log_odds.intercept) / (slope + BOUNDED_WEIGHT * log_odds.slope)
    bounded = np.clip(log_odds.log_odds(inside), -BOUND, BOUND)
    if bounded == log_odds.log_odds(inside):
        return float(inside)
    return float((rest - BOUNDED_WEIGHT * bounded) / slope)


def calibrated_threshold(classes: int) -> float:
    """Return the log-odds over the threshold below which a query is of none of so many classes.

    It is for a checkpoint that is calibrated for such images, with one image a class.
    """
    return CALIBRATED[0] + CALIBRATED[1] * float(np.log(classes))
