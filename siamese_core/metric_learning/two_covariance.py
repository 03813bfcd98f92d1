"""The space in which embeddings are compared: which directions count how much, as functions of arrays."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

POWERS = (0.5, 1.0)
SHRINKAGES = (0.3, 0.7, 1.5, 4.0)  # of the covariance within things, in units of the mean variance
PRIOR_COUNT = 5.0  # images that the covariance of all of them counts for, beside that within things
LEFT_OF_MEAN = 0.05  # of the variance: the square of what is left of the mean, which tells kinds apart
OUTSIDE = 1.5  # what few images do not span tells more than its variance among them
SOFTNESS = 1.0  # what is added to the variance between things, in units of its mean
MOST_AXES, MOST_EXEMPLARS = 256, 64
MOST_DIRECTIONS = 400  # of a span, those of the largest variance
NEGLIGIBLE = 1e-8  # of the largest variance

Setting = tuple[float, float]  # power, shrinkage
SETTINGS: tuple[Setting, ...] = tuple(product(POWERS, SHRINKAGES))


@dataclass(frozen=True)
class Metric:
    """score(x, y) = cosine of f(x), f(y) under I + axes diag(signs) axes^T, where f(x) = unit(sign(x)
    |x|^power) - centre and x an embedding times `scale`. scale, centre: (d,); axes: (d, r); signs: (r,) of -1
    and 1; exemplars: (k, d), of things that answers have shown, their means about the mean of all."""

    scale: np.ndarray
    power: float
    centre: np.ndarray
    axes: np.ndarray
    signs: np.ndarray
    exemplars: np.ndarray


def powered(embeddings: np.ndarray, power: float) -> np.ndarray:
    """float64 (n, d), rows of length 1: the power evens out a few numbers that outweigh all others."""
    found = np.sign(embeddings) * np.abs(embeddings.astype("float64")) ** power
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


def centred(embeddings: np.ndarray, power: float) -> np.ndarray:
    found = powered(embeddings, power)
    return found - found.mean(axis=0)


@dataclass(frozen=True)
class Span:
    """Images in the coordinates of the directions in which they differ. centre: (d,), most of their mean;
    basis: (d, r), orthonormal; rows: (m, r), about the mean; unit: the mean variance of a direction."""

    power: float
    centre: np.ndarray
    basis: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, embeddings: np.ndarray, power: float) -> "Span":
        found = powered(embeddings, power)
        mean = found.mean(axis=0)
        found -= mean
        squares, vectors = np.linalg.eigh(found @ found.T)
        kept = np.flatnonzero(squares > NEGLIGIBLE * max(squares.max(), 1e-30))[-MOST_DIRECTIONS:]
        basis = found.T @ (vectors[:, kept] / np.sqrt(squares[kept]))
        variance, square = np.square(found).sum() / len(found), max(mean @ mean, 1e-12)
        left = min(1.0, np.sqrt(LEFT_OF_MEAN * variance / square))
        return cls(power, (1 - left) * mean, basis, found @ basis)

    @property
    def rank(self) -> int:
        return self.rows.shape[1]

    @property
    def unit(self) -> float:
        return float(np.square(self.rows).sum() / max(1, self.rows.size)) or 1.0

    def place(self, embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of other images: coordinates (n, r), and the products (n, n) of what lies outside the span."""
        found = powered(embeddings, self.power) - self.centre
        inside = found @ self.basis
        return inside, found @ found.T - inside @ inside.T


@dataclass(frozen=True)
class Kernel:
    """How much the directions of a span count: inside (r, r), outside a number."""

    inside: np.ndarray
    outside: float

    @classmethod
    def shrunk(cls, within: np.ndarray, ridge: float) -> "Kernel":
        return cls(np.linalg.inv(within + ridge * np.eye(len(within))), 1 / ridge)

    def cosines(self, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        table = inside @ self.inside @ inside.T + self.outside * outside
        length = np.sqrt(np.maximum(np.diag(table), 1e-12))
        return table / length[:, None] / length


def within_covariance(rows: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Covariance (r, r) of rows (m, r) about the mean of their group."""
    number = np.unique(group, return_inverse=True)[1]
    size = np.bincount(number)
    mean = np.zeros((len(size), rows.shape[1]))
    np.add.at(mean, number, rows)
    apart = rows - (mean / size[:, None])[number]
    return apart.T @ apart / max(1, len(rows) - len(size))


def kernels(span: Span, group: np.ndarray, settings: Iterable[Setting]) -> Iterator[tuple[Setting, Kernel]]:
    """For every setting of the span's power, from the groups (m,) of its rows."""
    within, total = within_covariance(span.rows, group), span.rows.T @ span.rows / len(span.rows)
    repeated = len(group) - len(np.unique(group))
    share = PRIOR_COUNT / (PRIOR_COUNT + repeated)
    variance, own = np.linalg.eigh((1 - share) * within + share * total)
    for power, shrinkage in settings:
        if power != span.power:
            continue
        ridge = shrinkage * span.unit
        root = (own / np.sqrt(np.maximum(variance, 0) + ridge)) @ own.T
        between, axes = np.linalg.eigh(root @ (total - within) @ root)
        turned, between = root @ axes, np.maximum(between, 0)
        least = SOFTNESS * max(float(between.mean()), NEGLIGIBLE)
        inside = (turned * _soft(between + least)) @ turned.T
        yield (power, shrinkage), Kernel(inside, OUTSIDE * _soft(least) / ridge)


def _soft(between):
    """How much a direction counts under the two-covariance model, where the variance within is 1."""
    return between / (1 + 2 * between)


def as_metric(span: Span, kernel: Kernel, exemplars: np.ndarray) -> Metric:
    """Return the metric of a kernel with the axes that matter most, in units where what lies outside the span
    has gain 1. exemplars: (k, r), in the coordinates of the span."""
    gains, vectors = np.linalg.eigh(kernel.inside / kernel.outside - np.eye(span.rank))
    most = np.argsort(-np.abs(gains))[:MOST_AXES]
    axes = span.basis @ (vectors[:, most] * np.sqrt(np.abs(gains[most])))
    one = np.ones(len(span.centre))
    return Metric(one, span.power, span.centre, axes, np.sign(gains[most]), exemplars @ span.basis.T)
