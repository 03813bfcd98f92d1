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

MIN_CONTRAST = 28  # grey levels between ink and ground
JUDGED_SIDE = 210  # px of the frame in which the strokes' evenness is judged, whatever the encoder's size
# Ink strays from the ideal in one respect at most, a photograph a little in all of them: so every measure
# spends from one budget of 1, and this much of it alone would use it up. Logistic regression on glyphs,
# drawings and photographs of pencil, brush and coloured pens against photographs of objects, as they are and
# cut out on a plain ground, rounded.
BUDGET = {
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
INNER_DEPTH, FEWEST_INNER = 0.06, 20  # of the drawing's longer side: deeper than a pen goes; pixels


@dataclass(frozen=True)
class Separation:
    """Ink lifted off its ground, and how far the image strays from one ink on one ground.

    strength: float32 (height, width), 0 on the ground, 1 in full ink, beyond where it strays; contrast: grey
    levels between the two; opposite: how far the ground strays away from the ink, in units of the contrast;
    edges: half-tones around the ink, pixels per pixel of ink; share: of all pixels that are ink; ink_spread:
    standard deviation inside the strokes, in units of the contrast; ink_colour_spread: that of the colour
    there, grey levels between channels; ground_colour_spread: that of the ground's saturation, grey levels.
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
        """The strength within 0..1."""
        return np.clip(self.strength, 0, 1)

    @property
    def spent(self) -> float:
        """Of the budget of 1, before the strokes themselves are looked at."""
        return sum(getattr(self, name) / limit for name, limit in BUDGET.items() if name not in OF_STROKES)


@dataclass(frozen=True)
class Strokes:
    """A drawing scaled for a square frame of `side` px.

    box: top, bottom, left, right of it in the image; mask: bool, its ink with a margin of `rim` px; row,
    column: where the ink begins in the frame; depth: float64 distance of every pixel of ink to the nearest
    that is none, 0 elsewhere.
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
        """In px. A strip of width w has the mean depth w / 4."""
        return 4 * float(self.depth[self.mask].mean() - 0.5)

    @property
    def unevenness(self) -> float:
        """Depth of the thickest twentieth, in widths: 0.48 for strokes of one width, more with blots."""
        return float(np.percentile(self.depth[self.mask], 95) - 0.5) / max(self.width, 0.5)

    def inner_spread(self, strength: np.ndarray) -> float:
        """Standard deviation of the ink's strength, (height, width) of the image, deeper inside than a pen's
        stroke goes, less where that is little of it: a thick brush is even there, a thing is not."""
        top, bottom, left, right = self.box
        mask, depth = (each[self.rim : -self.rim, self.rim : -self.rim] for each in (self.mask, self.depth))
        inner = depth > INNER_DEPTH * max(mask.shape)
        if inner.sum() <= FEWEST_INNER:
            return 0.0
        scaled = Image.fromarray(strength[top:bottom, left:right])
        scaled = np.asarray(scaled.resize(mask.shape[::-1], Image.Resampling.BICUBIC))
        return float(scaled[inner].std() * np.sqrt(inner.sum() / mask.sum()))


def is_ink(image: np.ndarray) -> bool:
    """Whether an image, uint8 (height, width, 3), is one ink on one ground rather than a photograph."""
    return _judge(_separate(image)) is not None


def normalise_ink(image: np.ndarray, size: int) -> np.ndarray:
    """The drawing in dark ink on white 255: uint8 (size, size), centred, one size, one stroke width.

    An image without ink comes back all white.
    """
    return _drawn(_strokes(_separate(image).ink, size * OVERSAMPLING), size)


def normalise_if_ink(image: np.ndarray, size: int) -> np.ndarray | None:
    """As `normalise_ink` where `is_ink` holds, else None: one separation for both questions."""
    separation = _separate(image)
    strokes = _judge(separation)
    if strokes is None:
        return None
    if strokes.side != size * OVERSAMPLING:
        strokes = _strokes(separation.ink, size * OVERSAMPLING)
    return _drawn(strokes, size)


def _judge(separation: Separation) -> Strokes | None:
    """The strokes in a frame of JUDGED_SIDE if the image is ink, else None."""
    if separation.contrast < MIN_CONTRAST or separation.share == 0 or separation.spent > 1:
        return None
    strokes = _strokes(separation.ink, JUDGED_SIDE)
    if strokes is None:
        return None
    spent = separation.spent + strokes.unevenness / BUDGET["unevenness"]
    spent += strokes.inner_spread(separation.strength) / BUDGET["inner_spread"]
    return strokes if spent <= 1 else None


def _separate(image: np.ndarray) -> Separation:
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
    """Standard deviation of numbers (n,) or vectors (n, d); of nothing 0."""
    return float(np.sqrt(values.var(axis=0).sum())) if len(values) else 0.0


def _full_ink_percentile(pixels: int) -> float:
    """Above it is ink alone, and not only specks: a small drawing on a large sheet has little of it."""
    if pixels <= 400:
        return 100
    return 99.5 if pixels <= 20_000 else 99.9


def _energy(residual: np.ndarray) -> float:
    return float(np.square(np.maximum(residual, 0)).sum())


def _ground(grey: np.ndarray) -> np.ndarray:
    """The paper's brightness at every pixel: a quadratic surface, as light falls off, fitted off the ink."""
    height, width = grey.shape
    step = max(1, int(np.sqrt(grey.size / 20_000)))
    sample = grey[::step, ::step].ravel()
    surface = np.full(sample.shape, np.median(sample))
    if np.mean(sample == surface) > 0.5 or sample.size < 64:  # drawn by a machine: one flat ground
        return np.full_like(grey, surface[0])
    rows, columns = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    r, c = (each.ravel() for each in np.broadcast_arrays(rows[::step], columns[::step]))
    terms = np.stack([np.ones_like(r), r, c, r * c, r * r, c * c], axis=1)
    for _ in range(6):
        away = np.abs(sample - surface)
        kept = away <= max(6.0, 2.5 * np.median(away))
        fitted_to = terms[kept]  # the normal equations do: six terms, nearly independent
        coefficients = np.linalg.lstsq(fitted_to.T @ fitted_to, fitted_to.T @ sample[kept], rcond=None)[0]
        surface = terms @ coefficients
    a, b, d, e, f, g = coefficients
    fitted = (a + b * rows + f * rows * rows) + (d + e * rows) * columns + g * columns * columns
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


def _strokes(ink: np.ndarray, side: int) -> Strokes | None:
    """The drawing scaled for a frame of `side` px, its centre of mass in the middle; None without ink."""
    box = _ink_box(ink)
    if box is None:
        return None
    top, bottom, left, right = box
    scale = side * FRAME_SHARE / max(bottom - top, right - left)
    height, width = max(1, round((bottom - top) * scale)), max(1, round((right - left) * scale))
    drawing = Image.fromarray(ink[top:bottom, left:right])
    drawing = np.asarray(drawing.resize((width, height), Image.Resampling.BICUBIC))
    row, column = (_place(drawing.sum(axis=axis), side) for axis in (1, 0))
    rim = int(side * STROKE_SHARE / 2) + 2  # the furthest that an outline moves, and its soft edge
    mask = np.pad(drawing > 0.5, rim)
    if not mask.any():
        return None
    return Strokes(side, box, mask, rim, row, column, _distance(mask, max(mask.shape)))


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
    slices = ndimage.find_objects(blobs)
    kept = [slices[blob] for blob in np.flatnonzero(areas >= SPECK_SHARE * areas.sum())]
    return (
        min(rows.start for rows, _ in kept),
        max(rows.stop for rows, _ in kept),
        min(columns.start for _, columns in kept),
        max(columns.stop for _, columns in kept),
    )


def _distance(mask: np.ndarray, limit: float) -> np.ndarray:
    """Euclidean distance of every True pixel to the nearest False one, 0 at these: float64 (height, width).

    Exact up to `limit`, too large beyond. Along the columns first, then across as many columns as matter:
    few, since strokes are narrow, which makes this faster than a distance transform for any shape.
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


def _drawn(strokes: Strokes | None, size: int) -> np.ndarray:
    """uint8 (size, size): the outline moved along its distances towards one stroke width, averaged down."""
    if strokes is None:
        return np.full((size, size), 255, "uint8")
    side, rim, mask = strokes.side, strokes.rim, strokes.mask
    shift = (side * STROKE_SHARE - strokes.width) / 2
    shift = max(shift, -0.15 * strokes.width)  # thinning further would break strokes of uneven width
    outside = _distance(~mask, shift + 1)
    signed = np.where(mask, strokes.depth - 0.5, 0.5 - outside)
    canvas = np.zeros((side + 2 * rim, side + 2 * rim), "float32")
    height, width = mask.shape
    canvas[strokes.row : strokes.row + height, strokes.column : strokes.column + width] = np.clip(
        signed + shift + 0.5, 0, 1
    )
    ink = canvas[rim : rim + side, rim : rim + side].reshape(size, OVERSAMPLING, size, OVERSAMPLING)
    return np.uint8(np.rint(255 * (1 - ink.mean(axis=(1, 3)))))
