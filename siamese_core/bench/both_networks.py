"""Treat one network and two that are fused alike: change each, ask by each, measure each."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from siamese_core.bench.figures import EmbeddedModel
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.evaluation.fusion import Fused
from siamese_core.evaluation.protocols import ProtocolResult
from siamese_core.metric_learning.neighbours import View
from siamese_core.networks.encoders import SLOTS
from siamese_core.retraining.replay import Replay

Model = Checkpoint | Fused
Base = Callable[[Model], ProtocolResult]


def networks(model: Model, embeddings: np.ndarray) -> dict[str, tuple[Checkpoint, np.ndarray]]:
    """Return name -> checkpoint and its embeddings float32 (n, d). embeddings: of `model.embed`.

    Two fused are named by their slots, one by its encoder.
    """
    if isinstance(model, Fused):
        return {slot: (getattr(model, slot), np.ascontiguousarray(embeddings[slot])) for slot in SLOTS}
    return {model.encoder_name: (model, embeddings)}


def changed(model: Model, change: Callable[[Checkpoint, np.ndarray], Checkpoint], shown: np.ndarray) -> Model:
    """Return the model with each of its checkpoints changed, given the embeddings of images shown to it."""
    return exchanged(model, {name: change(*each) for name, each in networks(model, shown).items()})


def exchanged(model: Model, found: dict[str, Checkpoint]) -> Model:
    """Return the model with the checkpoints of these names in place of its own."""
    return replace(model, **found) if isinstance(model, Fused) else found[model.encoder_name]


def views(model: Model, shown: np.ndarray) -> list[View]:
    """Return what the queue asks by: a view for each network."""
    return [view_of(*each) for each in networks(model, shown).values()]


def view_of(model: Checkpoint, embeddings: np.ndarray) -> View:
    def log_odds(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return model.calibration.log_odds(model.logits(left, right))

    return View(len(embeddings), lambda rows: embeddings[rows], log_odds, model.threshold)


def measurable(model: Model, embeddings: np.ndarray) -> dict[str, EmbeddedModel]:
    """Return name -> the checkpoint on its embeddings; of two networks both fused, too."""
    found = {name: EmbeddedModel(*each) for name, each in networks(model, embeddings).items()}
    if isinstance(model, Fused):
        found[model.encoder_name] = EmbeddedModel(model, embeddings)
    return found


def base_protocols(model: Model) -> dict[str, Base]:
    """Return name -> a function that takes heads on that network, or both fused, through the base protocol.

    The images of the replay set are embedded once.
    """
    replay = Replay()
    found = measurable(model, model.embed(replay.images))
    return {name: _base(replay, part.embeddings) for name, part in found.items()}


def _base(replay: Replay, embeddings: np.ndarray) -> Base:
    return lambda head: replay.one_shot(EmbeddedModel(head, embeddings))
