"""Training-free ways to compare two images, which every trained encoder has to beat.

Each answers like a checkpoint (`embed`, `logits`, `similarity`, `threshold`), so that it takes the same
trials. NumPy and Pillow only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from siamese_core.images.decoding import thumbnail
from siamese_core.metrics import Calibration

SIDE = 105  # px, Omniglot's own size: its images are taken as they are
BLUR = 4.0  # px, standard deviation; of 0 and 2 to 8 the best on 400 one-shot trials of validation alphabets


@dataclass(frozen=True)
class Baseline:
    """A model without training.

    describe: an image to what `likeness` compares; likeness: rows of two stacks to logits float32 (n,).
    """

    encoder_name: str
    describe: Callable[[np.ndarray], object]
    likeness: Callable[[np.ndarray, np.ndarray], np.ndarray]
    calibration: Calibration
    threshold: float
    id: str = "training-free"

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return a description of each image: (n, values), or (n,) objects where they are no vectors."""
        return np.array([self.describe(image) for image in images])

    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.likeness(left, right)

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        return self.calibration.similarity(logits)


def cosine(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the cosine float32 (n,) -1..1 of the rows of two (n, values); 0 where a row is all zeros."""
    left, right = left.astype(np.float32), right.astype(np.float32)
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return np.einsum("ij,ij->i", left, right) / np.maximum(norms, 1e-9)


def pixel_ink(image: np.ndarray) -> np.ndarray:
    """Return the darkness of each pixel, uint8 (SIDE * SIDE,), 255 = black."""
    return np.asarray(_ink(image)).ravel()


def blurred_ink(image: np.ndarray) -> np.ndarray:
    """Return `pixel_ink` with the centre of mass of the ink moved to the middle, then blurred."""
    ink = _ink(image)
    darkness = np.asarray(ink, np.float64)
    total = max(darkness.sum(), 1e-9)
    across = (darkness.sum(axis=0) @ np.arange(SIDE)) / total - (SIDE - 1) / 2
    down = (darkness.sum(axis=1) @ np.arange(SIDE)) / total - (SIDE - 1) / 2
    moved = ink.transform((SIDE, SIDE), Image.Transform.AFFINE, (1, 0, round(across), 0, 1, round(down)))
    return np.asarray(moved.filter(ImageFilter.GaussianBlur(BLUR))).ravel()


def _ink(image: np.ndarray) -> Image.Image:
    grey = Image.fromarray(image).convert("L")
    return Image.fromarray(255 - np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX)))


@dataclass(frozen=True)
class InkPoints:
    """The ink of an image as coordinates, and for each of its rows the ink nearest to every column.

    Only rows with ink are kept: `rows` (r,). `before` and `after`, uint8 (SIDE, r), hold the last column
    with ink up to a column and the first one beyond it, or the other of the two where there is none.
    """

    points: np.ndarray  # int64 (n, 2): row, column
    mean: np.ndarray  # float64 (2,)
    rows: np.ndarray
    before: np.ndarray
    after: np.ndarray


def ink_points(image: np.ndarray) -> InkPoints:
    """Return the pixels darker than mid-grey; a blank image has one point in its middle."""
    grey = np.asarray(Image.fromarray(thumbnail(image, SIDE)).convert("L"))
    points = np.argwhere(grey < 128)
    if len(points) == 0:
        points = np.array([[grey.shape[0] // 2, grey.shape[1] // 2]])
    rows = np.unique(points[:, 0])
    columns = np.arange(SIDE)
    ink = np.zeros((SIDE, SIDE), bool)
    ink[tuple(points.T)] = True
    before = np.maximum.accumulate(np.where(ink[rows], columns, -1), axis=1)
    beyond = np.where(ink[rows], columns, SIDE)[:, ::-1]
    after = np.minimum.accumulate(beyond, axis=1)[:, ::-1]
    after = np.concatenate([after[:, 1:], np.full((len(rows), 1), SIDE)], axis=1)
    before, after = np.where(before < 0, after, before), np.where(after == SIDE, before, after)
    return InkPoints(points, points.mean(axis=0), rows, before.T.astype(np.uint8), after.T.astype(np.uint8))


def minus_modified_hausdorff(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return minus the modified Hausdorff distance, float32 (n,) in px, of two (n,) arrays of `InkPoints`.

    Dubuisson and Jain (1994): the mean distance from a point to the nearest of the other set, the larger of
    both directions; both sets are moved to mean 0 first, as Lake, Salakhutdinov and Tenenbaum (2015) do.
    """
    pairs = zip(left, right, strict=True)
    distances = [max(_mean_nearest(one, other), _mean_nearest(other, one)) for one, other in pairs]
    return -np.array(distances, np.float32)


def _mean_nearest(source: InkPoints, target: InkPoints) -> float:
    """Return the mean distance (px) from a point of the source to the nearest of the target, exactly.

    By rows: the nearest ink of a row is before or after the point's column, so that a point needs as many
    comparisons as the target has rows, not points. All points of the source lie on one grid.
    """
    down, across = target.mean - source.mean
    columns = np.arange(SIDE) + across
    cells = np.clip(np.floor(columns), 0, SIDE - 1).astype(np.int64)
    columns = columns.astype(np.float32)[:, None]
    gaps = np.minimum(np.abs(columns - target.before[cells]), np.abs(columns - target.after[cells])) ** 2
    heights = (source.points[:, 0] + down).astype(np.float32)
    squared = np.subtract.outer(heights, target.rows.astype(np.float32)) ** 2
    squared += gaps[source.points[:, 1]]
    return float(np.sqrt(squared.min(axis=1)).mean())


# Calibrations and thresholds of 12,000 random pairs of Omniglot's background alphabets, half of them same:
# verification needs them, one-shot does not. They hold for handwriting.
BASELINES = {
    baseline.encoder_name: baseline
    for baseline in (
        Baseline("pixel_cosine", pixel_ink, cosine, Calibration(6.87, -1.48), 0.57),
        Baseline("blurred_cosine", blurred_ink, cosine, Calibration(13.9, -9.22), 0.61),
        Baseline("modified_hausdorff", ink_points, minus_modified_hausdorff, Calibration(1.01, 4.81), 0.58),
    )
}
