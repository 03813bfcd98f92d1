"""Take the similarity of two pooled embeddings apart into pairs of places, exactly.

The cosine of two sums over places is the sum of the inner products of all pairs of places (Zhu et al.,
*Visual explanation for deep metric learning*, 2019). A learned metric is an inner product as well, once its
signed power is shared out among the places in the proportion of their features; its bonus for exemplars and
what S-norm subtracts are constants beside the sum.
"""

from dataclasses import dataclass

import numpy as np

from siamese_core.explaining.maps import DECOMPOSED, Link, SimilarityMaps

MOST_LINKS = 3
LINKED = 0.3  # of an image's places, those that add most: only they are linked
LEAST = 1e-12
FARTHEST_NEIGHBOUR = 1  # places: a link beside a stronger one, on either image, says little new


@dataclass(frozen=True)
class InnerProduct:
    """The form of a cosine or learned-cosine head.

    It is the cosine of f(x) and f(y) under I + axes diag(signs) axes^T, where f(x) = unit(sign(x) |x|^power)
    - centre and x is an embedding times `scale`.

    scale, centre: (d,); axes: (d, r); signs: (r,).
    """

    scale: np.ndarray
    power: float
    centre: np.ndarray
    axes: np.ndarray
    signs: np.ndarray

    @classmethod
    def of_cosine(cls, dim: int) -> "InnerProduct":
        return cls(np.ones(dim), 1.0, np.zeros(dim), np.zeros((dim, 0)), np.zeros(0))

    def placed(self, shares: np.ndarray) -> np.ndarray:
        """Return the shares (n, p, d) of n embeddings' places.

        Their sums over places have length 1, and their inner products are what the head gives.
        """
        scaled = shares.astype(np.float64) * self.scale
        whole = scaled.sum(axis=1, keepdims=True)
        if self.power != 1:
            scaled = scaled * np.maximum(np.abs(whole), LEAST) ** (self.power - 1)
            whole = scaled.sum(axis=1, keepdims=True)
        length = np.maximum(np.linalg.norm(whole, axis=-1, keepdims=True), LEAST)
        moved = scaled / length - self.centre / shares.shape[1]
        sums = moved.sum(axis=1)
        squares = np.einsum("nd,nd->n", sums, self.measured(sums))
        return moved / np.sqrt(np.maximum(squares, LEAST))[:, None, None]

    def measured(self, rows: np.ndarray) -> np.ndarray:
        """Return rows (..., d) such that a plain inner product with others is the metric's."""
        return rows + (rows @ self.axes * self.signs) @ self.axes.T


@dataclass(frozen=True)
class Decomposition:
    """The log-odds of "same" as a sum over pairs of places.

    pairs: float64 (p, q); offset: what the log-odds have beside their sum, which no place decides;
    own: for both images, each place's inner product with its own image, (p,) and (q,), of sum 1;
    common: for both images, each place's inner product with an average image, in units of the log-odds.
    """

    pairs: np.ndarray
    offset: float
    own: tuple[np.ndarray, np.ndarray]
    common: tuple[np.ndarray, np.ndarray]

    @property
    def log_odds(self) -> float:
        return float(self.pairs.sum() + self.offset)


def decompose(
    shares: np.ndarray, product: InnerProduct, slope: float, log_odds: float, average: np.ndarray | None
) -> Decomposition:
    """Take a pair's log-odds apart.

    shares: (2, p, d), of both images; slope: log-odds for each unit of the head's score; average: (d,), the
    mean of many images as `InnerProduct.placed` places them, None where none is known.
    """
    left, right = product.placed(shares)
    seen_left, seen_right = product.measured(left.sum(axis=0)), product.measured(right.sum(axis=0))
    pairs = slope * left @ product.measured(right).T
    mean = np.zeros(shares.shape[2]) if average is None else product.measured(average)
    return Decomposition(
        pairs,
        log_odds - float(pairs.sum()),
        (left @ seen_left, right @ seen_right),
        (slope * left @ mean, slope * right @ mean),
    )


def similarity_maps(found: Decomposition, grid: tuple[int, int]) -> SimilarityMaps:
    """Return the maps of a decomposition. grid: (h, w) places.

    What made two images alike is what a place adds beyond the average image; what set them apart is by how
    much it adds less than its part of its own image would at this similarity. The latter sums to 0.
    """
    sums = found.pairs.sum(axis=1), found.pairs.sum(axis=0)
    whole = float(found.pairs.sum())
    alike = [(each - common).reshape(grid) for each, common in zip(sums, found.common, strict=True)]
    apart = [(whole * own - each).reshape(grid) for each, own in zip(sums, found.own, strict=True)]
    links = strongest_links(found, grid, tuple(alike))
    return SimilarityMaps(tuple(alike), tuple(apart), DECOMPOSED, links)


def strongest_links(
    found: Decomposition, grid: tuple[int, int], alike: tuple[np.ndarray, np.ndarray]
) -> list[Link]:
    """Return the pairs of places that add most beyond what places of their weight add on average.

    Both are among the places that made the images alike: else corners of an empty ground match.
    """
    whole = float(found.pairs.sum())
    beyond = found.pairs - whole * np.outer(*found.own)
    beyond = np.where(np.outer(*(_highest(each.ravel()) for each in alike)), beyond, 0.0)
    links: list[tuple[int, int]] = []
    for flat in np.argsort(-beyond, axis=None):
        left, right = (int(each) for each in np.unravel_index(flat, beyond.shape))
        if beyond[left, right] <= 0 or len(links) == MOST_LINKS:
            break
        if not any(_near(left, one, grid[1]) or _near(right, other, grid[1]) for one, other in links):
            links.append((left, right))
    return [
        Link(_middle(left, grid), _middle(right, grid), float(found.pairs[left, right]) / max(whole, LEAST))
        for left, right in links
    ]


def _highest(values: np.ndarray) -> np.ndarray:
    """Return which of the values (p,) are positive and among the highest `LINKED`."""
    return (values > 0) & (values >= np.quantile(values, 1 - LINKED))


def _near(one: int, other: int, width: int) -> bool:
    down, across = abs(one // width - other // width), abs(one % width - other % width)
    return max(down, across) <= FARTHEST_NEIGHBOUR


def _middle(place: int, grid: tuple[int, int]) -> tuple[float, float]:
    row, column = divmod(place, grid[1])
    return (column + 0.5) / grid[1], (row + 0.5) / grid[0]
