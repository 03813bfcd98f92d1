"""Draw characters as hands with different pens would.

A character is a list of strokes, a stroke a list of points (x to the right, y down, 0..1) with a smooth curve
through them; a point given twice is a corner. A hand changes the points (slant, proportions, sloppiness,
tremor) and has a pen.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

SIDE = 256  # px of a drawing
OVERSAMPLING = 4  # canvas pixels per pixel, in each direction

Stroke = list[tuple[float, float]]


@dataclass(frozen=True)
class Hand:
    """A hand and its pen. Lengths in units of the character's side, colours in RGB 0..255."""

    pen: float
    ink: tuple[int, int, int]
    nib: float = 1.0  # width across the nib's angle over the width along it; 1 is a round tip
    slant: float = 0.0
    wide: float = 1.0
    tremor: float = 0.005
    sloppiness: float = 0.014
    lean: float = 0.0  # degrees the whole character is turned by
    ground: tuple[int, int, int] = (255, 255, 255)


FOUNTAIN_PEN = Hand(pen=0.042, ink=(24, 26, 38), nib=0.42, slant=0.12, wide=0.94)
BALLPOINT = Hand(
    pen=0.024, ink=(28, 52, 128), slant=-0.05, wide=1.08, tremor=0.007, sloppiness=0.020, lean=-3
)
FELT_TIP = Hand(pen=0.052, ink=(18, 18, 18), slant=0.03, wide=1.0, sloppiness=0.018, lean=3)
CHALK = replace(FELT_TIP, pen=0.048, ink=(240, 240, 232), ground=(38, 52, 48), lean=-2)
PENCIL = Hand(pen=0.030, ink=(74, 74, 80), slant=0.08, tremor=0.006, sloppiness=0.016, lean=5)

NIB_ANGLE = np.deg2rad(40)


def pen(strokes: list[Stroke], hand: Hand):
    """Return a function of random numbers that draws the strokes with `hand` on its ground."""
    return lambda rng: _paint(coverage(strokes, hand, rng), hand)


def chalk(strokes: list[Stroke]):
    """Return a function that draws with chalk on a blackboard, whose grain shows through."""

    def draw(rng: np.random.Generator) -> Image.Image:
        drawn = coverage(strokes, CHALK, rng)
        grain = _grain(rng)
        return _few_colours(_paint(drawn * np.clip(0.9 + 0.16 * grain, 0, 1), CHALK), 32)

    return draw


def pencil_photo(strokes: list[Stroke]):
    """Return a function that photographs a pencil drawing: warm paper, side light, shadow, grain, blur."""

    def draw(rng: np.random.Generator) -> Image.Image:
        tooth = _grain(rng)
        drawn = coverage(strokes, PENCIL, rng) * np.clip(0.78 + 0.22 * tooth, 0, 1)
        across, down = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
        light = 0.93 - 0.26 * across - 0.14 * down**2
        light -= 0.06 / (1 + np.exp(-(across + 0.5 * down - 1.15) / 0.05))
        paper = np.asarray([238, 231, 216]) * light[..., None]
        page = paper + (np.asarray(PENCIL.ink) * light[..., None] - paper) * drawn[..., None]
        page += 2.5 * _grain(rng)[..., None]
        photo = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))
        return _few_colours(photo, 64)

    return draw


def _paint(drawn: np.ndarray, hand: Hand) -> Image.Image:
    """Paint ink over ground where it was drawn, (height, width) in 0..1."""
    ground, ink = np.asarray(hand.ground, float), np.asarray(hand.ink, float)
    return Image.fromarray(np.rint(ground + (ink - ground) * drawn[..., None]).astype(np.uint8))


def _few_colours(image: Image.Image, count: int) -> Image.Image:
    # noise compresses badly in 24 bits
    return image.quantize(count, dither=Image.Dither.NONE)


def _grain(rng: np.random.Generator) -> np.ndarray:
    """Return noise (SIDE, SIDE) with deviation 1 and correlated neighbours, as of paper or a photo."""
    noise = rng.normal(size=(SIDE, SIDE))
    smooth = noise + np.roll(noise, 1, axis=0) + np.roll(noise, 1, axis=1)
    return smooth / smooth.std()


