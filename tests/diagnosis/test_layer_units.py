"""What is read off the layers of a network, against answers known by hand."""

import keras
import numpy as np
import pytest
from keras import layers

from siamese_core.diagnosis.layer_units import layer_units

SIDE = 4
PIXELS = np.random.default_rng(0).uniform(0, 255, (6, SIDE, SIDE, 1)).astype("float32")


def dense(weights: list[float], bias: list[float], activation: str) -> keras.Model:
    """Units that see the mean of an image, 0..1."""
    network = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 1)),
            layers.Rescaling(1 / 255),
            layers.GlobalAveragePooling2D(),
            layers.Dense(len(bias), activation=activation, name="units"),
        ]
    )
    network.get_layer("units").set_weights([np.array([weights]), np.array(bias)])
    return network


def units(network: keras.Model, name: str = "units"):
    return next(layer for layer in layer_units(network, PIXELS) if layer.name == name)


def test_the_layers_come_in_order_with_their_activations():
    found = layer_units(dense([1.0], [0.0], "relu"), PIXELS)
    assert [layer.activation for layer in found] == ["", "", "relu"]
    assert found[-1].name == "units"


def test_a_rectified_unit_is_stuck_if_it_is_never_above_0():
    found = units(dense([1.0, -1.0, 1.0], [0.0, 0.0, -0.5], "relu"))
    mean = PIXELS.mean(axis=(1, 2, 3)) / 255
    assert found.stuck.tolist() == [False, True, bool((mean <= 0.5).all())]
    assert found.flat == pytest.approx((0 + 1 + np.mean(mean <= 0.5)) / 3)


@pytest.mark.parametrize(("bias", "stuck"), [(-20.0, True), (20.0, True), (0.0, False)])
def test_a_sigmoid_unit_is_stuck_at_either_end(bias, stuck):
    assert units(dense([1.0], [bias], "sigmoid")).stuck.tolist() == [stuck]


def test_a_sigmoid_that_jumps_from_end_to_end_is_flat_but_not_stuck():
    mean = float(PIXELS.mean() / 255)
    found = units(dense([1e6], [-1e6 * mean], "sigmoid"))
    assert (found.stuck.tolist(), found.flat) == ([False], 1.0)


def test_a_tanh_has_its_ends_at_minus_1_and_1():
    assert units(dense([0.0, 0.0], [9.0, 0.0], "tanh")).stuck.tolist() == [True, False]


@pytest.mark.parametrize(("weights", "flat"), [([0.0, 0.0, 0.0], 0.0), ([0.0, 0.0, 1e6], 1.0)])
def test_a_softmax_is_flat_where_one_answer_takes_all(weights, flat):
    assert units(dense(weights, [0.0] * 3, "softmax")).flat == flat


def test_a_unit_of_a_convolution_is_stuck_only_if_it_is_so_everywhere():
    network = keras.Sequential(
        [layers.Input((SIDE, SIDE, 1)), layers.Conv2D(2, 1, activation="relu", name="units")]
    )
    network.get_layer("units").set_weights([np.array([[[[1.0, -1.0]]]]), np.array([-PIXELS.max() + 1, 0.0])])
    assert units(network).stuck.tolist() == [False, True]


def test_a_dozen_layers_keep_their_order():
    network = keras.Sequential([layers.Input((SIDE, SIDE, 1)), *(layers.Rescaling(1.0) for _ in range(11))])
    network.add(layers.ReLU(name="units"))
    network.add(layers.Rescaling(-1.0))
    network.add(layers.ReLU(name="last"))
    found = layer_units(network, PIXELS)
    assert [layer.name for layer in found[-3::2]] == ["units", "last"]
    assert [layer.stuck.tolist() for layer in found[-3::2]] == [[False], [True]]


def test_a_nested_network_is_looked_into_with_what_reaches_it():
    inside = keras.Sequential([layers.Input((SIDE, SIDE, 1)), layers.ReLU(name="units")])
    image = keras.Input((SIDE, SIDE, 1))
    network = keras.Model(image, layers.Flatten()(inside(layers.Rescaling(-1.0)(image))))
    found = layer_units(network, PIXELS)
    assert [layer.name for layer in found].count("units") == 1
    assert units(network).stuck.tolist() == [True]  # the rescaling has turned all below 0


def test_answers_that_are_no_numbers_are_seen_from_their_layer_on():
    network = dense([1.0], [np.nan], "relu")
    assert [layer.finite for layer in layer_units(network, PIXELS)] == [True, True, False]


def test_looking_changes_nothing():
    network = dense([1.0, 2.0], [0.0, 0.5], "relu")
    before = network.predict_on_batch(PIXELS)
    layer_units(network, PIXELS)
    layer_units(network, PIXELS)
    np.testing.assert_array_equal(network.predict_on_batch(PIXELS), before)
