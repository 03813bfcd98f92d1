"""Measure a model by protocols: one-shot, Lake's runs, verification.

Trials are drawn first and are only numbers of images, so that any number of models takes the same ones. A
trial becomes pairs, every image is embedded once, and what is kept is which trials were right.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.data.sampling import Pairs, sample_episodes, sample_pairs
from siamese_core.errors import UserError
from siamese_core.evaluation.baselines import BASELINES
from siamese_core.evaluation.lake import read_lake_runs
from siamese_core.evaluation.scoring import Model, embed_pairs, pair_logits
from siamese_core.metrics import (
    equal_error_rate,
    expected_calibration_error,
    mcnemar_exact,
    roc_auc,
    tpr_at_fpr,
    verdict,
    wilson_interval,
)


@dataclass(frozen=True)
class ProtocolResult:
    """correct: bool (trials,), in the order of the trials; seconds: of embedding and comparing."""

    protocol: str
    encoder: str
    checkpoint: str
    correct: np.ndarray
    seconds: float

    def json(self) -> dict:
        correct, trials = int(self.correct.sum()), len(self.correct)
        return {
            "protocol": self.protocol,
            "encoder": self.encoder,
            "checkpoint": self.checkpoint,
            "accuracy": correct / trials,
            "ci95": list(wilson_interval(correct, trials)),
            "correct": correct,
            "trials": trials,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class VerificationResult(ProtocolResult):
    """The result of a verification protocol, with what the model said of each pair.

    similarity (trials,): 0..1; same (trials,): bool; threshold: the model's stored one; scores (trials,):
    what pairs are ranked by, the similarities before any doubt, or None where there was none.
    """

    similarity: np.ndarray
    same: np.ndarray
    threshold: float
    scores: np.ndarray | None = None

    def json(self) -> dict:
        return super().json() | {
            "roc_auc": self._of_both_kinds(roc_auc),
            "eer": self._of_both_kinds(equal_error_rate),
            "tpr_at_fpr_0.01": self._of_both_kinds(tpr_at_fpr, 0.01),
            "ece": expected_calibration_error(self.similarity, self.same),
            "threshold": self.threshold,
        }

    def _of_both_kinds(self, statistic: Callable[..., float], *more: float) -> float | None:
        """Return None where all pairs are same, or all different: a curve needs both."""
        one_kind = self.same.all() or not self.same.any()
        scores = self.similarity if self.scores is None else self.scores
        return None if one_kind else statistic(scores, self.same, *more)


@dataclass(frozen=True)
class OneShotTrials:
    """Queries (trials,), support (trials, n_way, k_shot) and targets (trials,), all n_way alternatives.

    `read` turns the numbers in `query` and `support` into images.
    """

    protocol: str
    read: Callable[[int], np.ndarray]
    query: np.ndarray
    support: np.ndarray
    target: np.ndarray

    def scores(self, model: Model) -> np.ndarray:
        """Return logits (trials, n_way), of several shots their mean."""
        queries = np.broadcast_to(self.query[:, None, None], self.support.shape)
        logits = pair_logits(model, self.read, queries.ravel(), self.support.ravel())
        return logits.reshape(self.support.shape).mean(axis=2)

    def evaluate(self, model: Model) -> ProtocolResult:
        """Return which trials are right: the target alone has the highest score, as a tie is not a choice."""
        start = time.perf_counter()
        scores = self.scores(model)
        trial = np.arange(len(scores))
        rivals = scores.copy()
        rivals[trial, self.target] = -np.inf
        correct = scores[trial, self.target] > rivals.max(axis=1)
        return ProtocolResult(
            self.protocol, model.encoder_name, model.id, correct, time.perf_counter() - start
        )


@dataclass(frozen=True)
class VerificationTrials:
    """Pairs (trials,) of numbers of images, which `read` turns into images, and whether they are same."""

    read: Callable[[int], np.ndarray]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray

    def evaluate(self, model: Model) -> VerificationResult:
        """Return which verdicts at the model's stored threshold are right."""
        start = time.perf_counter()
        embedded = embed_pairs(model, self.read, self.left, self.right)
        scores = model.similarity(embedded.logits(model))
        similarity = embedded.doubted(model, scores)
        correct = verdict(similarity, model.threshold) == self.same
        seconds = time.perf_counter() - start
        names = ("verification", model.encoder_name, model.id)
        return VerificationResult(*names, correct, seconds, similarity, self.same, model.threshold, scores)


@dataclass(frozen=True)
class OneShotOptions:
    """`within_group`: all classes of an episode are of one group (alphabet)."""

    n_way: int = 20
    k_shot: int = 1
    episodes: int = 400
    within_group: bool = False


def one_shot_trials(dataset: Dataset, options: OneShotOptions, rng: np.random.Generator) -> OneShotTrials:
    """Draw random episodes; UserError where the data set cannot fill one."""
    shape = (options.n_way, options.k_shot)
    episodes = sample_episodes(dataset, rng, shape, options.episodes, options.within_group)
    return OneShotTrials(
        "one-shot",
        dataset.image,
        np.array([episode.query for episode in episodes]),
        np.stack([episode.support for episode in episodes]),
        np.array([episode.target for episode in episodes]),
    )


def lake_trials(zip_path: Path) -> OneShotTrials:
    """Return the trials of `all_runs.zip`, in its order."""
    runs = read_lake_runs(zip_path)
    return OneShotTrials("lake", runs.images.__getitem__, runs.query, runs.support, runs.target)


def sampled_pairs(dataset: Dataset, count: int, rng: np.random.Generator) -> VerificationTrials:
    """Draw random pairs, half of them same; UserError where there are none of one kind."""
    return _verification(dataset.image, sample_pairs(dataset.labels, rng, count))


def listed_pairs(pairs: PairList) -> VerificationTrials:
    """Return the pairs of a list; UserError unless it holds same and different ones."""
    return _verification(pairs.images.__getitem__, pairs, pairs.left_out.line())


def _verification(
    read: Callable[[int], np.ndarray], pairs: Pairs | PairList, left_out: str = ""
) -> VerificationTrials:
    positives, total = int(np.sum(pairs.same)), len(pairs.same)
    if positives in (0, total):
        received = f"{positives} same, {total - positives} different{'; ' if left_out else ''}{left_out}"
        raise UserError(
            f"Verification needs same and different pairs. Received: {received}. Add the missing kind."
        )
    return VerificationTrials(read, pairs.left, pairs.right, pairs.same)


@dataclass(frozen=True)
class Row:
    """A row of a table. mcnemar_p: of the exact test against the model on the same trials, None for it."""

    result: ProtocolResult
    mcnemar_p: float | None

    def json(self) -> dict:
        return self.result.json() | {"mcnemar_p": self.mcnemar_p}


def with_baselines(trials: OneShotTrials | VerificationTrials, model: Model) -> tuple[Row, ...]:
    """Return the model's row first, then those of the training-free baselines."""
    first = trials.evaluate(model)
    others = [trials.evaluate(baseline) for baseline in BASELINES.values()]
    return (Row(first, None), *(Row(other, mcnemar_exact(first.correct, other.correct)) for other in others))
