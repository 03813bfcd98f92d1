"""Networks that a checkpoint keeps are read as data."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from helpers.own_networks import SIDE, onnx_tower, tower
from siamese_core.errors import UserError
from siamese_core.networks.kept_network import (
    KERAS_FILE,
    ONNX_FILE,
    network_file,
    onnx_network,
    read_network,
    refuse_custom_code,
    write_network,
)

PIXELS = np.random.default_rng(0).uniform(-1, 1, (5, 3, SIDE, SIDE)).astype("float32")


def test_a_network_of_keras_is_kept_without_its_weights(tmp_path):
    write_network(tower(), tmp_path)
    assert network_file(tmp_path) == tmp_path / KERAS_FILE
    read = read_network(tmp_path)
    read.set_weights(tower().get_weights())
    images = PIXELS.transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(read.predict_on_batch(images), tower().predict_on_batch(images))


def test_another_network_is_kept_as_its_file(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    network = onnx_network(onnx_tower(tmp_path / "one" / ONNX_FILE))
    write_network(network, tmp_path / "other")
    read = read_network(tmp_path / "other")
    np.testing.assert_array_equal(read(PIXELS), network.predict_on_batch(PIXELS))
    assert (list(read.weights), read.get_weights()) == ([], [])


def test_a_network_of_a_fixed_number_of_images_takes_any(tmp_path):
    import onnx

    file = onnx_tower(tmp_path / ONNX_FILE)
    free = onnx_network(file).predict_on_batch(PIXELS)
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    onnx.save(model, file)
    np.testing.assert_allclose(onnx_network(file).predict_on_batch(PIXELS), free, atol=1e-6)


def test_code_in_a_checkpoint_s_folder_is_refused(tmp_path):
    own = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: x)])
    (tmp_path / KERAS_FILE).write_text(own.to_json())
    with pytest.raises(UserError, match="Lambda"):
        read_network(tmp_path)
    with pytest.raises(UserError, match="Received: own>Layer"):
        refuse_custom_code(json.loads('[{"class_name": "Layer", "registered_name": "own>Layer"}]'))


def test_a_folder_without_a_network_or_with_a_damaged_one_is_told(tmp_path):
    with pytest.raises(UserError, match="without one of network.json"):
        read_network(tmp_path)
    (tmp_path / ONNX_FILE).write_bytes(b"cut")
    with pytest.raises(UserError, match="must hold a network"):
        read_network(tmp_path)
