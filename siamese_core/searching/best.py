"""Pick the most similar rows exactly, from upper bounds of all scores and the scores of a few."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scan:
    """One query against the n rows of a gallery.

    bounds: float (n,), which no row's score exceeds; exact: int (m,) places of rows -> their scores (m,).
    """

    bounds: np.ndarray
    exact: Callable[[np.ndarray], np.ndarray]

    def __len__(self) -> int:
        return len(self.bounds)

    def best(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the places int64 and the scores of the `count` rows with the highest scores, highest first.

        Rows with equal scores are in the order of their places.
        """
        count = min(count, len(self.bounds))
        if count <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        likely = np.argpartition(self.bounds, -count)[-count:]
        least = self.exact(likely).min()  # of as many rows as are wanted: no row below it is among the best
        places = np.flatnonzero(self.bounds >= least)
        scores = self.exact(places)
        order = np.lexsort((places, -scores))[:count]
        return places[order], scores[order]

    def above(self, limit: float) -> np.ndarray:
        """Return the places int64 of all rows with a score of at least `limit`, in no order of scores."""
        places = np.flatnonzero(self.bounds >= limit)
        return places[self.exact(places) >= limit]


def combined(scans: Sequence[Scan], weights: Sequence[float], intercept: float = 0.0) -> Scan:
    """Return the scan of the weighted sum of the scores of several scans of the same rows; weights >= 0."""

    def exact(places: np.ndarray) -> np.ndarray:
        return sum(w * each.exact(places) for w, each in zip(weights, scans, strict=True)) + intercept

    bounds = sum(w * each.bounds for w, each in zip(weights, scans, strict=True)) + intercept
    return Scan(bounds, exact)
