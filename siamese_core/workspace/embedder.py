"""Embed images with a checkpoint that serves, each once for each encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.embeddings.batching import MOST_IMAGES
from siamese_core.embeddings.embedding_store import EmbeddingCache
from siamese_core.embeddings.kept_embeddings import KeptEmbeddings
from siamese_core.workspace.choosing import Image, id_of, pixels_of
from siamese_core.workspace.loader import Served


@dataclass(frozen=True)
class Embedder:
    """Looks for an embedding in memory, then on disk (nowhere where `kept` is None), and else computes it."""

    cache: EmbeddingCache
    kept: KeptEmbeddings | None = None

    def embed(self, served: Served, images: Sequence[Image], keep_from: int | None = None) -> np.ndarray:
        """Return embeddings float32 (n, embedding_dim).

        keep_from: place from which on they are of a support set and are on disk when this returns, where the
        disk takes them; None keeps none.
        """
        ids = [id_of(image) for image in images]
        rows = self._known(served, ids, fresh=keep_from is not None)
        missing = {each: image for each, image in zip(ids, images, strict=True) if each not in rows}
        todo = list(missing)
        for start in range(0, len(todo), MOST_IMAGES):
            batch = todo[start : start + MOST_IMAGES]
            prepared = np.stack([served.checkpoint.prepare(pixels_of(missing[each])) for each in batch])
            for each, embedding in zip(batch, served.forward(prepared), strict=True):
                rows[each] = embedding.copy()
                self.cache.put((served.checkpoint.embeddings_id, each), rows[each])
        if self.kept and keep_from is not None:
            self.kept.add(served.checkpoint, {each: rows[each] for each in ids[keep_from:]})
        empty = np.empty((0, served.checkpoint.encoder.output_shape[-1]), np.float32)
        return np.stack([rows[each] for each in ids]) if ids else empty

    def _known(self, served: Served, ids: Sequence[str], fresh: bool) -> dict[str, np.ndarray]:
        """Return the embeddings that are in memory or on disk. fresh: as for `KeptEmbeddings.find`."""
        embeddings_id = served.checkpoint.embeddings_id
        found = {each: self.cache.get((embeddings_id, each)) for each in ids}
        missing = [each for each, row in found.items() if row is None]
        stored = self.kept.find(served.checkpoint, missing, fresh) if self.kept and missing else {}
        self.cache.fill(embeddings_id, list(stored), list(stored.values()))
        return {each: row for each, row in found.items() if row is not None} | stored
