"""Train encoder and head as one network, with an optimizer whose rate falls with a layer's inputs."""

import keras
from keras import ops

from siamese_core.networks.heads import WeightedL1
from siamese_core.training.augmentation import on_one_paper

FULL_RATE = 256  # inputs up to which a layer has the full learning rate


class AdamByInputs(keras.optimizers.Adam):
    """Adam with a learning rate that falls with a layer's inputs above FULL_RATE, as in muP.

    Yang et al. 2021 (arXiv:2203.03466) derive this scaling. With the same rate as the others, a step changes
    a sum over 9,216 inputs so much that sigmoids saturate and learn no more.
    """

    def build(self, variables):
        super().build(variables)
        self._shares = [
            min(1.0, FULL_RATE / each.shape[0])
            if len(each.shape) == 2 or each.name == WeightedL1.WEIGHT
            else 1.0
            for each in variables
        ]

    def update_step(self, gradient, variable, learning_rate):
        share = self._shares[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * share)


class PairNetwork(keras.Model):
    """Encoder and head as one network, on n batches at once: inputs (n * b, ...) to logits (n * b, b).

    The logits are those of all pairs within each batch.
    copied: take (images, corners) in place of inputs and augment them by `augmentation.on_one_paper` first.
    """

    def __init__(
        self, encoder: keras.Model, head: keras.layers.Layer, batches: int = 1, copied: bool = False
    ):
        super().__init__(dtype="float32")  # also where the encoder computes in half precision
        self.encoder, self.head, self.batches, self.copied = encoder, head, batches, copied
        embeddings = (None, encoder.output_shape[-1])
        head.build(embeddings, embeddings)  # not in `build`: their paths would start with this network's name
        self.built = True

    def call(self, inputs, training=False):
        seen = on_one_paper(*inputs) if self.copied else inputs
        embeddings = ops.cast(self.encoder(seen, training=training), "float32")
        apart = ops.split(embeddings, self.batches)
        return ops.concatenate([self.head.pairwise(batch, batch) for batch in apart])
