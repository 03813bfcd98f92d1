"""A checkpoint in memory, with a card that says where it comes from.

It is an encoder, a head, a calibration and a threshold. `checkpoint_files` saves and loads it. TensorFlow is
imported when a network is built, not before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.metric_learning.familiarity import Familiarity
from siamese_core.metric_learning.score_normalisation import MOST, ScoreNormalisation
from siamese_core.metric_learning.weighted_l1 import weighted_l1
from siamese_core.metrics import Calibration, bounded_logit

if TYPE_CHECKING:
    import keras

COMPARED_AT_ONCE = 3_200  # pairs: 50 MB of differences of 4,096 dimensions
NORMALISED_THRESHOLD = 0.5  # of a similarity that is a probability by its making


@dataclass
class Checkpoint:
    """What compares two images: an encoder, a head, a calibration, a threshold and a card.

    id: `<encoder>-<12 hex digits of its contents>`, empty until it is saved; embeddings_id: the name of its
    embeddings, which checkpoints of one encoder share, empty for an encoder that is not stored;
    normalisation: against a cohort of unlabelled images, None where the head's scores are taken as they are;
    familiarity: what the encoder was trained on or calibrated with, None where that was not measured;
    forward: how the encoder is run, prepared images float32 to embeddings, None where Keras runs it.
    """

    id: str
    encoder_name: str
    encoder: "keras.Model"
    head: "keras.Layer"
    calibration: Calibration
    threshold: float
    card: CheckpointCard
    embeddings_id: str = ""
    normalisation: ScoreNormalisation | None = None
    familiarity: Familiarity | None = None
    forward: Callable[[np.ndarray], np.ndarray] | None = None

    def note(self, **entries: object) -> None:
        """Set entries of the card."""
        self.card = replace(self.card, **entries)

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Return what the encoder sees of an image: uint8 (size, size, channels)."""
        return self.card.embedding.prepare(image)

    def embed(self, images: Sequence[np.ndarray], batch_size: int = 32) -> np.ndarray:
        """Return embeddings float32 (n, embedding_dim), computed for `batch_size` images at a time."""
        batches = [
            self.embed_batch(self.batch(images[start : start + batch_size]))
            for start in range(0, len(images), batch_size)
        ]
        empty = np.empty((0, self.encoder.output_shape[-1]), np.float32)
        return np.concatenate([empty, *batches], dtype=np.float32)

    def batch(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Return prepared images float32 (n, height, width, channels)."""
        return np.stack([self.prepare(image) for image in images]).astype(np.float32)

    def embed_batch(self, prepared: np.ndarray) -> np.ndarray:
        """Return embeddings float32 (n, embedding_dim) of what `batch` gave."""
        return (self.forward or self.encoder.predict_on_batch)(prepared)

    def logits(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        """Return logits float32 (n,) of the pairs of rows of two (n, embedding_dim)."""
        scores = self._pair_scores(left_embeddings, right_embeddings)
        if self.normalisation is None:
            return scores
        return self.normalisation.normalised_pairs(scores, left_embeddings, right_embeddings)

    def pairwise_logits(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        """Return logits float32 (n, m) of each row of (n, embedding_dim) with each of (m, embedding_dim)."""
        scores = self._scores(left_embeddings, right_embeddings)
        if self.normalisation is None:
            return scores
        return self.normalisation.normalised_table(scores, left_embeddings, right_embeddings)

    def _pair_scores(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        if weights := self._weights_of_differences():
            apart = np.abs(np.subtract(left_embeddings, right_embeddings, dtype=np.float32))
            return weights[1] - apart @ weights[0]
        return to_numpy(self.head(to_tensor(left_embeddings), to_tensor(right_embeddings)))

    def _scores(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        if weights := self._weights_of_differences():
            return weights[1] - weighted_l1(left_embeddings, right_embeddings, weights[0])
        right, step = to_tensor(right_embeddings), max(1, COMPARED_AT_ONCE // max(1, len(right_embeddings)))
        parts = [
            to_numpy(self.head.pairwise(to_tensor(left_embeddings[start : start + step]), right))
            for start in range(0, len(left_embeddings), step)
        ]
        return np.concatenate([np.empty((0, len(right_embeddings)), np.float32), *parts])

    def _weights_of_differences(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the weights (d,) and the bias () of a head of weighted differences, None of another one.

        A head that was never called has none yet.
        """
        from siamese_core.networks.heads import WeightedL1

        if not isinstance(self.head, WeightedL1) or not self.head.built:
            return None
        return to_numpy(self.head.weight), to_numpy(self.head.bias)

    def normalised(self, cohort: np.ndarray) -> "Checkpoint":
        """Return the checkpoint with its scores normalised against unlabelled images, and calibrated by them.

        Where it knows them, its own calibration counts too. cohort: their embeddings (m, embedding_dim), of
        which `MOST` are taken.
        """
        normalisation = ScoreNormalisation(self._scores, cohort[:MOST])
        found, share = normalisation.calibration(), self._share_of_own(cohort[:MOST])
        slope, intercept = self.calibration.slope, self.calibration.intercept
        own = normalisation.unfolded(Calibration(slope, intercept - float(bounded_logit(self.threshold))))
        mixed = Calibration(
            (1 - share) * found.slope + share * own.slope,
            (1 - share) * found.intercept + share * own.intercept,
        )
        return replace(self, normalisation=normalisation, calibration=mixed, threshold=NORMALISED_THRESHOLD)

    def _share_of_own(self, cohort: np.ndarray) -> float:
        """Return by how much its own calibration counts beside a cohort's, 0..1.

        0 up to a mean trust of the cohort's images of a half, or where that is not known.
        """
        return 0.0 if self.familiarity is None else max(0.0, 2 * float(self.trust(cohort).mean()) - 1)

    def with_cohort(self, cohort: np.ndarray) -> "Checkpoint":
        """Return the checkpoint with its scores normalised, a pooled spread, and the calibration as it is.

        cohort: embeddings (m, embedding_dim), kept in half precision.
        """
        kept = cohort.astype(np.float16).astype(np.float32)
        return replace(self, normalisation=ScoreNormalisation(self._scores, kept, pooled=True))

    def normalised_alike(self, cohort: np.ndarray) -> "Checkpoint":
        """Return the checkpoint normalised against a cohort, its similarities kept on average.

        The calibration is the one under which an image with the cohort's mean statistics keeps its
        similarities.
        """
        found = self.with_cohort(cohort)
        return replace(found, calibration=found.normalisation.unfolded(self.calibration))

    def unnormalised(self) -> "Checkpoint":
        """Return the checkpoint without its normalisation: the inverse of `normalised_alike`."""
        if self.normalisation is None:
            return self
        return replace(self, normalisation=None, calibration=self.normalisation.folded(self.calibration))

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        """Return the calibrated probability of "same", float32 0..1 in the shape of `logits`."""
        return self.calibration.similarity(logits)

    def is_foreign(self, embeddings: np.ndarray) -> np.ndarray:
        """Return which images (n,) are too far from what the encoder knows to be compared by it."""
        return (
            np.zeros(len(embeddings), bool)
            if self.familiarity is None
            else self.familiarity.is_foreign(embeddings)
        )

    @property
    def is_calibrated(self) -> bool:
        """Whether a cohort of such images, or answers about them, have calibrated the checkpoint."""
        return self.normalisation is not None or self.card.answers is not None

    def trust(self, embeddings: np.ndarray) -> np.ndarray:
        """Return by how much what is said of images (n,) counts, 0..1.

        1 where the checkpoint is calibrated for them.
        """
        if self.familiarity is None or self.is_calibrated:
            return np.ones(len(embeddings))
        return self.familiarity.trust(embeddings)


def to_tensor(values: np.ndarray):
    import keras

    return keras.ops.convert_to_tensor(values, "float32")


def to_numpy(values) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(values), np.float32)
