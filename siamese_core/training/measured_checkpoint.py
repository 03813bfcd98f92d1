"""Make a checkpoint of a finished run: calibrated, measured on classes held out, saved with its card."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.card import base_card, write_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.data.datasets import Dataset
from siamese_core.data.pair_lists import PairList
from siamese_core.evaluation.protocols import OneShotOptions
from siamese_core.metrics import Calibration
from siamese_core.networks.embedding_spec import with_copies
from siamese_core.networks.encoders import EncoderSpec
from siamese_core.training.prepared_images import PreparedImages, embed_pixels
from siamese_core.training.trainer import TrainingResult
from siamese_core.training.validation import PrecomputedModel, calibrate, episode_shape, one_shot

FINAL_TRIALS = 4_000  # one-shot trials: the 95 % interval of an accuracy is at most 1.6 points either way


def measured_checkpoint(
    spec: EncoderSpec, result: TrainingResult, unseen: PreparedImages, seed: int
) -> tuple[Checkpoint, dict]:
    """Return the calibrated checkpoint, not saved yet, and its metrics for the card."""
    card = replace(
        base_card(spec.name),
        seed=seed,
        steps=result.best_step or result.steps,
        training_images=result.images,
        training_seconds=round(result.seconds, 1),
    )
    encoder = spec.build(spec.size)  # in full precision, as it will serve
    encoder.set_weights(result.encoder.get_weights())
    encoder = with_copies(encoder, card.embedding)
    checkpoint = Checkpoint("", spec.name, encoder, result.head, Calibration(1.0, 0.0), 0.5, card)
    network = PrecomputedModel(checkpoint, embed_pixels(encoder, unseen.pixels))
    calibrated = calibrate(network, unseen.dataset.labels, np.random.default_rng([seed, 3]))
    checkpoint.calibration, checkpoint.threshold = calibrated.calibration, calibrated.threshold
    return checkpoint, {"one_shot": _one_shot(network, unseen.dataset), "verification": calibrated.metrics}


def save_measured(
    checkpoint: Checkpoint, folder: Path, unseen: PreparedImages, metrics: dict, update_of: Path | None
) -> Checkpoint:
    """Save a checkpoint, then measure what was saved: its card tells the accuracy that storing costs."""
    saved = save_checkpoint(checkpoint, folder, quantise=True, update_of=update_of)
    network = PrecomputedModel(saved, embed_pixels(saved.encoder, unseen.pixels))
    stored = _one_shot(network, unseen.dataset)
    loss = metrics["one_shot"]["accuracy"] - stored["accuracy"]
    saved.note(metrics={**metrics, "one_shot": stored, "one_shot_lost_by_storing": loss})
    write_card(folder, saved.card)
    return saved


def described(data: Dataset | PairList) -> dict:
    """Return what a card says of the data: counts and fingerprint."""
    is_list = isinstance(data, PairList)
    kind = {"pairs": len(data.same)} if is_list else {"classes": len(np.unique(data.labels))}
    return {"images": len(data), **kind, "sha256": data.fingerprint()}


def _one_shot(network: PrecomputedModel, dataset: Dataset) -> dict:
    (n_way, k_shot), within_group = episode_shape(dataset)
    result = one_shot(network, dataset, OneShotOptions(n_way, k_shot, FINAL_TRIALS, within_group))
    where = ", within group" if within_group else ""
    return {"setting": f"{n_way}-way {k_shot}-shot{where}, classes held out", **result.json()}
