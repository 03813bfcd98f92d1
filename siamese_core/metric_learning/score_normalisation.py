"""Normalise scores of pairs against a cohort of unlabelled images, and calibrate them without answers.

Most pairs of a collection are negative. What a score means follows from the scores of both its images with
others of the collection: symmetric score normalisation (S-norm; Kenny, *Bayesian speaker verification with
heavy-tailed priors*, 2010; Matějka et al. 2017 compare its variants).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from siamese_core.metrics import Calibration

FEWEST = 50  # images of a cohort; with fewer the mean and the spread of scores are too uncertain
MOST = 200  # images of a cohort: a comparison costs as many further ones
AT_ONCE = 16  # images compared with a cohort: 50 MB of koch's embeddings
REMEMBERED = 200_000  # images of which a mean and a spread are kept: 30 MB
IDENTICAL = 1e-4  # squared distance of two embeddings of one image, as a share of their squared length
NEIGHBOURS = 0.05  # of a cohort: with the last of them an image is compared to tell whether it is of its kind
# Spreads of the cohort's own such scores below their mean, beyond which an image is of another kind: that are
# 0 to 7 % of other classes of the same kind, 57 to 100 % of another kind (five domains, EfficientNet-Lite2).
FARTHEST_NEIGHBOUR = 4.0
SMALLEST_SPREAD = 1e-6  # of an image's scores: below it lies rounding

# Predict the calibration of normalised scores from those of the cohort's own pairs. Features: the mean over
# images of the highest score, the 99 % quantile and the third moment of all scores.
FEATURE_MEANS, FEATURE_SPREADS = (2.84, 2.60, 0.52), (0.73, 0.63, 0.53)
FARTHEST_FEATURE = (
    2.0  # spreads from the mean at which a feature is cut: beyond lie no domains it was fitted to
)
# The score at which "same" is as likely as not, and the logarithm of the slope there, each a linear function
# of 1 and the standardised features. Fitted to objects, parts, faces and handwriting; see the bench README.
THRESHOLD_COEFFICIENTS = (1.072, 0.165, 0.356, -0.230)
SLOPE_COEFFICIENTS = (0.618, 0.262, 0.992, -0.903)


@dataclass(frozen=True)
class Statistics:
    """Of n images' scores with the cohort: mean, spread (standard deviation), float64 (n,)."""

    mean: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True)
