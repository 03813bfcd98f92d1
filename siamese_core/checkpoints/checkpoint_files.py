"""Save and load checkpoints.

A checkpoint is a folder that is complete or absent: `encoder.npz` and perhaps `update.npz`, `head.npz`,
perhaps `cohort.npz` and `card.json`. Nothing in it is code or pickle. TensorFlow is imported when a network
is built, not before: listing costs nothing.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.atomic import folder_aside
from siamese_core.checkpoints import canary, encoder_files, weights
from siamese_core.checkpoints.card import CheckpointCard, read_card, write_card
from siamese_core.checkpoints.checkpoint import Checkpoint, to_tensor
from siamese_core.checkpoints.encoder_files import ENCODER_FILE
from siamese_core.checkpoints.familiarity_file import FAMILIARITY_FILE, read_familiarity, write_familiarity
from siamese_core.errors import UserError
from siamese_core.networks.architectures import without_initial_values
from siamese_core.networks.compiled import compiled
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.networks.kept_network import (
    ADOPTED,
    FrozenNetwork,
    network_file,
    read_network,
    write_network,
)

if TYPE_CHECKING:
    import keras

HEAD_FILE, COHORT_FILE = "head.npz", "cohort.npz"
LIBRARIES = ("keras", "tensorflow", "numpy", "pillow", "onnxruntime")


@dataclass(frozen=True)
class _Stored:
    """The weights as the files of a folder hold them."""

    encoder: list[weights.Packed]
    head: weights.Packed


def save_checkpoint(
    checkpoint: Checkpoint,
    folder: Path,
    quantise: bool,
    encoder_of: Path | None = None,
    update_of: Path | None = None,
) -> Checkpoint:
    """Write the checkpoint and return what loading it would: with its id and what storing changed.

    encoder_of: the folder of a checkpoint with the very same encoder, whose files are shared, not written
    again; update_of: that of one from which training went on: its `encoder.npz` is shared, and the change
    written beside it. UserError if the folder is already there or a weight is not a finite number.
    """
    if folder.exists():
        raise UserError(
            f"A checkpoint is never overwritten. Received: {folder.name}, which exists. Name another."
        )
    with folder_aside(folder) as partial:
        if encoder_of is not None:
            encoder_files.share(encoder_of, partial)
        else:
            _write_encoder(checkpoint, partial, quantise, update_of)
        if checkpoint.familiarity and update_of is None:  # training goes on to know other images
            write_familiarity(partial / FAMILIARITY_FILE, checkpoint.familiarity)
        head = weights.pack(_arrays(checkpoint.head), lambda array: weights.FLOAT_BITS)
        weights.write_packed(partial / HEAD_FILE, head)
        if checkpoint.normalisation is not None:
            _write_cohort(partial / COHORT_FILE, checkpoint.normalisation.cohort)
        saved = _assemble(partial, _card(checkpoint, partial), _stored(partial))
        images = canary.drawings()
        prepared, embeddings, similarities = _canary_answers(saved, images)
        kept = embeddings if saved.card.network == ADOPTED else None
        saved.note(canary=canary.record(images, prepared, similarities, kept))
        write_card(partial, saved.card)
    return saved


def _write_encoder(checkpoint: Checkpoint, partial: Path, quantise: bool, update_of: Path | None) -> None:
    if checkpoint.card.network == ADOPTED:
        write_network(checkpoint.encoder, partial)
    if isinstance(checkpoint.encoder, FrozenNetwork):
        return  # its weights are in the file of the network
    if update_of is not None:
        encoder_files.write_update(partial, _arrays(checkpoint.encoder), update_of)
    else:
        bits_of = weights.default_bits if quantise else lambda array: weights.FLOAT_BITS
        weights.write_packed(partial / ENCODER_FILE, weights.pack(_arrays(checkpoint.encoder), bits_of))


def _card(checkpoint: Checkpoint, partial: Path) -> CheckpointCard:
    """Return the card of the checkpoint in the folder `partial`, but for its canary."""
    card = replace(checkpoint.card, calibration=checkpoint.calibration, threshold=float(checkpoint.threshold))
    stored = _stored(partial)
    return replace(
        card,
        encoder=checkpoint.encoder_name,
        id=_id(checkpoint.encoder_name, card, stored, partial),
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        libraries=_library_versions(),
        storage={
            "bytes": sum(file.stat().st_size for file in partial.iterdir()),
            "bits": sorted({each["bits"] for packed in stored.encoder for each in weights.entries(packed)}),
        },
    )


def _stored(folder: Path) -> _Stored:
    return _Stored(encoder_files.read(folder), weights.read_packed(folder / HEAD_FILE))


def _id(encoder_name: str, card: CheckpointCard, stored: _Stored, folder: Path) -> str:
    """Return the id of what decides the answers: weights, preparation, calibration, threshold, cohort."""
    identity = np.frombuffer(json.dumps(card.identity(), sort_keys=True).encode(), np.uint8)
    network = network_file(folder)
    kept = {"network": np.frombuffer(network.read_bytes(), np.uint8)} if network else {}
    cohort = _read_cohort(folder / COHORT_FILE)
    kept |= {} if cohort is None else {"cohort": cohort}
    digest = weights.digest(*stored.encoder, stored.head, {"identity": identity} | kept)
    return f"{encoder_name}-{digest[:12]}"


def _library_versions() -> dict[str, str]:
    versions = {}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):  # Keras may stand on another backend than TensorFlow
            versions[name] = version(name)
    return versions


def load_checkpoint(folder: Path) -> Checkpoint:
    """Load a checkpoint, replay its canary and compare its id with what is stored.

    UserError naming the likely cause if a file is missing or damaged or the canary's answers moved.
    """
    card, stored = read_card(folder), _stored(folder)
    checkpoint = _assemble(folder, card, stored)
    recorded = checkpoint.card.canary
    prepared, embeddings, similarities = _canary_answers(checkpoint, canary.images(recorded))
    libraries = checkpoint.card.libraries, _library_versions()
    canary.check_embeddings(recorded, prepared, embeddings, libraries)
    canary.check(recorded, prepared, similarities, libraries)
    if _id(card.encoder, card, stored, folder) != card.id:
        raise UserError(
            "The id of a checkpoint is a hash of its weights, calibration and threshold. Received: "
            f"{card.id}, which is not that of its files. Copy {folder.name} again or train it anew."
        )
    return checkpoint


def _assemble(folder: Path, card: CheckpointCard, stored: _Stored) -> Checkpoint:
    from siamese_core.networks.heads import make_head

    adopted = card.network == ADOPTED
    with without_initial_values():
        network = read_network(folder) if adopted else build_network(card.embedding)
    encoder = with_copies(network, card.embedding)
    _fill(encoder, folder / ENCODER_FILE, encoder_files.unpack(stored.encoder))
    head = make_head(card.head)
    blank = to_tensor(np.zeros((1, encoder.output_shape[-1]), np.float32))
    head(blank, blank)  # a layer has its variables only once it has seen the size of its input
    _fill(head, folder / HEAD_FILE, weights.unpack(stored.head))
    embeddings_id = encoder_files.embeddings_id(folder, card.embedding)
    checkpoint = Checkpoint(
        card.id,
        card.encoder,
        encoder,
        head,
        card.calibration,
        card.threshold,
        card,
        embeddings_id,
        familiarity=read_familiarity(folder / FAMILIARITY_FILE),
        forward=compiled(encoder),
    )
    cohort = _read_cohort(folder / COHORT_FILE, encoder.output_shape[-1])
    return checkpoint if cohort is None else checkpoint.with_cohort(cohort)


def _fill(network: "keras.Model | keras.Layer", file: Path, arrays: list[weights.NamedArray]) -> None:
    """Assign the arrays; `file` is where they come from, for the error if they are of another network."""
    weights.check_fit(file, arrays, [(variable.path, variable.shape) for variable in network.weights])
    for variable, array in zip(network.weights, arrays, strict=True):
        variable.assign(array.values)


def _arrays(network: "keras.Model | keras.Layer") -> list[weights.NamedArray]:
    paths = [variable.path for variable in network.weights]
    return [weights.NamedArray(*pair) for pair in zip(paths, network.get_weights(), strict=True)]


def _canary_answers(
    checkpoint: Checkpoint, images: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what the encoder sees of the images, its embeddings, and the similarities of their pairs."""
    prepared = checkpoint.batch(images)
    embeddings = checkpoint.embed_batch(prepared)
    left, right = canary.pairs(len(images))
    return prepared, embeddings, checkpoint.similarity(checkpoint.logits(embeddings[left], embeddings[right]))


def _write_cohort(file: Path, cohort: np.ndarray) -> None:
    """Write embeddings (m, d)."""
    np.savez(file, allow_pickle=False, cohort=cohort.astype(np.float16))


def _read_cohort(file: Path, dim: int | None = None) -> np.ndarray | None:
    """Return the embeddings float16 (m, d) of the file, None where there is none.

    UserError naming it if it is damaged or its embeddings do not have `dim` numbers.
    """
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as archive:
            cohort = archive["cohort"]
        usable = cohort.ndim == 2 and len(cohort) > 1 and dim in (None, cohort.shape[1])
        if not usable or not np.isfinite(cohort).all():
            raise ValueError(f"embeddings of shape {cohort.shape}")
    except Exception as damage:  # zip, zlib and NumPy each have their own for a flipped bit
        raise UserError(
            f"{file.name} must hold embeddings of this checkpoint's encoder. Received: "
            f"{type(damage).__name__}: {damage}. Copy {file.parent.name} again or train it anew."
        ) from damage
    return cohort
