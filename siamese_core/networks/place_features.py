"""Take pooled embeddings apart into the places of the feature maps that they are pooled from.

Both poolings are homogeneous functions of their maps, so that an embedding is the sum of what each place
gives to it, exactly and without a gradient: place p gives x_p / P to an average over P places, and
x_p^3 / (P g^2) to the generalised mean g of power 3 (Euler's theorem).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.networks.architectures import MIDDLE, SMALLEST_FEATURE
from siamese_core.networks.embedding_spec import EmbeddingSpec, without_copies

if TYPE_CHECKING:
    import keras

LEAST_LENGTH = 1e-12


@dataclass(frozen=True)
class PlaceFeatures:
    """A network cut off before its pooling, and how its maps are pooled.

    network: from images float32 (n, size, size, channels) in 0..255 to maps (n, h, w, c); pool: from maps to
    what each place gives to the embedding, (n, h, w, d); mirrored: whether an embedding is the mean of those
    of an image and its mirror image.
    """

    network: "keras.Model"
    pool: Callable[[np.ndarray], np.ndarray]
    mirrored: bool

    def shares(self, images: np.ndarray, forward: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return float32 (n, h, w, d), whose sum over places is the embedding of each image.

        forward: runs `network`.
        """
        given = images.astype(np.float32)
        if not self.mirrored:
            return self.pool(forward(given))
        both = self.pool(forward(np.concatenate([given, given[:, :, ::-1]])))
        return (both[: len(given)] + both[len(given) :, :, ::-1]) / 2


def place_features(encoder: "keras.Model", spec: EmbeddingSpec) -> PlaceFeatures | None:
    """Return the encoder cut off before its pooling; None where it does not pool maps of many places.

    The handwriting networks have a dense layer or, at 64 px, 2 x 2 places.
    """
    if spec.network not in _CUTS or spec.turns:
        return None
    cut, pool = _CUTS[spec.network]
    return PlaceFeatures(cut(without_copies(encoder, spec)), pool, spec.mirrored)


def average_shares(maps: np.ndarray) -> np.ndarray:
    """Return what each place (n, h, w, c) gives to the average."""
    return maps / (maps.shape[1] * maps.shape[2])


def generalised_mean_shares(maps: np.ndarray) -> np.ndarray:
    """Return what each place (n, h, w, c) gives to the generalised mean of power 3."""
    cubes = np.maximum(maps, SMALLEST_FEATURE) ** 3
    mean = cubes.mean(axis=(1, 2), keepdims=True) ** (1 / 3)
    return average_shares(cubes) / mean**2


def _cut_lite(network: "keras.Model") -> "keras.Model":
    import keras

    images = keras.Input(network.input_shape[1:])
    pixels = network.layers[1](images)
    return keras.Model(images, network.get_layer("features")(pixels))


def _cut_resnet50(network: "keras.Model") -> "keras.Model":
    """Return the network from images to its last map and that of `resnet50_photographs`' middle level."""
    import keras

    inside = network.get_layer("resnet50")
    outputs = [inside.get_layer(f"conv5_block{block}_out").output for block in (3, 1)]
    images = keras.Input(network.input_shape[1:])
    maps = keras.Model(inside.inputs, outputs)(keras.applications.resnet.preprocess_input(images))
    return keras.Model(images, keras.ops.concatenate(maps, axis=-1))


def _pool_average(maps: np.ndarray) -> np.ndarray:
    return average_shares(maps[..., : maps.shape[-1] // 2])


def _pool_levels(maps: np.ndarray) -> np.ndarray:
    half = maps.shape[-1] // 2
    last, middle = average_shares(maps[..., :half]), generalised_mean_shares(maps[..., half:])
    return np.concatenate([_of_length_1(last), MIDDLE * _of_length_1(middle)], axis=-1)


def _of_length_1(shares: np.ndarray) -> np.ndarray:
    """Return shares (n, h, w, c) of a level whose sum is brought to length 1."""
    whole = np.linalg.norm(shares.sum(axis=(1, 2), keepdims=True), axis=-1, keepdims=True)
    return shares / np.maximum(whole, LEAST_LENGTH)


_CUTS = {
    "efficientnet_lite2": (_cut_lite, generalised_mean_shares),
    "resnet50_imagenet": (_cut_resnet50, _pool_average),
    "resnet50_photographs": (_cut_resnet50, _pool_levels),
}
