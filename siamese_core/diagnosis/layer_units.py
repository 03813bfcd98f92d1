"""What every layer of a network answers to a batch of images, unit by unit."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

# Between the two the slope of an activation is at least 1 % of its steepest; below 0 a rectifier is dead.
ENDS = {"sigmoid": (0.0025, 0.9975), "tanh": (-0.995, 0.995), "relu": (0.0, float("inf"))}
ONE_HOT = 0.99  # the largest answer of a softmax


@dataclass(frozen=True)
class LayerUnits:
    """activation: its name, "" where there is none; stuck: bool (units,), at one flat end for all images and
    places; flat: share of the answers at a flat end (of a softmax: of the images that are one-hot); finite:
    whether all answers are numbers."""

    name: str
    activation: str
    stuck: np.ndarray
    flat: float
    finite: bool


def layer_units(network: keras.Model, pixels: np.ndarray) -> tuple[LayerUnits, ...]:
    """Every layer of a sequential or functional network, nested ones looked into, on pixels (n, size, size,
    channels) in 0..255. Statistics are taken inside the graph: the answers themselves would not fit."""
    return tuple(_watched(network, ops.convert_to_tensor(pixels, "float32")))


def _watched(network: keras.Model, inputs) -> Iterator[LayerUnits]:
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    # A nested network's `input` is that of its inside; what reaches it in this graph is the base class'.
    tensors = {
        str(place): keras.Operation.input.fget(layer)
        if isinstance(layer, keras.Model)
        else _statistics(layer)
        for place, layer in enumerate(layers)
    }
    answers = keras.Model(network.inputs, tensors)(inputs, training=False)
    for place, layer in enumerate(layers):
        answer = answers[str(place)]  # Keras sorts the names: "10" comes before "2"
        if isinstance(layer, keras.Model):
            yield from _watched(layer, answer)
        else:
            stuck, flat, finite = (ops.convert_to_numpy(each) for each in answer)
            yield LayerUnits(layer.name, activation_of(layer), stuck, float(flat), bool(finite))


def _statistics(layer: keras.Layer) -> list:
    answer = ops.cast(layer.output, "float32")
    places = tuple(range(len(answer.shape) - 1))
    activation = activation_of(layer)
    low, high = ENDS.get(activation, (-float("inf"), float("inf")))
    down, up = answer <= low, answer >= high
    if activation == "softmax":
        down, up = ops.max(answer, axis=-1, keepdims=True) > ONE_HOT, answer > 1
    return [
        ops.logical_or(ops.all(down, axis=places), ops.all(up, axis=places)),
        ops.mean(ops.cast(ops.logical_or(down, up), "float32")),
        ops.all(ops.isfinite(answer)),
    ]


def activation_of(layer: keras.Layer) -> str:
    """The name of a layer's activation, also of a layer that is one; "" where there is none."""
    if isinstance(layer, keras.layers.ReLU | keras.layers.Softmax):
        return type(layer).__name__.lower()
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    return "" if name == "linear" else name
