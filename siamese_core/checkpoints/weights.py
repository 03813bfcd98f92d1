"""Store the weights of a network in a small file: a few bits a number, a scale a column, no pickle.

A file is a NumPy archive: a list of its arrays (path, shape, bits) and, for each array, either the
float32 values or whole levels (int8) with one float32 scale for each column, the last axis. Six-bit
levels lie in an int8 array: deflate takes the unused bits away again.
"""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.errors import UserError

SMALLEST_QUANTISED = 4096  # elements: smaller arrays (biases, scales, heads) stay float32
LARGE_MATRIX = 4_000_000  # elements: such a matrix averages over thousands of inputs and bears 6 bits
FLOAT_BITS = 32  # of a number that is not quantised
Packed = dict[str, np.ndarray]  # what a file of weights holds
# Fractions of a column's largest weight that are tried as the end of its range. 1.0 comes last and makes
# storing what was loaded exact, since the levels then fall on themselves.
CLIPS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)
COLUMNS_AT_ONCE = 256  # bounds the memory of the search for the best clip


@dataclass(frozen=True)
class NamedArray:
    """`values` of the variable `path` of a network (`conv1/kernel`), in the order of `model.weights`."""

    path: str
    values: np.ndarray


def default_bits(array: NamedArray) -> int:
    """Return 8 for a convolution's kernel and a small matrix, 6 for a large matrix, 32 (as it is) else."""
    values = array.values
    if values.ndim < 2 or values.size <= SMALLEST_QUANTISED:
        return FLOAT_BITS
    return 6 if values.ndim == 2 and values.size > LARGE_MATRIX else 8


