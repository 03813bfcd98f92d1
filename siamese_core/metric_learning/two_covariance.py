"""The two-covariance model of embeddings (PLDA, Ioffe 2006; Brümmer, de Villiers 2010).

Directions that vary within an identity count less (within-class covariance normalisation, Hatch 2006), those
that vary between identities count more. Covariances are shrunk, since answers cover few images.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from siamese_core.metric_learning.principal_axes import NEGLIGIBLE, principal_axes

# The constants were chosen for the lowest error of `bench loop` on faces, photographs and characters
# together.
POWERS = (0.5, 1.0)
SHRINKAGES = (0.3, 0.7, 1.5, 4.0)  # ridge on the within-class covariance, in units of the mean variance
PRIOR_COUNT = 5.0  # pseudo-count of the total covariance when blended with the within-class covariance
UNLABELLED_SHRINKAGE = 10.0  # ridge on the total covariance without answers, in the same units
# Images that repeat an identity, with which the answers weigh as much as the images alone. Chosen on objects,
# parts and faces (EfficientNet-Lite2); see the bench README.
EVEN_COUNT = 30.0
MEAN_KEPT = 0.05  # squared length of the part of the mean that is not subtracted, in units of the variance
OUTSIDE_GAIN = 1.5  # gain of directions that the images do not span, over what their variance asks for
BETWEEN_RIDGE = 1.0  # ridge on the between-class variance, in units of its mean
MOST_AXES, MOST_EXEMPLARS = 256, 64  # of a stored metric
MOST_DIRECTIONS = 400  # of a subspace, those of the largest variance

Setting = tuple[float, float]  # power, shrinkage
SETTINGS: tuple[Setting, ...] = tuple(product(POWERS, SHRINKAGES))
UNLABELLED: Setting = (1.0, UNLABELLED_SHRINKAGE)  # what the images alone tell, whatever the answers


@dataclass(frozen=True)
class Metric:
    """A cosine similarity of transformed embeddings, as it is stored.

    score(x, y) is the cosine of f(x) and f(y) under the inner product I + axes diag(signs) axes^T, where
    f(x) = unit(sign(x) |x|^power) - centre and x is an embedding times `scale`.

    scale, centre: (d,); axes: (d, r); signs: (r,) of -1 and 1; exemplars: (k, d), means of f over identities
    that answers have shown.
    """

    scale: np.ndarray
    power: float
    centre: np.ndarray
    axes: np.ndarray
    signs: np.ndarray
    exemplars: np.ndarray


def powered(embeddings: np.ndarray, power: float) -> np.ndarray:
    """Return embeddings float64 (n, d) after signed power and L2 normalisation (Perronnin 2010).

    This evens out a few dimensions that outweigh all others.
    """
    found = np.sign(embeddings) * np.abs(embeddings.astype("float64")) ** power
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def centred(embeddings: np.ndarray, power: float) -> np.ndarray:
    """Return the powered embeddings (n, d) about their mean."""
    found = powered(embeddings, power)
    return found - found.mean(axis=0)


@dataclass(frozen=True)
class Subspace:
    """The directions in which some images differ, and these images in its coordinates.

    centre: (d,), most of their mean; basis: (d, r), orthonormal; rows: (m, r), about the mean.
    """

    power: float
    centre: np.ndarray
    basis: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, embeddings: np.ndarray, power: float) -> "Subspace":
        """Return the subspace of embeddings (m, d)."""
        found = powered(embeddings, power)
        mean = found.mean(axis=0)
        found -= mean
        basis = principal_axes(found, MOST_DIRECTIONS)
        variance, square = np.square(found).sum() / len(found), max(mean @ mean, 1e-12)
        kept = min(1.0, np.sqrt(MEAN_KEPT * variance / square))
        return cls(power, (1 - kept) * mean, basis, found @ basis)

    @property
    def rank(self) -> int:
        return self.rows.shape[1]

    @property
    def mean_variance(self) -> float:
        """The variance of a direction, mean over the subspace."""
        return float(np.square(self.rows).sum() / max(1, self.rows.size)) or 1.0

    def project(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return coordinates (n, r) of other images, and inner products (n, n) of their parts outside."""
        found = powered(embeddings, self.power) - self.centre
        inside = found @ self.basis
        return inside, found @ found.T - inside @ inside.T


