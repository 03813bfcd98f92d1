"""Mode "head": fit the head to the answers, on cached embeddings by the unchanged encoder."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.data.sampling import Pairs
from siamese_core.evaluation.scoring import pair_logits
from siamese_core.metric_learning.cross_validation import LabelledPairs
from siamese_core.metric_learning.learning import (
    DEFAULT_PRETRAINED,
    DEFAULT_TRAINED,
    Selection,
    learn,
    unlabelled_metric,
)
from siamese_core.metric_learning.score_normalisation import cohort_rows
from siamese_core.metric_learning.two_covariance import Metric
from siamese_core.metrics import Calibration
from siamese_core.retraining.adapting import REPLAYED, Adaptation, Evidence, adapt
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.training.validation import PrecomputedModel

REPLAY_WEIGHT = 0.5  # total weight of the replayed pairs, in units of that of the answers
LEARNED_COSINE = "learnt_cosine"  # the head of a learned metric, as cards name it


def retrained_head(
    parent: Checkpoint,
    answers: Evidence,
    replay: Evidence,
    rng: np.random.Generator,
    allowed: Callable[[Checkpoint], bool] = lambda candidate: True,
) -> Checkpoint:
    """Return a candidate with the parent's encoder and threshold, and a new calibration.

    Its head has new weights where it has some.

    The weights change as far as the answers justify and as the candidate is `allowed`. The replayed pairs are
    drawings: they are left out where these are out of the parent's domain.
    """
    if parent.card.warning_for(HANDWRITING):
        replay = replay.part(np.zeros(len(replay), bool))
    share = REPLAY_WEIGHT * answers.weight.sum() / max(replay.weight.sum(), 1e-9)
    evidence = answers.joined(replace(replay, weight=share * replay.weight))
    return adapted(parent, adapt(evidence, rng, lambda found: allowed(adapted(parent, found))))


def learned_head(
    parent: Checkpoint,
    embeddings: np.ndarray,
    answers: LabelledPairs,
    rng: np.random.Generator,
    allowed: Callable[[Checkpoint], bool] = lambda candidate: True,
) -> Checkpoint | None:
    """Return a candidate with the parent's encoder and threshold and a metric learned from the answers.

    parent: as it serves, normalised where it is; embeddings: (m, d), of answered and other images, some of
    which the candidate's scores are normalised against. None where no metric is learned: see
    `learning.learn`.
    """
    network = PrecomputedModel(parent, embeddings)

    def scores(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return pair_logits(network, int, left, right)

    scale, cohort = head_scale(parent), embeddings[cohort_rows(len(embeddings))]
    default = DEFAULT_PRETRAINED if (scale == 1).all() else DEFAULT_TRAINED
    found = learn(
        embeddings * scale,
        answers,
        None if parent.card.learning else scores,
        rng,
        Selection(default, lambda metric: allowed(_with_metric(parent, metric, cohort))),
    )
    if found is None:
        return None
    power, shrinkage = found.setting
    learning = {
        "images": len(embeddings),
        "answers": len(answers.same),
        "power": power,
        "shrinkage": shrinkage,
        "loss_held_out": {"before": found.parent_loss, "after": found.loss},
    }
    candidate = _with_metric(parent, found.metric, cohort)
    return replace(candidate, calibration=found.calibration, card=replace(candidate.card, learning=learning))


def unlabelled_head(parent: Checkpoint, embeddings: np.ndarray) -> Checkpoint:
    """Return a checkpoint with the metric of unlabelled images alone, without calibration, for comparison."""
    cohort = embeddings[cohort_rows(len(embeddings))]
    return _with_metric(parent, unlabelled_metric(embeddings * head_scale(parent)), cohort)


def head_scale(parent: Checkpoint) -> np.ndarray:
    """Return the per-dimension weights (d,) of the parent's head. A learned metric keeps its parent's
    weights."""
    if parent.card.head == LEARNED_COSINE:
        return np.asarray(parent.head.scale)
    if _has_weights(parent):
        return np.sqrt(np.maximum(np.asarray(parent.head.weight), 0))
    return np.ones(parent.encoder.output_shape[-1], "float32")


def _with_metric(parent: Checkpoint, metric: Metric, cohort: np.ndarray) -> Checkpoint:
    """Return an uncalibrated candidate that compares by a metric of embeddings.

    The embeddings are multiplied by the parent's scale; scores are normalised against a cohort (c, d).
    """
    from siamese_core.networks.heads import learned_cosine

    head = learned_cosine(replace(metric, scale=head_scale(parent)))
    card = replace(parent.card.inherited(parent.id), head=LEARNED_COSINE)
    raw = Calibration(1.0, 0.0)
    candidate = Checkpoint("", parent.encoder_name, parent.encoder, head, raw, parent.threshold, card)
    return replace(candidate, familiarity=parent.familiarity).with_cohort(cohort)


def answers_evidence(model: Checkpoint, embeddings: np.ndarray, answered: AnsweredPairs) -> Evidence:
    """Return the answers that train. embeddings: (m, d), the model's, of `answered.images`."""
    pairs = Pairs(answered.left, answered.right, answered.same)
    evidence = replace(
        pairs_evidence(model, embeddings, pairs), weight=answered.weight, identity=answered.identity
    )
    return evidence.part(answered.parts.training)


def pairs_evidence(model: Checkpoint, embeddings: np.ndarray, pairs: Pairs) -> Evidence:
    """Return pairs that weigh alike and that no fold holds out. embeddings: (m, d), the model's."""
    left, right = embeddings[pairs.left], embeddings[pairs.right]
    count = len(pairs.same)
    return Evidence(
        base=model.calibration.log_odds(model.logits(left, right)),
        gaps=np.abs(left - right) if _has_weights(model) else np.zeros((count, 1), "float32"),
        same=pairs.same,
        weight=np.ones(count),
        identity=np.full((count, 2), REPLAYED),
    )


def adapted(parent: Checkpoint, found: Adaptation) -> Checkpoint:
    """Return a checkpoint, not saved yet, whose log-odds are those of the adaptation."""
    slope = parent.calibration.slope * found.scale
    calibration = Calibration(slope, parent.calibration.intercept * found.scale + found.shift)
    head = copied_head(parent)
    if _has_weights(parent):  # slope * (bias - gaps @ weight) + intercept - gaps @ found.weights
        head.weight.assign(np.asarray(parent.head.weight, "float64") + found.weights / slope)
    adaptation = {"prior_precision": found.strength, "scale": found.scale}
    card = replace(parent.card.inherited(parent.id), adaptation=adaptation)
    candidate = Checkpoint("", parent.encoder_name, parent.encoder, head, calibration, parent.threshold, card)
    return replace(candidate, familiarity=parent.familiarity)


def copied_head(parent: Checkpoint):
    """Return a new layer with the weights of the parent's head."""
    from siamese_core.networks.heads import make_head

    head = make_head(parent.card.head)
    shape = (None, parent.encoder.output_shape[-1])
    head.build(shape, shape)
    head.set_weights(parent.head.get_weights())
    return head


def _has_weights(model: Checkpoint) -> bool:
    return model.card.head == "weighted_l1"
