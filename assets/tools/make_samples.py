"""Draw the sample images: `python -m assets.tools.make_samples [FOLDER]` (default: assets/samples).

The characters are made up: each is a list of strokes, a stroke a list of points in a square of 0..1
(x to the right, y down) with a smooth curve through them, and a point given twice is a corner. A hand
changes the points (slant, proportions, habit, tremor) and has a pen. The same seed gives the same images.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from siamese_core.data.assets import ASSETS

SIDE = 256
OVERSAMPLING = 4
SEED = 2026

Stroke = list[tuple[float, float]]

ALPHABET: dict[str, list[Stroke]] = {
    "alu": [
        [(0.30, 0.12), (0.25, 0.45), (0.32, 0.80), (0.56, 0.88), (0.76, 0.72), (0.72, 0.52), (0.55, 0.53)],
        [(0.62, 0.16), (0.72, 0.12), (0.79, 0.21), (0.70, 0.30), (0.61, 0.24), (0.62, 0.16)],
    ],
    "beko": [
        [(0.16, 0.24), (0.40, 0.17), (0.64, 0.24), (0.88, 0.16)],
        [(0.58, 0.22), (0.52, 0.50), (0.36, 0.80), (0.20, 0.72), (0.30, 0.53), (0.60, 0.64), (0.84, 0.88)],
    ],
    "cini": [
        [(0.50, 0.50), (0.56, 0.42), (0.66, 0.50), (0.60, 0.64), (0.42, 0.64), (0.32, 0.46), (0.42, 0.26)]
        + [(0.66, 0.22), (0.83, 0.40), (0.82, 0.66), (0.66, 0.92)],
    ],
    "dora": [
        [(0.34, 0.14), (0.76, 0.12), (0.76, 0.12), (0.42, 0.48), (0.42, 0.48)]
        + [(0.84, 0.46), (0.84, 0.46), (0.66, 0.74), (0.40, 0.90)],
        [(0.20, 0.26), (0.12, 0.50), (0.20, 0.76)],
    ],
    "emu": [
        [(0.22, 0.12), (0.42, 0.28), (0.40, 0.56), (0.16, 0.68)],
        [(0.84, 0.14), (0.64, 0.32), (0.62, 0.66), (0.72, 0.86), (0.88, 0.82)],
        [(0.42, 0.46), (0.52, 0.36), (0.63, 0.42)],
    ],
    "fash": [
        [(0.16, 0.18), (0.20, 0.46), (0.46, 0.62), (0.76, 0.50), (0.84, 0.18)],
        [(0.48, 0.62), (0.50, 0.78), (0.44, 0.94)],
        [(0.47, 0.24), (0.53, 0.34)],
    ],
    "gilo": [
        [(0.18, 0.34), (0.34, 0.14), (0.40, 0.20), (0.40, 0.55), (0.44, 0.84), (0.62, 0.88), (0.78, 0.72)],
        [(0.24, 0.58), (0.50, 0.48), (0.76, 0.42)],
    ],
    "hume": [
        [(0.14, 0.66), (0.20, 0.28), (0.38, 0.22), (0.47, 0.62), (0.47, 0.62), (0.56, 0.26), (0.76, 0.24)]
        + [(0.84, 0.66)],
        [(0.14, 0.86), (0.34, 0.79), (0.60, 0.89), (0.86, 0.80)],
    ],
    "iska": [
        [(0.48, 0.12), (0.48, 0.12), (0.18, 0.60), (0.18, 0.60), (0.80, 0.58), (0.80, 0.58), (0.48, 0.12)],
        [(0.62, 0.60), (0.66, 0.80), (0.48, 0.92), (0.28, 0.84)],
    ],
    "joru": [
        [(0.14, 0.84), (0.18, 0.40), (0.46, 0.14), (0.76, 0.30), (0.84, 0.62)],
        [(0.40, 0.40), (0.58, 0.46), (0.60, 0.68), (0.42, 0.78), (0.40, 0.92), (0.64, 0.94)],
    ],
}
# like fash but for a bar where fash has a dot, and without the foot's bend
FASH_WITH_BAR = [*ALPHABET["fash"][:1], [(0.48, 0.62), (0.48, 0.94)], [(0.32, 0.30), (0.64, 0.28)]]
STRANGER = [
    [(0.14, 0.30), (0.28, 0.14), (0.46, 0.30), (0.62, 0.46), (0.84, 0.30)],
    [(0.46, 0.30), (0.40, 0.56), (0.26, 0.80), (0.48, 0.90), (0.66, 0.76)],
    [(0.70, 0.62), (0.80, 0.72)],
]


@dataclass(frozen=True)
class Hand:
    """Who draws and with what. Lengths in parts of the character's side, colours in RGB 0..255."""

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


