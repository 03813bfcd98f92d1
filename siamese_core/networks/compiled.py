"""Run a network as one graph of TensorFlow."""

from collections.abc import Callable

import numpy as np

from siamese_core.networks.kept_network import FrozenNetwork

Forward = Callable[[np.ndarray], np.ndarray]  # float32 (n, height, width, channels) -> (n, embedding_dim)


def compiled(encoder) -> Forward:
    """Return the encoder as one graph for batches of any size: compiled once, and some of its steps fused.

    What a layer gives lives until the last layer that reads it; Keras, called as it is, keeps all of it until
    the end, which is 1.3 GB for four photographs. With another backend than TensorFlow Keras runs it.
    """
    if isinstance(encoder, FrozenNetwork):
        return encoder.predict_on_batch
    import keras

    if keras.backend.backend() != "tensorflow":
        return encoder.predict_on_batch
    import tensorflow as tf

    shape = tf.TensorSpec((None, *encoder.input_shape[1:]), tf.float32)
    # layers have no Python control flow to translate, and looking for it takes a tenth of the time
    graph = tf.function(
        lambda batch: encoder(batch, training=False), input_signature=[shape], autograph=False
    )

    def forward(batch: np.ndarray) -> np.ndarray:
        # A single row takes another path through the matrix products than several and differs from them in
        # the last digits; two of it do not, on most processors.
        whole = np.repeat(batch, 2, axis=0) if len(batch) == 1 else batch
        return graph(tf.constant(whole, tf.float32)).numpy()[: len(batch)]

    return forward
