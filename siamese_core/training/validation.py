"""Measure and calibrate a network on classes held out: one-shot trials, random pairs, a fitted threshold."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import Episode, Pairs, members, sample_episodes, sample_pairs
from siamese_core.errors import UserError
from siamese_core.evaluation.protocols import OneShotOptions, ProtocolResult, one_shot_trials
from siamese_core.evaluation.scoring import pair_logits
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

if TYPE_CHECKING:
    from siamese_core.training.pair_network import PairNetwork
    from siamese_core.training.prepared_images import PreparedImages

PAIRS = 20_000  # random pairs to calibrate and judge on, half of them same
INTERVAL_TRIALS = 400  # one-shot trials after each interval
INTERVAL_IMAGES = 5  # of each class in them: embedding all images every few minutes would take too long
BY_PRODUCT = ("cosine", "learnt_cosine")  # heads whose table of logits is one product of matrices
RANDOM_PAIRS = "verification, random pairs of held-out classes, half of them same"


@dataclass(frozen=True)
class PrecomputedModel:
    """A checkpoint whose "images" are row numbers of embeddings float32 (n, d) computed before."""

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
        """Whether a table of logits is one product of matrices, which is cheap for all images at once."""
        return self.checkpoint.card.head in BY_PRODUCT

    def pairwise_logits(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return self.checkpoint.pairwise_logits(left, right)

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        return self.checkpoint.similarity(logits)


def one_shot(network: PrecomputedModel, dataset: Dataset, options: OneShotOptions) -> ProtocolResult:
    """Evaluate one-shot trials that depend on the data and the options only, the same for every network."""
    trials = one_shot_trials(dataset, options, np.random.default_rng(0))
    return replace(trials, read=int).evaluate(network)


@dataclass(frozen=True)
class Calibrated:
    """Calibration and threshold, fitted on all pairs, and metrics for the card.

    The metrics are cross-fitted: each half of the classes is judged by the fit of the other half.
    """

    calibration: Calibration
    threshold: float
    metrics: dict


def calibrate(
    network: PrecomputedModel, labels: np.ndarray, rng: np.random.Generator, threshold: float | None = None
) -> Calibrated:
    """Fit calibration and threshold on random pairs of classes held out from training. labels: (n,).

    threshold: one that is given; None fits that with the most right verdicts.
    Where half of the classes give no pairs of both kinds, all are judged by their own fit, and the metrics
    say so. UserError where even all classes give none.
    """
    halves = np.array_split(rng.permutation(np.unique(labels)), 2)
    try:
        parts = [_sampled(network, labels, np.isin(labels, half), rng) for half in halves]
        protocol = f"{RANDOM_PAIRS}, each half of the classes judged by the other"
    except UserError:
        parts = [_sampled(network, labels, np.ones(len(labels), bool), rng)]
        protocol = f"{RANDOM_PAIRS}, too few classes to judge one half by the other"
    fits = [_fitted(*part, threshold) for part in parts][::-1]
    logits, same = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Calibrated(*_fitted(logits, same, threshold), {"protocol": protocol, **_metrics(parts, fits)})


def _metrics(parts: list[tuple[np.ndarray, np.ndarray]], fits: list[tuple[Calibration, float]]) -> dict:
    """Return the metrics of parts (logits, same), each judged by the fit at its place."""
    same = np.concatenate([part[1] for part in parts])
    judged = [calibration.similarity(part[0]) for part, (calibration, _) in zip(parts, fits, strict=True)]
    verdicts = [verdict(part, threshold) for part, (_, threshold) in zip(judged, fits, strict=True)]
    similarity, right = np.concatenate(judged), np.concatenate(verdicts) == same
    return {
        "accuracy": float(right.mean()),
        "ci95": list(wilson_interval(int(right.sum()), len(right))),
        "pairs": len(right),
        "roc_auc": roc_auc(similarity, same),
        "eer": equal_error_rate(similarity, same),
        "ece": expected_calibration_error(similarity, same),
    }


def _sampled(
    network: PrecomputedModel, labels: np.ndarray, chosen: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return logits (n,) and truth bool (n,) of random pairs of the chosen images."""
    images = np.flatnonzero(chosen)
    drawn = sample_pairs(labels[images], rng, PAIRS // 2)
    pairs = Pairs(images[drawn.left], images[drawn.right], drawn.same)
    return pair_logits(network, int, pairs.left, pairs.right), pairs.same


def _fitted(
    logits: np.ndarray, same: np.ndarray, threshold: float | None = None
) -> tuple[Calibration, float]:
    calibration = fit_calibration(logits, same)
    if threshold is None:
        threshold = best_threshold(calibration.similarity(logits), same)
    return calibration, threshold


def episode_shape(dataset: Dataset) -> tuple[tuple[int, int], bool]:
    """Return (n_way, k_shot), and whether trials stay within a group.

    20-way 1-shot within a group where the data allows it, else as many ways as there are classes, up to 20.
    """
    usable = [label for label, found in members(dataset.labels).items() if len(found) > 1]
    largest = np.bincount(dataset.class_group[usable]).max() if usable else 0
    if largest >= 20:
        return (20, 1), True
    return (min(20, max(2, len(usable))), 1), False


def interval_episodes(validation: Dataset, seed: int) -> list[Episode]:
    """Draw the one-shot trials of every interval. UserError where the data cannot fill one."""
    rng = np.random.default_rng([seed, 1])
    shape, within_group = episode_shape(validation)
    images = [rng.permutation(found)[:INTERVAL_IMAGES] for found in members(validation.labels).values()]
    chosen = np.sort(np.concatenate(images))
    episodes = sample_episodes(validation.subset(chosen), rng, shape, INTERVAL_TRIALS, within_group)
    return [replace(e, query=int(chosen[e.query]), support=chosen[e.support]) for e in episodes]


def one_shot_accuracy(network: "PairNetwork", images: "PreparedImages", episodes: list[Episode]) -> float:
    """Return the share of `episodes` whose query is nearest to its own class. Embeds each image once."""
    # Imported here: the page opens with this module, and without TensorFlow.
    from keras import ops

    from siamese_core.training.prepared_images import embed_pixels

    used = np.unique(np.concatenate([np.append(e.support.ravel(), e.query) for e in episodes]))
    embeddings = embed_pixels(network.encoder, images.pixels[used])
    row = {int(index): i for i, index in enumerate(used)}
    hits = 0
    for episode in episodes:
        support = embeddings[[row[int(i)] for i in episode.support.ravel()]]
        logits = network.head.pairwise(embeddings[[row[episode.query]]], support)
        scores = ops.convert_to_numpy(logits).reshape(episode.support.shape).mean(axis=1)
        hits += int(np.argmax(scores) == episode.target)
    return hits / len(episodes)
