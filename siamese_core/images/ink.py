"""Tells drawings and handwriting from photographs.

A drawing deviates from one even ink on one plain ground in one respect at most, a photograph a little in all.
So each measure is divided by the limit at which it alone rules ink out, and the sum must not exceed 1.
"""

import weakref
from dataclasses import dataclass

import numpy as np

from siamese_core.images.ink_separation import Separation, separate
from siamese_core.images.ink_strokes import Strokes, find_strokes

MIN_CONTRAST = 28  # grey levels between ink and ground
JUDGED_SIDE = 210  # px of the frame in which strokes are judged, whatever size the encoder takes
# Limits of the measures, in their units. Rounded from a logistic regression on glyphs, drawings and
# photographs of pencil, brush and coloured pens against photographs of objects, as they are and cut out on a
# plain ground.
LIMITS = {
    "opposite": 8.0,
    "edges": 5.0,
    "share": 1.4,
    "ink_spread": 1.5,
    "ink_colour_spread": 100.0,
    "ground_colour_spread": 120.0,
    "unevenness": 0.92,
    "inner_spread": 0.6,
}
OF_STROKES = ("unevenness", "inner_spread")


@dataclass(frozen=True)
class Drawing:
    """An image that is ink: apart from its ground, and its strokes in a frame of JUDGED_SIDE."""

    separation: Separation
    strokes: Strokes


# What was found in an image, by the address of its array, for as long as that array lives: whoever compares
# asks whether it is ink, and then every encoder prepares it.
_found: dict[int, tuple[weakref.ref, Drawing | None]] = {}


def is_ink(image: np.ndarray) -> bool:
    """Whether an image, uint8 (height, width, 3), is one ink on one ground rather than a photograph."""
    return drawing_in(image) is not None


def drawing_in(image: np.ndarray) -> Drawing | None:
    """Return the drawing that an image is, None for a photograph. Looked at once for each array."""
    address = id(image)
    known, drawing = _found.get(address, (None, None))
    if known is not None and known() is image:
        return drawing
    separation = separate(image)
    strokes = judge(separation)
    drawing = None if strokes is None else Drawing(separation, strokes)
    _found[address] = weakref.ref(image, lambda _: _found.pop(address, None)), drawing
    return drawing


def judge(separation: Separation) -> Strokes | None:
    """Return the strokes, in a frame of JUDGED_SIDE, of an image that is ink; None for another."""
    if separation.contrast < MIN_CONTRAST or separation.share == 0 or _spent(separation) > 1:
        return None
    strokes = find_strokes(separation.ink, JUDGED_SIDE)
    if strokes is None:
        return None
    spent = _spent(separation) + strokes.unevenness / LIMITS["unevenness"]
    spent += strokes.inner_spread(separation.strength) / LIMITS["inner_spread"]
    return strokes if spent <= 1 else None


def _spent(separation: Separation) -> float:
    """Return the sum of the separation's measures, each divided by its limit."""
    return sum(getattr(separation, name) / limit for name, limit in LIMITS.items() if name not in OF_STROKES)
