"""Make new classes: two characters of a batch drawn as the parts of one compound.

From a few hundred classes a network learns what tells just these apart. Compounds are so many that it hardly
meets one twice, and each shares its parts with others of the batch, so that no part alone gives it away.
"""

from dataclasses import dataclass

import numpy as np

from siamese_core.images.ink_strokes import FRAME_SHARE

SHARE = 0.8  # of the batches that are joined, in the end
HALFWAY = 100_000  # images seen when half of that share is reached
LENGTH, WIDTH = (0.5, 0.9), (0.7, 1.0)  # of a part along the line of the two and across it, of the frame


@dataclass(frozen=True)
class Compounds:
    """The two parts of each of n copies, and where they are placed.

    rows: int (n, 2), the drawings that are the parts; factors, shifts: (n, 2, 2), map a point (x, y) of the
    compound to the point of each part's drawing.
    """

    rows: np.ndarray
    factors: np.ndarray
    shifts: np.ndarray

    def __call__(self, corners: np.ndarray) -> np.ndarray:
        """Turn corners of n copies, from `augmentation.origins`, into those of their parts, (n, 2, ...)."""
        spread = (slice(None), slice(None), None, None)
        return (corners[:, None] * self.factors[spread] + self.shifts[spread]).astype("float32")


def share_after(images: int) -> float:
    """Return the share of batches to join once a network has seen so many images.

    It starts at 0: the first steps teach more with characters as they are.
    """
    return SHARE * images / (images + HALFWAY)


def compounds(rng: np.random.Generator, batches: int, size: int, n_images: int, share: float) -> Compounds:
    """Draw compounds for batches of `size` copies, n_images of a class in a row.

    In a share of the batches every class is joined with another one, placed in the same way for all; in the
    others both parts are the drawing itself.
    """
    joined = rng.random(batches) < share
    away = np.where(joined, rng.integers(1, size // n_images, batches), 0) * n_images
    row = np.arange(size)
    both = np.stack(np.broadcast_arrays(row, (row + away[:, None]) % size), axis=2)
    rows = both + size * np.arange(batches)[:, None, None]
    factors, shifts = _places(rng, batches)
    factors[~joined], shifts[~joined] = 1, 0
    return Compounds(rows.reshape(-1, 2), *(np.repeat(each, size, axis=0) for each in (factors, shifts)))


def _places(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw factors and shifts (count, 2, 2) of two parts, side by side or one above the other.

    Together they fill the frame; they often overlap.
    """
    length, width = rng.uniform(*LENGTH, (count, 2)), rng.uniform(*WIDTH, (count, 2))
    centre = np.array([-0.5, 0.5]) * (1 - length) * FRAME_SHARE
    beside = (rng.random((count, 1)) < 0.5)[..., None]
    share = np.where(beside, np.stack([length, width], axis=2), np.stack([width, length], axis=2))
    middle = np.where(beside, np.stack([centre, 0 * centre], axis=2), np.stack([0 * centre, centre], axis=2))
    return 1 / share, -middle / share
