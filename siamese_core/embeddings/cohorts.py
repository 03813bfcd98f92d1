"""Normalise what checkpoints say against the unlabelled images of the workspace's pool."""

import json
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.embedding_store import EmbeddingStore, find_embedding_store
from siamese_core.metric_learning.score_normalisation import FEWEST, MOST

FILE = "cohort.json"  # in an encoder's folder of the embedding stores: which images, of how many
GROWTH = 2  # times as many images embedded as when a cohort was chosen: then another is chosen
UNUSABLE = (OSError, ValueError, KeyError, TypeError)  # stores that were deleted or cut short meanwhile


@dataclass
class Cohorts:
    """The cohort of each checkpoint, chosen from the embedded images of the pool in `folder`. Thread safe.

    folder: of the embedding stores; None where there is no pool. The choice is stored, so that a pair gets
    the same similarity after a restart.
    """

    folder: Path | None
    _made: dict[str, tuple[int, Checkpoint]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def calibrated(self, checkpoint: Checkpoint, embeddings: np.ndarray) -> Checkpoint:
        """Return the checkpoint, normalised against the pool if images (n, d) are of the pool's kind."""
        normalised = self.for_pool(checkpoint)
        if normalised.normalisation is None or not normalised.normalisation.covers(embeddings).all():
            return checkpoint
        return normalised

    def for_pool(self, checkpoint: Checkpoint) -> Checkpoint:
        """Return the checkpoint normalised against the pool.

        The checkpoint itself while the pool has fewer than `FEWEST` images, and where answers have calibrated
        it.
        """
        if self.folder is None or checkpoint.card.answers is not None:
            return checkpoint
        try:
            store = find_embedding_store(self.folder, checkpoint)
            return checkpoint if store is None else self._normalised(checkpoint, store)
        except UNUSABLE:
            return checkpoint

    def _normalised(self, checkpoint: Checkpoint, store: EmbeddingStore) -> Checkpoint:
        with self._lock:
            chosen_of, made = self._made.get(checkpoint.id, (0, None))
            if made is not None and len(store) < GROWTH * chosen_of:
                return made
            chosen_of, ids = _chosen(store)
            if len(ids) < FEWEST:
                return checkpoint
            made = with_chosen_threshold(checkpoint.normalised(store.take(ids)))
            self._made[checkpoint.id] = chosen_of, made
            return made


def with_chosen_threshold(normalised: Checkpoint) -> Checkpoint:
    """Return a normalised checkpoint with the threshold that a person chose for such scores, if so."""
    chosen = normalised.card.chosen or {}
    return replace(normalised, threshold=chosen["threshold"]) if chosen.get("normalised") else normalised


def _chosen(store: EmbeddingStore) -> tuple[int, list[str]]:
    """Return of how many images the cohort was chosen, and its ids; chosen now if the store outgrew it."""
    file = store.folder / FILE
    try:
        stored = json.loads(file.read_bytes())
        if len(store) < GROWTH * stored["chosen_of"] and all(each in store for each in stored["ids"]):
            return stored["chosen_of"], stored["ids"]
    except UNUSABLE:
        pass  # none was chosen yet, or its file is damaged: another is as good
    ids = store.ids()[:MOST]
    if len(ids) >= FEWEST:
        replace_file(file, json.dumps({"chosen_of": len(store), "ids": ids}).encode())
    return len(store), ids
