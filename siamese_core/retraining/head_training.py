"""Mode "head": the encoder stays, its embeddings are cached, and the head is fitted anew to the answers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.domains import HANDWRITING
from siamese_core.data.sampling import Pairs
from siamese_core.evaluation.protocols import pair_logits
from siamese_core.metric_learning.learning import (
    DEFAULT_PRETRAINED,
    DEFAULT_TRAINED,
    LabelledPairs,
    Selection,
    learn,
    unlabelled_metric,
)
from siamese_core.metric_learning.two_covariance import Metric
from siamese_core.metrics import Calibration
from siamese_core.retraining.adapting import REPLAYED, Adaptation, Evidence, adapt
from siamese_core.retraining.answered_pairs import AnsweredPairs
from siamese_core.training.validation import PrecomputedModel

REPLAY_WEIGHT = 0.5  # of all replayed pairs together, in units of all answers together
LEARNED_COSINE = "learnt_cosine"


def retrained_head(
    parent: Checkpoint,
    answers: Evidence,
    replay: Evidence,
    rng: np.random.Generator,
    allowed: Callable[[Checkpoint], bool] = lambda candidate: True,
) -> Checkpoint:
    """A candidate with the parent's encoder and, where the head has weights, new ones; else, and besides, a
    new calibration. The threshold stays. The weights change as far as the answers ask for and as the
    candidate is `allowed`. Replayed drawings tell nothing of one that was trained on photographs."""
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
    """A candidate with the parent's encoder and a metric learned from embeddings (m, d) of answered and other
    images and the answers about them; None where nothing is learned that is `allowed` and beats the parent on
    things held out. The threshold stays."""
    network = PrecomputedModel(parent, embeddings)

    def scores(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return pair_logits(network, int, left, right)

    scale = _scale(parent)
    default = DEFAULT_PRETRAINED if (scale == 1).all() else DEFAULT_TRAINED
    found = learn(
        embeddings * scale,
        answers,
        None if parent.card.learning else scores,
        rng,
        Selection(default, lambda metric: allowed(_with_metric(parent, metric))),
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
    candidate = _with_metric(parent, found.metric)
    return replace(candidate, calibration=found.calibration, card=replace(candidate.card, learning=learning))


def unlabelled_head(parent: Checkpoint, embeddings: np.ndarray) -> Checkpoint:
    """What images alone give, of which nothing is known: for comparison, it has no calibration of its own."""
    return _with_metric(parent, unlabelled_metric(embeddings * _scale(parent)))


def _scale(parent: Checkpoint) -> np.ndarray:
    """(d,): how the parent's head weighs the numbers of an embedding; a learned one, as its own parent."""
    if parent.card.head == LEARNED_COSINE:
        return np.asarray(parent.head.scale)
    if _has_weights(parent):
        return np.sqrt(np.maximum(np.asarray(parent.head.weight), 0))
    return np.ones(parent.encoder.output_shape[-1], "float32")


def _with_metric(parent: Checkpoint, metric: Metric) -> Checkpoint:
    """A candidate, not calibrated yet, that compares by a metric of embeddings times the parent's scale."""
    from siamese_core.networks.heads import learned_cosine

    head = learned_cosine(replace(metric, scale=_scale(parent)))
    card = replace(parent.card.inherited(parent.id), head=LEARNED_COSINE)
    raw = Calibration(1.0, 0.0)
    return Checkpoint("", parent.encoder_name, parent.encoder, head, raw, parent.threshold, card)


def answers_evidence(model: Checkpoint, embeddings: np.ndarray, answered: AnsweredPairs) -> Evidence:
    """The answers that train; `embeddings` (m, d) are the model's of `answered.images`."""
    pairs = Pairs(answered.left, answered.right, answered.same)
    evidence = replace(
        pairs_evidence(model, embeddings, pairs), weight=answered.weight, identity=answered.identity
    )
    return evidence.part(answered.parts.training)


def pairs_evidence(model: Checkpoint, embeddings: np.ndarray, pairs: Pairs) -> Evidence:
    """Pairs that count alike and always train; `embeddings` (m, d) are the model's."""
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
    """A checkpoint, not saved yet, whose log-odds are those of the adaptation."""
    slope = parent.calibration.slope * found.scale
    calibration = Calibration(slope, parent.calibration.intercept * found.scale + found.shift)
    head = copied_head(parent)
    if _has_weights(parent):  # slope * (bias - gaps @ weight) + intercept - gaps @ found.weights
        head.weight.assign(np.asarray(parent.head.weight, "float64") + found.weights / slope)
    adaptation = {"prior_precision": found.strength, "scale": found.scale}
    card = replace(parent.card.inherited(parent.id), adaptation=adaptation)
    return Checkpoint("", parent.encoder_name, parent.encoder, head, calibration, parent.threshold, card)


def copied_head(parent: Checkpoint):
    """A new layer with the weights of the parent's head."""
    from siamese_core.networks.heads import make_head

    head = make_head(parent.card.head)
    shape = (None, parent.encoder.output_shape[-1])
    head.build(shape, shape)
    head.set_weights(parent.head.get_weights())
    return head


def _has_weights(model: Checkpoint) -> bool:
    return model.card.head == "weighted_l1"
