"""Tell how images move on a map when another checkpoint judges them: arrows from before to after.

Two projections cannot be laid over each other. So both checkpoints place an image on the present map, each at
the mean of the images that it finds most similar, and the difference of the two places is how far it moved.
Where both find the same images, it is 0.
"""

from dataclasses import dataclass

import numpy as np

from siamese_core.searching.gallery import Gallery

NEIGHBOURS = 10  # images that place one
COMPARED = 5_000_000  # pairs of images that each checkpoint compares at most
LEAST = 0.02  # of half the map's width: what moved less has no arrow
QUERIES = 100  # images that are looked up at once


@dataclass(frozen=True)
class Displacements:
    """Images that moved, the furthest first.

    places: int64 (k,), of the images; starts: float32 (k, 2), where each was, on the present map; looked_at:
    how many images were asked about; moved: how many of them moved further than `LEAST`.
    """

    places: np.ndarray
    starts: np.ndarray
    looked_at: int
    moved: int


def displacements(before: Gallery, now: Gallery, positions: np.ndarray, most: int) -> Displacements:
    """Return the `most` images that moved furthest. positions: (n, 2) on the map, of both galleries' rows."""
    count = len(positions)
    some = np.random.default_rng(0).permutation(count)[: max(1, COMPARED // max(count, 1))]
    shift = _placed(before, positions, some) - _placed(now, positions, some)
    length = np.linalg.norm(shift, axis=1)
    moved = np.argsort(-length, kind="stable")[: int((length > LEAST).sum())]
    shown = moved[:most]
    starts = (positions[some[shown]] + shift[shown]).astype(np.float32)
    return Displacements(some[shown], starts, len(some), len(moved))


def _placed(gallery: Gallery, positions: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Return where the images most similar to some lie on average, float64 (k, 2)."""
    found = np.empty((len(some), 2))
    for start in range(0, len(some), QUERIES):
        part = some[start : start + QUERIES]
        for number, (place, hits) in enumerate(
            zip(part, gallery.search(gallery.take(part), NEIGHBOURS + 1), strict=True)
        ):
            others = hits.places[hits.places != place][:NEIGHBOURS]
            found[start + number] = positions[others if len(others) else [place]].mean(axis=0)
    return found
