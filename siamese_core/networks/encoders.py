"""List the encoders: the network that each is built from, its input, its head and its loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from siamese_core.errors import UserError
from siamese_core.networks import architectures, efficientnet_lite

if TYPE_CHECKING:
    import keras

SLOTS = ("koch", "resnet50")  # what the page serves side by side, in this order
HANDS_TURN = (-8.0, 8.0)  # degrees by which copies are turned: people write at different slants


@dataclass(frozen=True)
class EncoderSpec:
    """How an encoder is built and what it is given.

    title: what people call the network; size: side of its input in px; channels: 1 grey or 3 RGB;
    preparation: "ink" or "plain" (`preparation.prepare`); head: a name in `heads.HEADS`; loss: a name in
    `losses.LOSSES`; build: a function of the side; turns, mirrored: as in `embedding_spec.EmbeddingSpec`;
    last_stage: how the names begin of the layers that retraining in full trains, empty for all.
    """

    name: str
    title: str
    size: int
    channels: int
    preparation: str
    head: str
    loss: str
    build: Callable[[int], "keras.Model"]
    turns: tuple[float, ...] = ()
    mirrored: bool = False
    last_stage: tuple[str, ...] = ()


ENCODERS = {
    spec.name: spec
    for spec in (
        EncoderSpec(
            "koch", "Koch CNN", 105, 1, "ink", "weighted_l1", "pairwise", architectures.koch, HANDS_TURN
        ),
        EncoderSpec(
            "resnet50",
            "ResNet50",
            64,
            3,
            "ink",
            "weighted_l1",
            "pairwise",
            architectures.resnet50,
            HANDS_TURN,
        ),
        EncoderSpec(
            "small_cnn", "small_cnn", 112, 3, "plain", "euclidean", "contrastive", architectures.small_cnn
        ),
        EncoderSpec(
            "face_cnn", "face_cnn", 112, 3, "plain", "euclidean", "contrastive", architectures.face_cnn
        ),
    )
}


def _for_photographs(
    slot: str, title: str, size: int, build: Callable[[int], "keras.Model"], last_stage: tuple[str, ...]
) -> EncoderSpec:
    return EncoderSpec(
        slot, title, size, 3, "plain", "cosine", "pairwise", build, mirrored=True, last_stage=last_stage
    )


# Networks with ImageNet weights: a checkpoint's card names one as its `network`, and as its encoder
# the slot that it is made for. Earlier versions made checkpoints of `resnet50_imagenet`.
PRETRAINED = {
    "efficientnet_lite2": _for_photographs(
        "koch",
        "EfficientNet-Lite2",
        260,
        efficientnet_lite.efficientnet_lite2,
        efficientnet_lite.LAST_STAGE,
    ),
    "resnet50_imagenet": _for_photographs(
        "resnet50", "ResNet50", 224, architectures.resnet50_imagenet, ("conv5_",)
    ),
    "resnet50_photographs": _for_photographs(
        "resnet50", "ResNet50", 224, architectures.resnet50_photographs, ("conv5_",)
    ),
}


def slot_title(slot: str) -> str:
    """Return what people call a slot: its networks, such as "Koch CNN / EfficientNet-Lite2"."""
    networks = [ENCODERS[slot], *(spec for spec in PRETRAINED.values() if spec.name == slot)]
    return " / ".join(dict.fromkeys(spec.title for spec in networks))


def encoder_spec(name: str) -> EncoderSpec:
    """Return the encoder of that name; UserError with the choices if there is none."""
    if name not in ENCODERS:
        raise UserError(f"An encoder is one of {', '.join(ENCODERS)}. Received: {name!r}. Choose one.")
    return ENCODERS[name]
