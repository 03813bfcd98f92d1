import dataclasses

import keras
import numpy as np
import pytest

from helpers.warps import identity_warps
from siamese_core.networks.encoders import encoder_spec
from siamese_core.networks.heads import make_head
from siamese_core.training.augmentation import origins, other_hands
from siamese_core.training.pair_network import FULL_RATE, AdamByInputs, PairNetwork

SPEC = dataclasses.replace(encoder_spec("small_cnn"), size=36)


def test_weights_have_the_names_by_which_a_checkpoint_looks_for_them():
    network = PairNetwork(SPEC.build(SPEC.size), make_head("weighted_l1"))
    images = np.zeros((2, SPEC.size, SPEC.size, SPEC.channels), "float32")
    network(images)
    assert [weight.path for weight in network.head.weights] == ["weighted_l1/weight", "weighted_l1/bias"]
    assert not any(weight.path.startswith("pair_network") for weight in network.encoder.weights)


def test_a_layer_of_many_inputs_moves_by_less_so_that_its_sum_does_not():
    def moves(inputs: int) -> tuple[float, float, float]:
        """The largest step of a kernel, of a bias and of the head's weights."""
        layer, head = keras.layers.Dense(inputs), make_head("weighted_l1")
        layer.build((None, inputs))
        head.build((None, inputs), (None, inputs))
        changed = [layer.kernel, layer.bias, head.weight]
        before = [each.numpy() for each in changed]
        optimizer = AdamByInputs(1e-3)
        optimizer.build(changed)
        optimizer.apply([np.ones(each.shape, "float32") for each in changed])
        return tuple(np.abs(each.numpy() - old).max() for each, old in zip(changed, before, strict=True))

    assert moves(64) == pytest.approx((1e-3, 1e-3, 1e-3), rel=1e-3)
    assert moves(FULL_RATE) == pytest.approx((1e-3, 1e-3, 1e-3), rel=1e-3)
    assert moves(8 * FULL_RATE) == pytest.approx((1.25e-4, 1e-3, 1.25e-4), rel=1e-3)


def test_the_encoder_sees_the_changed_copies():
    encoder, head = SPEC.build(SPEC.size), make_head("cosine")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, SPEC.size, SPEC.size, SPEC.channels)).astype("uint8")
    as_they_are = np.asarray(PairNetwork(encoder, head)(images.astype("float32")))
    embeddings = encoder(images.astype("float32"))
    np.testing.assert_allclose(as_they_are, head.pairwise(embeddings, embeddings), atol=1e-4)
    copying = PairNetwork(encoder, head, copied=True)
    one = images[:, None]
    np.testing.assert_allclose(copying((one, origins(identity_warps(6))[:, None])), as_they_are, atol=1e-4)
    assert np.abs(copying((one, origins(other_hands(rng, 6))[:, None])) - as_they_are).max() > 0.01
