"""Checkpoints of every head, over embeddings that are made by hand: the encoder is never asked."""

import numpy as np
import pytest

from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.metric_learning.two_covariance import Metric
from siamese_core.metrics import Calibration
from siamese_core.networks.heads import HEADS, learned_cosine, make_head

DIM = 24


def head_of(name: str):
    rng = np.random.default_rng(3)
    if name == "learnt_cosine":
        axes = np.linalg.qr(rng.normal(size=(DIM, 2)))[0] * [1.5, 0.7]
        signs, scale = np.array([1.0, -1.0]), rng.uniform(0.5, 2, DIM)
        return learned_cosine(
            Metric(scale, 0.5, rng.normal(size=DIM) / 5, axes, signs, rng.normal(size=(2, DIM)))
        )
    head = make_head(name)
    head.build((None, DIM), (None, DIM))
    if name == "weighted_l1":  # a few dimensions carry nearly all, as of the shipped checkpoints
        head.set_weights([np.geomspace(1, 1e-4, DIM), np.array(2.0)])
    return head


def checkpoint_of(name: str) -> Checkpoint:
    head = head_of(name)
    return Checkpoint("made", "koch", None, head, Calibration(1.5, 0.2), 0.5, base_card("koch", None))


@pytest.fixture(params=sorted(HEADS))
def checkpoint(request) -> Checkpoint:
    return checkpoint_of(request.param)


@pytest.fixture
def embeddings() -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, DIM))
    return (centres[rng.integers(40, size=700)] + 0.3 * rng.normal(size=(700, DIM))).astype(np.float32)
