"""Keep where the images of a workspace lie on the map of each encoder, and place new ones among them."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.searching.projection import placed, project

GROWTH = 2  # times as many images as were projected: then all are projected anew
UNUSABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


def map_positions(file: Path, ids: Sequence[str], take: Callable[[Sequence[str]], np.ndarray]) -> np.ndarray:
    """Return the positions float32 (n, 2) of images, projected or placed where they have none yet.

    file: where positions are kept; take: the embeddings (k, d) of some of the images.
    """
    known, projected = _read(file)
    new = [each for each in ids if each not in known]
    among = [each for each in ids if each in known]
    if new and (not among or len(ids) >= GROWTH * projected):
        known, projected = dict(zip(ids, project(take(ids)), strict=True)), len(ids)
    elif new:
        held = np.stack([known[each] for each in among])
        known |= dict(zip(new, placed(take(new), take(among), held), strict=True))
    if new:
        _write(file, known, projected)
    return np.stack([known[each] for each in ids]) if ids else np.empty((0, 2), np.float32)


def _read(file: Path) -> tuple[dict[str, np.ndarray], int]:
    """Return the kept positions by image id, and of how many images they were projected."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            ids, positions = stored["ids"].tolist(), stored["positions"]
            return dict(zip(ids, positions, strict=True)), int(stored["projected"])
    except UNUSABLE:
        return {}, 0  # none is kept yet, or the file is damaged: another map is as good


def _write(file: Path, known: dict[str, np.ndarray], projected: int) -> None:
    stream = io.BytesIO()
    positions = np.stack(list(known.values())) if known else np.empty((0, 2), np.float32)
    np.savez_compressed(stream, ids=np.array(list(known), "U64"), positions=positions, projected=projected)
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, stream.getvalue())
