"""Read the tensors of a PyTorch weights file without PyTorch, and without running its pickle.

The format is that of `torch.save` before PyTorch 1.6: five pickles (a magic number, a protocol, the machine,
the tensors by name, the keys of their storages), then each storage's numbers. A pickle may call any function;
this reader knows three kinds of names, all of them harmless, and refuses every other.
"""

import hashlib
import io
import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.errors import UserError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C  # of `torch.serialization`
TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "LongStorage": "<i8"}
COUNT_BYTES = 8  # before a storage's numbers: how many there are


@dataclass(frozen=True)
class Storage:
    """Numbers that tensors share: their NumPy type, and the key under which they lie in the file."""

    dtype: np.dtype
    key: str


@dataclass(frozen=True)
class Tensor:
    """A part of a storage: numbers from `offset` on, in `shape`, with steps of `stride` numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """Return the tensor, given all numbers of its storage. ValueError where it reaches out of it."""
        steps = [(size - 1) * step for size, step in zip(self.shape, self.stride, strict=True)]
        if min((self.offset, *self.shape, *self.stride)) < 0 or self.offset + sum(steps) >= len(numbers):
            raise ValueError(f"a tensor of shape {self.shape} is not inside its storage of {len(numbers)}")
        strides = [step * numbers.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(numbers[self.offset :], self.shape, strides).copy()


def read_tensors(file: Path, sha256: str) -> dict[str, np.ndarray]:
    """Return the tensors of a file by name. UserError if it is not the file with that SHA-256 (hex), or if
    it holds anything but tensors."""
    try:
        content = file.read_bytes()
    except OSError as problem:
        raise UserError(
            f"Weights are read from a file. Received: {file.name} ({problem.strerror}). Install it again."
        ) from problem
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise UserError(
            f"{file.name} must have the SHA-256 {sha256}. Received: {found}. It was cut off or replaced: "
            "install it again."
        )
    try:
        return _tensors(io.BytesIO(content))
    except Exception as damage:  # a pickle of anything fails in any way
        raise UserError(
            f"{file.name} must hold tensors only, as PyTorch before 1.6 stored them. Received: "
            f"{type(damage).__name__}: {damage}. Name another file."
        ) from damage


def _tensors(stream: io.BytesIO) -> dict[str, np.ndarray]:
    magic_number, _protocol, _machine, tensors, keys = (_Unpickler(stream).load() for _ in range(5))
    if magic_number != MAGIC_NUMBER:
        raise ValueError("it does not start with PyTorch's magic number")
    types = {tensor.storage.key: tensor.storage.dtype for tensor in tensors.values()}
    storages = {key: _numbers(stream, types[key]) for key in keys}
    return {name: tensor.values(storages[tensor.storage.key]) for name, tensor in tensors.items()}


def _numbers(stream: io.BytesIO, dtype: np.dtype) -> np.ndarray:
    """Read a storage: how many numbers, then the numbers. ValueError where the file ends before."""
    count = int.from_bytes(stream.read(COUNT_BYTES), "little")
    content = stream.read(count * dtype.itemsize)
    if len(content) < count * dtype.itemsize:
        raise ValueError(f"the file ends after {len(content)} of {count * dtype.itemsize} bytes of a storage")
    return np.frombuffer(content, dtype)


class _Unpickler(pickle.Unpickler):
    """An unpickler for which only ordered dictionaries, tensors and storages exist."""

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in TYPES:
            return np.dtype(TYPES[name])
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, entry: tuple) -> Storage:
        _kind, dtype, key, *_device_and_size = entry
        return Storage(dtype, key)


def _rebuild_tensor(storage: Storage, offset: int, shape: tuple, stride: tuple, *_gradient: object) -> Tensor:
    return Tensor(storage, offset, tuple(shape), tuple(stride))
