"""Tell which images of a gallery are nearly the same picture, so that one of them stands for all."""

from collections.abc import Sequence

import numpy as np

from siamese_core.data.components import components
from siamese_core.searching.gallery import Gallery

# Fall of the log-odds below those of an identical image up to which two images are near-duplicates, in units
# of the median fall of random pairs.
DUPLICATE_GAP = 0.1


def duplicate_limit(identical: np.ndarray, random: np.ndarray) -> float:
    """Return the log-odds above which two images are near-duplicates.

    It follows from those of pairs of an image with itself and of random pairs.
    """
    same, other = float(np.median(identical)), float(np.median(random))
    return same - DUPLICATE_GAP * max(same - other, 0.0)


def near_duplicates(galleries: Sequence[Gallery], embeddings: Sequence[np.ndarray]) -> np.ndarray:
    """Return the group int64 (n,), 0, 1, ..., of each of n images.

    Near-duplicates by every encoder, also by way of others, share one.

    galleries: by each encoder, which tell what random pairs of such images get; embeddings: (n, d) of each.
    """
    alike = np.ones((len(embeddings[0]),) * 2, bool)
    for gallery, rows in zip(galleries, embeddings, strict=True):
        sample = gallery.sampled_log_odds
        if len(sample) < 2:
            return np.arange(len(alike))
        limit = duplicate_limit(np.diag(sample), sample[np.triu_indices(len(sample), 1)])
        alike &= Gallery(gallery.checkpoint, rows).table(rows) > limit
    return components(*np.nonzero(alike), len(alike))
