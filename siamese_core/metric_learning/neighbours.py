"""The images most alike to each image of a large pool, found without comparing all with all.

A head is approximated by a Euclidean distance: each dimension of the embeddings is scaled by how much the
head's log-odds fall with it, the scaled embeddings are projected onto their first principal axes, and nearest
neighbours are found there block by block. On koch and resnet50 embeddings, 16 such neighbours hold 97 % of
the 10 most similar images by the head itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

AXES = 64
SAMPLE = 512  # images that the axes are found from
BLOCK = 512  # rows at a time: 8 MB of koch's embeddings
STEP = 0.5  # of a standard deviation: how far a dimension is moved to see whether the head minds


@dataclass(frozen=True)
class View:
    """What one encoder sees of `images` images.

    take: int (k,) -> embeddings float32 (k, d); log_odds: two of these -> calibrated log-odds of "same" (k,),
    row with row; threshold: 0..1, of the similarity.
    """

    images: int
    take: Callable[[np.ndarray], np.ndarray]
    log_odds: Callable[[np.ndarray, np.ndarray], np.ndarray]
    threshold: float

    def compare(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Log-odds float64 (k,) of pairs of image numbers, a block at a time."""
        parts = [
            self.log_odds(self.take(left[start : start + BLOCK]), self.take(right[start : start + BLOCK]))
            for start in range(0, len(left), BLOCK)
        ]
        return np.concatenate([np.empty(0), *parts])


def coordinates(view: View, rng: np.random.Generator) -> np.ndarray:
    """Return float32 (images, at most AXES) whose Euclidean neighbours are nearly the head's most similar."""
    sample = view.take(np.sort(rng.choice(view.images, min(SAMPLE, view.images), replace=False)))
    centre = sample.mean(axis=0)
    scale = _minded(view, sample, centre)
    axes = _principal_axes((sample - centre) * scale) * scale[:, None]
    rows = np.arange(view.images)
    parts = [view.take(rows[start : start + BLOCK]) @ axes for start in range(0, view.images, BLOCK)]
    return np.concatenate(parts).astype(np.float32)


def _minded(view: View, sample: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(d,): the fall in log-odds for each unit by which one dimension differs, never below 0.

    Measured, not read from the weights, so that it holds for every head. Weighted L1 gives just its weights.
    """
    steps = STEP * sample.std(axis=0)
    alike = view.log_odds(centre[None], centre[None])[0]
    falls = np.empty(len(centre), np.float32)
    for start in range(0, len(centre), BLOCK):
        moved = np.arange(start, min(start + BLOCK, len(centre)))
        other = np.tile(centre, (len(moved), 1))
        other[np.arange(len(moved)), moved] += steps[moved]
        falls[moved] = alike - view.log_odds(np.tile(centre, (len(moved), 1)), other)
    minded = np.maximum(falls / np.where(steps > 0, steps, np.inf), 0)
    return minded if minded.any() else np.ones_like(minded)


def _principal_axes(centred: np.ndarray) -> np.ndarray:
    """Orthonormal (d, at most AXES), from the smaller Gram matrix of (n, d)."""
    lengths, left = np.linalg.eigh((centred @ centred.T).astype(np.float64))
    kept = np.argsort(-lengths)[:AXES]
    kept = kept[lengths[kept] > 1e-9 * max(lengths.max(), 1e-30)]
    return (centred.T @ (left[:, kept] / np.sqrt(lengths[kept]))).astype(np.float32)


def nearest(points: np.ndarray, count: int) -> np.ndarray:
    """int64 (n, count): for each row of float32 (n, p) the nearest others, in no order. count < n."""
    squares = np.square(points).sum(axis=1)
    found = np.empty((len(points), count), np.int64)
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK]
        distances = squares - 2 * block @ points.T  # less each row's own square, which orders nothing
        distances[np.arange(len(block)), np.arange(start, start + len(block))] = np.inf
        found[start : start + len(block)] = np.argpartition(distances, count - 1, axis=1)[:, :count]
    return found
