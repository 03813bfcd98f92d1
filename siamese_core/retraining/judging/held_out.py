"""Score pairs that neither the parent nor the candidate has learned from, for the test of the gate."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import mannwhitneyu

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.evaluation.scoring import pair_logits
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.learning import compared_held_out
from siamese_core.metrics import bounded_logit
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.retraining.head_training import head_scale
from siamese_core.retraining.judging.ranking_test import RankedPairs
from siamese_core.training.validation import PrecomputedModel


@dataclass(frozen=True)
class Learned:
    """What a metric was learned from: embeddings (m, d) of answered and other images, and the answers.

    earlier: bool (n,), the answers that the parent had learned its own metric from.
    """

    embeddings: np.ndarray
    answers: LabelledPairs
    earlier: np.ndarray


def ranked_by_learning(
    parent: Checkpoint, candidate: Checkpoint, learned: Learned, rng: np.random.Generator
) -> RankedPairs:
    """Return the pairs of all answered identities, each scored by a metric that was learned without them.

    So the way of learning is judged (cross-fitting), with the setting of the candidate. A parent with a
    learned metric is cross-fitted, too, from the answers that it knew.
    """
    settings = _setting(candidate), _setting(parent) if learned.earlier.any() else None
    pairs, after, before = compared_held_out(
        learned.embeddings * head_scale(parent), learned.answers, settings, learned.earlier, rng
    )
    if before is None:
        before = pair_logits(PrecomputedModel(parent, learned.embeddings), int, pairs.left, pairs.right)
    return RankedPairs(
        pairs.same,
        np.stack([pairs.left, pairs.right], axis=1),
        pairs.identity,
        pairs.part,
        _verdict_log_odds(parent, before),
        _verdict_log_odds(candidate, after),
    )


def _setting(checkpoint: Checkpoint) -> tuple[float, float] | None:
    learning = checkpoint.card.learning
    return (learning["power"], learning["shrinkage"]) if learning else None


def _verdict_log_odds(checkpoint: Checkpoint, logits: np.ndarray) -> np.ndarray:
    return checkpoint.calibration.log_odds(logits) - bounded_logit(checkpoint.threshold)


def ranked_on_holdout(
    answered: AnsweredPairs, before: PrecomputedModel, after: PrecomputedModel
) -> RankedPairs:
    """Return all pairs of the holdout's images, same where the answers connect both.

    before, after: parent and candidate, with embeddings of the answered images. Pairs that were answered
    otherwise are left out.
    """
    judging, training = answered.parts.holdout, answered.parts.training
    sides = np.stack([answered.left, answered.right], axis=1)
    identity = np.zeros(len(answered.ids), "int64")
    identity[sides] = answered.identity
    images = np.setdiff1d(sides[judging], sides[training])
    first, second = np.triu_indices(len(images), 1)
    pairs = np.stack([images[first], images[second]], axis=1)
    same = identity[pairs[:, 0]] == identity[pairs[:, 1]]
    contradicted = {
        tuple(sorted(two))
        for two, told, implied in zip(
            sides.tolist(), answered.same, identity[sides[:, 0]] == identity[sides[:, 1]], strict=True
        )
        if told != implied
    }
    kept = np.array([tuple(two) not in contradicted for two in pairs.tolist()], bool)
    pairs, same = pairs[kept], same[kept]
    scores = (
        _verdict_log_odds(model.checkpoint, pair_logits(model, int, *pairs.T)) if len(pairs) else np.empty(0)
        for model in (before, after)
    )
    return RankedPairs(same, pairs, identity[pairs], np.zeros(len(pairs), int), *scores)


def answers_agree_p(parent: PrecomputedModel, pairs: LabelledPairs) -> float:
    """Return the p of the one-sided Mann-Whitney test that answers agree with what the parent ranks as alike.

    Random answers do not; a parent that has not learned from them needs no holdout. 1 for one kind of answer.
    """
    same = pairs.same
    if same.all() or not same.any():
        return 1.0
    scores = pair_logits(parent, int, pairs.left, pairs.right)
    return float(mannwhitneyu(scores[same], scores[~same], alternative="greater").pvalue)
