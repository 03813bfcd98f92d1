"""Find the other images of a workspace that an encoder finds most similar to the two that were compared."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.searching.gallery import Gallery

SHOWN = 3  # images for each of the two


@dataclass(frozen=True)
class Neighbour:
    """An image and how similar it is, 0..1; same: the verdict."""

    image_id: str
    similarity: float
    same: bool


@dataclass(frozen=True)
class Neighbours:
    """The nearest other images, nearest first, of the left and of the right image.

    searched: how many others there are.
    """

    left: tuple[Neighbour, ...] = ()
    right: tuple[Neighbour, ...] = ()
    searched: int = 0


def neighbours(
    gallery: Gallery, ids: Sequence[str], embeddings: np.ndarray, pair: Collection[str]
) -> Neighbours:
    """Return the nearest images of a gallery but for the pair itself.

    ids: (n,), of the gallery's images; embeddings: float32 (2, d), of both images of the pair.
    """
    found = []
    for embedding in embeddings:
        (hits,) = gallery.for_query(embedding[None]).search(embedding[None], SHOWN + len(pair))
        said = zip(hits.places.tolist(), hits.similarity.tolist(), hits.same.tolist(), strict=True)
        others = [
            Neighbour(ids[place], number, same) for place, number, same in said if ids[place] not in pair
        ]
        found.append(tuple(others[:SHOWN]))
    return Neighbours(*found, len(ids) - sum(each in pair for each in ids))
