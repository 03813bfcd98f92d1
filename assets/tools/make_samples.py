"""Draw the sample images: `python -m assets.tools.make_samples [FOLDER]` (default: assets/samples).

The characters are made up. The same seed gives the same images.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from assets.tools.handwriting import (
    BALLPOINT,
    FELT_TIP,
    FOUNTAIN_PEN,
    Stroke,
    chalk,
    pen,
    pencil_photo,
)
from siamese_core.data.assets import ASSETS

SEED = 2026

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
NO_LETTER = [
    [(0.14, 0.30), (0.28, 0.14), (0.46, 0.30), (0.62, 0.46), (0.84, 0.30)],
    [(0.46, 0.30), (0.40, 0.56), (0.26, 0.80), (0.48, 0.90), (0.66, 0.76)],
    [(0.70, 0.62), (0.80, 0.72)],
]


def main(folder: Path) -> None:
    for name, image in samples().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, optimize=True)
    (folder / "pairs.csv").write_text(_pair_list())


def samples() -> dict[str, Image.Image]:
    """Draw every sample. Return them by their paths below the folder; each has its own seed, by its place."""
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
    """Return the list of pairs that `evaluate verification --list` reads."""
    lefts = [name for name in _pairs() if name.endswith("_left")]
    rows = [f"{left}.png,{left.removesuffix('_left')}_right.png,{int('_same_' in left)}" for left in lefts]
    return "\n".join(["left,right,same", *rows, ""])


def _one_shot() -> dict:
    support = {f"one_shot/support/{name}": pen(ALPHABET[name], FOUNTAIN_PEN) for name in ALPHABET}
    queries = {f"one_shot/query_{name}": pen(ALPHABET[name], FELT_TIP) for name in ("beko", "cini", "joru")}
    queries["one_shot/query_dora"] = pen(ALPHABET["dora"], BALLPOINT)
    queries["one_shot/query_none_of_these"] = pen(NO_LETTER, BALLPOINT)
    return support | queries


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "samples")