def main(folder: Path) -> None:
    for name, image in samples().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, optimize=True)
    (folder / "pairs.csv").write_text(_pair_list())


def samples() -> dict[str, Image.Image]:
    """Every sample by its path below the folder. Each has random numbers of its own, told by its place."""
    drawn = {}
    for number, (name, draw) in enumerate((_pairs() | _one_shot()).items()):
        drawn[f"{name}.png"] = draw(np.random.default_rng([SEED, number]))
    return drawn


def _pairs() -> dict:
    letter = ALPHABET
    mirrored = [[(1 - x, y) for x, y in stroke] for stroke in letter["gilo"]]
    sides = {
        "1_same_two_hands": (pen(letter["emu"], FOUNTAIN_PEN), pen(letter["emu"], BALLPOINT)),
        "2_different_look_alikes": (pen(letter["fash"], FELT_TIP), pen(FASH_WITH_BAR, FOUNTAIN_PEN)),
        "3_same_chalk_and_ink": (chalk(letter["hume"]), pen(letter["hume"], FOUNTAIN_PEN)),
        "4_same_pencil_photo": (pencil_photo(letter["alu"]), pen(letter["alu"], FELT_TIP)),
        "5_different_mirrored": (pen(letter["gilo"], BALLPOINT), pen(mirrored, FELT_TIP)),
        "6_different_characters": (pen(letter["beko"], FOUNTAIN_PEN), pen(letter["iska"], BALLPOINT)),
    }
    return {
        f"pairs/{name}_{side}": draw
        for name, both in sides.items()
        for side, draw in zip(("left", "right"), both, strict=True)
    }


def _pair_list() -> str:
    """The pairs as `evaluate verification --list` reads them."""
    lefts = [name for name in _pairs() if name.endswith("_left")]
    rows = [f"{left}.png,{left.removesuffix('_left')}_right.png,{int('_same_' in left)}" for left in lefts]
    return "\n".join(["left,right,same", *rows, ""])


def _one_shot() -> dict:
    support = {f"one_shot/support/{name}": pen(ALPHABET[name], FOUNTAIN_PEN) for name in ALPHABET}
    queries = {f"one_shot/query_{name}": pen(ALPHABET[name], FELT_TIP) for name in ("beko", "cini", "joru")}
    queries["one_shot/query_dora"] = pen(ALPHABET["dora"], BALLPOINT)
    queries["one_shot/query_none_of_these"] = pen(STRANGER, BALLPOINT)
    return support | queries


def pen(strokes: list[Stroke], hand: Hand):
    """Draw with `hand` on its ground: a function of the random numbers."""
    return lambda rng: _paint(_coverage(strokes, hand, rng), hand)


def chalk(strokes: list[Stroke]):
    """Chalk on a blackboard: the ink is light, and the board's grain shows through it."""

    def draw(rng: np.random.Generator) -> Image.Image:
        coverage = _coverage(strokes, CHALK, rng)
        grain = _grain(rng)
        return _few_colours(_paint(coverage * np.clip(0.9 + 0.16 * grain, 0, 1), CHALK), 32)

    return draw


def pencil_photo(strokes: list[Stroke]):
    """A photo of a pencil drawing: warm paper, light from one side, a shadow, grain, a soft lens."""

    def draw(rng: np.random.Generator) -> Image.Image:
        tooth = _grain(rng)
        coverage = _coverage(strokes, PENCIL, rng) * np.clip(0.78 + 0.22 * tooth, 0, 1)
        across, down = np.meshgrid(np.linspace(0, 1, SIDE), np.linspace(0, 1, SIDE))
        light = 0.93 - 0.26 * across - 0.14 * down**2
        light -= 0.06 / (1 + np.exp(-(across + 0.5 * down - 1.15) / 0.05))
        paper = np.asarray([238, 231, 216]) * light[..., None]
        page = paper + (np.asarray(PENCIL.ink) * light[..., None] - paper) * coverage[..., None]
        page += 2.5 * _grain(rng)[..., None]
        photo = Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.6))
        return _few_colours(photo, 64)

    return draw


