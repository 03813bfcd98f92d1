"""The embeddings of a workspace on disk that comparisons and rankings find again, in any process.

They are read from what the pool has stored, and from the support sets that were ranked before, which are kept
beside it: a metric is fitted to the pool's images only.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.embedding_store import (
    EmbeddingStore,
    find_embedding_store,
    open_embedding_store,
    tidy,
)

SUPPORT = "support"  # folder in an encoder's folder
MOST_KEPT = 20_000  # images of support sets for each encoder: 320 MB of koch
UNUSABLE = (OSError, ValueError)  # stores that were deleted or cut short meanwhile, disks that are full


class KeptEmbeddings:
    """Reads and adds embeddings in the `folder` of stores. Thread safe.

    A store that cannot be read or written costs time only: its images are embedded again.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self._open: dict[str, list[EmbeddingStore]] = {}
        self._lock = threading.Lock()

    def find(self, checkpoint: Checkpoint, ids: Sequence[str], fresh: bool = True) -> dict[str, np.ndarray]:
        """Return the embeddings float32 (d,) that are there, by image id.

        fresh: also those that others have added since the stores were opened, which waits for their appends.
        """
        found = {}
        try:
            for store in self._stores(checkpoint):
                if fresh:
                    store.refresh()
                there = [each for each in ids if each in store]
                found |= dict(zip(there, store.take(there), strict=True))
        except UNUSABLE:
            self._forget(checkpoint)
        return found

    def add(self, checkpoint: Checkpoint, rows: Mapping[str, np.ndarray]) -> None:
        """Store the embeddings, by image id, that are not there yet, unless `MOST_KEPT` are."""
        try:
            new = [each for each in rows if not any(each in store for store in self._stores(checkpoint))]
            if new:
                store = self._support(checkpoint)
                if len(store) + len(new) <= MOST_KEPT:
                    store.append(new, np.stack([rows[each] for each in new]))
        except UNUSABLE:
            self._forget(checkpoint)

    def _stores(self, checkpoint: Checkpoint) -> list[EmbeddingStore]:
        """Return the stores that the checkpoint's encoder has; none is made."""
        with self._lock:
            held = self._open.get(checkpoint.embeddings_id)
            if held is None:
                pool = find_embedding_store(self.folder, checkpoint)
                if pool is None:
                    return []
                support = pool.folder / SUPPORT
                held = [pool, *([EmbeddingStore(support, pool.dim)] if support.is_dir() else [])]
                self._open[checkpoint.embeddings_id] = held
            return held

    def _support(self, checkpoint: Checkpoint) -> EmbeddingStore:
        """Return the store of support sets, made if there is none."""
        held = self._stores(checkpoint)
        if len(held) < 2:
            tidy(self.folder)
            pool = open_embedding_store(self.folder, checkpoint)
            held = [pool, EmbeddingStore(pool.folder / SUPPORT, pool.dim)]
            with self._lock:
                self._open[checkpoint.embeddings_id] = held
        return held[1]

    def _forget(self, checkpoint: Checkpoint) -> None:
        with self._lock:
            self._open.pop(checkpoint.embeddings_id, None)
