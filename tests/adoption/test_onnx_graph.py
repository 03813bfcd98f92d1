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


def test_an_input_whose_numbers_are_all_free_takes_channels_first(tmp_path):
    import onnx

    model = onnx.load(onnx_tower(tmp_path / "own.onnx"))
    for number, dim in enumerate(model.graph.input[0].type.tensor_type.shape.dim):
        dim.dim_param = f"free_{number}"
    onnx.save(model, tmp_path / "own.onnx")
    graph = read_onnx(tmp_path / "own.onnx", (SIDE, SIDE))
    assert (graph.input.channels, graph.input.first) == (3, True)
    kept = graph.keep(graph.outputs[0], usual_values(3)[2], tmp_path)
    np.testing.assert_allclose(kept(PIXELS), tower()(PIXELS / 127.5 - 1), atol=1e-4)


@pytest.mark.parametrize("operators", [17, 20])
@pytest.mark.parametrize("tokens", [False, True])
def test_maps_are_averaged_and_of_tokens_the_first_and_the_mean_are_tried(tmp_path, tokens, operators):
    from onnx import TensorProto, helper, numpy_helper

    half = SIDE // 2
    nodes = [helper.make_node("AveragePool", ["image"], ["map"], kernel_shape=[half] * 2, strides=[half] * 2)]
    nodes += [helper.make_node("Reshape", ["map", "shape"], ["tokens"])] if tokens else []
    name, shape = ("tokens", ["n", 3, 4]) if tokens else ("map", ["n", 3, 2, 2])
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    constants = [numpy_helper.from_array(np.array([0, 3, 4]), "shape")]
    graph = helper.make_graph(nodes, "own", [image], [output], constants)
    opset = [helper.make_opsetid("", operators)]
    (tmp_path / "own.onnx").write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    )
    found = read_onnx(tmp_path / "own.onnx", None)
    pooled = PIXELS.reshape(3, 2, half, 2, half, 3).mean(axis=(2, 4)).transpose(0, 3, 1, 2)
    rows = pooled.reshape(3, 3, 4)
    expected = [rows[:, 0], rows.mean(axis=1)] if tokens else [rows.mean(axis=2)]
    for answer, wanted in zip(found.run(PIXELS), expected, strict=True):
        np.testing.assert_allclose(answer, wanted, rtol=1e-4)


def test_operators_of_its_own_are_refused(tmp_path):
    with pytest.raises(UserError, match="Received: mine.Own"):
        read_onnx(onnx_tower(tmp_path / "own.onnx", domain="mine"), None)


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "cut.onnx").write_bytes(b"\x08\x09nonsense")
    with pytest.raises(UserError, match="whole ONNX file|takes an image"):
        read_onnx(tmp_path / "cut.onnx", None)
