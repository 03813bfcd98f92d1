"""Measure a model on embeddings: how well it ranks, how often its verdict is right, how well calibrated."""

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import sample_pairs
from siamese_core.evaluation.protocols import OneShotOptions, VerificationTrials
from siamese_core.training.validation import PrecomputedModel, one_shot

WAYS, TRIALS, PAIRS = 20, 1000, 6000  # of the one-shot error; of all other figures
RANKING, CALIBRATED = ("error", "auc", "eer"), ("accuracy", "ece")  # the latter need a calibrated model


class EmbeddedModel(PrecomputedModel):
    """A checkpoint, or two fused, on embeddings: similarities of images that it knows little are doubted."""

    @property
    def compares_by_product(self) -> bool:
        return isinstance(self.checkpoint, Checkpoint) and super().compares_by_product

    def trust(self, embeddings: np.ndarray) -> np.ndarray:
        """Return how well the model knows images, 0..1 (n,)."""
        return self.checkpoint.trust(embeddings)


def figures(model: EmbeddedModel, data: Dataset) -> dict[str, float]:
    """Return `RANKING` and `CALIBRATED` figures of a model on all images of a data set, 0..1.

    error: of 20-way one-shot trials; accuracy: of verdicts at the model's threshold; ece: the expected
    calibration error of its similarities.
    """
    options = OneShotOptions(n_way=min(WAYS, len(np.unique(data.labels))), episodes=TRIALS)
    pairs = sample_pairs(data.labels, np.random.default_rng(0), PAIRS)
    verified = VerificationTrials(int, pairs.left, pairs.right, pairs.same).evaluate(model).json()
    return {
        "error": 1 - float(one_shot(model, data, options).correct.mean()),
        "auc": verified["roc_auc"],
        "eer": verified["eer"],
        "accuracy": verified["accuracy"],
        "ece": verified["ece"],
    }