def quantise(values: np.ndarray, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return levels int8 (as values) and scale float32 (columns,), with levels * scale near `values`.

    The levels are -(2^(bits-1)-1)..2^(bits-1)-1; for each column (last axis) the clip with the least squared
    error is taken. `bits`: 2..8.
    """
    columns = values.reshape(-1, values.shape[-1])
    levels = np.empty(columns.shape, np.int8)
    scale = np.empty(columns.shape[1], np.float32)
    for start in range(0, columns.shape[1], COLUMNS_AT_ONCE):
        part = slice(start, start + COLUMNS_AT_ONCE)
        levels[:, part], scale[part] = _quantise_columns(columns[:, part], 2 ** (bits - 1) - 1)
    return levels.reshape(values.shape), scale


def _quantise_columns(columns: np.ndarray, top: int) -> tuple[np.ndarray, np.ndarray]:
    columns = np.ascontiguousarray(columns, np.float32)
    largest = np.abs(columns).max(axis=0)
    largest = np.where(largest > 0, largest, 1)
    least_error = np.full(columns.shape[1], np.inf)
    best_scale = largest / np.float32(top)
    for clip in CLIPS:
        scale = largest * np.float32(clip) / np.float32(top)
        error = np.square(_levels(columns, scale, top) * scale - columns).sum(axis=0)
        better = error <= least_error
        best_scale[better], least_error[better] = scale[better], error[better]
    return _levels(columns, best_scale, top).astype(np.int8), best_scale


def _levels(columns: np.ndarray, scale: np.ndarray, top: int) -> np.ndarray:
    levels = columns / scale
    np.rint(levels, out=levels)
    return np.clip(levels, -top, top, out=levels)


def pack(arrays: Sequence[NamedArray], bits_of: Callable[[NamedArray], int] = default_bits) -> Packed:
    """Return the arrays as they go to a file. UserError if a number is not finite: the training diverged."""
    packed, manifest = {}, []
    for index, array in enumerate(arrays):
        values = np.asarray(array.values, np.float32)
        if not np.isfinite(values).all():
            raise UserError(
                "Weights must be finite numbers to be saved. Received: NaN or infinity in "
                f"{array.path}. The training diverged: lower its learning rate."
            )
        bits = bits_of(array)
        manifest.append({"path": _plain(array.path), "shape": list(values.shape), "bits": bits})
        if bits == FLOAT_BITS:
            packed[f"{index:04d}"] = values
        else:
            packed[f"{index:04d}"], packed[f"{index:04d}.scale"] = quantise(values, bits)
    packed["manifest"] = np.frombuffer(json.dumps(manifest).encode(), np.uint8)
    return packed


def entries(packed: Packed) -> list[dict]:
    """Return what the file says of its arrays, in order: path, shape, bits."""
    return json.loads(packed["manifest"].tobytes())


def unpack(packed: Packed) -> list[NamedArray]:
    """Return the arrays as float32, within what quantising left of them."""
    arrays = []
    for index, entry in enumerate(entries(packed)):
        values = packed[f"{index:04d}"]
        if entry["bits"] != FLOAT_BITS:
            values = values * packed[f"{index:04d}.scale"]
        arrays.append(NamedArray(entry["path"], values.astype(np.float32, copy=False)))
    return arrays


def write_packed(file: Path, packed: Packed) -> None:
    """Write the file, deflated where there are levels: floats hardly get smaller, and it takes longest."""
    has_levels = any(array.dtype == np.int8 for array in packed.values())
    save = np.savez_compressed if has_levels else np.savez
    save(file, allow_pickle=False, **packed)


def read_packed(file: Path) -> Packed:
    """Return the contents of a file; UserError naming it if it is missing, cut short or damaged."""
    if not file.is_file():
        raise UserError(f"A checkpoint needs its {file.name}. Received: a folder without it. {_remedy(file)}")
    try:
        with np.load(file, allow_pickle=False) as archive:
            packed = {name: archive[name] for name in archive.files}
        for index, entry in enumerate(entries(packed)):
            _check_entry(packed, f"{index:04d}", entry)
    except Exception as damage:  # zlib, zip, NumPy and JSON each have their own for a flipped bit
        raise UserError(
            f"{file.name} must be a complete archive of weights. Received: "
            f"{type(damage).__name__}: {damage}. {_remedy(file)}"
        ) from damage
    return packed


def _check_entry(packed: Packed, key: str, entry: dict) -> None:
    if list(packed[key].shape) != entry["shape"]:
        raise ValueError(f"{entry['path']} has the shape {packed[key].shape}, not {entry['shape']}")
    if entry["bits"] != FLOAT_BITS and packed[f"{key}.scale"].shape != (entry["shape"][-1],):
        raise ValueError(f"{entry['path']} needs a scale for each of {entry['shape'][-1]} columns")


def _remedy(file: Path) -> str:
    return f"The file is damaged or was cut off: copy {file.parent.name} again or train it anew."


def digest(*parts: Packed) -> str:
    """Return the SHA-256 (hex) of packed arrays: names, types, shapes and bytes."""
    sha = hashlib.sha256()
    for part in parts:
        for name in sorted(part):
            array = np.ascontiguousarray(part[name])
            sha.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            sha.update(array.data.cast("B") if array.size else b"")
    return sha.hexdigest()


def check_fit(file: Path, arrays: Sequence[NamedArray], expected: Sequence[tuple[str, tuple]]) -> None:
    """Raise UserError unless `arrays` are, in order, the variables (path, shape) of their network."""
    found = [(_plain(array.path), array.values.shape) for array in arrays]
    wanted = [(_plain(path), tuple(shape)) for path, shape in expected]
    if found == wanted:
        return
    differing = (pair for pair in zip(found, wanted, strict=False) if pair[0] != pair[1])
    first = next(differing, (f"{len(found)} arrays", f"{len(wanted)} arrays"))
    raise UserError(
        f"{file.name} must hold the weights of this network. Received: {first[0]} where the network has "
        f"{first[1]}. The checkpoint belongs to another version of the network: train it anew."
    )


def _plain(path: str) -> str:
    """Return a path without the numbers that Keras gives unnamed layers of a process (`conv2d_7`)."""
    return re.sub(r"_\d+(?=/|$)", "", path)
