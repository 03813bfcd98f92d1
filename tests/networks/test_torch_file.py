"""Tensors of a PyTorch file: read as they were stored, and nothing of a pickle runs."""

import hashlib
import os
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.networks.torch_file import MAGIC_NUMBER, read_tensors


class FloatStorage:
    """Stands for the class of torch, of which a pickle holds the name only."""


def _rebuild_tensor_v2():
    """Stands for the function of torch."""


@pytest.fixture
def torch_names(monkeypatch):
    """The names of torch, for pickling: torch itself is not installed."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")
    torch.FloatStorage, utils._rebuild_tensor_v2 = FloatStorage, _rebuild_tensor_v2
    monkeypatch.setattr(FloatStorage, "__module__", "torch")
    monkeypatch.setattr(_rebuild_tensor_v2, "__module__", "torch._utils")
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)


class Part:
    """A tensor to be stored: of the storage "0", from `offset` on."""

    def __init__(self, offset: int, shape: tuple, stride: tuple):
        self.place = offset, shape, stride


class TorchPickler(pickle.Pickler):
    """Writes what `torch.save` writes for a tensor."""

    def persistent_id(self, value: object) -> tuple | None:
        return ("storage", FloatStorage, "0", "cpu", 12, None) if value == "the storage" else None

    def reducer_override(self, value: object):
        if isinstance(value, Part):
            return _rebuild_tensor_v2, ("the storage", *value.place, False, OrderedDict())
        return NotImplemented


def stored(file: Path, tensors: object, magic_number: object = MAGIC_NUMBER, numbers: int = 12) -> Path:
    """Write a file of the tensors over a storage of 0, 1, 2, ..."""
    with file.open("wb") as stream:
        for value in (magic_number, 1001, {"little_endian": True}, tensors, ["0"]):
            TorchPickler(stream, 2).dump(value)
        stream.write((12).to_bytes(8, "little") + np.arange(numbers, dtype="<f4").tobytes())
    return file


def read(file: Path) -> dict[str, np.ndarray]:
    return read_tensors(file, hashlib.sha256(file.read_bytes()).hexdigest())


def test_tensors_come_back_as_they_lie_in_their_storage(tmp_path, torch_names):
    tensors = OrderedDict(rows=Part(0, (2, 3), (3, 1)), turned=Part(6, (2, 3), (1, 2)), one=Part(11, (), ()))
    found = read(stored(tmp_path / "weights.pth", tensors))
    assert found["rows"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["turned"].tolist() == [[6, 8, 10], [7, 9, 11]]
    assert found["one"] == 11 and list(found) == ["rows", "turned", "one"]


@pytest.mark.parametrize("where", ["tensors", "magic_number"])
def test_code_in_a_pickle_is_refused_and_does_not_run(tmp_path, torch_names, where):
    class Harm:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'harm'}",)

    content = {"tensors": {"a": Part(0, (2,), (1,))}} | {where: Harm()}
    with pytest.raises(UserError, match=r"tensors only.*system"):
        read(stored(tmp_path / "weights.pth", **content))
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"tensors": {"a": Part(7, (2, 3), (3, 1))}}, "not inside its storage"),
        ({"tensors": {"a": Part(0, (2, 3), (300, 1))}}, "not inside its storage"),
        ({"tensors": {"a": Part(5, (2,), (-1,))}}, "not inside its storage"),
        ({"tensors": {"a": Part(0, (2,), (1,))}, "numbers": 11}, "ends after 44 of 48 bytes"),
        ({"tensors": {"a": Part(0, (2,), (1,))}, "magic_number": 1}, "magic number"),
        ({"tensors": {"a": "no tensor"}}, "tensors only"),
    ],
)
def test_a_file_that_is_not_whole_tensors_is_refused(tmp_path, torch_names, content, told):
    with pytest.raises(UserError, match=told):
        read(stored(tmp_path / "weights.pth", **content))


def test_a_file_that_is_cut_off_replaced_or_gone_is_refused_before_it_is_read(tmp_path, torch_names):
    file = stored(tmp_path / "weights.pth", {"a": Part(0, (2,), (1,))})
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(UserError, match=rf"weights\.pth must have the SHA-256 {sha256}"):
        read_tensors(file, sha256)
    with pytest.raises(UserError, match=r"gone\.pth"):
        read_tensors(tmp_path / "gone.pth", sha256)
