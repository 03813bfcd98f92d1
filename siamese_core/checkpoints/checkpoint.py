"""Checkpoints: an encoder, a head, a calibration, a threshold and a card that says where they come from.

A checkpoint is a folder that is complete or absent: `encoder.npz` and perhaps `update.npz`, `head.npz` and
`card.json`. Nothing in it is code or pickle. TensorFlow is imported when a network is built, not before:
listing costs nothing.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.atomic import folder_aside, replace_file
from siamese_core.checkpoints import canary, encoder_files, weights
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.errors import UserError
from siamese_core.metrics import Calibration

if TYPE_CHECKING:
    import keras

CARD_FILE, HEAD_FILE = "card.json", "head.npz"
LIBRARIES = ("keras", "tensorflow", "numpy", "pillow")
IDENTITY = ("head", "size", "channels", "preparation", "turns", "mirrored")
CARD_KINDS = {
    "id": str,
    "created_at": str,
    "encoder": str,
    "head": str,
    "size": int,
    "channels": int,
    "preparation": str,
    "calibration": dict,
    "threshold": float,
    "libraries": dict,
    "canary": dict,
}


@dataclass
class Checkpoint:
    """What compares two images. `card` holds at least `CARD_KINDS` once saved; before that, at least what
    `base_card` gives.

    `id` is `<encoder>-<12 hex digits of its contents>`, empty until it is saved.
    """

    id: str
    encoder_name: str
    encoder: "keras.Model"
    head: "keras.Layer"
    calibration: Calibration
    threshold: float
    card: dict

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """What the encoder sees of an image: uint8 (size, size, channels)."""
        from siamese_core.networks.encoders import prepare

        return prepare(image, self.card["preparation"], self.card["size"], self.card["channels"])

    def embed(self, images: Sequence[np.ndarray], batch_size: int = 64) -> np.ndarray:
        """Embeddings float32 (n, embedding_dim) of images, prepared and embedded `batch_size` at a time."""
        batches = [
            self.encoder.predict_on_batch(self._batch(images[start : start + batch_size]))
            for start in range(0, len(images), batch_size)
        ]
        empty = np.empty((0, self.encoder.output_shape[-1]), np.float32)
        return np.concatenate([empty, *batches], dtype=np.float32)

    def _batch(self, images: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([self.prepare(image) for image in images]).astype(np.float32)

    def logits(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        """Logits float32 (n,) of the pairs of rows of two (n, embedding_dim)."""
        return _numpy(self.head(_tensor(left_embeddings), _tensor(right_embeddings)))

    def pairwise_logits(self, left_embeddings: np.ndarray, right_embeddings: np.ndarray) -> np.ndarray:
        """Logits float32 (n, m) of every row of (n, embedding_dim) with every row of (m, embedding_dim)."""
        return _numpy(self.head.pairwise(_tensor(left_embeddings), _tensor(right_embeddings)))

    def similarity(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated probability of "same", float32 0..1 in the shape of `logits`."""
        return self.calibration.similarity(logits)


def base_card(encoder_name: str, size: int | None = None) -> dict:
    """The part of a card that follows from the encoder: how its images are prepared, which head it has."""
    from siamese_core.networks.encoders import encoder_spec

    spec = encoder_spec(encoder_name)
    return {
        "encoder": spec.name,
        "head": spec.head,
        "size": spec.size if size is None else size,
        "channels": spec.channels,
        "preparation": spec.preparation,
        "turns": list(spec.turns),
    }


def save_checkpoint(
    checkpoint: Checkpoint,
    folder: Path,
    quantise: bool,
    encoder_of: Path | None = None,
    update_of: Path | None = None,
) -> Checkpoint:
    """Writes the checkpoint and gives back what loading it would: with its id and what storing changed.

    encoder_of: the folder of a checkpoint with the very same encoder, whose files are shared, not written
    again; update_of: that of one that this was learnt from: its `encoder.npz` is shared, and what is new
    written beside it. UserError if the folder is already there or a weight is not a finite number.
    """
    if folder.exists():
        raise UserError(f"A checkpoint is never overwritten. Received: {folder}, which exists. Name another.")
    with folder_aside(folder) as partial:
        if encoder_of is not None:
            encoder_files.share(encoder_of, partial)
        elif update_of is not None:
            encoder_files.write_update(partial, _arrays(checkpoint.encoder), update_of)
        else:
            bits_of = weights.default_bits if quantise else lambda array: weights.FLOAT_BITS
            weights.write_packed(partial / ENCODER_FILE, weights.pack(_arrays(checkpoint.encoder), bits_of))
        head = weights.pack(_arrays(checkpoint.head), lambda array: weights.FLOAT_BITS)
        weights.write_packed(partial / HEAD_FILE, head)
        saved = _assemble(partial, _card(checkpoint, partial))
        images = canary.drawings()
        saved.card["canary"] = canary.record(images, *_canary_answers(saved, images))
        write_card(partial, saved.card)
    return saved


