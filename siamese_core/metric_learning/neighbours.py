"""Find each image's nearest neighbours in a large pool without comparing all pairs with the head.

The head is approximated by a Euclidean distance: each dimension of the embeddings is scaled by how fast the
head's log-odds fall along it, the scaled embeddings are projected onto their first principal axes, and
nearest neighbours are found there block by block. On koch and resnet50 embeddings, 16 such neighbours hold 97
% of the 10 most similar images by the head itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_core.metric_learning.principal_axes import principal_axes

AXES = 64  # principal axes of the approximation
SAMPLE, SAMPLE_AN_AXIS = 512, 8  # images at least that the axes are found from, in all and for each axis
BLOCK = 512  # rows at a time: 8 MB of koch's embeddings
# Fall of the log-odds below those of an identical image up to which two images are near-duplicates, in units
# of the median fall of random pairs.
DUPLICATE_GAP = 0.1
STEP = 0.5  # standard deviations by which a dimension is moved to measure the head's sensitivity


@dataclass(frozen=True)
class View:
    """One encoder's view of `images` images, known by their numbers.

    take: int (k,) -> embeddings float32 (k, d); log_odds: two of these -> calibrated log-odds of "same" (k,),
    row with row; threshold: 0..1, of the similarity.
    """

    images: int
    take: Callable[[np.ndarray], np.ndarray]
    log_odds: Callable[[np.ndarray, np.ndarray], np.ndarray]
    threshold: float

    def compare(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return the log-odds float64 (k,) of pairs of image numbers, computed block by block."""
        parts = [
            self.log_odds(self.take(left[start : start + BLOCK]), self.take(right[start : start + BLOCK]))
            for start in range(0, len(left), BLOCK)
        ]
        return np.concatenate([np.empty(0), *parts])


def coordinates(view: View, rng: np.random.Generator, most: int = AXES) -> np.ndarray:
    """Return float32 (images, at most `most`) with nearly the head's most similar as Euclidean neighbours."""
    count = min(max(SAMPLE, SAMPLE_AN_AXIS * most), view.images)
    sample = view.take(np.sort(rng.choice(view.images, count, replace=False)))
    centre = sample.mean(axis=0)
    scale = _sensitivity(view, sample, centre)
    axes = principal_axes((sample - centre) * scale, most).astype(np.float32) * scale[:, None]
    rows = np.arange(view.images)
    parts = [view.take(rows[start : start + BLOCK]) @ axes for start in range(0, view.images, BLOCK)]
    return np.concatenate(parts).astype(np.float32)


def _sensitivity(view: View, sample: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Return the fall (d,) of the log-odds per unit of difference in each dimension, never below 0.

    Measured by finite differences, so that it holds for every head; for weighted L1 it is the head's weights.
    """
    steps = STEP * sample.std(axis=0)
    identical = view.log_odds(centre[None], centre[None])[0]
    falls = np.empty(len(centre), np.float32)
    for start in range(0, len(centre), BLOCK):
        moved = np.arange(start, min(start + BLOCK, len(centre)))
        other = np.tile(centre, (len(moved), 1))
        other[np.arange(len(moved)), moved] += steps[moved]
        falls[moved] = identical - view.log_odds(np.tile(centre, (len(moved), 1)), other)
    sensitivity = np.maximum(falls / np.where(steps > 0, steps, np.inf), 0)
    return sensitivity if sensitivity.any() else np.ones_like(sensitivity)


def nearest(points: np.ndarray, count: int) -> np.ndarray:
    """Return int64 (n, count): the nearest other rows of each row of points float32 (n, p), in no order.

    `count` must be below n.
    """
    squares = np.square(points).sum(axis=1)
    found = np.empty((len(points), count), np.int64)
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK]
        distances = squares - 2 * block @ points.T  # squared, less the row's own square: the same order
        distances[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        found[start : start + len(block)] = np.argpartition(distances, count - 1, axis=1)[:, :count]
    return found


def duplicate_limit(identical: np.ndarray, random: np.ndarray) -> float:
    """Return the log-odds above which two images are near-duplicates.

    It follows from those of pairs of an image with itself and of random pairs.
    """
    same, other = float(np.median(identical)), float(np.median(random))
    return same - DUPLICATE_GAP * max(same - other, 0.0)