def _paint(coverage: np.ndarray, hand: Hand) -> Image.Image:
    """Ink over ground by coverage (height, width) of 0..1."""
    ground, ink = np.asarray(hand.ground, float), np.asarray(hand.ink, float)
    return Image.fromarray(np.rint(ground + (ink - ground) * coverage[..., None]).astype(np.uint8))


def _few_colours(image: Image.Image, count: int) -> Image.Image:
    # noise compresses badly in 24 bits
    return image.quantize(count, dither=Image.Dither.NONE)


def _grain(rng: np.random.Generator) -> np.ndarray:
    """Noise (SIDE, SIDE) with deviation 1 in which neighbours are alike, as in paper or a photo."""
    noise = rng.normal(size=(SIDE, SIDE))
    smooth = noise + np.roll(noise, 1, axis=0) + np.roll(noise, 1, axis=1)
    return smooth / smooth.std()


def _coverage(strokes: list[Stroke], hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Draw the strokes as `hand` would: (SIDE, SIDE), 0 paper to 1 ink."""
    canvas = np.zeros((SIDE * OVERSAMPLING, SIDE * OVERSAMPLING), bool)
    for stroke in strokes:
        path = _smooth_path(_as_written(np.asarray(stroke), hand, rng))
        path += hand.tremor * np.stack([_wander(len(path), rng), _wander(len(path), rng)], axis=1)
        _draw(canvas, path, _widths(path, hand, rng))
    cells = canvas.reshape(SIDE, OVERSAMPLING, SIDE, OVERSAMPLING)
    return cells.mean(axis=(1, 3))


def _as_written(points: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Where this hand puts the points (n, 2) of a stroke this time. Doubled points stay together."""
    repeated = np.concatenate([[False], (points[1:] == points[:-1]).all(axis=1)])
    shift = rng.normal(0, hand.sloppiness, points.shape)
    shift[1:][repeated[1:]] = shift[:-1][repeated[1:]]
    centred = points + shift + rng.normal(0, hand.sloppiness / 2, 2) - 0.5
    slanted = centred * [hand.wide, 1 / hand.wide] - [hand.slant, 0] * centred[:, 1:]
    angle = np.deg2rad(hand.lean)
    turned = slanted @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return 0.5 + 0.78 * turned


def _smooth_path(points: np.ndarray) -> np.ndarray:
    """A dense path (m, 2) through the points: a smooth curve between corners, equal steps of half a pixel."""
    corners = np.flatnonzero((points[1:] == points[:-1]).all(axis=1)) + 1
    pieces = [_hermite(piece) for piece in np.split(points, corners) if len(piece) > 1]
    path = np.concatenate(pieces)
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    steps = np.arange(0, length[-1], 0.5 / (SIDE * OVERSAMPLING))
    return np.stack([np.interp(steps, length, path[:, axis]) for axis in (0, 1)], axis=1)


def _hermite(points: np.ndarray) -> np.ndarray:
    """A cubic Hermite curve with centripetal knots (Catmull-Rom's family) through the points (n, 2)."""
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
    """A smooth random walk about 0 with deviation near 1: slow waves of random phase."""
    along = np.arange(count) / (SIDE * OVERSAMPLING)
    waves = [np.sin(2 * np.pi * (rng.uniform(0.3, 1.6) * along + rng.uniform())) for _ in range(4)]
    return np.sum(waves, axis=0) / np.sqrt(2)


def _widths(path: np.ndarray, hand: Hand, rng: np.random.Generator) -> np.ndarray:
    """Width of the line at each point of the path: nib's angle, pressure, how strokes begin and end."""
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
    """Set the pixels within half a width of the path."""
    side = len(canvas)
    for (x, y), radius in zip(path[::2] * side, widths[::2] * side / 2, strict=True):
        left, right = int(x - radius), int(x + radius) + 2
        top, bottom = int(y - radius), int(y + radius) + 2
        rows, columns = np.ogrid[top:bottom, left:right]
        canvas[top:bottom, left:right] |= (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "samples")
