"""The networks that turn an image into a vector. Keras is imported when one is built, not before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.images.ink import normalise_if_ink

if TYPE_CHECKING:
    import keras

SLOTS = ("koch", "resnet50")
PAPER = 255
MIDDLE = 0.7  # so that what the middle of the network says of a pair counts half of what its end says
HANDS_TURN = (-8.0, 8.0)  # degrees: people write at a slant of their own


@dataclass(frozen=True)
class EncoderSpec:
    """How an encoder is built and what it is given.

    size: side of its input in px; channels: 1 grey or 3 RGB; preparation: "ink" or "plain" (see `prepare`);
    head: a name in `heads.HEADS`; loss: a name in `losses.LOSSES`; build: size -> a Keras model from float32
    (n, size, size, channels) in 0..255 to embeddings (n, embedding_dim). Once training is over, an image's
    embedding is averaged with those of copies of it: turns: degrees by which they are turned; mirrored:
    whether its mirror image is among them.
    """

    name: str
    size: int
    channels: int
    preparation: str
    head: str
    loss: str
    build: Callable[[int], "keras.Model"]
    turns: tuple[float, ...] = ()
    mirrored: bool = False


def prepare(image: np.ndarray, preparation: str, size: int, channels: int) -> np.ndarray:
    """What an encoder sees of an image: uint8 (size, size, channels).

    "ink": writing is brought to one polarity, size, place and stroke width (`ink`), anything else is treated
    as "plain": fitted into the frame with its aspect kept, on white.
    """
    if preparation not in ("ink", "plain"):
        raise UserError(f"A preparation is 'ink' or 'plain'. Received: {preparation!r}.")
    drawing = normalise_if_ink(image, size) if preparation == "ink" else None
    if drawing is not None:
        return np.repeat(drawing[:, :, None], channels, axis=2)
    fitted = _fit(image, size)
    return np.asarray(fitted.convert("L"))[:, :, None] if channels == 1 else np.asarray(fitted)


def _fit(image: np.ndarray, size: int) -> Image.Image:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    frame = Image.new("RGB", (size, size), (PAPER,) * 3)
    small = Image.fromarray(image).resize(shape, resampling)
    frame.paste(small, ((size - shape[0]) // 2, (size - shape[1]) // 2))
    return frame


def _koch(size: int) -> "keras.Model":
    """Koch, Zemel, Salakhutdinov 2015, figure 4: with 105 px 38.9 million weights."""
    from keras import Sequential, initializers, layers

    def conv(filters: int, side: int) -> layers.Layer:
        return layers.Conv2D(filters, side, activation="relu", kernel_initializer="he_normal")

    return Sequential(
        [
            layers.Input((size, size, 1)),
            layers.Rescaling(-1 / PAPER, offset=1),  # ink 1, paper 0: the padding of nothing is paper
            conv(64, 10),
            layers.MaxPooling2D(),
            conv(128, 7),
            layers.MaxPooling2D(),
            conv(128, 4),
            layers.MaxPooling2D(),
            conv(256, 4),
            layers.Flatten(),
            layers.Dense(4096, activation="sigmoid", kernel_initializer=initializers.GlorotUniform()),
        ],
        name="koch",
    )


def _resnet50(size: int) -> "keras.Model":
    """He et al. 2015 with 50 layers, its 2048 pooled features as the embedding."""
    from keras import Model, applications, layers

    images = layers.Input((size, size, 3))
    network = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.95  # Keras' 0.99 lags behind the weights in runs of a few thousand steps
    return Model(images, network(layers.Rescaling(-1 / PAPER, offset=1)(images)), name="resnet50")


def _resnet50_imagenet(size: int) -> "keras.Model":
    """The same network with the preprocessing that the ImageNet weights were trained with (BGR less a
    mean)."""
    from keras import Model, applications, layers

    images = layers.Input((size, size, 3))
    network = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    network.trainable = False
    return Model(images, network(applications.resnet.preprocess_input(images)), name="resnet50_imagenet")


def _resnet50_photographs(size: int) -> "keras.Model":
    """The network with the ImageNet weights, two of its levels side by side: its pooled features, and the
    generalised mean (Radenović 2018) of what the first block of the last stage answers, which has not yet
    forgotten what tells apart the things of one kind, as faces are. 2048 numbers each, of length 1 and
    `MIDDLE`."""
    from keras import Model, applications, layers, ops

    images = layers.Input((size, size, 3))
    inside = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    inside.trainable = False
    outputs = inside.output, inside.get_layer("conv5_block1_out").output
    network = Model(inside.input, outputs, name=inside.name)
    last, middle = network(applications.resnet.preprocess_input(images))
    pooled = ops.mean(ops.maximum(middle, 1e-6) ** 3, axis=(1, 2)) ** (1 / 3)  # a root has no slope at 0
    embeddings = ops.concatenate([ops.normalize(last), MIDDLE * ops.normalize(pooled)], axis=-1)
    return Model(images, embeddings, name="resnet50_photographs")


def _small_cnn(size: int) -> "keras.Model":
    """`TestModel` of the third published attempt, mended: a unit vector in place of a softmax, no dropout."""
    from keras import Sequential, layers

    return Sequential(
        [
            layers.Input((size, size, 3)),
            layers.Rescaling(2 / PAPER, offset=-1),
            layers.Conv2D(96, 3, strides=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(256, 3, strides=3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(128),
            layers.UnitNormalization(),
        ],
        name="small_cnn",
    )


def _face_cnn(size: int) -> "keras.Model":
    """`Net_Definition` of the third published attempt, mended: a unit vector in place of a softmax."""
    from keras import Sequential, layers

    def block(filters: int, side: int, strides: int = 1) -> list[layers.Layer]:
        return [
            layers.Conv2D(filters, side, strides=strides, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            layers.BatchNormalization(momentum=0.9),
        ]

    return Sequential(
        [
            layers.Input((size, size, 3)),
            layers.Rescaling(2 / PAPER, offset=-1),
            *block(96, 7, strides=4),
            *block(256, 5),
            *block(384, 3),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(512, activation="relu"),
            layers.Dense(128),
            layers.UnitNormalization(),
        ],
        name="face_cnn",
    )


ENCODERS = {
    spec.name: spec
    for spec in (
        EncoderSpec("koch", 105, 1, "ink", "weighted_l1", "pairwise", _koch, HANDS_TURN),
        EncoderSpec("resnet50", 64, 3, "ink", "weighted_l1", "pairwise", _resnet50, HANDS_TURN),
        EncoderSpec("small_cnn", 112, 3, "plain", "euclidean", "contrastive", _small_cnn),
        EncoderSpec("face_cnn", 112, 3, "plain", "euclidean", "contrastive", _face_cnn),
    )
}


# Networks whose weights come from elsewhere; a checkpoint's card names one as its `network`. Checkpoints for
# photographs held the first before they held the second.
PRETRAINED = {
    "resnet50_imagenet": EncoderSpec(
        "resnet50", 224, 3, "plain", "cosine", "pairwise", _resnet50_imagenet, mirrored=True
    ),
    "resnet50_photographs": EncoderSpec(
        "resnet50", 224, 3, "plain", "cosine", "pairwise", _resnet50_photographs, mirrored=True
    ),
}


def build_network(card: dict) -> "keras.Model":
    """The untrained network that a checkpoint's card describes, without its copies."""
    spec = PRETRAINED.get(card.get("network")) or encoder_spec(card["encoder"])
    return spec.build(card["size"])


