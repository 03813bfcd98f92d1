"""Average embeddings over an image and its copies by operations that every format has.

`networks.embedding_spec.with_copies` turns images by an operation that TensorFlow Lite lacks; here a turned
copy is gathered from the image, with the same bilinear weights.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.networks.embedding_spec import turn_transform, without_copies
from siamese_core.networks.preparation import PAPER


def embedding_function(checkpoint: Checkpoint) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the function from prepared images float32 (n, height, width, channels) to embeddings (n, d)."""
    spec = checkpoint.card.embedding
    network = without_copies(checkpoint.encoder, spec)
    if not spec.turns and not spec.mirrored:
        return lambda images: network(images, training=False)
    dim = network.output_shape[-1]

    def embedding(images: tf.Tensor) -> tf.Tensor:
        copies = [images, *(turned(images, degrees) for degrees in spec.turns)]
        copies += [tf.reverse(images, [2])] if spec.mirrored else []
        found = network(tf.concat(copies, axis=0), training=False)
        return tf.reduce_mean(tf.reshape(found, (len(copies), -1, dim)), axis=0)

    return embedding


def turned(images: tf.Tensor, degrees: float) -> tf.Tensor:
    """Return square images (n, size, size, channels) turned about their middle, on paper."""
    size, channels = images.shape[1], images.shape[3]
    a, b, c, d, e, f, *_ = turn_transform(degrees, size).astype(np.float64)
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    across, down = a * x + b * y + c, d * x + e * y + f
    left, top = np.floor(across), np.floor(down)
    pixels = tf.reshape(images, (-1, size * size, channels)) - float(PAPER)
    result = tf.zeros_like(pixels) + float(PAPER)
    for right, below in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + right, top + below
        share = (1 - np.abs(across - column)) * (1 - np.abs(down - row))
        inside = (column >= 0) & (column < size) & (row >= 0) & (row < size)
        places = np.where(inside, row * size + column, 0).astype(np.int32).ravel()
        weights = np.where(inside, share, 0).astype(np.float32).reshape(1, -1, 1)
        result += tf.gather(pixels, places, axis=1) * weights
    return tf.reshape(result, (-1, size, size, channels))
