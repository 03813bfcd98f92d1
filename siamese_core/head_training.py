"""Mode "head": the encoder stays, its embeddings are cached, and the head is fitted anew to the answers."""

import numpy as np

from siamese_core.adapting import Adaptation, Evidence, adapt
from siamese_core.checkpoints import Checkpoint
from siamese_core.material import Material
from siamese_core.metrics import Calibration

REPLAY_WEIGHT = 0.5  # of all replayed pairs together, in units of all answers together


def retrained_head(
    parent: Checkpoint, embeddings: np.ndarray, material: Material, replay: Evidence, rng: np.random.Generator
) -> Checkpoint:
    """A candidate with the parent's encoder; `embeddings` (m, d) are the parent's of `material.images`.

    A weighted L1 head gets new weights; of a head without weights only the calibration changes.
    """
    answers = evidence_of(parent, embeddings, material)
    share = REPLAY_WEIGHT * answers.weight.sum() / max(replay.weight.sum(), 1e-9)
    found = adapt(_joined(answers, replay, share), rng)
    return _with(parent, found)


def evidence_of(model: Checkpoint, embeddings: np.ndarray, material: Material) -> Evidence:
    """The answers that train, as `adapting` wants them."""
    use = material.parts.training
    return pairs_evidence(
        model, embeddings, (material.left[use], material.right[use]), material.same[use]
    ).weighted(material.weight[use], material.group[use])


def pairs_evidence(
    model: Checkpoint, embeddings: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], same: np.ndarray
) -> Evidence:
    left, right = embeddings[pairs[0]], embeddings[pairs[1]]
    base = model.calibration.log_odds(model.logits(left, right))
    gaps = np.abs(left - right) if _weighted(model) else np.zeros((len(left), 1), "float32")
    count = len(same)
    return Evidence(base, gaps, same, np.ones(count), np.full(count, -1))


def _weighted(model: Checkpoint) -> bool:
    return model.card["head"] == "weighted_l1"


def _joined(answers: Evidence, replay: Evidence, share: float) -> Evidence:
    return Evidence(
        np.concatenate([answers.base, replay.base]),
        np.concatenate([answers.gaps, replay.gaps]),
        np.concatenate([answers.same, replay.same]),
        np.concatenate([answers.weight, replay.weight * share]),
        np.concatenate([answers.group, replay.group]),
    )


def _with(parent: Checkpoint, found: Adaptation) -> Checkpoint:
    """The parent with the adaptation: what `found` says of its log-odds becomes a head and a calibration."""
    from siamese_core.heads import make_head

    slope = parent.calibration.slope * found.scale
    calibration = Calibration(slope, parent.calibration.intercept * found.scale + found.shift)
    head = make_head(parent.card["head"])
    dim = parent.encoder.output_shape[-1]
    head.build((None, dim), (None, dim))
    for variable, former in zip(head.weights, parent.head.weights, strict=True):
        variable.assign(former)
    if _weighted(parent):  # log-odds = slope * (bias - gaps @ weight) + intercept - gaps @ found.weights
        head.weight.assign(np.asarray(parent.head.weight) + found.weights / slope)
    card = {
        **parent.card,
        "parent": parent.id,
        "adaptation": {"mode": "head", "prior_precision": found.strength},
    }
    return Checkpoint("", parent.encoder_name, parent.encoder, head, calibration, parent.threshold, card)