class ScoreNormalisation:
    """A cohort and the head whose scores are normalised.

    pairwise: embeddings (n, d), (m, d) -> scores (n, m); cohort: embeddings float32 (m, d); pooled: divide
    by the mean spread over the cohort, not by each image's own. A metric that was fitted to the cohort
    spreads the scores of other images less, which says nothing about these.
    """

    pairwise: Callable[[np.ndarray, np.ndarray], np.ndarray]
    cohort: np.ndarray
    pooled: bool = False
    _known: dict[int, tuple[float, float]] = field(default_factory=dict, repr=False, compare=False)

    def normalised_pairs(self, scores: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the normalised scores float32 (n,) of pairs of rows of two (n, d)."""
        first, second = self.statistics(left), self.statistics(right)
        return mean_of_sides(scores, first, second)

    def normalised_table(self, scores: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the normalised scores float32 (n, m) of each row of (n, d) with each of (m, d)."""
        first, second = self.statistics(left), self.statistics(right)
        column = Statistics(first.mean[:, None], first.spread[:, None])
        return mean_of_sides(scores, column, second)

    def statistics(self, embeddings: np.ndarray) -> Statistics:
        """Return the statistics of images (n, d); one that is in the cohort is not compared with itself.

        Those of an image that was met before are remembered.
        """
        codes = [hash(row.tobytes()) for row in np.ascontiguousarray(embeddings)]
        new = {code: place for place, code in enumerate(codes) if code not in self._known}
        rows = embeddings[list(new.values())]
        found = _statistics(np.ma.masked_array(self._raw(rows), self._identical(rows)))
        if self.pooled:
            found = Statistics(found.mean, np.full(len(rows), self.pooled_spread))
        fresh = dict(zip(new, zip(found.mean, found.spread, strict=True), strict=True))
        if len(self._known) + len(fresh) <= REMEMBERED:
            self._known.update(fresh)
        pairs = np.array([fresh.get(code) or self._known[code] for code in codes]).reshape(-1, 2)
        return Statistics(*pairs.T)

    def calibration(self) -> Calibration:
        """Return the calibration of normalised scores that the cohort's own pairs let expect."""
        table = np.ma.masked_array(self._own_scores, np.eye(len(self.cohort), dtype=bool))
        pairs = self._own_scores[np.triu_indices(len(self.cohort), 1)]
        features = [float(table.max(axis=1).mean()), np.quantile(pairs, 0.99), np.mean(pairs**3)]
        standard = (np.array(features) - FEATURE_MEANS) / FEATURE_SPREADS
        regressors = np.append(1.0, np.clip(standard, -FARTHEST_FEATURE, FARTHEST_FEATURE))
        slope = float(np.exp(regressors @ SLOPE_COEFFICIENTS))
        return Calibration(slope, -slope * float(regressors @ THRESHOLD_COEFFICIENTS))

    def folded(self, calibration: Calibration) -> Calibration:
        """Return a calibration of raw scores from one of normalised scores.

        Both agree for images with the cohort's mean statistics.
        """
        slope = calibration.slope / self.pooled_spread
        return Calibration(slope, calibration.intercept - slope * float(self._own_statistics.mean.mean()))

    def unfolded(self, calibration: Calibration) -> Calibration:
        """Return the calibration of normalised scores that `folded` turns into the given one."""
        shift = calibration.slope * float(self._own_statistics.mean.mean())
        slope = calibration.slope * self.pooled_spread
        return Calibration(slope, calibration.intercept + shift)

    @property
    def pooled_spread(self) -> float:
        """The mean over the cohort of the spread of an image's scores."""
        return float(self._own_statistics.spread.mean())

    def covers(self, embeddings: np.ndarray) -> np.ndarray:
        """Return which images (n,) are as near to the cohort's images as these are to each other.

        This is k-nearest-neighbour detection (Sun et al., *Out-of-distribution detection with deep nearest
        neighbors*, 2022).
        """
        apart = np.where(np.eye(len(self.cohort), dtype=bool), -np.inf, self._raw_own_scores)
        own = _neighbour(apart)
        limit = own.mean() - FARTHEST_NEIGHBOUR * own.std()
        return _neighbour(self._raw(embeddings)) >= limit

    @cached_property
    def _raw_own_scores(self) -> np.ndarray:
        """The scores float64 (m, m) of the cohort's pairs."""
        return self._raw(self.cohort)

    def _raw(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the scores float64 (n, m) of images with the cohort."""
        parts = [
            self.pairwise(embeddings[start : start + AT_ONCE], self.cohort)
            for start in range(0, len(embeddings), AT_ONCE)
        ]
        return np.concatenate([np.empty((0, len(self.cohort))), *parts], dtype=np.float64)

    @cached_property
    def _own_scores(self) -> np.ndarray:
        """The normalised scores float64 (m, m) of the cohort's pairs; the diagonal means nothing."""
        apart = self._own_statistics
        column = Statistics(apart.mean[:, None], apart.spread[:, None])
        return np.asarray(mean_of_sides(self._raw_own_scores, column, apart), np.float64)

    @cached_property
    def _own_statistics(self) -> Statistics:
        scores = self._raw_own_scores
        return _statistics(np.ma.masked_array(scores, np.eye(len(scores), dtype=bool)))

    def _identical(self, embeddings: np.ndarray) -> np.ndarray:
        """Return which images (n,) are which of the cohort (m,), bool (n, m)."""
        squares = np.square(embeddings).sum(axis=1)[:, None], np.square(self.cohort).sum(axis=1)
        distances = squares[0] + squares[1] - 2 * embeddings @ self.cohort.T
        return distances <= IDENTICAL * (squares[0] + squares[1]) / 2


def cohort_rows(count: int) -> np.ndarray:
    """Return which of so many images are a cohort, int (at most MOST,), evenly spread over them."""
    return np.linspace(0, count - 1, min(count, MOST)).astype(np.int64)


def normalised_by_last(scores: np.ndarray, images: int) -> np.ndarray:
    """Normalise the scores (n, n) of the first `images` against all others, with a pooled spread."""
    apart = np.eye(len(scores) - images, dtype=bool)
    spread = _statistics(np.ma.masked_array(scores[images:, images:], apart)).spread.mean()
    mean = scores[:images, images:].mean(axis=1)
    return (scores[:images, :images] - (mean[:, None] + mean) / 2) / spread


def _neighbour(scores: np.ndarray) -> np.ndarray:
    """Return each row's score with the last of its `NEIGHBOURS`, float64 (n,)."""
    place = max(1, round(NEIGHBOURS * scores.shape[1]))
    return np.partition(scores, -place, axis=1)[:, -place]


def _statistics(scores: np.ma.MaskedArray) -> Statistics:
    mean, spread = scores.mean(axis=1).filled(0.0), scores.std(axis=1).filled(0.0)
    return Statistics(mean, np.maximum(spread, SMALLEST_SPREAD))


def mean_of_sides(scores: np.ndarray, left: Statistics, right: Statistics) -> np.ndarray:
    """Return scores normalised by the statistics of both images, float32, the mean of both sides."""
    scores = np.asarray(scores, np.float64)
    sides = (scores - left.mean) / left.spread, (scores - right.mean) / right.spread
    return ((sides[0] + sides[1]) / 2).astype(np.float32)
