"""A network written as ONNX gives the numbers that Keras gives."""

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.networks.embedding_spec import EmbeddingSpec, build_network, with_copies
from siamese_core.networks.kept_network import onnx_session
from siamese_core.networks.onnx_export import onnx_model

pytest.importorskip("onnx")
# smaller than they are used, where the network takes any size
SPECS = {
    "resnet50": EmbeddingSpec("resnet50", 32, 3, "ink", turns=(-8.0, 8.0)),
    "efficientnet_lite2": EmbeddingSpec("efficientnet_lite2", 32, 3, "plain", mirrored=True),
    "resnet50_photographs": EmbeddingSpec("resnet50_photographs", 32, 3, "plain", mirrored=True),
    "small_cnn": EmbeddingSpec("small_cnn", 48, 3, "plain", mirrored=True),
    "face_cnn": EmbeddingSpec("face_cnn", 64, 3, "plain", turns=(5.0,)),
}


@pytest.mark.parametrize("name", ["small_cnn", "face_cnn"])
def test_a_network_embeds_alike_in_onnx(name):
    assert_embeds_alike(SPECS[name])


@pytest.mark.soak
@pytest.mark.parametrize("name", ["resnet50", "resnet50_photographs", "efficientnet_lite2"])
def test_a_large_network_embeds_alike_in_onnx(name):
    assert_embeds_alike(SPECS[name])


def assert_embeds_alike(spec: EmbeddingSpec) -> None:
    network = with_copies(build_network(spec), spec)
    images = np.random.default_rng(0).integers(0, 256, (3, spec.size, spec.size, spec.channels))
    images = images.astype(np.float32)
    session = onnx_session(onnx_model(network).SerializeToString())
    found = session.run(None, {session.get_inputs()[0].name: images})[0]
    np.testing.assert_allclose(found, np.asarray(network(images, training=False)), atol=1e-5)


def test_an_operator_without_a_translation_is_named():
    from keras import Input, Model, ops

    images = Input((4, 4, 1))
    network = Model(images, ops.cumsum(ops.reshape(images, (-1, 16)), axis=1))
    with pytest.raises(UserError, match="Cumsum"):
        onnx_model(network)
