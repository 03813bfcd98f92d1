"""Mode "full": the encoder learns too, from its parent's weights, on answers mixed with replayed pairs.

Of a network whose weights come from elsewhere (ImageNet) only the last stage learns: the stages before it see
what all photographs have in common, a few hundred answers would spoil that, and going back through them takes
most of the time. The weights in the end are halfway between the parent's and those that training led to
(WiSE-FT, Wortsman et al. 2022).
"""

from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import ops

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.data.progress import Progress
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.networks.encoders import PRETRAINED
from siamese_core.retraining.head_training import copied_head
from siamese_core.training.augmentation import CHANGES, moved, origins

PAIRS_A_STEP = 16
REPLAYED_A_STEP = 8
FEWEST_STEPS, MOST_STEPS = 30, 300
PASSES = 8  # over the answers
LEARNING_RATE = 2e-5
KEPT = 0.5  # of the parent's weights: what holds for all images, not those trained on alone (WiSE-FT)
LAST_STAGE = "conv5_"  # how the names of its layers begin


@dataclass(frozen=True)
class PreparedPairs:
    """pixels: uint8 (m, size, size, channels), what the encoder sees; left, right: int (n,) into them; same:
    bool (n,)."""

    pixels: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


class PairTrainer(keras.Model):
    """Images (2 b, size, size, channels), lefts before rights, and where their changed copies come from
    (`augmentation.origins`) -> log-odds (b,)."""

    def __init__(self, encoder: keras.Model, head: keras.layers.Layer, slope: float, intercept: float):
        super().__init__()
        self.encoder, self.head, self.slope, self.intercept = encoder, head, slope, intercept
        self.built = True

    def call(self, inputs, training=False):
        # Batch statistics of 48 images would replace those of a long training: normalise as in use.
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
    """A copy of the parent whose encoder and head were trained on; its calibration is still the parent's."""
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
    """Pixels (2 b, ...), lefts before rights, and same float32 (b,)."""
    parts = [_drawn(answers, PAIRS_A_STEP, rng), _drawn(replayed, REPLAYED_A_STEP, rng)]
    sides = [part.pixels[part.left] for part in parts] + [part.pixels[part.right] for part in parts]
    return np.concatenate(sides), np.concatenate([part.same for part in parts]).astype("float32")


def _drawn(pairs: PreparedPairs, count: int, rng: np.random.Generator) -> PreparedPairs:
    """Half of each kind where both are there, so that the rarer one is not drowned."""
    kinds = [kind for kind in (np.flatnonzero(pairs.same), np.flatnonzero(~pairs.same)) if len(kind)]
    chosen = np.concatenate([rng.choice(kind, count // len(kinds)) for kind in kinds])
    return PreparedPairs(pairs.pixels, pairs.left[chosen], pairs.right[chosen], pairs.same[chosen])


def _copied_encoder(parent: Checkpoint) -> keras.Model:
    encoder = build_network(parent.card.embedding)
    encoder.set_weights(parent.encoder.get_weights())
    encoder.trainable = True  # also one that was frozen
    if parent.card.network in PRETRAINED:
        for layer in encoder.get_layer("resnet50").layers:
            layer.trainable = layer.name.startswith(LAST_STAGE)
    return encoder
