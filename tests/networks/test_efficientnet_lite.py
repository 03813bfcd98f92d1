"""EfficientNet-Lite2: the published network, filled with the weights of a PyTorch file."""

import keras
import numpy as np
import pytest

from siamese_core.checkpoints.pretrained import LITE_SHA256
from siamese_core.networks.efficientnet_lite import LAST_STAGE, efficientnet_lite2, fill
from siamese_core.networks.torch_file import read_tensors
from siamese_core.workspace.imagenet import lite_weights

SIDE = 64


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return efficientnet_lite2(SIDE)


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return read_tensors(lite_weights(), LITE_SHA256)


def test_every_tensor_but_the_classifier_and_the_counters_has_a_place(network, tensors):
    fill(network, tensors)
    numbers = sum(
        values.size
        for name, values in tensors.items()
        if not name.startswith("_fc.") and not name.endswith("num_batches_tracked")
    )
    assert network.count_params() == numbers
    kernel = network.get_layer("features").get_layer("stage6_block16_depthwise_conv").get_weights()[0]
    former = tensors["_blocks.16._depthwise_conv.weight"]
    assert kernel.shape == (5, 5, len(former), 1)
    np.testing.assert_array_equal(kernel[1, 2, :, 0], former[:, 0, 1, 2])


def test_the_embedding_is_the_generalised_mean_of_the_last_maps(network):
    pixels = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype("float32")
    maps = network.get_layer("features").predict_on_batch((pixels - 127) / 128)
    assert maps.shape == (2, SIDE // 32, SIDE // 32, 1280)
    expected = np.cbrt((np.maximum(maps, 1e-6) ** 3).mean(axis=(1, 2)))
    np.testing.assert_allclose(network.predict_on_batch(pixels), expected, rtol=1e-4, atol=1e-6)


def test_retraining_in_full_reaches_what_comes_after_the_last_step_to_a_coarser_grid(network):
    layers = network.get_layer("features").layers
    sides = {layer.output.shape[1] for layer in layers if layer.name.startswith(LAST_STAGE)}
    first = next(layer for layer in layers if layer.name.startswith(LAST_STAGE))
    assert sides == {SIDE // 16, SIDE // 32} and first.name == "stage6_block15_expand_conv"


def test_weights_of_another_network_do_not_fit(network, tensors):
    with pytest.raises(ValueError, match="shape"):
        fill(network, tensors | {"_conv_stem.weight": np.zeros((8, 3, 3, 3), "float32")})
    with pytest.raises(KeyError):
        fill(network, {})
