"""Build the networks that turn an image into an embedding.

Each function takes the side of the input in px and returns an untrained Keras model from float32
(n, size, size, channels) in 0..255 to embeddings (n, embedding_dim). Keras is imported when one is built.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from siamese_core.networks.preparation import PAPER

if TYPE_CHECKING:
    import keras

# initializers of which all other random ones are made
RANDOM = ("VarianceScaling", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal")
_HERE = threading.local()  # another thread may train meanwhile
SMALLEST_FEATURE = 1e-6  # in a generalised mean, whose root has no finite slope at 0
MIDDLE = 0.7  # length of the middle level beside the last: it then counts half as much as the last


def koch(size: int) -> "keras.Model":
    """Return the encoder of Koch, Zemel, Salakhutdinov 2015, figure 4: 38.9 million weights at 105 px."""
    from keras import Sequential, initializers, layers

    def conv(filters: int, side: int) -> layers.Layer:
        return layers.Conv2D(filters, side, activation="relu", kernel_initializer="he_normal")

    return Sequential(
        [
            layers.Input((size, size, 1)),
            layers.Rescaling(-1 / PAPER, offset=1),  # ink 1, paper 0: zero padding is paper
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


def resnet50(size: int) -> "keras.Model":
    """Return ResNet50 (He et al. 2015) with its 2048 pooled features as the embedding."""
    from keras import Model, applications, layers

    images = layers.Input((size, size, 3))
    network = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    for layer in network.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.95  # Keras' 0.99 lags behind the weights in runs of a few thousand steps
    return Model(images, network(layers.Rescaling(-1 / PAPER, offset=1)(images)), name="resnet50")


def resnet50_imagenet(size: int) -> "keras.Model":
    """Return ResNet50 with the preprocessing of its ImageNet weights: BGR, less a mean."""
    from keras import Model, applications, layers

    images = layers.Input((size, size, 3))
    network = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    network.trainable = False
    return Model(images, network(applications.resnet.preprocess_input(images)), name="resnet50_imagenet")


def resnet50_photographs(size: int) -> "keras.Model":
    """Return ResNet50 for ImageNet weights with two of its levels side by side, 2048 numbers each.

    They are its pooled features, of length 1, and the generalised-mean pooling (Radenović 2018) of the first
    block of the last stage, of length `MIDDLE`: that block still tells apart the members of one class, such
    as two faces.
    """
    from keras import Model, applications, layers, ops

    images = layers.Input((size, size, 3))
    inside = applications.ResNet50(
        include_top=False, weights=None, input_shape=(size, size, 3), pooling="avg"
    )
    inside.trainable = False
    outputs = inside.output, inside.get_layer("conv5_block1_out").output
    network = Model(inside.input, outputs, name=inside.name)
    last, middle = network(applications.resnet.preprocess_input(images))
    pooled = generalised_mean(middle)
    embeddings = ops.concatenate([ops.normalize(last), MIDDLE * ops.normalize(pooled)], axis=-1)
    return Model(images, embeddings, name="resnet50_photographs")


def generalised_mean(maps):
    """Return the generalised mean (Radenović 2018, power 3) of feature maps (n, height, width, channels)."""
    from keras import ops

    cubes = ops.maximum(maps, SMALLEST_FEATURE) ** 3
    return ops.mean(cubes, axis=(1, 2)) ** (1 / 3)


def small_cnn(size: int) -> "keras.Model":
    """Return `TestModel` of the third published attempt with a unit vector for its softmax and no dropout."""
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


def face_cnn(size: int) -> "keras.Model":
    """Return `Net_Definition` of the third published attempt with a unit vector in place of its softmax."""
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


@contextlib.contextmanager
def without_initial_values() -> Iterator[None]:
    """Within the block the variables that this thread makes are zero where they would be drawn at random.

    For networks whose weights are loaded next. Drawing the 38 million of Koch's takes a second, and 0.3 GB of
    intermediate results that TensorFlow's allocator for oneDNN (mkl_cpu_allocator.h) never returns to the
    system.
    """
    _teach_initializers()
    before = getattr(_HERE, "zeros", False)
    _HERE.zeros = True
    try:
        yield
    finally:
        _HERE.zeros = before


def _teach_initializers() -> None:
    """Let Keras' random initializers give zeros where `without_initial_values` asks for them."""
    import keras

    for kind in (getattr(keras.initializers, name) for name in RANDOM):
        if not hasattr(kind.__call__, "at_random"):
            kind.__call__ = _or_zeros(kind.__call__)


def _or_zeros(initialize):
    def initialized(self, shape, dtype=None, **options):
        import keras

        if getattr(_HERE, "zeros", False):
            return keras.ops.zeros(shape, dtype or keras.config.floatx())
        return initialize(self, shape, dtype=dtype, **options)

    initialized.at_random = initialize
    return initialized
