"""A retraining under way.

What it works on, the parent that serves today, and how a checkpoint is measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import some_of
from siamese_core.data.progress import Progress
from siamese_core.embeddings.embedding_store import EmbeddingStore, open_embedding_store
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import ProtocolResult, VerificationTrials
from siamese_core.images.decoding import image_id
from siamese_core.networks.kept_network import FrozenNetwork
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.judging.gate import Measured
from siamese_core.retraining.options import RetrainOptions
from siamese_core.retraining.replay import Replay
from siamese_core.training.validation import PrecomputedModel
from siamese_core.workspace.workbench import Workbench

EMBEDDED_AT_ONCE = 32  # images between two reports of progress
EMBEDDING_SHARE = 0.1  # of the whole work, for the bar of progress


@dataclass(frozen=True)
class Run:
    """The inputs of one retraining and where it reports its progress."""

    workbench: Workbench
    options: RetrainOptions
    answered: AnsweredPairs
    replay: Replay
    progress: Progress

    def domain(self) -> str:
        """Return the domain of most answered images: the checkpoint of that domain is retrained."""
        return self.workbench.matcher.domain(self._some_images())

    def _some_images(self) -> list[np.ndarray]:
        """Return enough of the answered images to tell the domain of most."""
        images = self.answered.images
        return [images[number] for number in some_of(len(images))]

    def parent(self) -> "EmbeddedCheckpoint":
        """Embed the answered and replayed images by the checkpoint that serves, normalised as it serves.

        The embeddings that the pool has made, and those of the replayed images from an earlier retraining,
        are read from disk.
        """
        matcher, slot = self.workbench.matcher, self.options.encoder
        self.progress(0.05, "loading the checkpoint")
        self.workbench.ready_for(self._some_images(), [slot])
        checkpoint = matcher.checkpoint(slot, self.domain())
        if self.options.mode == "full" and isinstance(checkpoint.encoder, FrozenNetwork):
            raise UserError(
                "Mode full trains the encoder, which must be one of Keras. Received: "
                f"{checkpoint.id}, an adopted network of another kind. Use --mode head."
            )
        store = open_embedding_store(self.workbench.embeddings_folder, checkpoint)
        base = EmbeddingStore(store.folder / "base", store.dim)
        replayed = [image_id(image) for image in self.replay.images]
        store.fill(matcher.cache, checkpoint.embeddings_id, self.answered.ids)
        base.fill(matcher.cache, checkpoint.embeddings_id, replayed)
        parent = self.embedded(checkpoint, lambda images: matcher.embed(slot, images, self.domain()), 0.1)
        self.check_still_current(checkpoint)  # else these may be the embeddings of another
        base.append(replayed, parent.replayed_embeddings)
        return replace(parent, checkpoint=matcher.cohorts.for_pool(checkpoint))

    def embedded(
        self, checkpoint: Checkpoint, embed: Callable[[Sequence[np.ndarray]], np.ndarray], share: float
    ) -> "EmbeddedCheckpoint":
        """Embed the answered and replayed images. `share` of the whole work, 0..1, is done before."""
        kinds = {"answered images": self.answered.images, "images of the base protocol": self.replay.images}
        count, done, embeddings = sum(map(len, kinds.values())), 0, []
        for kind, images in kinds.items():
            parts = []
            for start in range(0, len(images), EMBEDDED_AT_ONCE):
                words = f"embedding {len(images)} {kind}, {start} done"
                self.progress(share + EMBEDDING_SHARE * (done + start) / count, words)
                parts.append(embed(images[start : start + EMBEDDED_AT_ONCE]))
            done += len(images)
            embeddings.append(np.concatenate(parts))
        return EmbeddedCheckpoint(checkpoint, *embeddings)

    def check_still_current(self, parent: Checkpoint) -> None:
        """UserError if another checkpoint than the parent serves now."""
        slot = self.options.encoder
        if self.workbench.matcher.checkpoint(slot, self.domain()).id != parent.id:
            raise UserError(
                f"A candidate takes the place of its parent. Received: {slot}, where another checkpoint than "
                f"{parent.id} was promoted meanwhile. Retrain again: the answers are all in the log."
            )

    def measured(self, model: "EmbeddedCheckpoint") -> Measured:
        """Measure a checkpoint on the holdout and on the base protocol."""
        answered, judges = self.answered, self.answered.parts.holdout
        trials = VerificationTrials(
            int, *(each[judges] for each in (answered.left, answered.right, answered.same))
        )
        holdout = trials.evaluate(PrecomputedModel(model.checkpoint, model.answered_embeddings))
        return Measured(holdout, self.base(model))

    def base(self, model: "EmbeddedCheckpoint") -> ProtocolResult:
        """Measure a checkpoint on the base protocol."""
        return self.replay.one_shot(PrecomputedModel(model.checkpoint, model.replayed_embeddings))


@dataclass(frozen=True)
class EmbeddedCheckpoint:
    """A checkpoint and its embeddings of the m answered images (m, d) and of the r replayed ones (r, d)."""

    checkpoint: Checkpoint
    answered_embeddings: np.ndarray
    replayed_embeddings: np.ndarray