def with_copies(network: "keras.Model", card: dict) -> "keras.Model":
    """The network with its embeddings averaged over the image and the copies that a checkpoint's card names
    (`turns`, `mirrored`, as in EncoderSpec).

    It has the very variables of `network`, which is what trains; without copies it is `network` itself.
    """
    turns, mirrored = card.get("turns", ()), card.get("mirrored", False)
    if not turns and not mirrored:
        return network
    from keras import Model, layers, ops

    size = network.input_shape[1]
    images = layers.Input(network.input_shape[1:])
    each = ops.zeros_like(images[:, 0, 0, :1])  # a row for an image: JAX does not take one turn for all
    copies = [
        ops.image.affine_transform(
            images, each + _turn(degrees, size), fill_mode="constant", fill_value=PAPER
        )
        for degrees in turns
    ]
    copies += [ops.flip(images, axis=2)] if mirrored else []
    # One call on all copies: a layer that is called once can be looked into.
    embeddings = network(ops.concatenate([images, *copies], axis=0))
    apart = ops.reshape(embeddings, (1 + len(copies), -1, network.output_shape[-1]))
    return Model(images, ops.mean(apart, axis=0), name=f"{network.name}_copies")


def _turn(degrees: float, size: int) -> np.ndarray:
    """Where each pixel (x, y) of the turned copy comes from, as `affine_transform` takes it: float32 (8,)."""
    middle, angle = (size - 1) / 2, np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    across, down = middle - cos * middle + sin * middle, middle - sin * middle - cos * middle
    return np.array([cos, -sin, across, sin, cos, down, 0, 0], "float32")


def encoder_spec(name: str) -> EncoderSpec:
    """UserError with the choices if there is no encoder of that name."""
    if name not in ENCODERS:
        raise UserError(f"An encoder is one of {', '.join(ENCODERS)}. Received: {name!r}.")
    return ENCODERS[name]
