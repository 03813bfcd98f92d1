"""Networks of Keras: their tensors are found, their tower is taken out, code is refused."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from helpers.own_networks import SIDE, classifier, tower, twins
from siamese_core.adoption.keras_graph import graph_of, read_keras
from siamese_core.adoption.pixel_values import usual_values
from siamese_core.errors import UserError

PIXELS = np.random.default_rng(0).uniform(0, 255, (3, SIDE, SIDE, 3)).astype("float32")
FREE = Path("unused")


class Own(layers.Layer):
    """A layer that a file cannot bring with it."""

    def call(self, inputs):
        return inputs


def test_the_tensor_before_a_classifier_is_the_likeliest(tmp_path):
    classifier().save(tmp_path / "own.keras")
    graph = read_keras(tmp_path / "own.keras", None)
    assert [each.dim for each in graph.outputs] == [16, 5]
    assert graph.outputs[0].role == "the tensor before the classifier"
    assert "Rescaling" in graph.inside and graph.input.layout == "channels last"
    expected = tower().predict_on_batch(PIXELS / 127.5 - 1)
    np.testing.assert_allclose(graph.run(PIXELS)[0], expected, atol=1e-4)


def test_a_classifier_may_be_a_convolution_of_one_place():
    images = keras.Input((SIDE, SIDE, 3))
    features = layers.GlobalAveragePooling2D(keepdims=True)(layers.Conv2D(6, 3)(images))
    chances = layers.Softmax()(layers.Flatten()(layers.Conv2D(9, 1)(layers.Dropout(0.2)(features))))
    graph = graph_of(keras.Model(images, chances), None)
    assert [each.dim for each in graph.outputs] == [6, 9]


@pytest.mark.filterwarnings("ignore")
def test_the_older_format_of_keras_is_read(tmp_path):
    parts = [keras.Input((SIDE, SIDE, 3)), layers.AveragePooling2D(8), layers.Flatten(), layers.Dense(4)]
    own = keras.Sequential(parts)
    own.save(tmp_path / "own.h5")
    graph = read_keras(tmp_path / "own.h5", None)
    np.testing.assert_allclose(graph.run(PIXELS)[0], own.predict_on_batch(PIXELS), rtol=1e-4)


def test_the_tower_of_a_siamese_model_is_taken_out():
    graph = graph_of(twins(), None)
    assert "tower" in graph.notes[0]
    np.testing.assert_allclose(graph.run(PIXELS)[0], tower().predict_on_batch(PIXELS), atol=1e-4)


def test_a_model_of_two_images_without_a_shared_tower_is_refused():
    left, right = keras.Input((SIDE, SIDE, 3)), keras.Input((SIDE, SIDE, 3))
    both = keras.Model([left, right], tower("one")(left) - tower("other")(right))
    with pytest.raises(UserError, match="all of them share"):
        graph_of(both, None)


@pytest.mark.parametrize("values", usual_values(3), ids=lambda each: each.name)
@pytest.mark.parametrize("shape", [(SIDE, SIDE, 3), (3, SIDE, SIDE)])
def test_scaling_and_layout_become_part_of_what_is_kept(shape, values):
    graph = graph_of(tower(shape=shape), None)
    assert graph.input.first == (shape[0] == 3)
    kept = graph.keep(graph.outputs[0], values, FREE)
    assert kept.input_shape == (None, SIDE, SIDE, 3)
    np.testing.assert_allclose(kept.predict_on_batch(PIXELS), graph.run(values.of(PIXELS))[0], atol=2e-3)


def test_maps_are_averaged_and_a_free_size_is_taken_from_outside():
    images = keras.Input((None, None, 1))
    graph = graph_of(keras.Model(images, layers.Conv2D(6, 3)(images)), (20, 30))
    assert (graph.input.height, graph.input.width, graph.input.channels) == (20, 30, 1)
    assert graph.outputs[0].dim == 6 and "averaged" in graph.outputs[0].role


@pytest.mark.parametrize(
    ("layer", "words"),
    [(Own(), "Received: Own|Unknown layer"), (layers.Lambda(lambda x: x), "Lambda.* which is code")],
)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_code_is_refused(tmp_path, layer, words, ending):
    file = tmp_path / f"own.{ending}"
    keras.Sequential([keras.Input((8, 8, 3)), layer, layers.Flatten()]).save(file)
    with pytest.raises(UserError, match=words):
        read_keras(file, None)


def test_what_is_no_network_of_images_is_refused(tmp_path):
    words = keras.Input((7,))
    with pytest.raises(UserError, match="takes an image"):
        graph_of(keras.Model(words, layers.Dense(3)(words)), None)
    (tmp_path / "cut.keras").write_bytes(b"PK")
    with pytest.raises(UserError, match="whole"):
        read_keras(tmp_path / "cut.keras", None)
    tower().save_weights(tmp_path / "alone.weights.h5")
    with pytest.raises(UserError, match="weights alone"):
        read_keras(tmp_path / "alone.weights.h5", None)
