"""How good a network is on held-out classes: embedded once, then one-shot, verification and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import Pairs, sample_pairs
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions, ProtocolResult, one_shot_trials, pair_logits
from siamese_core.metrics import (
    Calibration,
    best_threshold,
    equal_error_rate,
    expected_calibration_error,
    fit_calibration,
    roc_auc,
    verdict,
    wilson_interval,
)

PAIRS = 20_000
BY_PRODUCT = ("cosine", "learnt_cosine")  # heads for which a table is one product of matrices
RANDOM_PAIRS = "verification, random pairs of held-out classes, half of them same"


@dataclass(frozen=True)
class PrecomputedModel:
    """A checkpoint on images that are embedded already, float32 (n, d): its "images" are row numbers."""

    checkpoint: Checkpoint
    embeddings: np.ndarray

    @property
    def encoder_name(self) -> str:
        return self.checkpoint.encoder_name

    @property
    def id(self) -> str:
        return self.checkpoint.id

    @property
    def threshold(self) -> float:
        return self.checkpoint.threshold

    def embed(self, images: Sequence[int]) -> np.ndarray:
        return self.embeddings[np.asarray(images, "int64")]

    def logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.checkpoint.logits(left, right)

    @property
    def compares_by_product(self) -> bool:
        return self.checkpoint.card.get("head") in BY_PRODUCT

    def pairwise_logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.checkpoint.pairwise_logits(left, right)

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        return self.checkpoint.similarity(logits)


def one_shot(network: PrecomputedModel, dataset: Dataset, options: OneShotOptions) -> ProtocolResult:
    """Trials that depend on the data and the options only, so that two networks take the same ones."""
    trials = one_shot_trials(dataset, options, np.random.default_rng(0))
    return replace(trials, read=int).evaluate(network)


@dataclass(frozen=True)
class Calibrated:
    """calibration, threshold: fitted on all the pairs; metrics: for the card, of pairs that were judged by
    what the other half of the classes gave."""

    calibration: Calibration
    threshold: float
    metrics: dict


def calibrate(network: PrecomputedModel, labels: np.ndarray, rng: np.random.Generator) -> Calibrated:
    """Calibration and threshold from random pairs of classes that training never saw; labels: (n,).

    Where half of the classes give no pairs, all are judged by themselves, and the metrics say so. UserError
    where even all classes give none.
    """
    halves = np.array_split(rng.permutation(np.unique(labels)), 2)
    try:
        parts = [_judged(network, labels, np.isin(labels, half), rng) for half in halves]
        protocol = f"{RANDOM_PAIRS}, each half of the classes judged by the other"
    except UserError:
        parts = [_judged(network, labels, np.ones(len(labels), bool), rng)]
        protocol = f"{RANDOM_PAIRS}, too few classes to judge one half by the other"
    fits = [_fitted(*part) for part in parts][::-1]
    logits, same = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Calibrated(*_fitted(logits, same), {"protocol": protocol, **_metrics(parts, fits)})


def _metrics(parts: list[tuple[np.ndarray, np.ndarray]], fits: list[tuple[Calibration, float]]) -> dict:
    """Of each part, (logits, same), by the fit in its place."""
    same = np.concatenate([part[1] for part in parts])
    judged = [calibration.similarity(part[0]) for part, (calibration, _) in zip(parts, fits, strict=True)]
    verdicts = [verdict(said, threshold) for said, (_, threshold) in zip(judged, fits, strict=True)]
    similarity, right = np.concatenate(judged), np.concatenate(verdicts) == same
    return {
        "accuracy": float(right.mean()),
        "ci95": list(wilson_interval(int(right.sum()), len(right))),
        "pairs": len(right),
        "roc_auc": roc_auc(similarity, same),
        "eer": equal_error_rate(similarity, same),
        "ece": expected_calibration_error(similarity, same),
    }


def _judged(
    network: PrecomputedModel, labels: np.ndarray, chosen: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Logits and same, of random pairs of the chosen images."""
    images = np.flatnonzero(chosen)
    drawn = sample_pairs(labels[images], rng, PAIRS // 2)
    pairs = Pairs(images[drawn.left], images[drawn.right], drawn.same)
    return pair_logits(network, int, pairs.left, pairs.right), pairs.same


def _fitted(logits: np.ndarray, same: np.ndarray) -> tuple[Calibration, float]:
    calibration = fit_calibration(logits, same)
    return calibration, best_threshold(calibration.similarity(logits), same)
