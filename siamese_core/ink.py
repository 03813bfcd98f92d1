"""Ink told apart from photographs and brought to one polarity, size, place and stroke width.

A pencil drawing under a lamp, a white-on-black canvas and a scanned glyph of the same character end up as
nearly the same picture, so that an encoder need not learn what is only a matter of recording.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

FRAME_SHARE = 0.80  # of the frame's side that the longer side of the drawing fills
STROKE_SHARE = 0.044  # of the frame's side: 4.6 px of 105, what Omniglot's pen has at this size
OVERSAMPLING = 2  # strokes are drawn at this many times the frame's resolution, then averaged down
MARGIN_SHARE = 0.04  # of the frame's side that always stays empty
SPECK_SHARE = 0.004  # of the ink: smaller separate blobs are dust

# Bounds within which an image is ink: set on synthetic pencil photographs and photographs of objects.
MIN_CONTRAST = 28
MAX_OPPOSITE = 0.40
MAX_SHARE = 0.30
MAX_BETWEEN = 0.90
MAX_COLOUR_SPREAD = 30
MAX_GROUND_SPREAD = 0.10
MAX_INK_SPREAD = 0.13


@dataclass(frozen=True)
class Separation:
    """Ink lifted off its ground.

    ink: float32 (height, width), 0 on the ground, 1 in full ink; contrast: grey levels between the two;
    opposite: how far the ground strays away from the ink; between: pixels neither ground nor ink, per pixel of
    ink; share: of all pixels that are ink; spreads: standard deviations of ground and ink in units of the
    contrast, of the ink's saturation in grey levels.
    """

    ink: np.ndarray
    contrast: float
    opposite: float = 0.0
    between: float = 0.0
    share: float = 0.0
    ground_spread: float = 0.0
    ink_spread: float = 0.0
    colour_spread: float = 0.0

    @property
    def is_ink(self) -> bool:
        return (
            self.contrast >= MIN_CONTRAST
            and 0 < self.share <= MAX_SHARE
            and self.opposite <= MAX_OPPOSITE
            and self.between <= MAX_BETWEEN
            and self.ground_spread <= MAX_GROUND_SPREAD
            and self.ink_spread <= MAX_INK_SPREAD
            and self.colour_spread <= MAX_COLOUR_SPREAD
        )


def is_ink(image: np.ndarray) -> bool:
    """Whether an image, uint8 (height, width, 3), is one ink on one ground rather than a photograph."""
    return _separate(image).is_ink


def normalise_ink(image: np.ndarray, size: int) -> np.ndarray:
    """The drawing in dark ink on white 255: uint8 (size, size), centred, one size, one stroke width.

    An image without ink comes back all white.
    """
    return _normalise(_separate(image), size)


def normalise_if_ink(image: np.ndarray, size: int) -> np.ndarray | None:
    """As `normalise_ink` where `is_ink` holds, else None: one separation for both questions."""
    separation = _separate(image)
    return _normalise(separation, size) if separation.is_ink else None


def _separate(image: np.ndarray) -> Separation:
    grey = np.asarray(Image.fromarray(image).convert("L"), dtype="float32")
    residual = grey - _ground(grey)
    sign = -1.0 if _energy(-residual) >= _energy(residual) else 1.0
    contrast = float(np.percentile(sign * residual, 99.5) if residual.size > 400 else (sign * residual).max())
    if contrast < 1:
        return Separation(np.zeros_like(grey), contrast)
    strength = sign * residual / contrast
    full = strength > _otsu(strength)
    if full.any():  # the middle of the ink is steadier than its extreme
        contrast *= float(np.median(strength[full]))
        strength = sign * residual / contrast
    clipped, full = np.clip(strength, 0, 1), strength > 0.5
    if not full.any():
        return Separation(clipped, contrast)
    inside, ground = ndimage.binary_erosion(full), ~ndimage.binary_dilation(full, iterations=2)
    colour = image.max(axis=2).astype("float32") - image.min(axis=2)
    return Separation(
        ink=clipped,
        contrast=contrast,
        opposite=float(-np.percentile(strength[~full], 1)) if not full.all() else 1.0,
        between=float(np.mean((strength > 0.2) & (strength < 0.8)) / full.mean()),
        share=float(full.mean()),
        ground_spread=float(clipped[ground].std()) if ground.any() else 0.0,
        ink_spread=float(clipped[inside].std()) if inside.any() else 0.0,
        colour_spread=float(colour[full].std()),
    )


def _energy(residual: np.ndarray) -> float:
    return float(np.square(np.maximum(residual, 0)).sum())


def _ground(grey: np.ndarray) -> np.ndarray:
    """The paper's brightness at every pixel: a quadratic surface (light falls off smoothly) fitted off the ink."""
    height, width = grey.shape
    step = max(1, int(np.sqrt(grey.size / 20_000)))
    sample = grey[::step, ::step].ravel()
    surface = np.full(sample.shape, np.median(sample))
    if np.mean(sample == surface) > 0.5 or sample.size < 64:  # drawn by a machine: one flat ground
        return np.full_like(grey, surface[0])
    rows, columns = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    r, c = rows[::step, ::step].ravel(), columns[::step, ::step].ravel()
    terms = np.stack([np.ones_like(r), r, c, r * c, r * r, c * c], axis=1)
    for _ in range(6):
        away = np.abs(sample - surface)
        kept = away <= max(6.0, 2.5 * np.median(away))
        coefficients = np.linalg.lstsq(terms[kept], sample[kept], rcond=None)[0]
        surface = terms @ coefficients
    a, b, d, e, f, g = coefficients
    fitted = a + b * rows + d * columns + e * rows * columns + f * rows * rows + g * columns * columns
    return np.clip(fitted, 0, 255).astype("float32")


