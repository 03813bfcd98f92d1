"""Build EfficientNet-Lite2, and fill it with the ImageNet weights of a PyTorch file.

EfficientNet-Lite (Liu 2020) is EfficientNet (Tan and Le 2019) for phones: no squeeze-and-excitation, ReLU6 in
place of swish, stem and head of one width. Keras is imported when the network is built.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.networks.architectures import generalised_mean

if TYPE_CHECKING:
    import keras

# Multiply the filters and the blocks of EfficientNet-B0, as published for Lite2.
WIDTH, DEPTH = 1.1, 1.2
STEM_FILTERS, HEAD_FILTERS = 32, 1280
STEP = 8  # widened numbers of filters are multiples of it
EPSILON = 1e-3  # of batch normalisation, as in training
CLASS_WEIGHTS = "_fc.weight"  # of the classifier, (classes, 1280), in the PyTorch file
MEAN, SCALE = 127.0, 128.0  # pixels 0..255 become (pixel - MEAN) / SCALE, as in training


@dataclass(frozen=True)
class Stage:
    """Inverted bottleneck blocks of one width (Sandler et al. 2018). stride: of the first block."""

    blocks: int
    side: int
    stride: int
    expansion: int
    filters: int


# EfficientNet-B0; the first and the last stage are not made deeper
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
# How the names begin of the layers after the last step to a coarser grid.
LAST_STAGE = ("stage6_", "stage7_", "conv_head", "bn1")


def efficientnet_lite2(size: int) -> "keras.Model":
    """Return EfficientNet-Lite2 with 1280 numbers: the generalised mean of its last feature map."""
    from keras import Model, layers

    images = layers.Input((size, size, 3))
    pixels = layers.Rescaling(1 / SCALE, offset=-MEAN / SCALE)(images)
    features = _features(size)
    return Model(images, generalised_mean(features(pixels)), name="efficientnet_lite2")


def fill(network: "keras.Model", tensors: Mapping[str, np.ndarray]) -> None:
    """Assign the tensors of a PyTorch file to a network of `efficientnet_lite2`.

    KeyError or ValueError where the file is of another network.
    """
    from keras import layers

    for layer in network.get_layer("features").layers:
        name = _torch_name(layer.name)
        if isinstance(layer, layers.BatchNormalization):
            parts = ("weight", "bias", "running_mean", "running_var")
            layer.set_weights([tensors[f"{name}.{part}"] for part in parts])
        elif isinstance(layer, layers.DepthwiseConv2D):  # (filters, 1, height, width)
            layer.set_weights([tensors[f"{name}.weight"].transpose(2, 3, 0, 1)])
        elif isinstance(layer, layers.Conv2D):  # (filters, channels, height, width)
            layer.set_weights([tensors[f"{name}.weight"].transpose(2, 3, 1, 0)])


def _torch_name(layer_name: str) -> str:
    """Return how the PyTorch file calls a layer: `stage2_block1_bn0` is `_blocks.1._bn0` in it."""
    inside = re.fullmatch(r"stage\d+_block(\d+)_(\w+)", layer_name)
    return f"_blocks.{inside[1]}._{inside[2]}" if inside else f"_{layer_name}"


def _features(size: int) -> "keras.Model":
    """Return the network from pixels of about -1..1 to its last feature map (n, height, width, 1280)."""
    from keras import Model, layers

    pixels = layers.Input((size, size, 3))
    maps = _activated(
        layers.Conv2D(STEM_FILTERS, 3, 2, "same", use_bias=False, name="conv_stem")(pixels), "bn0"
    )
    for name, block in _blocks():
        maps = _inverted_bottleneck(maps, name, block)
    maps = _activated(layers.Conv2D(HEAD_FILTERS, 1, use_bias=False, name="conv_head")(maps), "bn1")
    network = Model(pixels, maps, name="features")
    network.trainable = False
    return network


def _blocks() -> Iterator[tuple[str, Stage]]:
    """Return the name of each block, numbered through all stages, and a stage of that block alone."""
    number = 0
    for place, stage in enumerate(STAGES, start=1):
        deepened = stage.blocks if place in (1, len(STAGES)) else math.ceil(DEPTH * stage.blocks)
        for block in range(deepened):
            stride = 1 if block else stage.stride
            alone = Stage(1, stage.side, stride, stage.expansion, _widened(stage.filters))
            yield f"stage{place}_block{number}_", alone
            number += 1


def _widened(filters: int) -> int:
    """Return the multiple of `STEP` nearest to the widened number, not more than a tenth below it."""
    wide = filters * WIDTH
    near = max(STEP, int(wide + STEP / 2) // STEP * STEP)
    return near + STEP if near < 0.9 * wide else near


def _inverted_bottleneck(maps, name: str, block: Stage):
    from keras import layers

    channels = maps.shape[-1]
    inner = maps
    if block.expansion > 1:
        expand = layers.Conv2D(block.expansion * channels, 1, use_bias=False, name=f"{name}expand_conv")
        inner = _activated(expand(inner), f"{name}bn0")
    depthwise = layers.DepthwiseConv2D(
        block.side, block.stride, "same", use_bias=False, name=f"{name}depthwise_conv"
    )
    inner = _activated(depthwise(inner), f"{name}bn1")
    inner = layers.Conv2D(block.filters, 1, use_bias=False, name=f"{name}project_conv")(inner)
    inner = layers.BatchNormalization(epsilon=EPSILON, name=f"{name}bn2")(inner)
    return layers.add([maps, inner]) if (block.stride, block.filters) == (1, channels) else inner


def _activated(maps, name: str):
    from keras import layers

    return layers.ReLU(6.0)(layers.BatchNormalization(epsilon=EPSILON, name=name)(maps))
