"""Embeddings on disk, read back as they were, by several at once, and whole after a kill; and in memory."""

import os
import subprocess
import sys

import numpy as np
import pytest

from helpers.paths import ROOT
from siamese_core.embeddings.embedding_store import KEPT, EmbeddingCache, EmbeddingStore, tidy


def ids(*numbers: int) -> list[str]:
    return [f"{number:064x}" for number in numbers]


def rows(*numbers: int, dim: int = 5) -> np.ndarray:
    """A row that tells its number."""
    return np.array([np.arange(dim) + number / 7 for number in numbers], np.float32)


@pytest.fixture
def store(tmp_path) -> EmbeddingStore:
    return EmbeddingStore(tmp_path / "store", 5)


def test_embeddings_are_read_back_as_they_were_in_any_order(store):
    store.append(ids(1, 2), rows(1, 2))
    store.append(ids(3), rows(3))
    again = EmbeddingStore(store.folder, 5)
    for one in (store, again):
        assert len(one) == 3 and ids(2)[0] in one and ids(4)[0] not in one
        np.testing.assert_array_equal(one.take(ids(3, 1, 3)), rows(3, 1, 3))
    assert again.take([]).shape == (0, 5)


def test_an_image_is_stored_once(store):
    store.append(ids(1, 1, 2), rows(1, 8, 2))
    store.append(ids(2, 3), rows(9, 3))
    np.testing.assert_array_equal(store.take(ids(1, 2, 3)), rows(1, 2, 3))
    assert (store.folder / "rows.f32").stat().st_size == 3 * 5 * 4


def test_two_stores_of_one_folder_follow_each_other(store):
    other = EmbeddingStore(store.folder, 5)
    store.append(ids(1, 2), rows(1, 2))
    other.append(ids(2, 3), rows(2, 3))
    store.refresh()
    np.testing.assert_array_equal(store.take(ids(3, 1)), rows(3, 1))


@pytest.mark.parametrize("cut", [1, 19, 20, 21, 64, 65])
@pytest.mark.parametrize("name", ["ids", "rows.f32"])
def test_what_a_killed_process_left_half_written_is_made_anew(store, name, cut):
    store.append(ids(1, 2, 3, 4), rows(1, 2, 3, 4))
    file = store.folder / name
    os.truncate(file, file.stat().st_size - cut)
    again = EmbeddingStore(store.folder, 5)
    kept = len(again)
    assert 0 <= kept < 4
    again.append(ids(1, 2, 3, 4, 5), rows(1, 2, 3, 4, 5))
    np.testing.assert_array_equal(again.take(ids(5, 4, 3, 2, 1)), rows(5, 4, 3, 2, 1))
    np.testing.assert_array_equal(EmbeddingStore(store.folder, 5).take(ids(1, 5)), rows(1, 5))


def test_processes_that_append_at_once_lose_nothing(store):
    code = (
        "import sys, numpy as np; from pathlib import Path\n"
        "from siamese_core.embeddings.embedding_store import EmbeddingStore\n"
        "store, first = EmbeddingStore(Path(sys.argv[1]), 5), int(sys.argv[2])\n"
        "for n in range(first, first + 40):\n"
        "    store.append([f'{n:064x}'], np.array([np.arange(5) + n / 7], np.float32))\n"
    )
    starts = (0, 20, 100)
    command = [sys.executable, "-c", code, str(store.folder)]
    processes = [subprocess.Popen([*command, str(first)], cwd=ROOT) for first in starts]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    store.refresh()
    expected = sorted({first + n for first in starts for n in range(40)})
    assert len(store) == len(expected)
    np.testing.assert_allclose(store.take(ids(*expected)), rows(*expected))


def test_a_store_that_was_emptied_starts_over(store):
    store.append(ids(1, 2), rows(1, 2))
    for name in ("ids", "rows.f32"):
        (store.folder / name).unlink()
    store.append(ids(3), rows(3))
    assert len(store) == 1
    np.testing.assert_array_equal(store.take(ids(3)), rows(3))


def test_a_store_that_was_emptied_and_filled_by_another_is_read_anew(store):
    store.append(ids(1, 2), rows(1, 2))
    for name in ("ids", "rows.f32"):
        (store.folder / name).unlink()
    EmbeddingStore(store.folder, 5).append(ids(7, 1, 8), rows(7, 1, 8))
    store.refresh()
    assert store.ids() == sorted(ids(7, 1, 8))
    np.testing.assert_array_equal(store.take(ids(1, 8)), rows(1, 8))


def test_only_the_latest_used_stores_are_kept(tmp_path):
    for number in range(KEPT + 2):
        folder = EmbeddingStore(tmp_path / f"s{number}", 5).folder
        os.utime(folder, (number, number))
    EmbeddingStore(tmp_path / "s0", 5)  # used again
    tidy(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["s0", *(f"s{n}" for n in range(3, KEPT + 2))]
    tidy(tmp_path / "missing")


# In memory


def vector(value: float) -> np.ndarray:
    return np.full(4, value, np.float32)


def test_the_cache_gives_what_was_put_and_nothing_else():
    cache = EmbeddingCache()
    cache.put(("koch", "a"), vector(1))
    assert np.array_equal(cache.get(("koch", "a")), vector(1))
    assert cache.get(("other", "a")) is None and cache.get(("koch", "b")) is None


def test_the_embedding_unused_for_longest_goes_first():
    cache = EmbeddingCache(limit=3 * vector(0).nbytes)
    for index in range(3):
        cache.put(("koch", str(index)), vector(index))
    cache.get(("koch", "0"))
    cache.put(("koch", "3"), vector(3))
    kept = [cache.get(("koch", str(index))) is not None for index in range(4)]
    assert kept == [True, False, True, True]


def test_an_embedding_put_again_counts_once():
    cache = EmbeddingCache()
    for value in range(5):
        cache.put(("koch", "a"), vector(value))
    assert cache.bytes == vector(0).nbytes
    assert np.array_equal(cache.get(("koch", "a")), vector(4))


def test_an_embedding_larger_than_the_limit_is_not_kept():
    cache = EmbeddingCache(limit=8)
    cache.put(("koch", "a"), vector(1))
    assert cache.get(("koch", "a")) is None and cache.bytes == 0
