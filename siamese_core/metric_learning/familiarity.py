"""Tell how far an image lies from those that an encoder was trained on or calibrated with.

The measure is the relative Mahalanobis distance (Ren et al., *A simple fix to Mahalanobis distance for
improving near-OOD detection*, 2021): by one normal distribution fitted to embeddings of familiar images less
that by one fitted to foreign images. A plain distance would not do: photographs lie nearer to the middle of a
handwriting encoder's embeddings than handwriting does.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, logit

from siamese_core.metric_learning.principal_axes import principal_axes
from siamese_core.metrics import LEAST_PROBABILITY, bounded_logit

SHRINKAGE = {"known": 0.3, "foreign": 0.5}  # of a covariance towards its diagonal
KNOWN_RANK = 32  # axes of the subspace of known images
RIDGE = 1e-3  # added to the diagonal, in units of the mean variance
LEAST_TRUST = 0.01  # that a similarity stays on its side of the threshold
LEAST = 1e-9  # of a squared length that a logarithm is taken of
AT_ONCE = 64  # images: 2 MB of koch's embeddings in float64, which stay in a core's cache
REMEMBERED = 200_000  # images whose distance and trust are kept: 30 MB


@dataclass(frozen=True)
class Normal:
    """A normal distribution: mean (r,), precision (r, r), log_volume: log-determinant of its covariance."""

    mean: np.ndarray
    precision: np.ndarray
    log_volume: float

    @classmethod
    def of(cls, points: np.ndarray, shrinkage: float) -> "Normal":
        """Fit to points (n, r), with a covariance shrunk towards its diagonal."""
        covariance = np.cov(points.T)
        variances = np.diag(np.diag(covariance))
        shrunk = (1 - shrinkage) * covariance + shrinkage * variances
        shrunk += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
        return cls(points.mean(axis=0), np.linalg.inv(shrunk), float(np.linalg.slogdet(shrunk)[1]))

    def distance(self, points: np.ndarray) -> np.ndarray:
        """Return the squared Mahalanobis distances (n,) plus the log-volume."""
        apart = points - self.mean
        return np.sum((apart @ self.precision) * apart, axis=1) + self.log_volume


@dataclass(frozen=True)
class Familiarity:
    """What is familiar to an encoder of embeddings (n, d).

    scale (d,): weight of each dimension; unit: whether weighted embeddings are brought to length 1; centre
    (d,), axes (d, r): the subspace; known, foreign: of r coordinates and the logarithm of what is left.
    known_centre (d,), known_axes (d, q): the subspace of known images alone, outside of which novelty lies.
    limit: distance beyond which an image is foreign; trust_weights (4,): of 1, distance, novelty and
    recognition in the log-odds of trust; class_weights (c, d): of the classifier that the encoder was trained
    as, with mean 0 and length 1, None where it is not known.
    """

    scale: np.ndarray
    unit: bool
    centre: np.ndarray
    axes: np.ndarray
    known: Normal
    foreign: Normal
    known_centre: np.ndarray
    known_axes: np.ndarray
    limit: float = np.inf
    trust_weights: np.ndarray = field(default_factory=lambda: np.array([np.inf, 0.0, 0.0, 0.0]))
    class_weights: np.ndarray | None = None
    _known: dict[int, tuple[float, float]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def distance(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the relative Mahalanobis distances float64 (n,): the lower, the more familiar."""
        return self._distance(weighted(embeddings, self.scale, self.unit))

    def _distance(self, rows: np.ndarray) -> np.ndarray:
        points = coordinates(rows, self.centre, self.axes)
        return self.known.distance(points) - self.foreign.distance(points)

    def is_foreign(self, embeddings: np.ndarray) -> np.ndarray:
        """Return which images (n,) are so far from familiar ones that a comparison means nothing."""
        return self._judged(embeddings)[:, 0] > self.limit

    def trust(self, embeddings: np.ndarray) -> np.ndarray:
        """Return by how much log-odds of the images (n,) count, `LEAST_TRUST`..1."""
        return self._judged(embeddings)[:, 1]

    def _judged(self, embeddings: np.ndarray) -> np.ndarray:
        """Return the distance and the trust of images, float64 (n, 2), remembered from call to call."""
        codes = [hash(row.tobytes()) for row in np.ascontiguousarray(embeddings)]
        new = {code: place for place, code in enumerate(codes) if code not in self._known}
        places, fresh = list(new.values()), {}
        for start in range(0, len(places), AT_ONCE):
            terms = self.trust_terms(embeddings[places[start : start + AT_ONCE]])
            trust = np.maximum(expit(terms @ self.trust_weights), LEAST_TRUST)
            fresh |= zip(
                list(new)[start : start + AT_ONCE], zip(terms[:, 1], trust, strict=True), strict=True
            )
        if len(self._known) + len(fresh) <= REMEMBERED:
            self._known.update(fresh)
        return np.array([fresh.get(each) or self._known[each] for each in codes]).reshape(-1, 2)

    def trust_terms(self, embeddings: np.ndarray) -> np.ndarray:
        """Return 1, the distance, the novelty and the recognition of images, float64 (n, 4).

        The novelty is the logarithm of the squared distance to the subspace of known images, the residual of
        Wang et al., *ViM: out-of-distribution with virtual-logit matching*, 2022.
        """
        rows = weighted(embeddings, self.scale, self.unit)
        novelty = coordinates(rows, self.known_centre, self.known_axes)[:, -1]
        one, distance = np.ones(len(rows)), self._distance(rows)
        return np.column_stack([one, distance, novelty, self._recognition(embeddings)])

    def _recognition(self, embeddings: np.ndarray) -> np.ndarray:
        """Return how clearly an image is of one class that the encoder was trained on, (n,).

        It is its largest logit, standardised over the classes (Jung et al., *Standardized max logits*, 2021).
        0 where the classes are not known.
        """
        if self.class_weights is None:
            return np.zeros(len(embeddings))
        logits = embeddings @ self.class_weights.T
        spread = np.maximum(logits.std(axis=1), LEAST)
        return (logits.max(axis=1) - logits.mean(axis=1)) / spread


