"""Compare two embeddings in one function of tensors: head, normalisation of scores, calibration."""

from collections.abc import Callable
from typing import Any

from keras import ops

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.metric_learning.score_normalisation import IDENTICAL, ScoreNormalisation

Tensor = Any


def comparison(checkpoint: Checkpoint) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the function from embeddings (n, d) and (n, d) to similarities float32 (n,)."""
    slope, intercept = checkpoint.calibration.slope, checkpoint.calibration.intercept
    normalisation = checkpoint.normalisation
    spread = 1.0 if normalisation is None else normalisation.pooled_spread

    def similarity(left: Tensor, right: Tensor) -> Tensor:
        scores = checkpoint.head(left, right)
        if normalisation is not None:
            means = [_mean_score(checkpoint, normalisation, each) for each in (left, right)]
            scores = (scores - (means[0] + means[1]) / 2) / spread
        return ops.sigmoid(slope * scores + intercept)

    return similarity


def _mean_score(checkpoint: Checkpoint, normalisation: ScoreNormalisation, embeddings: Tensor) -> Tensor:
    """Return each image's mean score (n,) with the cohort; one that is in it is not compared with itself."""
    cohort = ops.convert_to_tensor(normalisation.cohort)
    scores = checkpoint.head.pairwise(embeddings, cohort)
    own = ops.sum(ops.square(embeddings), axis=1, keepdims=True)
    squares = own + (normalisation.cohort**2).sum(axis=1)
    apart = squares - 2 * ops.matmul(embeddings, normalisation.cohort.T)
    # 1 for another image, 0 for the same one, without a comparison: each format has these operations
    others = ops.minimum(ops.ceil(ops.maximum(apart - IDENTICAL / 2 * squares, 0)), 1)
    return ops.sum(scores * others, axis=1) / ops.maximum(ops.sum(others, axis=1), 1)
