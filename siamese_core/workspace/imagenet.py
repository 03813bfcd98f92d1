"""Make a checkpoint for photographs: ResNet50 with ImageNet weights, which are not shipped.

The weights come from a file that is named, else from Keras' own cache, else from Keras' download. The head
is the cosine; its calibration (`assets/checkpoints/photos.json`) was fitted on photographs of other classes.
"""

import json
import os
from pathlib import Path
from urllib.request import Request, urlopen

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.checkpoint import Checkpoint, save_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError, in_words
from siamese_core.metrics import Calibration
from siamese_core.networks.embedding_spec import with_copies
from siamese_core.networks.encoders import PRETRAINED

NETWORK = "resnet50_photographs"
VARIABLE = "SIAMESE_RESNET50_WEIGHTS"
SWITCHED_OFF = "none"
FILE = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
SOURCE = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/" + FILE
ANSWER_SECONDS = 5.0  # that the source may take to say that it is there
CALIBRATION = ASSETS / "checkpoints" / "photos.json"


def find_weights() -> Path | None:
    """Return the file that `VARIABLE` names, else Keras' cached one, else None. UserError if it is gone."""
    named = os.environ.get(VARIABLE)
    if switched_off():
        return None
    if named and not Path(named).is_file():
        raise UserError(
            f"{VARIABLE} (or --resnet50-weights) must name a file that exists. Received: {Path(named).name}."
        )
    if named:
        return Path(named)
    return next((file for file in _cached_files() if file.is_file()), None)


def _cached_files() -> list[Path]:
    """Where Keras may have put its download, first where it puts one now.

    `cli.start` names a `KERAS_HOME` where the home folder cannot be written to; the download of an earlier
    user may still lie in that.
    """
    homes = [os.environ.get("KERAS_HOME"), os.path.expanduser("~/.keras")]
    return [Path(home) / "models" / FILE for home in homes if home]


def switched_off() -> bool:
    """Return whether the weights, and a download of them, are not wanted."""
    return os.environ.get(VARIABLE) == SWITCHED_OFF


def download_weights() -> Path:
    """Download the weights into Keras' own cache; UserError, soon, where the source cannot be reached."""
    try:
        # Keras' own download waits for ever where a network swallows what is sent
        with urlopen(Request(SOURCE, method="HEAD"), timeout=ANSWER_SECONDS):  # noqa: S310
            pass
        from keras.applications import ResNet50

        ResNet50(include_top=False, weights="imagenet", input_shape=(64, 64, 3))
    except Exception as failure:  # whatever a network may bring
        raise UserError(
            "Photographs are compared best with ImageNet weights. Received: none, and Keras' download "
            f"failed ({in_words(failure)}). Put {FILE} into Keras' folder, ~/.keras/models, name it with "
            f"--resnet50-weights, or switch this off with --resnet50-weights {SWITCHED_OFF}. Until then "
            "photographs are compared by the handwriting checkpoint, which has never seen any."
        ) from failure
    return _cached_files()[0]


def photo_checkpoint(weights: Path, store: CheckpointStore) -> str:
    """Return the id of the store's checkpoint of these weights, made if it is not there yet."""
    for info in store.list("resnet50"):
        if info.card.network == NETWORK and info.card.weights_file == _mark(weights):
            return info.id
    return save_checkpoint(_checkpoint(weights), store.new_folder("resnet50"), quantise=False).id


def _mark(weights: Path) -> str:
    status = weights.stat()
    return f"{weights.name}, {status.st_size} bytes"


def _checkpoint(weights: Path) -> Checkpoint:
    from siamese_core.networks.heads import make_head

    spec = PRETRAINED[NETWORK]
    network = spec.build(spec.size)
    try:
        network.get_layer("resnet50").load_weights(weights)
    except (OSError, ValueError) as damage:
        raise UserError(
            "ImageNet weights are the file of Keras' ResNet50 without its top. "
            f"Received: {weights.name} ({in_words(damage)}). Name another file."
        ) from damage
    numbers = json.loads(CALIBRATION.read_bytes())
    card = CheckpointCard(
        encoder=spec.name,
        network=NETWORK,
        head=spec.head,
        size=spec.size,
        channels=spec.channels,
        preparation=spec.preparation,
        mirrored=spec.mirrored,
        domain=PHOTOGRAPHS,
        weights_file=_mark(weights),
        metrics=numbers["metrics"],
    )
    calibration, threshold = Calibration(numbers["slope"], numbers["intercept"]), numbers["threshold"]
    encoder, head = with_copies(network, card.embedding), make_head(spec.head)
    return Checkpoint("", spec.name, encoder, head, calibration, threshold, card)
