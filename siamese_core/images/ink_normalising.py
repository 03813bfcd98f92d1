"""Drawings brought to one polarity, size, place and stroke width.

A pencil drawing under a lamp, a white-on-black canvas and a scanned glyph of the same character become nearly
the same picture, so that an encoder need not learn differences of recording.
"""

import numpy as np

from siamese_core.images.ink import drawing_in
from siamese_core.images.ink_separation import separate
from siamese_core.images.ink_strokes import STROKE_SHARE, Strokes, distances, find_strokes

OVERSAMPLING = 2  # strokes are drawn at this many times the frame's resolution, then averaged down


def normalise_ink(image: np.ndarray, size: int) -> np.ndarray:
    """Redraw the ink of an image dark on white (255), centred, at one size and stroke width.

    Returns uint8 (size, size), all white for an image without ink.
    """
    return _drawn(find_strokes(separate(image).ink, size * OVERSAMPLING), size)


def normalise_if_ink(image: np.ndarray, size: int) -> np.ndarray | None:
    """Return `normalise_ink` where `is_ink` holds, else None, at the cost of one separation."""
    drawing = drawing_in(image)
    if drawing is None:
        return None
    strokes = drawing.strokes
    if strokes.side != size * OVERSAMPLING:
        strokes = find_strokes(drawing.separation.ink, size * OVERSAMPLING)
    return _drawn(strokes, size)


def _drawn(strokes: Strokes | None, size: int) -> np.ndarray:
    """Move the outline along its distance field to the wanted stroke width, and average down to `size`."""
    if strokes is None:
        return np.full((size, size), 255, "uint8")
    side, rim, mask = strokes.side, strokes.rim, strokes.mask
    shift = (side * STROKE_SHARE - strokes.width) / 2
    shift = max(shift, -0.15 * strokes.width)  # thinning more would break strokes of uneven width
    outside = distances(~mask, shift + 1)
    signed = np.where(mask, strokes.depth - 0.5, 0.5 - outside)
    canvas = np.zeros((side + 2 * rim, side + 2 * rim), "float32")
    height, width = mask.shape
    canvas[strokes.row : strokes.row + height, strokes.column : strokes.column + width] = np.clip(
        signed + shift + 0.5, 0, 1
    )
    ink = canvas[rim : rim + side, rim : rim + side].reshape(size, OVERSAMPLING, size, OVERSAMPLING)
    return np.uint8(np.rint(255 * (1 - ink.mean(axis=(1, 3)))))
