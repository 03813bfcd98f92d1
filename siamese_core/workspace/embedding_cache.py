"""Embeddings kept in memory, so that an image is embedded once for each checkpoint."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

CACHE_BYTES = 256 * 2**20  # some 16,000 embeddings of koch, 32,000 of resnet50


class EmbeddingCache:
    """Embeddings by (checkpoint id, image id), the latest used kept, at most `limit` bytes. Thread safe."""

    def __init__(self, limit: int = CACHE_BYTES):
        self.limit = limit
        self.bytes = 0
        self._rows: OrderedDict[tuple[str, str], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> np.ndarray | None:
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def fill(self, checkpoint_id: str, image_ids: Sequence[str], rows: np.ndarray) -> None:
        """Puts in what was kept elsewhere: embeddings (n, d) of n images."""
        for image_id, row in zip(image_ids, rows, strict=True):
            self.put((checkpoint_id, image_id), row)

    def put(self, key: tuple[str, str], embedding: np.ndarray) -> None:
        with self._lock:
            former = self._rows.pop(key, None)
            self.bytes += embedding.nbytes - (0 if former is None else former.nbytes)
            self._rows[key] = embedding
            while self.bytes > self.limit:
                self.bytes -= self._rows.popitem(last=False)[1].nbytes