def standard_class_weights(weights: np.ndarray) -> np.ndarray:
    """Return a classifier's weights float32 (c, d) less their mean, of length 1."""
    apart = weights - weights.mean(axis=0)
    return (apart / np.linalg.norm(apart, axis=1, keepdims=True)).astype(np.float32)


def doubted(similarity: np.ndarray, trust: np.ndarray, threshold: float) -> np.ndarray:
    """Return similarities (n,) drawn towards the threshold where their trust (n,), 0..1, is low.

    Every verdict stays.
    """
    middle = bounded_logit(threshold)
    bounded = np.clip(np.asarray(similarity, np.float64), LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    drawn = expit(middle + trust * (logit(bounded) - middle)).astype(similarity.dtype)
    return np.where(np.asarray(trust) < 1, drawn, similarity)


def fit_familiarity(
    known: np.ndarray, foreign: np.ndarray, scale: np.ndarray, unit: bool, rank: int
) -> Familiarity:
    """Fit to embeddings of known and foreign images, (n, d) and (m, d), without a limit and with full trust.

    scale (d,), unit: as in `Familiarity`; rank: axes of the subspace, found from as many of either.
    """
    inside, outside = weighted(known, scale, unit), weighted(foreign, scale, unit)
    some = np.concatenate([inside[: len(outside)], outside])
    centre = some.mean(axis=0)
    axes = principal_axes(some - centre, rank)
    points = [coordinates(rows, centre, axes) for rows in (inside, outside)]
    fitted = [Normal.of(rows, SHRINKAGE[name]) for name, rows in zip(SHRINKAGE, points, strict=True)]
    known_centre = inside.mean(axis=0)
    known_axes = principal_axes(inside - known_centre, KNOWN_RANK)
    return Familiarity(scale, unit, centre, axes, *fitted, known_centre, known_axes)


def weighted(embeddings: np.ndarray, scale: np.ndarray, unit: bool) -> np.ndarray:
    """Return embeddings (n, d) times `scale`, of length 1 if `unit`, float64."""
    rows = embeddings.astype(np.float64) * scale
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), LEAST) if unit else rows


def coordinates(rows: np.ndarray, centre: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Return the coordinates (n, r + 1) of rows: along the axes, and the logarithm of the rest's square."""
    apart = rows - centre
    inside = apart @ axes
    rest = np.square(apart).sum(axis=1) - np.square(inside).sum(axis=1)
    return np.column_stack([inside, np.log(np.maximum(rest, LEAST))])
