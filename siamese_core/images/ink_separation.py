"""Separates the ink of an image from its ground, whatever the light, the polarity and the contrast."""

from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Separation:
    """The ink of an image apart from its ground, and measures of how unlike one ink on one ground it is.

    strength: float32 (height, width), 0 on the ground, 1 in full ink, possibly beyond both; contrast: grey
    levels between the two. The measures are 0 where there is no ink:
    opposite: how far the ground deviates from its level on the side away from the ink, in contrasts;
    edges: half-tone pixels around the ink per pixel of ink; share: of all pixels that are ink;
    ink_spread: standard deviation of the strength inside the strokes;
    ink_colour_spread: standard deviation of the differences between channels there, grey levels;
    ground_colour_spread: standard deviation of the ground's saturation, grey levels.
    """

    strength: np.ndarray
    contrast: float
    opposite: float = 0.0
    edges: float = 0.0
    share: float = 0.0
    ink_spread: float = 0.0
    ink_colour_spread: float = 0.0
    ground_colour_spread: float = 0.0

    @property
    def ink(self) -> np.ndarray:
        """The strength clipped to 0..1."""
        return np.clip(self.strength, 0, 1)


def separate(image: np.ndarray) -> Separation:
    """Separate the ink of an image, uint8 (height, width, 3), from its ground.

    The ink is what deviates more from a smooth ground: the dark pixels or the light ones.
    """
    grey = np.asarray(Image.fromarray(image).convert("L"), dtype="float32")
    residual = grey - _ground(grey)
    if _energy(-residual) >= _energy(residual):
        residual = -residual
    contrast = float(np.percentile(residual, _full_ink_percentile(residual.size)))
    if contrast < 1:  # no noise at all: the smallest dots are ink
        contrast = float(residual.max())
    if contrast < 1:
        return Separation(np.zeros_like(grey), contrast)
    strength = residual / contrast
    full = strength > _otsu(strength)
    if full.any():  # the middle of the ink is steadier than its extreme
        contrast *= float(np.median(strength[full]))
        strength = residual / contrast
    full = strength > 0.5
    if not full.any() or full.all():
        return Separation(strength, contrast)
    from scipy import ndimage  # not until the page is there

    around, inside = ndimage.binary_dilation(full, iterations=2), ndimage.binary_erosion(full)
    red, green, blue = image[~around].T
    colour = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    return Separation(
        strength=strength,
        contrast=contrast,
        opposite=max(0.0, -float(np.percentile(strength[~full], 1))),
        edges=float(np.sum(around & (strength > 0.2) & (strength < 0.8)) / full.sum()),
        share=float(full.mean()),
        ink_spread=_spread(np.clip(strength[inside], 0, 1)),
        ink_colour_spread=_spread(np.diff(image[inside].astype("float32"))),
        ground_colour_spread=_spread(colour),
    )


def _spread(values: np.ndarray) -> float:
    """Return the standard deviation of numbers (n,) or vectors (n, d); 0 for none."""
    return float(np.sqrt(values.var(axis=0).sum())) if len(values) else 0.0


def _full_ink_percentile(pixels: int) -> float:
    """Return the percentile of the residual that counts as full ink.

    It is high, since a small drawing on a large sheet covers little of it, and not the maximum, which may be
    a speck.
    """
    if pixels <= 400:
        return 100
    return 99.5 if pixels <= 20_000 else 99.9


def _energy(residual: np.ndarray) -> float:
    return float(np.square(np.maximum(residual, 0)).sum())


def _ground(grey: np.ndarray) -> np.ndarray:
    """Return the paper's brightness at every pixel.

    It is a quadratic surface, since light falls off smoothly, fitted to the pixels that are not ink.
    """
    height, width = grey.shape
    step = max(1, int(np.sqrt(grey.size / 20_000)))
    sample = grey[::step, ::step].ravel()
    surface = np.full(sample.shape, np.median(sample))
    if np.mean(sample == surface) > 0.5 or sample.size < 64:  # drawn by a program: a flat ground
        return np.full_like(grey, surface[0])
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    r, c = (each.ravel() for each in np.broadcast_arrays(rows[::step], columns[::step]))
    terms = np.stack([np.ones_like(r), r, c, r * c, r * r, c * c])
    for _ in range(6):
        away = np.abs(sample - surface)
        kept = away <= max(6.0, 2.5 * np.median(away))
        fitted_to = terms * kept  # normal equations are stable enough: six terms, nearly orthogonal
        coefficients = np.linalg.lstsq(fitted_to @ terms.T, fitted_to @ sample, rcond=None)[0]
        surface = coefficients @ terms
    a, b, d, e, f, g = coefficients
    fitted = (a + b * rows + f * rows * rows) + (d + e * rows) * columns + g * columns * columns
    return np.clip(fitted, 0, 255).astype("float32")


def _otsu(strength: np.ndarray) -> float:
    """Return the threshold of strengths in 0..1 with the largest between-class variance (Otsu 1979)."""
    counts, edges = np.histogram(strength, bins=64, range=(0, 1))
    levels = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * levels)
    above, total = below[-1] - below, sums[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * np.square(sums / below - (total - sums) / above)
    return float(np.clip(levels[np.nanargmax(np.nan_to_num(between))], 0.25, 0.75))
