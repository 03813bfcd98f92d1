"""Draw the replay set: `python -m assets.tools.make_replay [FILE]` (default: assets/samples/replay.zip).

Four invented alphabets of twenty characters, each by five hands, in the layout of Omniglot. Retraining mixes
pairs of them with people's answers and measures the base protocol on them. The same seed gives the same file.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from assets.tools.handwriting import Hand, Stroke, coverage
from siamese_core.data.assets import ASSETS

ALPHABETS, CHARACTERS, DRAWERS = 4, 20, 5
SIDE = 105
SEED = 105


def main(file: Path) -> None:
    rng = np.random.default_rng(SEED)
    number = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for alphabet in range(1, ALPHABETS + 1):
            parts = [_stroke(rng) for _ in range(12)]  # shared by its characters, as radicals are
            for character in range(1, CHARACTERS + 1):
                number += 1
                strokes = _character(parts, rng)
                for drawer in range(1, DRAWERS + 1):
                    name = f"replay/alphabet{alphabet}/character{character:02}/{number:04}_{drawer:02}.png"
                    entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
                    archive.writestr(entry, _png(strokes, _hand(rng, drawer), rng))


def _stroke(rng: np.random.Generator) -> Stroke:
    """A curve through two to five places on a coarse grid, some of its corners sharp."""
    points = rng.choice(9, rng.integers(2, 6), replace=False)
    stroke = []
    for point in points:
        place = (0.2 + 0.3 * (point % 3), 0.2 + 0.3 * (point // 3))
        stroke += [place] * (2 if rng.random() < 0.3 else 1)
    return stroke


def _character(parts: list[Stroke], rng: np.random.Generator) -> list[Stroke]:
    chosen = [parts[i] for i in rng.choice(len(parts), rng.integers(1, 4), replace=False)]
    return [*chosen, _stroke(rng)] if len(chosen) < 3 else chosen


def _hand(rng: np.random.Generator, drawer: int) -> Hand:
    return Hand(
        pen=0.045,
        ink=(0, 0, 0),
        slant=rng.normal(0, 0.12),
        wide=rng.uniform(0.8, 1.15),
        sloppiness=rng.uniform(0.025, 0.05),
        tremor=rng.uniform(0.004, 0.012),
        lean=rng.normal(0, 6),
    )


def _png(strokes: list[Stroke], hand: Hand, rng: np.random.Generator) -> bytes:
    drawn = coverage(strokes, hand, rng)
    small = Image.fromarray(np.uint8(255 * drawn)).resize((SIDE, SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    small.point(lambda level: 0 if level > 96 else 255).convert("1").save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "samples" / "replay.zip")