def _card(checkpoint: Checkpoint, partial: Path) -> dict:
    scoring = {
        "calibration": {name: float(value) for name, value in vars(checkpoint.calibration).items()},
        "threshold": float(checkpoint.threshold),
    }
    encoder, head = encoder_files.read(partial), weights.read_packed(partial / HEAD_FILE)
    # Preparation and calibration decide the answers as much as the weights do: they are part of the id.
    identity = {name: checkpoint.card[name] for name in IDENTITY if name in checkpoint.card} | scoring
    text = np.frombuffer(json.dumps(identity, sort_keys=True).encode(), np.uint8)
    return {
        **checkpoint.card,
        **scoring,
        "encoder": checkpoint.encoder_name,
        "id": f"{checkpoint.encoder_name}-{weights.digest(*encoder, head, {'identity': text})[:12]}",
        "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "libraries": _library_versions(),
        "storage": {
            "bytes": sum(file.stat().st_size for file in partial.iterdir()),
            "bits": sorted({entry["bits"] for packed in encoder for entry in weights.entries(packed)}),
        },
    }


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):  # Keras may stand on another backend than TensorFlow
            versions[name] = version(name)
    return versions


def load_checkpoint(folder: Path) -> Checkpoint:
    """UserError naming the likely cause if a file is missing or damaged or the canary's answers moved."""
    checkpoint = _assemble(folder, read_card(folder))
    recorded = checkpoint.card["canary"]
    answers = _canary_answers(checkpoint, canary.images(recorded))
    canary.check(recorded, *answers, (checkpoint.card["libraries"], _library_versions()))
    return checkpoint


def read_card(folder: Path) -> dict:
    """The card of a complete checkpoint; UserError if there is none or it is damaged."""
    file = folder / CARD_FILE
    try:
        card = json.loads(file.read_bytes())
        for entry, kind in CARD_KINDS.items():
            if not isinstance(card[entry], kind):
                raise TypeError(f"{entry} is no {kind.__name__}")
        Calibration(**card["calibration"])
    except (OSError, ValueError, TypeError, KeyError) as damage:
        problem = damage.strerror if isinstance(damage, OSError) else f"{type(damage).__name__}: {damage}"
        raise UserError(
            f"A checkpoint needs its {CARD_FILE}. Received: {folder.name} ({problem}). Check the name, copy "
            f"{folder.name} again or train it anew."
        ) from damage
    return card


def write_card(folder: Path, card: dict) -> None:
    """Replaces the card as a whole: to add, say, what storing cost, measured after saving."""
    text = json.dumps(card, indent=1, allow_nan=False, default=lambda numbers: numbers.tolist())
    replace_file(folder / CARD_FILE, text.encode())


def _assemble(folder: Path, card: dict) -> Checkpoint:
    from siamese_core.networks.encoders import build_network, with_copies
    from siamese_core.networks.heads import make_head

    encoder = with_copies(build_network(card), card)
    _fill(encoder, folder / ENCODER_FILE, encoder_files.unpack(encoder_files.read(folder)))
    head = make_head(card["head"])
    blank = _tensor(np.zeros((1, encoder.output_shape[-1]), np.float32))
    head(blank, blank)  # a layer has its variables only once it has seen the size of its input
    _fill(head, folder / HEAD_FILE, weights.unpack(weights.read_packed(folder / HEAD_FILE)))
    calibration = Calibration(**card["calibration"])
    return Checkpoint(card["id"], card["encoder"], encoder, head, calibration, card["threshold"], card)


def _fill(network: "keras.Model | keras.Layer", file: Path, arrays: list[weights.NamedArray]) -> None:
    """file: where the arrays come from, for the error if they are of another network."""
    weights.check_fit(file, arrays, [(variable.path, variable.shape) for variable in network.weights])
    for variable, array in zip(network.weights, arrays, strict=True):
        variable.assign(array.values)


def _arrays(network: "keras.Model | keras.Layer") -> list[weights.NamedArray]:
    paths = [variable.path for variable in network.weights]
    return [weights.NamedArray(*pair) for pair in zip(paths, network.get_weights(), strict=True)]


def _canary_answers(checkpoint: Checkpoint, images: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What the encoder sees of the images, and the similarities of their pairs."""
    prepared = checkpoint._batch(images)
    # A plain call: compiling for four drawings would take longer than loading.
    embeddings = _numpy(checkpoint.encoder(_tensor(prepared), training=False))
    left, right = canary.pairs(len(images))
    return prepared, checkpoint.similarity(checkpoint.logits(embeddings[left], embeddings[right]))


def _tensor(values: np.ndarray):
    import keras

    return keras.ops.convert_to_tensor(values, "float32")


def _numpy(values) -> np.ndarray:
    import keras

    return np.asarray(keras.ops.convert_to_numpy(values), np.float32)
