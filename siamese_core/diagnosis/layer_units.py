"""Watch the units of every layer of a network on a batch of images."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

# Between these outputs the slope of an activation is at least 1 % of its steepest; at 0 a rectifier is dead.
ENDS = {"sigmoid": (0.0025, 0.9975), "tanh": (-0.995, 0.995), "relu": (0.0, float("inf"))}
ONE_HOT = 0.99  # largest output from which a softmax counts as one-hot


@dataclass(frozen=True)
class LayerUnits:
    """What the units of one layer put out.

    activation: its name, "" where there is none; stuck: bool (units,), at the same flat end for all images
    and positions; flat: share of the outputs at a flat end (of a softmax: of the images that are one-hot);
    finite: whether all outputs are finite.
    """

    name: str
    activation: str
    stuck: np.ndarray
    flat: float
    finite: bool


def layer_units(network: keras.Model, pixels: np.ndarray) -> tuple[LayerUnits, ...]:
    """Return the units of every layer on pixels (n, size, size, channels) in 0..255.

    The network is sequential or functional; nested networks are looked into. Statistics are computed inside
    the graph: the outputs of all layers would not fit into memory.
    """
    return tuple(_watched(network, ops.convert_to_tensor(pixels, "float32")))


def _watched(network: keras.Model, inputs) -> Iterator[LayerUnits]:
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    # `input` of a nested network is its own input layer; the base class gives what reaches it in this graph.
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
    """Return the name of a layer's activation, also of a layer that is one, or "" where there is none."""
    if isinstance(layer, keras.layers.ReLU | keras.layers.Softmax):
        return type(layer).__name__.lower()
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    return "" if name == "linear" else name