def _otsu(strength: np.ndarray) -> float:
    """Otsu 1979: the level that best parts strengths in 0..1 into two."""
    counts, edges = np.histogram(strength, bins=64, range=(0, 1))
    levels = (edges[:-1] + edges[1:]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * levels)
    above, total = below[-1] - below, sums[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * np.square(sums / below - (total - sums) / above)
    return float(np.clip(levels[np.nanargmax(np.nan_to_num(between))], 0.25, 0.75))


def _normalise(separation: Separation, size: int) -> np.ndarray:
    box = _ink_box(separation.ink)
    if box is None:
        return np.full((size, size), 255, "uint8")
    top, bottom, left, right = box
    fine = size * OVERSAMPLING
    scale = fine * FRAME_SHARE / max(bottom - top, right - left)
    height, width = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
    drawing = Image.fromarray(separation.ink[top:bottom, left:right])
    drawing = np.asarray(drawing.resize((width, height), Image.Resampling.BICUBIC))
    canvas = np.zeros((fine, fine), "float32")
    y, x = (_place(drawing.sum(axis=axis), fine) for axis in (1, 0))
    canvas[y : y + height, x : x + width] = drawing
    stroke = _one_stroke_width(canvas > 0.5, fine * STROKE_SHARE)
    averaged = stroke.reshape(size, OVERSAMPLING, size, OVERSAMPLING).mean(axis=(1, 3))
    return np.uint8(np.rint(255 * (1 - averaged)))


def _place(profile: np.ndarray, frame: int) -> int:
    """Where a drawing begins so that its centre of mass comes to the frame's middle, if its margins allow."""
    length = len(profile)
    mass = profile.sum()
    centre = float(profile @ (np.arange(length) + 0.5) / mass) if mass > 0 else length / 2
    margin = round(frame * MARGIN_SHARE)
    return int(np.clip(round(frame / 2 - centre), margin, max(margin, frame - margin - length)))


def _ink_box(ink: np.ndarray) -> tuple[int, int, int, int] | None:
    """Top, bottom, left, right around the ink, dust left out."""
    blobs, count = ndimage.label(ink > 0.5, structure=np.ones((3, 3)))
    if count == 0:
        return None
    areas = np.bincount(blobs.ravel())[1:]
    kept = np.flatnonzero(areas >= SPECK_SHARE * areas.sum())
    slices = ndimage.find_objects(blobs)
    rows = [slices[i][0] for i in kept]
    columns = [slices[i][1] for i in kept]
    return (
        min(s.start for s in rows),
        max(s.stop for s in rows),
        min(s.start for s in columns),
        max(s.stop for s in columns),
    )


def _one_stroke_width(mask: np.ndarray, width: float) -> np.ndarray:
    """Strokes of `mask` brought towards `width` pixels by moving their outline along its distance field: 0..1."""
    if not mask.any():
        return mask.astype("float32")
    inside, outside = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    present = 4 * float(
        inside[mask].mean() - 0.5
    )  # a strip of width w has the mean distance w / 4 to its edge
    shift = (width - present) / 2
    shift = max(shift, -0.15 * present)  # thinning further would break strokes of uneven width
    signed = np.where(mask, inside - 0.5, 0.5 - outside)
    return np.clip(signed + shift + 0.5, 0, 1).astype("float32")
