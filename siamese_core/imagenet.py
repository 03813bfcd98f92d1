"""ResNet50 with ImageNet weights as a checkpoint for photographs, from weights that are not shipped.

The weights come from a file that is named, else from Keras' own cache. The head is the cosine, and its
calibration a few numbers in `assets/photos.json`, fitted on photographs of classes held out.
"""

import json
import os
from pathlib import Path

from siamese_core.checkpoint_store import CheckpointStore
from siamese_core.checkpoints import Checkpoint, save_checkpoint
from siamese_core.encoders import PRETRAINED
from siamese_core.errors import UserError
from siamese_core.metrics import Calibration

NETWORK = "resnet50_imagenet"
VARIABLE = "SIAMESE_RESNET50_WEIGHTS"
CACHED = Path.home() / ".keras" / "models" / "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
CALIBRATION = Path(__file__).resolve().parent.parent / "assets" / "photos.json"


def find_weights() -> Path | None:
    """The file that `VARIABLE` names, else Keras' cached one, else None. UserError if the named is gone."""
    named = os.environ.get(VARIABLE)
    if named and not Path(named).is_file():
        raise UserError(
            f"{VARIABLE} (or --resnet50-weights) must name a file that exists. Received: {named}."
        )
    if named:
        return Path(named)
    return CACHED if CACHED.is_file() else None


def photo_checkpoint(weights: Path, store: CheckpointStore) -> str:
    """The id of the store's checkpoint for photographs, made from the weights if it is not there yet."""
    for info in store.list("resnet50"):
        if info.card.get("network") == NETWORK and info.card.get("weights_file") == _mark(weights):
            return info.id
    return save_checkpoint(_checkpoint(weights), store.new_folder("resnet50"), quantise=False).id


def _mark(weights: Path) -> str:
    status = weights.stat()
    return f"{weights.name}, {status.st_size} bytes"


def _checkpoint(weights: Path) -> Checkpoint:
    from siamese_core.heads import make_head

    spec = PRETRAINED[NETWORK]
    encoder = spec.build(spec.size)
    try:
        encoder.get_layer("resnet50").load_weights(weights)
    except (OSError, ValueError) as damage:
        raise UserError(
            "ImageNet weights are the file of Keras' ResNet50 without its top. "
            f"Received: {weights.name} ({str(damage).splitlines()[0]}). Name another file."
        ) from damage
    numbers = json.loads(CALIBRATION.read_bytes())
    card = {
        "encoder": spec.name,
        "network": NETWORK,
        "head": spec.head,
        "size": spec.size,
        "channels": spec.channels,
        "preparation": spec.preparation,
        "domain": "photographs",
        "parent": None,
        "weights_file": _mark(weights),
        "metrics": numbers["metrics"],
    }
    calibration = Calibration(numbers["slope"], numbers["intercept"])
    return Checkpoint("", spec.name, encoder, make_head(spec.head), calibration, numbers["threshold"], card)
