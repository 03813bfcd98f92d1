"""Reproduce three published attempts, faults included: networks, losses, random pairs, one-shot loop.

They are measured against; nothing but the case studies uses them.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np
from keras import Sequential, initializers, layers, ops

from siamese_core.data.sampling import Pairs
from siamese_core.errors import UserError

MARGIN = 1.0  # of the contrastive loss, as published
EMBEDDING_DIM = 128
SMALLEST_SQUARE = 1e-12  # of a squared distance before its root, where it is clamped

Ending = Callable[[], list[layers.Layer]]


# The first attempt: 4096 sigmoid units and a weighted L1 on top of a frozen ResNet50.


def sigmoid_units(dim: int) -> keras.Model:
    """Build 4096 sigmoid units on features (n, dim), initialised and regularised as published."""
    return Sequential(
        [
            layers.Input((dim,)),
            layers.Dense(
                4096,
                activation="sigmoid",
                kernel_regularizer=keras.regularizers.L2(1e-3),
                kernel_initializer=initializers.RandomNormal(0.0, 0.01),
                bias_initializer=initializers.RandomNormal(0.5, 0.01),
            ),
        ],
        name="sigmoid_units",
    )


class SameProbability(keras.Model):
    """Two batches of inputs to the sigmoid of a trained weighted L1 distance of their embeddings, (n,)."""

    def __init__(self, encoder: keras.Model):
        super().__init__()
        self.encoder = encoder
        self.score = layers.Dense(
            1, activation="sigmoid", bias_initializer=initializers.RandomNormal(0.5, 0.01)
        )

    def call(self, pair, training=False):
        left, right = (self.encoder(side, training=training) for side in pair)
        return self.score(ops.abs(left - right))[:, 0]

    def pairwise(self, embeddings: np.ndarray) -> np.ndarray:
        """Return probabilities (n, n) of all pairs of embeddings (n, d), a row at a time."""
        rows = [self.score(ops.abs(row[None] - embeddings))[:, 0] for row in embeddings]
        return np.stack([ops.convert_to_numpy(row) for row in rows])


def gen_random_batch(groups: Sequence[np.ndarray], rng: np.random.Generator, halfsize: int = 8) -> Pairs:
    """Draw random pairs: `halfsize` within a group, then as many of two groups.

    groups: indices of images. A pair within a group may be an image with itself.
    """
    left = rng.integers(len(groups), size=2 * halfsize)
    others = (left + rng.integers(1, len(groups), size=2 * halfsize)) % len(groups)
    same = np.arange(2 * halfsize) < halfsize
    right = np.where(same, left, others)
    sides = [np.array([rng.choice(groups[group]) for group in side]) for side in (left, right)]
    return Pairs(*sides, same)


# The second attempt: one-shot tasks, each of which goes through the whole pair network.


def make_oneshot_task(
    languages: dict[str, Sequence[np.ndarray]], rng: np.random.Generator, n_way: int, language: str | None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw a task: a test image n_way times, a support image of each letter, the place of the right one.

    languages: for each its letters, for each of those the indices of its drawings. UserError with the numbers
    where there are too few letters.
    """
    if language is not None and language not in languages:
        raise UserError(
            f"A language is one of {', '.join(languages)}. Received: {language!r}. Choose one of these."
        )
    chosen = [languages[language]] if language is not None else languages.values()
    letters = [letter for found in chosen for letter in found]
    if n_way > len(letters):
        where = f"the language {language}" if language is not None else "this data"
        raise UserError(
            f"A {n_way}-way task needs {n_way} letters. Received: {where}, which has {len(letters)}. "
            "Ask for a smaller n_way, or another language."
        )
    picked = rng.choice(len(letters), n_way, replace=False)
    test, shown = rng.choice(letters[picked[0]], 2, replace=False)
    support = np.array([shown, *(rng.choice(letters[place]) for place in picked[1:])])
    order = rng.permutation(n_way)
    return np.full(n_way, test), support[order], int(np.flatnonzero(order == 0)[0])


# The third attempt: two face networks that end in a softmax, and a contrastive loss.


def softmax() -> list[layers.Layer]:
    """Return the layers that both face networks ended in."""
    return [layers.Dense(EMBEDDING_DIM, activation="softmax")]


def unit_length() -> list[layers.Layer]:
    """Return the layers to end in instead. Not published."""
    return [layers.Dense(EMBEDDING_DIM), layers.UnitNormalization()]


def net_definition(size: int, ending: Ending = softmax) -> keras.Model:
    """Build `Net_Definition`: RGB (n, size, size, 3) in 0..255 to embeddings (n, 128)."""

    def block(filters: int, side: int, strides: int = 1) -> list[layers.Layer]:
        return [
            layers.Conv2D(filters, side, strides=strides, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            layers.BatchNormalization(),
        ]

    return Sequential(
        [
            layers.Input((size, size, 3)),
            layers.Rescaling(1 / 255),
            *block(96, 7, strides=4),
            *block(256, 5),
            *block(384, 3),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            *ending(),
        ],
        name="net_definition",
    )


def testmodel(size: int, ending: Ending = softmax) -> keras.Model:
    """Build `TestModel`, which has dropout: RGB (n, size, size, 3) in 0..255 to embeddings (n, 128)."""
    return Sequential(
        [
            layers.Input((size, size, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(96, 3, strides=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Conv2D(256, 3, strides=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.5),
            *ending(),
        ],
        name="test_model",
    )


def build_by_name(name: str, size: int) -> keras.Model:
    """Build what the published code builds: the same network, whatever the name."""
    return net_definition(size)


class PairDistance(keras.Model):
    """Two batches of images to the Euclidean distance of their embeddings, (n,)."""

    def __init__(self, encoder: keras.Model, clamped: bool):
        super().__init__()
        self.encoder, self.clamped = encoder, clamped

    def call(self, pair, training=False):
        left, right = (self.encoder(side, training=training) for side in pair)
        square = ops.sum(ops.square(left - right), axis=-1)
        return ops.sqrt(ops.maximum(square, SMALLEST_SQUARE) if self.clamped else square)


def contrastive(same, distance):
    """Return the loss as published: same is 1 for positive pairs, which are pulled together."""
    return ops.mean(same * ops.square(distance) + (1 - same) * _push(distance))


def contrastive_swapped(same, distance):
    """Return the loss as the accepted answer has it, with its two terms swapped."""
    return ops.mean((1 - same) * ops.square(distance) + same * _push(distance))


def _push(distance):
    return ops.square(ops.maximum(MARGIN - distance, 0.0))
