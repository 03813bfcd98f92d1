"""What an explanation holds: a map over each of two images, and pairs of places that match."""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image

DECOMPOSED, OCCLUDED = "decomposed", "occluded"  # methods


@dataclass(frozen=True)
class Link:
    """A place of the left image and one of the right that match.

    left, right: (x, y) of the place's middle, 0..1 of the width and height; share: of the similarity.
    """

    left: tuple[float, float]
    right: tuple[float, float]
    share: float


@dataclass(frozen=True)
class SimilarityMaps:
    """Why one encoder finds two images alike or not, over the images as it sees them.

    alike: for the left and the right image, float64 (h, w), how much each place adds to the log-odds of
    "same"; apart: how much each place sets the two apart; both may be negative, in units of the log-odds.
    links: the strongest pairs of places, empty where the encoder has no spatial map; method: `DECOMPOSED` or
    `OCCLUDED`.
    """

    alike: tuple[np.ndarray, np.ndarray]
    apart: tuple[np.ndarray, np.ndarray]
    method: str
    links: list[Link] = field(default_factory=list)


def enlarged(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return a map float32 (h, w) of as many pixels as `shape`, interpolated."""
    image = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BILINEAR))


def most_important(values: np.ndarray, shape: tuple[int, int], share: float) -> np.ndarray:
    """Return which pixels, bool of `shape`, are the `share` of them with the highest values of a map."""
    pixels = enlarged(values, shape).ravel()
    chosen = np.zeros(pixels.size, bool)
    chosen[np.argsort(-pixels, kind="stable")[: round(share * pixels.size)]] = True
    return chosen.reshape(shape)
