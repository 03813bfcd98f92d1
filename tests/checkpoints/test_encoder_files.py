"""An encoder stored as another's weights and what is new."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from siamese_core.checkpoints import encoder_files, weights
from siamese_core.checkpoints.encoder_files import ENCODER_FILE, RANK, UPDATE_FILE
from siamese_core.checkpoints.weights import LARGE_MATRIX, NamedArray
from siamese_core.errors import UserError
from siamese_core.networks.embedding_spec import EmbeddingSpec

SPEC = EmbeddingSpec("small_cnn", size=48, channels=3, preparation="plain")
SHAPES = {"conv/kernel": (5, 5, 8, 32), "conv/bias": (32,), "dense/kernel": (600, 300), "dense/bias": (300,)}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A matrix need not be as large here, nor a change of as high a rank."""
    monkeypatch.setattr(encoder_files, "LARGE_MATRIX", 600 * 300 - 1)
    monkeypatch.setattr(encoder_files, "RANK", 12)


def arrays(seed: int) -> list[NamedArray]:
    rng = np.random.default_rng(seed)
    return [NamedArray(path, rng.normal(0, 0.1, shape).astype("float32")) for path, shape in SHAPES.items()]


def folder_of(parent: Path, stored: list[NamedArray]) -> Path:
    parent.mkdir()
    weights.write_packed(parent / ENCODER_FILE, weights.pack(stored))
    return parent


def trained_on(base: Path, rank: int, seed: int = 1) -> list[NamedArray]:
    """Other values everywhere; the large matrix changed by one of this rank."""
    rng = np.random.default_rng(seed)
    before = {array.path: array.values for array in encoder_files.unpack(encoder_files.read(base))}
    change = rng.normal(0, 0.1, (600, rank)) @ rng.normal(0, 0.1, (rank, 300))
    matrix = (before["dense/kernel"] + change).astype("float32")
    return [NamedArray(a.path, matrix if a.path == "dense/kernel" else a.values) for a in arrays(seed)]


def updated(base: Path, new: list[NamedArray], folder: Path) -> list[np.ndarray]:
    folder.mkdir()
    encoder_files.write_update(folder, new, base)
    return [array.values for array in encoder_files.unpack(encoder_files.read(folder))]


def test_what_is_new_comes_back_beside_the_untouched_file(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    new = trained_on(base, rank=12)
    kernel, bias, matrix, offsets = updated(base, new, tmp_path / "new")
    assert (tmp_path / "new" / ENCODER_FILE).samefile(base / ENCODER_FILE)
    np.testing.assert_array_equal(bias, new[1].values)
    np.testing.assert_array_equal(offsets, new[3].values)
    np.testing.assert_allclose(kernel, new[0].values, atol=0.01 * np.abs(new[0].values).max())
    change = new[2].values - encoder_files.unpack(encoder_files.read(base))[2].values
    assert np.linalg.norm(matrix - new[2].values) < 0.02 * np.linalg.norm(change)


def test_of_a_change_of_higher_rank_the_largest_part_is_kept(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    new = trained_on(base, rank=30)
    before = encoder_files.unpack(encoder_files.read(base))[2].values
    change = (new[2].values - before).astype("float64")
    left_out = np.linalg.svd(change, compute_uv=False)[12:]
    matrix = updated(base, new, tmp_path / "new")[2]
    assert np.linalg.norm(matrix - new[2].values) == pytest.approx(np.linalg.norm(left_out), rel=0.02)


def test_an_update_is_small(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    updated(base, trained_on(base, rank=12), tmp_path / "new")
    sizes = [(tmp_path / "new" / name).stat().st_size for name in (UPDATE_FILE, ENCODER_FILE)]
    assert sizes[0] < 0.2 * sizes[1]


def test_an_update_of_an_updated_encoder_is_of_the_same_file(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    updated(base, trained_on(base, rank=3), tmp_path / "second")
    new = trained_on(base, rank=12, seed=2)
    again = updated(tmp_path / "second", new, tmp_path / "third")
    for one, other in zip(again, updated(base, new, tmp_path / "direct"), strict=True):
        np.testing.assert_array_equal(one, other)


def test_embeddings_have_one_name_where_all_files_of_the_encoder_are_the_same(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    updated(base, trained_on(base, rank=3), tmp_path / "one")
    updated(base, trained_on(base, rank=3, seed=2), tmp_path / "other")
    (tmp_path / "copy").mkdir()
    for file in encoder_files.files_of(tmp_path / "one"):
        shutil.copyfile(file, tmp_path / "copy" / file.name)
    folders = (tmp_path / "one", tmp_path / "copy", tmp_path / "other", base)
    one, copy, *others = (encoder_files.embeddings_id(folder, SPEC) for folder in folders)
    assert one == copy and len({one, *others}) == 3
    assert encoder_files.embeddings_id(base, replace(SPEC, network="face_cnn")) not in (one, *others)


def test_a_folder_without_an_encoder_has_no_embeddings(tmp_path):
    with pytest.raises(UserError, match=f"needs its {ENCODER_FILE}"):
        encoder_files.embeddings_id(tmp_path, SPEC)


def test_an_update_of_another_network_is_refused(tmp_path):
    base = folder_of(tmp_path / "base", arrays(0))
    updated(base, trained_on(base, rank=3), tmp_path / "new")
    for spoilt in (arrays(0)[:2], arrays(0)[1:]):
        weights.write_packed(tmp_path / "new" / UPDATE_FILE, weights.pack(spoilt))
        with pytest.raises(UserError, match=f"{UPDATE_FILE} must be of the {ENCODER_FILE}"):
            encoder_files.unpack(encoder_files.read(tmp_path / "new"))
    (tmp_path / "new" / UPDATE_FILE).write_bytes(b"half")
    with pytest.raises(UserError, match=f"{UPDATE_FILE} must be a complete archive"):
        encoder_files.read(tmp_path / "new")


def test_the_matrix_of_koch_is_what_counts_as_large():
    assert LARGE_MATRIX < 9216 * 4096 and RANK * (9216 + 4096) < 0.04 * 9216 * 4096
