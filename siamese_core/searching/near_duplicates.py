"""Tell which images of a gallery are nearly the same picture, so that one of them stands for all."""

from collections.abc import Sequence

import numpy as np

from siamese_core.data.components import components
from siamese_core.metric_learning.neighbours import duplicate_limit
from siamese_core.searching.gallery import Gallery


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
