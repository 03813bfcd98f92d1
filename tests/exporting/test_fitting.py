"""A graph brings images of any size to the network's rectangle as Pillow does, to the bit."""

import numpy as np
import pytest

from helpers.samples import texture
from siamese_core.exporting.fitting import fitted
from siamese_core.exporting.onnx_values import OnnxOperations
from siamese_core.networks.embedding_spec import EmbeddingSpec
from siamese_core.networks.kept_network import onnx_session
from siamese_core.networks.onnx_export import written_model
from siamese_core.networks.onnx_writer import GraphWriter

SHAPES = ((30, 41), (48, 48), (97, 640), (601, 333), (1, 5), (512, 511))


def fitted_by_onnx(spec: EmbeddingSpec, images: np.ndarray) -> np.ndarray:
    helper = pytest.importorskip("onnx").helper
    writer = GraphWriter()
    result = fitted(OnnxOperations(writer), "images", spec)
    given = helper.make_tensor_value_info("images", 2, ["n", "h", "w", 3])  # 2: uint8, 1: float32
    ends = [given], [helper.make_tensor_value_info(result, 1, None)]
    session = onnx_session(written_model(writer, "fitted", *ends).SerializeToString())
    return session.run(None, {"images": images})[0]


def fitted_by_tensorflow(spec: EmbeddingSpec, images: np.ndarray) -> np.ndarray:
    from siamese_core.exporting.tensorflow_values import TensorFlowOperations

    return fitted(TensorFlowOperations(), images, spec).numpy()


@pytest.mark.parametrize("by", [fitted_by_onnx, fitted_by_tensorflow])
@pytest.mark.parametrize("preparation", ["plain", "stretch", "crop"])
@pytest.mark.parametrize(("channels", "width"), [(1, None), (3, 70)])
def test_a_graph_fits_images_as_the_program_does(by, preparation, channels, width):
    spec = EmbeddingSpec("small_cnn", 48, channels, preparation, width=width)
    for height, width in SHAPES:
        image = texture(height, width)
        np.testing.assert_array_equal(by(spec, image[None])[0], spec.prepare(image))


def test_a_drawing_that_was_prepared_stays_as_it_is():
    spec = EmbeddingSpec("koch", 105, 1, "ink")
    prepared = np.repeat(texture(105, 105)[:, :, :1], 3, axis=2)
    np.testing.assert_array_equal(fitted_by_tensorflow(spec, prepared[None])[0], prepared[:, :, :1])


def test_whole_numbers_of_32_bits_give_the_same_grey():
    from siamese_core.exporting.tensorflow_values import whole_grey

    image = texture(64, 64)
    expected = EmbeddingSpec("koch", 64, 1, "plain").prepare(image)
    np.testing.assert_array_equal(whole_grey(image[None]).numpy()[0], expected)
