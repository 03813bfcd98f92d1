"""Networks of ONNX: their tensors are found, their tower is taken out, operators of their own are refused."""

import numpy as np
import pytest

from helpers.own_networks import SIDE, onnx_tower, tower
from siamese_core.adoption.onnx_graph import read_onnx
from siamese_core.adoption.pixel_values import usual_values
from siamese_core.errors import UserError

PIXELS = np.random.default_rng(0).uniform(0, 255, (3, SIDE, SIDE, 3)).astype("float32")


def test_it_embeds_as_the_same_network_of_keras(tmp_path):
    graph = read_onnx(onnx_tower(tmp_path / "own.onnx"), None)
    assert graph.input.layout == "channels first"
    for values in usual_values(3):
        kept = graph.keep(graph.outputs[0], values, tmp_path)
        expected = tower().predict_on_batch(values.of(PIXELS))
        np.testing.assert_allclose(kept.predict_on_batch(PIXELS), expected, atol=2e-3)
        assert (kept.input_shape, kept.output_shape) == ((None, SIDE, SIDE, 3), (None, 16))


@pytest.mark.parametrize(("options", "dims"), [({"classes": 5}, [16, 5]), ({"twice": True}, [16])])
def test_the_embedding_is_found_before_a_classifier_and_in_a_tower(tmp_path, options, dims):
    graph = read_onnx(onnx_tower(tmp_path / "own.onnx", **options), None)
    assert [each.dim for each in graph.outputs] == dims
    np.testing.assert_allclose(graph.run(PIXELS / 127.5 - 1)[0], tower()(PIXELS / 127.5 - 1), atol=1e-4)


def test_operators_of_its_own_are_refused(tmp_path):
    with pytest.raises(UserError, match="Missing: mine.Own"):
        read_onnx(onnx_tower(tmp_path / "own.onnx", domain="mine"), None)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x09nonsense")
    with pytest.raises(UserError, match="whole ONNX file|takes an image"):
        read_onnx(tmp_path / "cut.onnx", None)