def coverage(strokes: list[Stroke], hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Draw the strokes as `hand` would. Return (SIDE, SIDE), 0 paper to 1 ink."""
    canvas = np.zeros((SIDE * OVERSAMPLING, SIDE * OVERSAMPLING), bool)
    for stroke in strokes:
        path = _smooth_path(_as_written(np.asarray(stroke), hand, rng))
        path += hand.tremor * np.stack([_wander(len(path), rng), _wander(len(path), rng)], axis=1)
        _draw(canvas, path, _widths(path, hand, rng))
    cells = canvas.reshape(SIDE, OVERSAMPLING, SIDE, OVERSAMPLING)
    return cells.mean(axis=(1, 3))


def _as_written(points: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Return where this hand puts the points (n, 2) of a stroke this time. Doubled points stay together."""
    repeated = np.concatenate([[False], (points[1:] == points[:-1]).all(axis=1)])
    shift = rng.normal(0, hand.sloppiness, points.shape)
    shift[1:][repeated[1:]] = shift[:-1][repeated[1:]]
    centred = points + shift + rng.normal(0, hand.sloppiness / 2, 2) - 0.5
    slanted = centred * [hand.wide, 1 / hand.wide] - [hand.slant, 0] * centred[:, 1:]
    angle = np.deg2rad(hand.lean)
    turned = slanted @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return 0.5 + 0.78 * turned


def _smooth_path(points: np.ndarray) -> np.ndarray:
    """Return a dense path (m, 2) through the points: smooth between corners, in steps of half a pixel."""
    corners = np.flatnonzero((points[1:] == points[:-1]).all(axis=1)) + 1
    pieces = [_hermite(piece) for piece in np.split(points, corners) if len(piece) > 1]
    path = np.concatenate(pieces)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    steps = np.arange(0, length[-1], 0.5 / (SIDE * OVERSAMPLING))
    return np.stack([np.interp(steps, length, path[:, axis]) for axis in (0, 1)], axis=1)


def _hermite(points: np.ndarray) -> np.ndarray:
    """Return a centripetal Catmull-Rom-like spline (cubic Hermite) through the points (n, 2)."""
    knots = np.concatenate([[0], np.cumsum(np.sqrt(np.hypot(*np.diff(points, axis=0).T)))])
    tangents = np.gradient(points, knots, axis=0)
    time = np.linspace(0, knots[-1], 80 * len(points))
    start = np.clip(np.searchsorted(knots, time, side="right") - 1, 0, len(points) - 2)
    span = (knots[start + 1] - knots[start])[:, None]
    s = (time - knots[start])[:, None] / span
    return (
        (2 * s**3 - 3 * s**2 + 1) * points[start]
        + (s**3 - 2 * s**2 + s) * span * tangents[start]
        + (3 * s**2 - 2 * s**3) * points[start + 1]
        + (s**3 - s**2) * span * tangents[start + 1]
    )


def _wander(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return smooth noise about 0 with standard deviation near 1: slow waves of random phase."""
    along = np.arange(count) / (SIDE * OVERSAMPLING)
    waves = [np.sin(2 * np.pi * (rng.uniform(0.3, 1.6) * along + rng.uniform())) for _ in range(4)]
    return np.sum(waves, axis=0) / np.sqrt(2)


def _widths(path: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Return the line's width at each point of the path: nib, pressure, and how strokes begin and end."""
    step = np.gradient(path, axis=0)
    direction = np.arctan2(step[:, 1], step[:, 0])
    by_angle = hand.nib + (1 - hand.nib) * np.abs(np.sin(direction + NIB_ANGLE))
    travelled = np.arange(len(path)) / (2 * SIDE * OVERSAMPLING)
    begins = np.clip(0.72 + travelled / 0.10, 0, 1)
    ends = np.clip(0.45 + travelled[::-1] / 0.16, 0, 1)
    pressure = 1 + 0.09 * _wander(len(path), rng)
    return hand.pen * _smoothed(by_angle) * begins * ends * pressure


def _smoothed(values: np.ndarray) -> np.ndarray:
    window = min(len(values), 61)
    padded = np.pad(values, window // 2, mode="edge")
    return np.convolve(padded, np.ones(window) / window, mode="valid")[: len(values)]


def _draw(canvas: np.ndarray, path: np.ndarray, widths: np.ndarray) -> None:
    """Set the pixels of the canvas within half a width of the path."""
    side = len(canvas)
    for (x, y), radius in zip(path[::2] * side, widths[::2] * side / 2, strict=True):
        left, right = int(x - radius), int(x + radius) + 2
        top, bottom = int(y - radius), int(y + radius) + 2
        rows, columns = np.ogrid[top:bottom, left:right]
        canvas[top:bottom, left:right] |= (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
