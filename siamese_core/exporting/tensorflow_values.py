"""The operations that `fitting` needs of tensors of TensorFlow."""

from collections.abc import Sequence

import tensorflow as tf

from siamese_core.exporting.fitting import LUMA, LUMA_ONE


class TensorFlowOperations:
    """The operations of `fitting` on tensors, float64 or bool."""

    def sides(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        shape = tf.cast(tf.shape(images), tf.float64)
        return shape[1], shape[2]

    def pixels(self, images: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.transpose(images, (0, 3, 1, 2)), tf.float64)

    def network_input(self, pixels: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.transpose(pixels, (0, 2, 3, 1)), tf.float32)

    def numbers_up_to(self, count: tf.Tensor) -> tf.Tensor:
        return tf.range(count, dtype=tf.float64)

    def where(self, condition: tf.Tensor, chosen, other) -> tf.Tensor:
        chosen, other = (tf.cast(each, tf.float64) for each in (chosen, other))
        return tf.where(condition, chosen, other)

    def matmul(self, left: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
        return tf.matmul(left, right)

    def transpose(self, value: tf.Tensor, axes: Sequence[int]) -> tf.Tensor:
        return tf.transpose(value, axes)

    def total(self, value: tf.Tensor, axis: int) -> tf.Tensor:
        return tf.reduce_sum(value, axis, keepdims=True)

    minimum, maximum = staticmethod(tf.minimum), staticmethod(tf.maximum)
    floor, rint, absolute = staticmethod(tf.floor), staticmethod(tf.math.rint), staticmethod(tf.abs)


def whole_grey(images: tf.Tensor) -> tf.Tensor:
    """Return the brightness float32 (n, height, width, 1) of RGB uint8, without float64, as Pillow has it."""
    weighted = tf.cast(images, tf.int32) * tf.constant(LUMA, tf.int32)
    total = tf.reduce_sum(weighted, axis=-1, keepdims=True)
    return tf.cast((total + LUMA_ONE // 2) // LUMA_ONE, tf.float32)
