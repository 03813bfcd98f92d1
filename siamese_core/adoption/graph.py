"""A network as it was read from a file: what it takes, what it can give, how it is run and kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.adoption.pixel_values import PixelValues
from siamese_core.errors import UserError
from siamese_core.networks.kept_network import FrozenNetwork

if TYPE_CHECKING:
    import keras

FREE_SIZE = 224  # px, where neither the network nor a card beside it names a size
LEAST_SIZE, MOST_SIZE = 8, 2048  # px
CHANNELS = (1, 3)
LEAST_DIM = 2  # numbers of an embedding


@dataclass(frozen=True)
class Output:
    """A tensor (n, dim) that may be the embedding. role: how it was found, in words."""

    name: str
    dim: int
    role: str


@dataclass(frozen=True)
class ImageInput:
    """What a network takes: float (n, height, width, channels), or channels before height where `first`."""

    height: int
    width: int
    channels: int
    first: bool = False

    @property
    def layout(self) -> str:
        return "channels first" if self.first else "channels last"

    def arranged(self, values: np.ndarray) -> np.ndarray:
        """Return values (n, height, width, channels) as the network takes them."""
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2)) if self.first else values


@dataclass(frozen=True)
class Graph:
    """A network of another program, opened, whose embedding and preparation are still to be found.

    kind: "Keras" or "ONNX"; inside: the normalisation that is in it, in words, "" for none; outputs: the
    likeliest embedding first; notes: what was done to it, for people.
    run: takes values (n, height, width, channels) and returns an array (n, dim) for each output. keep: takes
    an output, a scaling and a folder to write to, and returns the network from pixels 0..255 to embeddings.
    """

    kind: str
    input: ImageInput
    inside: str
    outputs: tuple[Output, ...]
    notes: tuple[str, ...]
    run: Callable[[np.ndarray], list[np.ndarray]]
    keep: Callable[[Output, PixelValues, Path], "keras.Model | FrozenNetwork"]


def image_input(shape: tuple, size: tuple[int, int] | None, first_if_free: bool = False) -> ImageInput | None:
    """Return what an input of a shape (without the batch) takes, None where it is no image.

    shape: three numbers, None where they are free; size: (height, width) to take for what is free;
    first_if_free: where the number of channels is free, too, there are three and they come first.
    """
    if len(shape) != 3:
        return None
    if first_if_free and shape[0] is None and shape[-1] not in CHANNELS:
        shape = (max(CHANNELS), *shape[1:])
    first = shape[-1] not in CHANNELS and shape[0] in CHANNELS
    if not first and shape[-1] not in CHANNELS:
        return None
    height, width = shape[1:] if first else shape[:2]
    free = size or (FREE_SIZE, FREE_SIZE)
    found = ImageInput(height or free[0], width or free[1], shape[0] if first else shape[-1], first)
    if not all(LEAST_SIZE <= each <= MOST_SIZE for each in (found.height, found.width)):
        raise UserError(
            f"A network takes images of {LEAST_SIZE} to {MOST_SIZE} px. Received: one for {found.height} x "
            f"{found.width} px. Name its size with --size, or another file."
        )
    return found


def no_image(shapes: list) -> UserError:
    """Return the error of a network without an input of images."""
    return UserError(
        "A network to adopt takes an image, with 1 or 3 channels first or last. Received: inputs of the "
        f"shapes {', '.join(str(tuple(each)) for each in shapes) or 'none'}. Name the part of it that embeds "
        "images."
    )


def no_output(words: str) -> UserError:
    """Return the error of a network that gives nothing that can be an embedding."""
    return UserError(
        f"A network to adopt gives an embedding (n, d) of each image by itself. Received: {words}. Export "
        "the part of it that embeds one image."
    )
