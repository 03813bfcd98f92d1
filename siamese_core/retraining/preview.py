"""Preview the similarity by a head refitted to the answers so far, without changing a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import settled_labels
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.embeddings.embedding_store import find_embedding_store
from siamese_core.retraining.adapting import adapted_at
from siamese_core.retraining.answered_pairs import indexed_pairs
from siamese_core.retraining.head_training import adapted, pairs_evidence
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.workbench import Workbench

LATEST = 300  # answers that it is fitted to, well within a second
STRENGTH = 30.0  # precision of the prior: about what retraining selects after some hundred answers


@dataclass(frozen=True)
class Preview:
    """A previewed similarity 0..1, and the number of answers that the head was fitted to."""

    similarity: float
    answers: int


class Previews:
    """Refitted heads, one a slot, fitted anew when the slot's answers have changed."""

    def __init__(self, workbench: Workbench):
        self.workbench = workbench
        self._fitted: dict[str, tuple[tuple[str, ...], Checkpoint]] = {}

    def say(self, slot: str, left: np.ndarray, right: np.ndarray) -> Preview | None:
        """Preview the similarity of two images.

        None before any answer on a verdict of the slot's checkpoint.
        """
        matcher = self.workbench.matcher
        domain = matcher.domain([left, right])
        checkpoint = matcher.checkpoint(slot, domain)
        rows = self._answers(slot, checkpoint.id)
        if not rows:
            return None
        key = (checkpoint.id, *(row.label_id for row in rows))
        if self._fitted.get(slot, ((), None))[0] != key:
            self._fitted[slot] = key, self._refitted(slot, domain, checkpoint, rows)
        head = self._fitted[slot][1]
        embeddings = matcher.embed(slot, [left, right], domain)
        similarity = head.similarity(head.logits(embeddings[:1], embeddings[1:]))
        return Preview(float(similarity[0]), len(rows))

    def _answers(self, slot: str, checkpoint_id: str) -> list[LabelRow]:
        """Return the latest settled answers on verdicts of this checkpoint.

        They are in its domain, and it was not trained on them.
        """
        found = [
            row
            for row in settled_labels(self.workbench.log.rows())
            if getattr(row, f"{slot}_checkpoint") == checkpoint_id
            and row.left_id in self.workbench.images
            and row.right_id in self.workbench.images
        ]
        return found[-LATEST:]

    def _refitted(self, slot: str, domain: str, checkpoint: Checkpoint, rows: list[LabelRow]) -> Checkpoint:
        ids, pairs = indexed_pairs(rows)
        self._fill_from_disk(checkpoint, ids)
        images = [StoredImage(image_id, self.workbench.images.read) for image_id in ids]
        evidence = pairs_evidence(checkpoint, self.workbench.matcher.embed(slot, images, domain), pairs)
        return adapted(checkpoint, adapted_at(evidence, STRENGTH))

    def _fill_from_disk(self, checkpoint: Checkpoint, ids: Sequence[str]) -> None:
        """Read the embeddings that the pool has stored, so that a restart embeds nothing again."""
        bench, cache = self.workbench, self.workbench.matcher.cache
        missing = [each for each in ids if cache.get((checkpoint.embeddings_id, each)) is None]
        if missing:
            store = find_embedding_store(bench.embeddings_folder, checkpoint)
            if store:
                store.fill(cache, checkpoint.embeddings_id, missing)
