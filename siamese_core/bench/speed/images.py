"""Give benchmarks drawings that nobody has seen before, as images and as files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from siamese_core.images.decoding import encode_png
from siamese_core.retraining.replay import Replay

MARGIN = 40  # px of paper that are put around a drawing, at most, on each side
PAPER = 255


def new_drawings(seed: int) -> Iterator[np.ndarray]:
    """Yield drawings uint8 (height, width, 3) without end: those of the replay set on new sheets."""
    rng, drawings = np.random.default_rng(seed), Replay().images
    while True:
        drawing = drawings[rng.integers(len(drawings))]
        (top, bottom), (left, right) = rng.integers(1, MARGIN, (2, 2))
        yield np.pad(drawing, ((top, bottom), (left, right), (0, 0)), constant_values=PAPER)


def written(folder: Path, count: int, seed: int) -> list[Path]:
    """Write new drawings as PNG files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:06d}.png" for number in range(count)]
    for file, drawing in zip(files, new_drawings(seed), strict=False):
        file.write_bytes(encode_png(drawing))
    return files
