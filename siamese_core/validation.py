"""How good a network is on held-out classes: embedded once, then one-shot, verification and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.datasets import Dataset
from siamese_core.errors import UserError
from siamese_core.evaluation import OneShotOptions, ProtocolResult, one_shot_trials, pair_logits
from siamese_core.metrics import (
    Calibration,
    accuracy,
    best_threshold,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
    roc_auc,
    wilson_interval,
)
from siamese_core.sampling import Pairs, sample_pairs

if TYPE_CHECKING:
    import keras

PAIRS = 20_000


@dataclass(frozen=True)
class Calibrated:
    """Fitted on all the pairs; `metrics` are cross-fitted: each half of the classes judged by the other's
    fit."""

    calibration: Calibration
    threshold: float
    metrics: dict


@dataclass(frozen=True)
class Embedded:
    """A network on images that are embedded already: its "images" are row numbers of `embeddings` (n, d)."""

    encoder_name: str
    head: "keras.Layer"
    embeddings: np.ndarray
    id: str = "in training"

    def embed(self, rows: Sequence[int]) -> np.ndarray:
        return self.embeddings[np.asarray(rows, "int64")]

    def logits(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        from keras import ops

        return ops.convert_to_numpy(
            self.head(ops.convert_to_tensor(left_embeddings), ops.convert_to_tensor(right_embeddings))
        )


def one_shot(network: Embedded, dataset: Dataset, options: OneShotOptions) -> ProtocolResult:
    """Trials that depend on the data and the options only, so that two networks take the same ones."""
    trials = one_shot_trials(dataset, options, np.random.default_rng(0))
    return replace(trials, read=int).evaluate(network)


def calibrate(network: Embedded, labels: np.ndarray, rng: np.random.Generator) -> Calibrated:
    """Calibration and threshold from random pairs, half of them same, of classes that training never saw."""
    halves = np.array_split(rng.permutation(np.unique(labels)), 2)
    judged, fits = [], []
    for half in halves:
        inside = np.flatnonzero(np.isin(labels, half))
        try:
            drawn = sample_pairs(labels[inside], rng, PAIRS // 2)
        except UserError:  # too few classes to judge one half by the other
            drawn = sample_pairs(labels, rng, PAIRS // 2)
            inside = np.arange(len(labels))
        pairs = Pairs(inside[drawn.left], inside[drawn.right], drawn.same)
        logits = pair_logits(network, int, pairs.left, pairs.right)
        judged.append((logits, pairs.same))
        fits.append(fit_calibration(logits, pairs.same))
    similarity = np.concatenate([fits[1 - i].similarity(logits) for i, (logits, _) in enumerate(judged)])
    same = np.concatenate([part for _, part in judged])
    logits = np.concatenate([part for part, _ in judged])
    calibration = fit_calibration(logits, same)
    threshold = best_threshold(calibration.similarity(logits), same)
    low, high = wilson_interval(int(np.sum((similarity >= threshold) == same)), len(same))
    metrics = {
        "protocol": "verification, random pairs of held-out classes, half of them same, cross-fitted",
        "accuracy": accuracy(similarity, same, threshold),
        "ci95": [low, high],
        "pairs": len(same),
        "roc_auc": roc_auc(similarity, same),
        "eer": equal_error_rate(similarity, same),
        "ece": expected_calibration_error(similarity, same),
    }
    return Calibrated(calibration, threshold, metrics)
