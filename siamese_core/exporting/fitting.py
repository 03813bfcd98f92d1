"""Bring images of any size to a network's rectangle within a graph, as `networks.preparation` does.

The resampling is Pillow's: two passes, across and then down, each with weights of 22 bits and its result
rounded to whole grey levels. Whole numbers below 2^53 are exact in float64, so that the result is Pillow's
to the bit, up to images a hundred times as high as wide, whose rows Pillow takes before their columns.
The same lines write a graph of TensorFlow and one of ONNX: `ops` has the operations of either, whose values
take the arithmetic operators of Python and mix with arrays.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from siamese_core.networks.embedding_spec import EmbeddingSpec
from siamese_core.networks.preparation import CROPPED_TO, PAPER

Value = Any  # a tensor of TensorFlow or of ONNX, float64 or bool
FIXED_POINT = 2.0**22  # Pillow's weights are whole multiples of its inverse
BOX_REACH, BICUBIC_REACH = 0.5, 2.0  # px of the coarser grid, from the centre of a filter
LUMA, LUMA_ONE = (19595, 38470, 7471), 2**16  # Pillow's grey: weights of red, green, blue; their sum


@dataclass(frozen=True)
class Placing:
    """Where one axis of an image goes: scalars in px.

    From `start`, `length` px are resampled to `small` px, which begin at `offset` of the rectangle's.
    """

    side: Value
    start: Value
    length: Value
    small: Value
    offset: Value


def fitted(ops, images: Value, spec: EmbeddingSpec) -> Value:
    """Return what the network takes, float32 (n, height, width, channels), of images uint8 (n, h, w, 3).

    "ink" is taken as "plain": it leaves a drawing as it is that was brought to the network's size before.
    """
    shape = spec.size, spec.width or spec.size
    down, across = _placed(ops, ops.sides(images), shape, spec.preparation)
    smaller = (down.small <= down.length) & (across.small <= across.length)
    columns, inside_columns = _weights(ops, across, shape[1], smaller)
    rows, inside_rows = _weights(ops, down, shape[0], smaller)
    pixels = _whole(ops, ops.matmul(ops.pixels(images), ops.transpose(columns, (1, 0))), FIXED_POINT)
    pixels = _whole(ops, ops.matmul(rows, pixels), FIXED_POINT)
    pixels = ops.where(inside_rows & ops.transpose(inside_columns, (1, 0)), pixels, float(PAPER))
    return ops.network_input(grey(ops, pixels) if spec.channels == 1 else pixels)


def grey(ops, pixels: Value) -> Value:
    """Return the brightness float64 (n, 1, height, width) of RGB (n, 3, height, width), whole numbers."""
    return _whole(ops, ops.total(pixels * np.array(LUMA, np.float64)[:, None, None], 1), LUMA_ONE)


def _whole(ops, values: Value, one: float) -> Value:
    """Return values in units of `one` as whole grey levels."""
    return ops.minimum(ops.maximum(ops.floor((values + one / 2) / one), 0.0), 255.0)


def _placed(ops, sides: tuple[Value, Value], shape: tuple[int, int], preparation: str) -> list[Placing]:
    """Return where rows and columns go; the same numbers as `preparation._fit`, `_stretch` and `_crop`."""
    nothing = sides[0] * 0.0
    if preparation == "stretch":
        return [
            Placing(side, nothing, side, nothing + wanted, nothing)
            for side, wanted in zip(sides, shape, strict=True)
        ]
    if preparation == "crop":
        scale = ops.minimum(sides[0] / shape[0], sides[1] / shape[1]) * CROPPED_TO
        lengths = [ops.maximum(ops.rint(scale * wanted), 1.0) for wanted in shape]
        return [
            Placing(side, ops.floor((side - length) / 2.0), length, nothing + wanted, nothing)
            for side, length, wanted in zip(sides, lengths, shape, strict=True)
        ]
    scale = ops.minimum(float(shape[0]) / sides[0], float(shape[1]) / sides[1])
    smalls = [ops.maximum(ops.rint(side * scale), 1.0) for side in sides]
    return [
        Placing(side, nothing, side, small, ops.floor((wanted - small) / 2.0))
        for side, small, wanted in zip(sides, smalls, shape, strict=True)
    ]


def _weights(ops, placing: Placing, size: int, smaller: Value) -> tuple[Value, Value]:
    """Return the weight of each px (size, side) of the image, in 2^-22, and which rows have any (size, 1).

    smaller: whether the image is made smaller, by averages (box), rather than larger (bicubic).
    """
    scale = placing.length / placing.small
    coarse = ops.maximum(scale, 1.0)
    target = np.arange(size, dtype=np.float64)[:, None] - placing.offset
    source = ops.numbers_up_to(placing.side) - placing.start
    centre = (target + 0.5) * scale
    reach = ops.where(smaller, BOX_REACH, BICUBIC_REACH) * coarse
    low = ops.maximum(ops.floor(centre - reach + 0.5), 0.0)
    high = ops.minimum(ops.floor(centre + reach + 0.5), placing.length)
    away = (source - centre + 0.5) * (1.0 / coarse)
    box = ops.where((away > -0.5) & (away <= 0.5), 1.0, 0.0)
    counts = ops.where(smaller, box, _bicubic(ops, ops.absolute(away)))
    counts = ops.where((source >= low) & (source < high), counts, 0.0)
    whole = ops.total(counts, 1)
    shares = counts / ops.where(whole > 0.0, whole, 1.0) * FIXED_POINT
    fixed = ops.where(shares < 0.0, -ops.floor(0.5 - shares), ops.floor(shares + 0.5))
    return fixed, (target >= 0.0) & (target < placing.small)


def _bicubic(ops, away: Value) -> Value:
    """Return Pillow's cubic convolution (Keys 1981, a = -1/2) at distances of 0 or more."""
    near = (away * 1.5 - 2.5) * away * away + 1.0
    far = (((away - 5.0) * away + 8.0) * away - 4.0) * -0.5
    return ops.where(away < 1.0, near, ops.where(away < 2.0, far, 0.0))
