"""Keep an encoder's weights in the folder of its checkpoint: all of them, or another's and what changed.

`encoder.npz` holds all. Where training went on from another checkpoint, that one's file may stay as it is and
`update.npz` beside it hold what changed: of a large matrix the change as a product of two narrow ones, as
such changes are of low rank (LoRA, Hu et al. 2021), of anything else the new values. An adopted network is
itself in the folder (`networks.kept_network`): of Keras beside its weights, of others with them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamese_core.atomic import share_file
from siamese_core.checkpoints import weights
from siamese_core.checkpoints.weights import LARGE_MATRIX, NamedArray, Packed
from siamese_core.errors import UserError
from siamese_core.networks.embedding_spec import EmbeddingSpec
from siamese_core.networks.kept_network import FROZEN_FILES, network_file

ENCODER_FILE, UPDATE_FILE = "encoder.npz", "update.npz"
RANK = 96  # of the stored change of a large matrix: 3.4 % of the numbers of koch's
_DIGESTS: dict[tuple[int, ...], str] = {}  # of files, by what changes with their contents
TALL, WIDE = ".tall", ".wide"  # ends of the paths of the two matrices whose product is a change


def files_of(folder: Path) -> list[Path]:
    """Return the files that hold the encoder of a checkpoint's folder."""
    network = network_file(folder)
    return [*([network] if network else []), *_weights_files(folder)]


def _weights_files(folder: Path) -> list[Path]:
    network, update = network_file(folder), folder / UPDATE_FILE
    if network and network.name in FROZEN_FILES:
        return []
    return [folder / ENCODER_FILE, *([update] if update.exists() else [])]


def share(source: Path, target: Path) -> None:
    """Give the folder `target` the encoder of the folder `source`."""
    for file in files_of(source):
        share_file(file, target / file.name)


def embeddings_id(folder: Path, spec: EmbeddingSpec) -> str:
    """Return the name of the embeddings by the encoder of a checkpoint's folder.

    Folders that hold the very same encoder and prepare images alike share it. UserError without an encoder.
    """
    return spec.embeddings_id(map(_digest, files_of(folder)))


def _digest(file: Path) -> str:
    """Return the SHA-256 (hex) of a file, read once however many checkpoints share it."""
    try:
        status = file.stat()
    except OSError as problem:
        raise UserError(
            f"A checkpoint needs its {file.name}. Received: {file.parent.name} ({problem.strerror}). Copy "
            "it again or train it anew."
        ) from problem
    known = (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
    if known not in _DIGESTS:
        _DIGESTS[known] = hashlib.sha256(file.read_bytes()).hexdigest()
    return _DIGESTS[known]


def read(folder: Path) -> list[Packed]:
    """Return what the files of weights hold: none for a network that does not train.

    UserError naming the file that is missing or damaged.
    """
    return [weights.read_packed(file) for file in _weights_files(folder)]


def unpack(stored: Sequence[Packed]) -> list[NamedArray]:
    """Return the encoder's arrays from what `read` gave; UserError where an update is of another encoder."""
    arrays = weights.unpack(stored[0]) if stored else []
    for packed in stored[1:]:
        new = weights.unpack(packed)
        try:
            arrays = [_changed(array, new) for array in arrays]
        except (IndexError, ValueError) as misfit:
            raise UserError(
                f"{UPDATE_FILE} must be of the {ENCODER_FILE} beside it. Received: one of another network "
                f"({misfit}). Copy the checkpoint again or train it anew."
            ) from misfit
    return arrays


def _changed(array: NamedArray, new: list[NamedArray]) -> NamedArray:
    """Return the array with the change that is first in `new`, and take that out."""
    first = new.pop(0)
    if first.path == array.path:
        return first
    return NamedArray(array.path, array.values + first.values @ new.pop(0).values)


def write_update(folder: Path, arrays: Sequence[NamedArray], base: Path) -> None:
    """Store an encoder of these arrays as its change from `encoder.npz` of the folder `base`.

    In 8 bits, the change of a large matrix by its part of rank RANK.
    """
    share_file(base / ENCODER_FILE, folder / ENCODER_FILE)
    parts = []
    for before, now in zip(weights.unpack(weights.read_packed(base / ENCODER_FILE)), arrays, strict=True):
        if now.values.ndim == 2 and now.values.size > LARGE_MATRIX:
            change = now.values - before.values
            # the eigenvectors of its square, largest last, are the directions in which it is largest
            wide = np.linalg.eigh(change.T @ change)[1][:, -RANK:].T
            parts += [NamedArray(before.path + TALL, change @ wide.T), NamedArray(before.path + WIDE, wide)]
        else:
            parts.append(NamedArray(before.path, now.values))
    weights.write_packed(folder / UPDATE_FILE, weights.pack(parts))
