"""What decides an embedding beside the encoder's weights: the one list of it, and the one hash."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.networks.encoders import PRETRAINED, encoder_spec
from siamese_core.networks.preparation import PAPER, prepare

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class EmbeddingSpec:
    """Which network embeds, and how an image is prepared for it.

    network: a name in `encoders.PRETRAINED` or `encoders.ENCODERS`, or `kept_network.ADOPTED`, for the same
    weights give other embeddings in another network; size, channels, preparation: see `preparation.prepare`;
    width: where the input is no square, else None, and `size` is its height. An embedding is the mean of
    those of the image and its copies: turns: degrees by which they are turned; mirrored: whether its mirror
    image is among them.
    """

    network: str
    size: int
    channels: int
    preparation: str
    turns: tuple[float, ...] = ()
    mirrored: bool = False
    width: int | None = None

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Return what the network sees of an image: uint8 (height, width, channels)."""
        return prepare(image, self.preparation, (self.size, self.width or self.size), self.channels)

    def embeddings_id(self, weights: Iterable[str]) -> str:
        """Return the name under which embeddings by these weights (digests of their files) are kept."""
        # the width came later: stores of earlier embeddings keep their names
        entries = {name: value for name, value in asdict(self).items() if name != "width" or value}
        decides = json.dumps([entries, *weights], sort_keys=True)
        return f"{self.network}-{hashlib.sha256(decides.encode()).hexdigest()[:16]}"


def build_network(spec: EmbeddingSpec) -> "keras.Model":
    """Return the untrained network, without its copies."""
    return (PRETRAINED.get(spec.network) or encoder_spec(spec.network)).build(spec.size)


def with_copies(network: "keras.Model", spec: EmbeddingSpec) -> "keras.Model":
    """Return the network with its embeddings averaged over the image and its copies.

    It shares the variables of `network`, which is what trains; without copies it is `network` itself.
    """
    if not spec.turns and not spec.mirrored:
        return network
    from keras import Model, layers, ops

    size = network.input_shape[1]
    images = layers.Input(network.input_shape[1:])
    each = ops.zeros_like(images[:, 0, 0, :1])  # a row for an image: JAX does not take one turn for all
    copies = [
        ops.image.affine_transform(
            images, each + turn_transform(degrees, size), fill_mode="constant", fill_value=PAPER
        )
        for degrees in spec.turns
    ]
    copies += [ops.flip(images, axis=2)] if spec.mirrored else []
    # One call on all copies: a layer that is called once can be looked into.
    embeddings = network(ops.concatenate([images, *copies], axis=0))
    apart = ops.reshape(embeddings, (1 + len(copies), -1, network.output_shape[-1]))
    return Model(images, ops.mean(apart, axis=0), name=f"{network.name}_copies")


def without_copies(encoder: "keras.Model", spec: EmbeddingSpec) -> "keras.Model":
    """Return the network inside an encoder of `with_copies`, which embeds an image alone."""
    if not spec.turns and not spec.mirrored:
        return encoder
    return encoder.get_layer(encoder.name.removesuffix("_copies"))


def turn_transform(degrees: float, size: int) -> np.ndarray:
    """Return where each pixel (x, y) of the turned copy comes from, for `affine_transform`: float32 (8,)."""
    middle, angle = (size - 1) / 2, np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    across, down = middle - cos * middle + sin * middle, middle - sin * middle - cos * middle
    return np.array([cos, -sin, across, sin, cos, down, 0, 0], "float32")
