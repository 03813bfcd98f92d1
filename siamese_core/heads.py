"""From a pair of embeddings to a logit that grows with likeness.

Every head is a Keras layer: `head(left, right)` compares row with row, (n, d) and (n, d) -> (n,), and
`head.pairwise(left, right)` every row with every row, (n, d) and (m, d) -> (n, m).
"""

import keras
from keras import ops

from siamese_core.errors import UserError

SMALLEST_SQUARE = 1e-12  # below it a distance has no finite gradient


class WeightedL1(keras.layers.Layer):
    """Koch et al. 2015: bias - sum_j w_j |left_j - right_j|, every w_j learnt and free in sign."""

    def build(self, left_shape, right_shape):
        dim = left_shape[-1]
        self.weight = self.add_weight(
            shape=(dim,), initializer=keras.initializers.Constant(0.5 / dim**0.5), name="weight"
        )
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias")

    def call(self, left, right):
        return self.bias - ops.matmul(ops.abs(left - right), self.weight)

    def pairwise(self, left, right):
        return self.bias - ops.matmul(ops.abs(left[:, None] - right[None]), self.weight)


class Euclidean(keras.layers.Layer):
    """Minus the Euclidean distance, whose gradient is finite at identical embeddings."""

    def build(self, left_shape, right_shape):
        """Nothing to learn, but built as the others are."""

    def call(self, left, right):
        return -ops.sqrt(ops.maximum(ops.sum(ops.square(left - right), axis=-1), SMALLEST_SQUARE))

    def pairwise(self, left, right):
        return self.call(left[:, None], right[None])


class Cosine(keras.layers.Layer):
    """The cosine of the angle between two embeddings, -1..1."""

    def build(self, left_shape, right_shape):
        """Nothing to learn, but built as the others are."""

    def call(self, left, right):
        return ops.sum(ops.normalize(left, axis=-1) * ops.normalize(right, axis=-1), axis=-1)

    def pairwise(self, left, right):
        return ops.matmul(ops.normalize(left, axis=-1), ops.transpose(ops.normalize(right, axis=-1)))


HEADS = {"weighted_l1": WeightedL1, "euclidean": Euclidean, "cosine": Cosine}


def make_head(name: str) -> keras.layers.Layer:
    """UserError with the choices if there is no head of that name."""
    if name not in HEADS:
        raise UserError(f"A head is one of {', '.join(HEADS)}. Received: {name!r}.")
    return HEADS[name](name=name)