@dataclass(frozen=True)
class Kernel:
    """An inner product that differs inside and outside a subspace.

    inside: (r, r), within the subspace; outside: the factor of all that lies outside.
    """

    inside: np.ndarray
    outside: float

    @classmethod
    def whitening(cls, covariance: np.ndarray, ridge: float) -> "Kernel":
        """Return the inverse of a covariance (r, r) plus a ridge."""
        return cls(np.linalg.inv(covariance + ridge * np.eye(len(covariance))), 1 / ridge)

    def blended(self, other: "Kernel", share: float, covariance: np.ndarray) -> "Kernel":
        """Return this kernel and a `share` of another one, each scaled to embeddings of length 1 on average.

        covariance: (r, r), of the embeddings.
        """
        scales = [1 / max(float(np.sum(each.inside * covariance)), NEGLIGIBLE) for each in (self, other)]
        weights = (1 - share) * scales[0], share * scales[1]
        return Kernel(
            weights[0] * self.inside + weights[1] * other.inside,
            weights[0] * self.outside + weights[1] * other.outside,
        )

    def cosines(self, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        """Return the cosines (n, n) of images that `Subspace.project` projected."""
        table = inside @ self.inside @ inside.T + self.outside * outside
        length = np.sqrt(np.maximum(np.diag(table), 1e-12))
        return table / length[:, None] / length


def within_covariance(rows: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Return the pooled covariance (r, r) of rows (m, r) about the means of their clusters (m,)."""
    number = np.unique(cluster, return_inverse=True)[1]
    size = np.bincount(number)
    mean = np.zeros((len(size), rows.shape[1]))
    np.add.at(mean, number, rows)
    deviation = rows - (mean / size[:, None])[number]
    return deviation.T @ deviation / max(1, len(rows) - len(size))


def kernels(
    subspace: Subspace, cluster: np.ndarray, settings: Iterable[Setting]
) -> Iterator[tuple[Setting, Kernel]]:
    """Fit the two-covariance model to the clusters (m,) of the subspace's rows.

    There is a kernel for every setting that has the subspace's power.

    The within-class covariance is blended with the total one, by the number of images that repeat an identity
    against `PRIOR_COUNT`, and gets the setting's shrinkage as a ridge. After whitening by it, each
    eigenvector of the between-class covariance has the gain of the model's log-likelihood ratio.

    The fewer images repeat an identity, the more of a kernel is that of `UNLABELLED`, the whitening by the
    total covariance alone: estimated from few identities, the model tells others worse apart than that does.
    """
    within = within_covariance(subspace.rows, cluster)
    total = subspace.rows.T @ subspace.rows / len(subspace.rows)
    unlabelled = Kernel.whitening(total, UNLABELLED_SHRINKAGE * subspace.mean_variance)
    repeated = len(cluster) - len(np.unique(cluster))
    share = PRIOR_COUNT / (PRIOR_COUNT + repeated)
    alone = EVEN_COUNT**2 / (EVEN_COUNT**2 + repeated**2)
    variance, own = np.linalg.eigh((1 - share) * within + share * total)
    for power, shrinkage in settings:
        if power != subspace.power:
            continue
        if (power, shrinkage) == UNLABELLED:
            yield UNLABELLED, unlabelled
            continue
        ridge = shrinkage * subspace.mean_variance
        whitening = (own / np.sqrt(np.maximum(variance, 0) + ridge)) @ own.T
        between, axes = np.linalg.eigh(whitening @ (total - within) @ whitening)
        axes, between = whitening @ axes, np.maximum(between, 0)
        floor = BETWEEN_RIDGE * max(float(between.mean()), NEGLIGIBLE)
        fitted = Kernel((axes * _gain(between + floor)) @ axes.T, OUTSIDE_GAIN * _gain(floor) / ridge)
        yield (power, shrinkage), fitted.blended(unlabelled, alone, total)


def _gain(between):
    """Return the gain b / ((b + 1)^2 - b^2) of directions in the log-likelihood ratio of "same".

    b: the between-class variance, where the within-class variance is 1.
    """
    return between / (1 + 2 * between)


def as_metric(subspace: Subspace, kernel: Kernel, exemplars: np.ndarray) -> Metric:
    """Return a kernel as a metric with the `MOST_AXES` strongest axes.

    Its units are those in which what lies outside the subspace has gain 1. exemplars: (k, r), in the
    coordinates of the subspace.
    """
    gains, vectors = np.linalg.eigh(kernel.inside / kernel.outside - np.eye(subspace.rank))
    most = np.argsort(-np.abs(gains))[:MOST_AXES]
    axes = subspace.basis @ (vectors[:, most] * np.sqrt(np.abs(gains[most])))
    one = np.ones(len(subspace.centre))
    return Metric(
        one, subspace.power, subspace.centre, axes, np.sign(gains[most]), exemplars @ subspace.basis.T
    )
