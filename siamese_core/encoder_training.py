"""Mode "full": the encoder learns too, from its parent's weights, on answers mixed with replayed pairs."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from siamese_core.augmentation import distort, mirror
from siamese_core.checkpoints import Checkpoint
from siamese_core.encoders import encoder_spec
from siamese_core.heads import make_head

PAIRS_A_STEP = 16
REPLAYED_A_STEP = 8
FEWEST_STEPS, MOST_STEPS = 30, 300
PASSES = 8  # over the answers
LEARNING_RATE = 2e-5

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class PreparedPairs:
    """pixels uint8 (m, size, size, channels); left, right int (n,) into them; same bool (n,)."""

    pixels: np.ndarray
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


class PairTrainer(keras.Model):
    """Images (2 b, ...), lefts before rights -> log-odds (b,)."""

    def __init__(self, encoder: keras.Model, head: keras.layers.Layer, slope: float, intercept: float):
        super().__init__()
        self.encoder, self.head, self.slope, self.intercept = encoder, head, slope, intercept
        self.built = True

    def call(self, images, training=False):
        # Batch statistics of 48 images would replace those of a long training: normalise as in use.
        embeddings = ops.cast(self.encoder(images, training=False), "float32")
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
    encoder, head = _copy(parent)
    trainer = PairTrainer(encoder, head, parent.calibration.slope, parent.calibration.intercept)
    trainer.compile(
        optimizer=keras.optimizers.Adam(LEARNING_RATE, global_clipnorm=1.0),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False if keras.backend.backend() == "tensorflow" else "auto",
    )
    change = distort if parent.card["preparation"] == "ink" else mirror
    steps = int(np.clip(PASSES * len(answers.same) / PAIRS_A_STEP, FEWEST_STEPS, MOST_STEPS))
    for step in range(steps):
        parts = [_draw(answers, PAIRS_A_STEP, rng), _draw(replayed, REPLAYED_A_STEP, rng)]
        left = np.concatenate([part.pixels[part.left] for part in parts])
        right = np.concatenate([part.pixels[part.right] for part in parts])
        images = np.stack([change(image, rng) for image in np.concatenate([left, right])]).astype("float32")
        same = np.concatenate([part.same for part in parts]).astype("float32")
        loss = float(trainer.train_on_batch(images, same))
        progress(step / steps, f"training the encoder: step {step + 1} of {steps}, loss {loss:.3f}")
    card = {**parent.card, "parent": parent.id, "adaptation": {"mode": "full", "steps": steps}}
    return Checkpoint("", parent.encoder_name, encoder, head, parent.calibration, parent.threshold, card)


def _draw(pairs: PreparedPairs, count: int, rng: np.random.Generator) -> PreparedPairs:
    """Half of each kind where both are there, so that the rarer one is not drowned."""
    kinds = [np.flatnonzero(pairs.same), np.flatnonzero(~pairs.same)]
    kinds = [kind for kind in kinds if len(kind)]
    chosen = np.concatenate([rng.choice(kind, count // len(kinds)) for kind in kinds])
    return PreparedPairs(pairs.pixels, pairs.left[chosen], pairs.right[chosen], pairs.same[chosen])


def _copy(parent: Checkpoint) -> tuple[keras.Model, keras.layers.Layer]:
    encoder = encoder_spec(parent.encoder_name).build(parent.card["size"])
    encoder.set_weights(parent.encoder.get_weights())
    head = make_head(parent.card["head"])
    dim = encoder.output_shape[-1]
    head.build((None, dim), (None, dim))
    head.set_weights(parent.head.get_weights())
    return encoder, head
