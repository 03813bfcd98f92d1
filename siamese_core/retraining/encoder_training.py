"""Mode "full": fine-tune the encoder from its parent's weights, on answers mixed with replayed pairs.

Of a network with ImageNet weights only the last stage is trained, of an adopted one the last quarter: a few
hundred answers would spoil the general features before it, and backpropagation through them takes most of the
time. The result
is the mean of the parent's weights and the fine-tuned ones (WiSE-FT, Wortsman et al. 2022).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.networks.encoders import PRETRAINED
from siamese_core.networks.kept_network import ADOPTED, keras_network
from siamese_core.retraining.head_training import copied_head
from siamese_core.training.augmentation import CHANGES, moved, origins

PAIRS_A_STEP = 16  # answered pairs in a batch
REPLAYED_A_STEP = 8  # replayed pairs in a batch
FEWEST_STEPS, MOST_STEPS = 30, 300  # MOST_STEPS bounds the time
PASSES = 8  # epochs over the answers, within these bounds
LEARNING_RATE = 2e-5  # of Adam
KEPT = 0.5  # weight of the parent in the mean of the weights (WiSE-FT)
LAST_PART = 0.25  # of the layers of an adopted network that have weights


@dataclass(frozen=True)
class PreparedPairs:
    """Pairs of prepared images.

    pixels: uint8 (m, size, size, channels); left, right: int (n,) into them; same: bool (n,).
    """

    pixels: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


class PairTrainer(keras.Model):
    """Maps images (2 b, size, size, channels), lefts before rights, to log-odds (b,).

    It takes the origins of their augmented copies (`augmentation.origins`), too.
    """

    def __init__(self, encoder: keras.Model, head: keras.layers.Layer, slope: float, intercept: float):
        super().__init__()
        self.encoder, self.head, self.slope, self.intercept = encoder, head, slope, intercept
        self.built = True

    def call(self, inputs, training=False):
        # Batch statistics of 48 images would replace those of a long training: normalise as in inference.
        embeddings = ops.cast(self.encoder(moved(*inputs), training=False), "float32")
        left, right = ops.split(embeddings, 2)
        return self.slope * self.head(left, right) + self.intercept


def retrained_encoder(
    parent: Checkpoint,
    answers: PreparedPairs,
    replayed: PreparedPairs,
    rng: np.random.Generator,
    progress: Progress,
) -> Checkpoint:
    """Return a copy of the parent with encoder and head fine-tuned; the calibration is still the parent's."""
    encoder, head = _copied_encoder(parent), copied_head(parent)
    trainer = PairTrainer(encoder, head, parent.calibration.slope, parent.calibration.intercept)
    trainer.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    before = [np.array(weight) for weight in trainer.trainable_variables]
    change = CHANGES[parent.card.preparation]
    steps = int(np.clip(PASSES * len(answers.same) / PAIRS_A_STEP, FEWEST_STEPS, MOST_STEPS))
    for step in range(steps):
        images, same = _batch(answers, replayed, rng)
        copies = origins(change(rng, len(images)))
        loss = float(trainer.train_on_batch((images, copies), same))
        progress((step + 1) / steps, f"training the encoder: step {step + 1} of {steps}, loss {loss:.3f}")
    for weight, former in zip(trainer.trainable_variables, before, strict=True):
        weight.assign((1 - KEPT) * weight + KEPT * former)
    card = replace(parent.card.inherited(parent.id), steps=steps)
    encoder = with_copies(encoder, card.embedding)
    return Checkpoint("", parent.encoder_name, encoder, head, parent.calibration, parent.threshold, card)


def _batch(
    answers: PreparedPairs, replayed: PreparedPairs, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch: pixels (2 b, ...), lefts before rights, and same float32 (b,)."""
    parts = [_drawn(answers, PAIRS_A_STEP, rng), _drawn(replayed, REPLAYED_A_STEP, rng)]
    sides = [part.pixels[part.left] for part in parts] + [part.pixels[part.right] for part in parts]
    return np.concatenate(sides), np.concatenate([part.same for part in parts]).astype("float32")


def _drawn(pairs: PreparedPairs, count: int, rng: np.random.Generator) -> PreparedPairs:
    """Draw pairs, half of them positive where both kinds are there."""
    kinds = [kind for kind in (np.flatnonzero(pairs.same), np.flatnonzero(~pairs.same)) if len(kind)]
    chosen = np.concatenate([rng.choice(kind, count // len(kinds)) for kind in kinds])
    return PreparedPairs(pairs.pixels, pairs.left[chosen], pairs.right[chosen], pairs.same[chosen])


def _copied_encoder(parent: Checkpoint) -> keras.Model:
    adopted = parent.card.network == ADOPTED
    # what is adopted has no copies: its encoder is the network itself
    encoder = keras_network(parent.encoder.to_json()) if adopted else build_network(parent.card.embedding)
    encoder.set_weights(parent.encoder.get_weights())
    encoder.trainable = True  # also one that was frozen
    if parent.card.network in PRETRAINED:
        inside = next(layer for layer in encoder.layers if isinstance(layer, keras.Model))
        for layer in inside.layers:
            layer.trainable = layer.name.startswith(PRETRAINED[parent.card.network].last_stage)
    if adopted:
        weighted = [layer for layer in _single_layers(encoder) if layer.weights]
        for layer in weighted[: int((1 - LAST_PART) * len(weighted))]:
            layer.trainable = False
    return encoder


def _single_layers(network: keras.Model) -> Iterator[keras.Layer]:
    """Yield the layers in order, those of networks in it too."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _single_layers(layer)
        else:
            yield layer
