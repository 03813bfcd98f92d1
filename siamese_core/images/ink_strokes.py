"""The strokes of a drawing: scaled to a frame, centred, and how wide and even they are."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

FRAME_SHARE = 0.80  # of the frame's side that the longer side of a drawing fills
MARGIN_SHARE = 0.04  # of the frame's side that always stays empty
STROKE_SHARE = 0.044  # stroke width by the frame's side: 4.6 px of 105, as Omniglot's pen draws at this size
SPECK_SHARE = 0.004  # of the ink: smaller separate blobs are dust
INNER_DEPTH = 0.06  # of the drawing's longer side: deeper than a pen's stroke goes
FEWEST_INNER = 20  # pixels at such a depth that say something of it


@dataclass(frozen=True)
class Strokes:
    """The ink of a drawing, scaled for a square frame of `side` px.

    box: top, bottom, left, right of the drawing in the image; mask: bool, its ink with a margin of `rim` px;
    row, column: where the drawing begins in the frame; depth: float64 distance of every pixel of ink to the
    nearest one that is not, 0 elsewhere.
    """

    side: int
    box: tuple[int, int, int, int]
    mask: np.ndarray
    rim: int
    row: int
    column: int
    depth: np.ndarray

    @property
    def width(self) -> float:
        """The mean stroke width in px: a strip of width w has the mean depth w / 4."""
        return 4 * float(self.depth[self.mask].mean() - 0.5)

    @property
    def unevenness(self) -> float:
        """The 95th percentile of the depth, in widths: 0.48 for strokes of one width, more with blots."""
        return float(np.percentile(self.depth[self.mask], 95) - 0.5) / max(self.width, 0.5)

    def inner_spread(self, strength: np.ndarray) -> float:
        """Return the standard deviation of the ink's strength inside strokes, weighted by their share.

        strength: (height, width). Inside are the pixels deeper than a pen's stroke. A thick brush is even
        there, a photographed object is not.
        """
        top, bottom, left, right = self.box
        mask, depth = (each[self.rim : -self.rim, self.rim : -self.rim] for each in (self.mask, self.depth))
        inner = depth > INNER_DEPTH * max(mask.shape)
        if inner.sum() <= FEWEST_INNER:
            return 0.0
        scaled = Image.fromarray(strength[top:bottom, left:right])
        scaled = np.asarray(scaled.resize(mask.shape[::-1], Image.Resampling.BICUBIC))
        return float(scaled[inner].std() * np.sqrt(inner.sum() / mask.sum()))


def find_strokes(ink: np.ndarray, side: int) -> Strokes | None:
    """Scale a drawing for a frame of `side` px, with its centre of mass in the middle.

    ink: float32 strengths (height, width). None without ink.
    """
    box = _ink_box(ink)
    if box is None:
        return None
    top, bottom, left, right = box
    scale = side * FRAME_SHARE / max(bottom - top, right - left)
    height, width = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
    drawing = Image.fromarray(ink[top:bottom, left:right])
    drawing = np.asarray(drawing.resize((width, height), Image.Resampling.BICUBIC))
    row, column = (_place(drawing.sum(axis=axis), side) for axis in (1, 0))
    rim = int(side * STROKE_SHARE / 2) + 2  # how far normalising moves an outline, and its soft edge
    mask = np.pad(drawing > 0.5, rim)
    if not mask.any():
        return None
    return Strokes(side, box, mask, rim, row, column, distances(mask, max(mask.shape)))


def _place(profile: np.ndarray, frame: int) -> int:
    """Return where a drawing begins so that its centre of mass is in the frame's middle, margins kept."""
    length = len(profile)
    mass = profile.sum()
    centre = float(profile @ (np.arange(length) + 0.5) / mass) if mass > 0 else length / 2
    margin = round(frame * MARGIN_SHARE)
    return int(np.clip(round(frame / 2 - centre), margin, max(margin, frame - margin - length)))


def _ink_box(ink: np.ndarray) -> tuple[int, int, int, int] | None:
    """Return top, bottom, left, right of the ink without dust; None where there is nothing else."""
    from scipy import ndimage  # not until the page is there

    blobs, _ = ndimage.label(ink > 0.5, structure=np.ones((3, 3)))
    areas = np.bincount(blobs.ravel())[1:]
    slices = ndimage.find_objects(blobs)
    kept = [slices[blob] for blob in np.flatnonzero(areas >= SPECK_SHARE * areas.sum())]
    if not kept:
        return None
    return (
        min(rows.start for rows, _ in kept),
        max(rows.stop for rows, _ in kept),
        min(columns.start for _, columns in kept),
        max(columns.stop for _, columns in kept),
    )


def distances(mask: np.ndarray, limit: float) -> np.ndarray:
    """Return the Euclidean distance of every True pixel to the nearest False one: float64 (height, width).

    Exact up to `limit`, too large beyond, 0 at False pixels. Goes along the columns first, then across as
    many columns as matter: few, since strokes are narrow, which makes it faster than a general transform.
    """
    height, width = mask.shape
    far = 1 << 14
    index = np.arange(height, dtype="int32")[:, None]
    above = np.maximum.accumulate(np.where(mask, -far, index), axis=0)
    below = np.minimum.accumulate(np.where(mask, far, index)[::-1], axis=0)[::-1]
    squared = np.square(np.minimum(index - above, below - index))
    nearest = squared.copy()
    for offset in range(1, min(int(limit) + 1, width - 1) + 1):
        if offset * offset >= nearest.max():
            break
        square = offset * offset
        np.minimum(nearest[:, offset:], squared[:, :-offset] + square, out=nearest[:, offset:])
        np.minimum(nearest[:, :-offset], squared[:, offset:] + square, out=nearest[:, :-offset])
    return np.sqrt(nearest)
