"""Train on random pairs, as published, or on all pairs of a batch, as the project does."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from siamese_core.casestudies import published
from siamese_core.data.datasets import Dataset
from siamese_core.data.sampling import BatchShape, members
from siamese_core.networks.heads import make_head
from siamese_core.networks.losses import LOSSES
from siamese_core.training.batches import ClassBatches
from siamese_core.training.pair_network import PairNetwork

JIT = False  # compiling takes longer than these short trainings
CLIP_NORM = 5.0  # of the gradient, over all weights

Draw = Callable[[int], tuple]  # step -> (inputs, labels) of its batch


@dataclass(frozen=True)
class StudyImages:
    """The images of a study as an encoder takes them, and which of them train.

    inputs: (n, ...) in the dataset's order; training, held_out: indices of images, without a class in common.
    """

    dataset: Dataset
    inputs: np.ndarray
    training: np.ndarray
    held_out: np.ndarray

    @property
    def judged(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and labels of the images held out."""
        return self.inputs[self.held_out], self.dataset.labels[self.held_out]


def random_pairs(images: StudyImages, rng: np.random.Generator, halfsize: int) -> Draw:
    """Draw published batches: `halfsize` positive and as many negative pairs, ((left, right), same)."""
    groups = list(members(images.dataset.labels[images.training]).values())

    def draw(step: int) -> tuple:
        pairs = published.gen_random_batch(groups, rng, halfsize)
        sides = (images.training[side] for side in (pairs.left, pairs.right))
        return tuple(images.inputs[side].astype("float32") for side in sides), pairs.same.astype("float32")

    return draw


def all_pairs(images: StudyImages, rng: np.random.Generator, shape: BatchShape) -> Draw:
    """Draw batches of several images of several classes, (inputs, labels); two images are identical."""
    batches = ClassBatches(images.dataset.subset(images.training), shape)

    def draw(step: int) -> tuple:
        indices, labels = batches.draw(rng)
        indices[1] = indices[0]  # a positive pair at distance 0, where a root has no finite gradient
        return images.inputs[images.training[indices]].astype("float32"), labels[:, None]

    return draw


def all_pairs_network(encoder: keras.Model, head: str, loss: str, learning_rate: float) -> PairNetwork:
    """Compile encoder and head with a loss over all pairs of a batch. Names as in HEADS and LOSSES."""
    network = PairNetwork(encoder, make_head(head))
    over_pairs = LOSSES[loss]
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate, global_clipnorm=CLIP_NORM),
        loss=lambda labels, logits: over_pairs(logits, labels[:, 0]),
        jit_compile=JIT,
    )
    return network


def all_scores(head: keras.Layer, embeddings: np.ndarray) -> np.ndarray:
    """Return logits (n, n) of all pairs of embeddings (n, d), row by row: at once takes n * n * d numbers."""
    rows = [head.pairwise(row[None], embeddings) for row in embeddings]
    return np.concatenate([ops.convert_to_numpy(row) for row in rows])
