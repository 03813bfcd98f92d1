"""Compare embeddings: Keras layers from a pair of embeddings to a logit that grows with similarity.

`head(left, right)` compares row with row, (n, d) and (n, d) -> (n,), and `head.pairwise(left, right)` every
row with every row, (n, d) and (m, d) -> (n, m). Where the latter is a product of matrices, `head.factors` has
both sides of it.
"""

import keras
import numpy as np
from keras import ops

from siamese_core.errors import UserError
from siamese_core.metric_learning.two_covariance import MOST_AXES, MOST_EXEMPLARS, Metric

SMALLEST_SQUARE = 1e-12  # below it a distance has no finite gradient
# Bonus, steepness and centre of the nearness to an exemplar. On photographs, faces and characters more gain
# helps the identities that answers have shown and costs all others (`bench loop`).
EXEMPLAR_GAIN, EXEMPLAR_SLOPE, EXEMPLAR_LIMIT = 0.05, 20.0, 0.4


class WeightedL1(keras.layers.Layer):
    """Koch et al. 2015: bias - sum_j w_j |left_j - right_j|, every w_j learned and none below 0.

    Weights free in sign come to reward some differences, which fits the classes that were trained on and
    costs ten points of one-shot accuracy on others.
    """

    WEIGHT = "weight"

    def build(self, left_shape, right_shape):
        dim = left_shape[-1]
        self.weight = self.add_weight(
            shape=(dim,),
            initializer=keras.initializers.Constant(0.5 / dim**0.5),
            constraint=keras.constraints.NonNeg(),
            name=self.WEIGHT,
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
        return ops.matmul(self.factors(left)[0], ops.transpose(self.factors(right)[1]))

    def factors(self, embeddings):
        """Return what stands for embeddings (n, d) on the left and on the right of the product, (n, p)."""
        return (ops.normalize(embeddings, axis=-1),) * 2


class LearnedCosine(keras.layers.Layer):
    """Cosine under a `two_covariance.Metric`, plus a bonus where both sides are near the same exemplar.

    The cosine of f(left) and f(right) under I + axes diag(signs) axes^T; exemplars are rows of f. Unused rows
    up to `MOST_AXES` and `MOST_EXEMPLARS` are 0.
    """

    def build(self, left_shape, right_shape):
        dim = left_shape[-1]

        def weight(name: str, shape: tuple[int, ...], initializer: str = "zeros"):
            return self.add_weight(shape=shape, initializer=initializer, name=name, trainable=False)

        self.scale = weight("scale", (dim,), "ones")
        self.power, self.centre = weight("power", ()), weight("centre", (dim,))
        self.axes, self.signs = weight("axes", (dim, MOST_AXES)), weight("signs", (MOST_AXES,))
        # stored checkpoints call these weights "anchors"
        self.exemplars, self.known = (
            weight("anchors", (MOST_EXEMPLARS, dim)),
            weight("known", (MOST_EXEMPLARS,)),
        )

    def call(self, left, right):
        left, right = self._placed(left), self._placed(right)
        cosine = ops.sum(left[0] * right[0], axis=-1) + ops.sum(left[1] * self.signs * right[1], axis=-1)
        return cosine + EXEMPLAR_GAIN * ops.sum(left[2] * right[2], axis=-1)

    def pairwise(self, left, right):
        return ops.matmul(self.factors(left)[0], ops.transpose(self.factors(right)[1]))

    def factors(self, embeddings):
        """Return what stands for embeddings (n, d) on the left and on the right of the product, (n, p)."""
        whole, inside, shares = self._placed(embeddings)
        left = [whole, inside * self.signs, EXEMPLAR_GAIN * shares]
        return ops.concatenate(left, axis=-1), ops.concatenate([whole, inside, shares], axis=-1)

    def _placed(self, embeddings):
        """Return f, its coordinates on the axes, and the probability of each exemplar's identity.

        The first two are scaled so that the product of an embedding with itself is 1.
        """
        embeddings = embeddings * self.scale
        # at 0 a root has no finite gradient
        size = ops.maximum(ops.abs(embeddings), SMALLEST_SQUARE)
        powered = ops.sign(embeddings) * ops.power(size, self.power)
        placed = self._scaled(ops.normalize(powered, axis=-1) - self.centre)
        alike = self._products(placed, self._scaled(self.exemplars))
        odds = self.known * ops.exp(EXEMPLAR_SLOPE * (alike - EXEMPLAR_LIMIT))
        return *placed, odds / (1 + ops.sum(odds, axis=-1, keepdims=True))

    def _scaled(self, points):
        inside = ops.matmul(points, self.axes)
        square = ops.sum(ops.square(points), axis=-1) + ops.sum(ops.square(inside) * self.signs, axis=-1)
        length = ops.sqrt(ops.maximum(square, SMALLEST_SQUARE))[:, None]
        return points / length, inside / length

    def _products(self, left, right):
        whole = ops.matmul(left[0], ops.transpose(right[0]))
        return whole + ops.matmul(left[1] * self.signs, ops.transpose(right[1]))


def learned_cosine(metric: Metric) -> LearnedCosine:
    """Return the head that compares by a fitted metric."""
    dim, rank, count = len(metric.centre), len(metric.signs), len(metric.exemplars)
    head = LearnedCosine(name="learnt_cosine")  # stored checkpoints have this name
    head.build((None, dim), (None, dim))
    head.scale.assign(metric.scale)
    head.power.assign(metric.power)
    head.centre.assign(metric.centre)
    head.axes.assign(np.pad(metric.axes, ((0, 0), (0, MOST_AXES - rank))))
    head.signs.assign(np.pad(metric.signs, (0, MOST_AXES - rank)))
    head.exemplars.assign(np.pad(metric.exemplars, ((0, MOST_EXEMPLARS - count), (0, 0))))
    head.known.assign(np.arange(MOST_EXEMPLARS) < count)
    return head


HEADS = {
    "weighted_l1": WeightedL1,
    "euclidean": Euclidean,
    "cosine": Cosine,
    "learnt_cosine": LearnedCosine,
}


def make_head(name: str) -> keras.layers.Layer:
    """Return a new head of that name; UserError with the choices if there is none."""
    if name not in HEADS:
        raise UserError(f"A head is one of {', '.join(HEADS)}. Received: {name!r}. Choose one.")
    return HEADS[name](name=name)
