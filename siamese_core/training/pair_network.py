"""What a training step changes: encoder and head as one network, and how far each of its weights moves."""

import keras
from keras import ops

from siamese_core.networks.heads import WeightedL1
from siamese_core.training.augmentation import on_one_paper

FULL_RATE = 256  # inputs of a layer


class AdamByInputs(keras.optimizers.Adam):
    """Adam whose rate for a layer of more than FULL_RATE inputs falls with their number, as Yang et al. 2021
    (arXiv:2203.03466) derive it; Koch et al. 2015 gave each layer a rate of its own, too.

    At the rate of the others a step changes a sum over 9,216 inputs so much that sigmoids saturate and learn
    no more.
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
    """Encoder and head trained as one: n batches of what the encoder takes (n * b, ...) -> logits (n * b, b)
    of all pairs within each batch.

    copied: it takes images (n * b, p, ...) and where changed copies of them come from, and the encoder sees
    those, p on one paper (`augmentation.on_one_paper`).
    """

    def __init__(
        self, encoder: keras.Model, head: keras.layers.Layer, batches: int = 1, copied: bool = False
    ):
        super().__init__(dtype="float32")  # also where the encoder computes less exactly
        self.encoder, self.head, self.batches, self.copied = encoder, head, batches, copied
        embeddings = (None, encoder.output_shape[-1])
        head.build(embeddings, embeddings)  # not in `build`, which would put its own name before the head's
        self.built = True

    def call(self, inputs, training=False):
        seen = on_one_paper(*inputs) if self.copied else inputs
        embeddings = ops.cast(self.encoder(seen, training=training), "float32")
        apart = ops.split(embeddings, self.batches)
        return ops.concatenate([self.head.pairwise(batch, batch) for batch in apart])
