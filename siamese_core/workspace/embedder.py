"""Embed images with a checkpoint that serves, each once for each encoder."""

from collections.abc import Sequence

import numpy as np

from siamese_core.workspace.choosing import Image, id_of, pixels_of
from siamese_core.workspace.embedding_store import EmbeddingCache
from siamese_core.workspace.loader import Served

BATCH = 64  # images a model call: koch needs about 0.5 GB for its first feature maps


def embed(served: Served, images: Sequence[Image], cache: EmbeddingCache) -> np.ndarray:
    """Return embeddings float32 (n, embedding_dim), those that the cache has from there."""
    keys = [(served.checkpoint.embeddings_id, id_of(image)) for image in images]
    rows = {key: cache.get(key) for key in keys}
    missing = {key: image for key, image in zip(keys, images, strict=True) if rows[key] is None}
    todo = list(missing)
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        prepared = np.stack([served.checkpoint.prepare(pixels_of(missing[key])) for key in batch])
        for key, embedding in zip(batch, served.forward(prepared), strict=True):
            rows[key] = embedding.copy()
            cache.put(key, rows[key])
    empty = np.empty((0, served.checkpoint.encoder.output_shape[-1]), np.float32)
    return np.stack([rows[key] for key in keys]) if keys else empty


def logits_to(
    served: Served, query: np.ndarray, images: Sequence[Image], cache: EmbeddingCache
) -> np.ndarray:
    """Return the logits float32 (n,) of the query with each image."""
    embeddings = embed(served, [query, *images], cache)
    return served.checkpoint.pairwise_logits(embeddings[:1], embeddings[1:])[0]
