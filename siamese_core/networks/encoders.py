"""List the encoders: the network that each is built from, its input, its head and its loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siamese_core.errors import UserError
from siamese_core.networks import architectures

if TYPE_CHECKING:
    import keras

SLOTS = ("koch", "resnet50")  # what the page serves side by side, in this order
HANDS_TURN = (-8.0, 8.0)  # degrees by which copies are turned: people write at different slants


@dataclass(frozen=True)
class EncoderSpec:
    """How an encoder is built and what it is given.

    size: side of its input in px; channels: 1 grey or 3 RGB; preparation: "ink" or "plain"
    (`preparation.prepare`); head: a name in `heads.HEADS`; loss: a name in `losses.LOSSES`; build: a
    function of `architectures`; turns, mirrored: as in `embedding_spec.EmbeddingSpec`.
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


ENCODERS = {
    spec.name: spec
    for spec in (
        EncoderSpec("koch", 105, 1, "ink", "weighted_l1", "pairwise", architectures.koch, HANDS_TURN),
        EncoderSpec("resnet50", 64, 3, "ink", "weighted_l1", "pairwise", architectures.resnet50, HANDS_TURN),
        EncoderSpec("small_cnn", 112, 3, "plain", "euclidean", "contrastive", architectures.small_cnn),
        EncoderSpec("face_cnn", 112, 3, "plain", "euclidean", "contrastive", architectures.face_cnn),
    )
}

# Networks of the encoder resnet50 whose weights come from ImageNet: a checkpoint's card names one as its
# `network`. Earlier versions made checkpoints of the first, this one makes the second.
PRETRAINED = {
    name: EncoderSpec("resnet50", 224, 3, "plain", "cosine", "pairwise", build, mirrored=True)
    for name, build in (
        ("resnet50_imagenet", architectures.resnet50_imagenet),
        ("resnet50_photographs", architectures.resnet50_photographs),
    )
}


def encoder_spec(name: str) -> EncoderSpec:
    """Return the encoder of that name; UserError with the choices if there is none."""
    if name not in ENCODERS:
        raise UserError(f"An encoder is one of {', '.join(ENCODERS)}. Received: {name!r}.")
    return ENCODERS[name]
