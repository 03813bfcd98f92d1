"""Compare queries with all rows of a gallery by a head, at about the speed at which memory is read.

Each kind of head has a class. `bounds(queries)` gives for each query and row a number that the head's score
does not exceed, from one pass over the memory; `scores(query, places)` gives the scores of some rows as the
head does. Together they find the most similar rows without leaving one out (`best`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from siamese_core.checkpoints.checkpoint import to_numpy, to_tensor
from siamese_core.searching.blocks import Blocks, EightBitBlocks, FloatBlocks, by_blocks

if TYPE_CHECKING:
    import keras

HEAVY_SHARE = 0.995  # of the spread of all dimensions, in those that are always compared
SAMPLE = 1000  # rows that the spread is measured on
ROUNDING = 1e-5  # of the sums of a comparison in float32, relative to their largest terms
SMALLEST_SQUARE = 1e-12  # as of the head


class Rows(Protocol):
    """The rows of a gallery, prepared for a head. queries: embeddings float32 (q, d), query: (d,).

    whole: the embeddings themselves.
    """

    whole: Blocks

    def __len__(self) -> int: ...

    def bounds(self, queries: np.ndarray) -> np.ndarray:
        """Return upper bounds float32 (q, n) of the head's scores."""

    def scores(self, query: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Return the head's scores float32 (m,) of the rows at some places (m,)."""

    def table(self, queries: np.ndarray) -> np.ndarray:
        """Return the head's scores float32 (q, n) of all rows, for a gallery that is small."""


class ProductRows:
    """Scores that are inner products of a vector of the query and one of the row: cosine, learned metrics.

    factors: embeddings (n, d) -> both vectors of each, float32 (n, p).
    """

    def __init__(self, factors: Callable[[np.ndarray], tuple], embeddings: np.ndarray, eight_bit: bool):
        self.factors = factors
        rows = _in_parts(lambda part: factors(part)[1], embeddings)
        self.longest = float(np.sqrt(np.vecdot(rows, rows).max(initial=0)))
        self.whole, self.blocks = _kept(embeddings, eight_bit), _kept(rows, eight_bit)

    def __len__(self) -> int:
        return len(self.blocks)

    def bounds(self, queries: np.ndarray) -> np.ndarray:
        asked = self.factors(queries)[0]
        found = self._products(asked)
        found += ROUNDING * self.longest * np.sqrt(np.vecdot(asked, asked))[:, None]
        return found

    def scores(self, query: np.ndarray, places: np.ndarray) -> np.ndarray:
        return np.vecdot(self.blocks.take(places), self.factors(query[None])[0][0])

    def table(self, queries: np.ndarray) -> np.ndarray:
        return self._products(self.factors(queries)[0])

    def _products(self, asked: np.ndarray) -> np.ndarray:
        if isinstance(self.blocks, FloatBlocks):
            return asked @ self.blocks.rows.T
        found = np.empty((len(asked), len(self)), np.float32)

        def compare(start: int, stop: int) -> None:
            found[:, start:stop] = asked @ self.blocks.block(start, stop).T

        by_blocks(len(self), self.blocks.dim, compare)
        return found


class DifferenceRows:
    """Rows whose scores are made of their differences from the query, by `_compare`."""

    whole: Blocks

    def __len__(self) -> int:
        return len(self.whole)

    def scores(self, query: np.ndarray, places: np.ndarray) -> np.ndarray:
        return self._compare(query, self.whole.take(places))

    def table(self, queries: np.ndarray) -> np.ndarray:
        rows = self.whole.block(0, len(self))
        return np.stack([self._compare(query, rows) for query in queries])


class EuclideanRows(DifferenceRows):
    """Minus the Euclidean distance, from inner products and squared lengths."""

    def __init__(self, embeddings: np.ndarray, eight_bit: bool):
        self.whole = _kept(embeddings, eight_bit)
        self.squares = np.empty(len(embeddings), np.float32)

        def measure(start: int, stop: int) -> None:
            block = self.whole.block(start, stop)
            self.squares[start:stop] = np.vecdot(block, block)

        by_blocks(len(self), self.whole.dim, measure)

    def bounds(self, queries: np.ndarray) -> np.ndarray:
        found = np.empty((len(queries), len(self)), np.float32)
        lengths = np.vecdot(queries, queries)[:, None]

        def compare(start: int, stop: int) -> None:
            sums = self.squares[start:stop] + lengths
            apart = sums - 2 * queries @ self.whole.block(start, stop).T - ROUNDING * sums
            found[:, start:stop] = -np.sqrt(np.maximum(apart, SMALLEST_SQUARE))

        by_blocks(len(self), self.whole.dim, compare)
        return found

    def _compare(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        apart = rows - query
        return -np.sqrt(np.maximum(np.vecdot(apart, apart), SMALLEST_SQUARE))


class WeightedL1Rows(DifferenceRows):
    """bias - sum_j w_j |query_j - row_j|, with w_j >= 0.

    Most of the distance lies in few dimensions. Over these alone it is a lower bound of the whole (partial
    distance search; Bei, Gray 1985), and |a - b| = 2 max(a, b) - a - b, whose last two sums are known before.
    """

    def __init__(self, weight: np.ndarray, bias: float, embeddings: np.ndarray, eight_bit: bool):
        self.bias = np.float32(bias)
        some = embeddings[np.linspace(0, len(embeddings) - 1, min(SAMPLE, len(embeddings))).astype(int)]
        share = weight * (some.std(axis=0) if len(some) else 1)
        order = np.argsort(-share, kind="stable")
        carried = np.cumsum(share[order])
        count = min(int(np.searchsorted(carried, HEAVY_SHARE * carried[-1])) + 1, len(weight))
        count = count if weight.min() >= 0 else len(weight)  # a part is a bound of the whole only then
        self.dimensions = order[:count]
        self.weight, self.heavy_weight = weight, weight[self.dimensions]
        self.whole = _kept(embeddings, eight_bit)
        self.heavy = _kept(_in_parts(lambda part: part[:, self.dimensions], embeddings), eight_bit)
        self.sums, sizes = np.empty((2, len(embeddings)), np.float32)

        def add(start: int, stop: int) -> None:
            block = self.heavy.block(start, stop)
            self.sums[start:stop] = np.vecdot(block, self.heavy_weight)
            sizes[start:stop] = np.vecdot(np.abs(block), np.abs(self.heavy_weight))

        by_blocks(len(self), count, add)
        self.largest = float(sizes.max(initial=0))

    def bounds(self, queries: np.ndarray) -> np.ndarray:
        asked = np.ascontiguousarray(queries[:, self.dimensions])
        sums = asked @ self.heavy_weight
        found = np.empty((len(queries), len(self)), np.float32)

        def compare(start: int, stop: int) -> None:
            block = self.heavy.block(start, stop)
            larger = np.empty_like(block)
            for query, row in zip(asked, found, strict=True):
                np.maximum(block, query, out=larger)
                row[start:stop] = np.vecdot(larger, self.heavy_weight)

        by_blocks(len(self), self.heavy.dim, compare)
        found *= -2
        found += self.sums
        slack = 2 * ROUNDING * (self.largest + np.abs(asked) @ np.abs(self.heavy_weight))
        found += (sums + self.bias + slack)[:, None]
        return found

    def _compare(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return self.bias - np.vecdot(np.abs(rows - query), self.weight)


def rows_for(head: "keras.Layer", embeddings: np.ndarray, eight_bit: bool = False) -> Rows:
    """Prepare embeddings float32 (n, d) to be compared by a head; eight_bit: in a quarter of the memory."""
    from siamese_core.networks.heads import Cosine, Euclidean, LearnedCosine, WeightedL1

    embeddings = np.ascontiguousarray(embeddings, np.float32)
    if isinstance(head, WeightedL1):
        weight, bias = (np.asarray(each, np.float32) for each in (head.weight, head.bias))
        return WeightedL1Rows(weight, float(bias), embeddings, eight_bit)
    if isinstance(head, Cosine | LearnedCosine):

        def factors(some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            left, right = head.factors(to_tensor(some))
            return to_numpy(left), to_numpy(right)

        return ProductRows(factors, embeddings, eight_bit)
    if isinstance(head, Euclidean):
        return EuclideanRows(embeddings, eight_bit)
    raise TypeError(f"A gallery is compared by a head of `heads.HEADS`. Received: {type(head).__name__}.")


def _kept(rows: np.ndarray, eight_bit: bool) -> Blocks:
    return EightBitBlocks.of(rows) if eight_bit else FloatBlocks(rows)


def _in_parts(change: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Return what `change` makes of rows (n, d), float32 (n, p), without a second copy of all on the way."""
    size = change(np.zeros((1, rows.shape[1]), np.float32)).shape[1]  # also where there are no rows
    found = np.empty((len(rows), size), np.float32)
    for start in range(0, len(rows), 1024):
        found[start : start + 1024] = change(rows[start : start + 1024])
    return found
