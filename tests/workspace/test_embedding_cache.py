"""What the cache keeps, and what it lets go first."""

import numpy as np

from siamese_core.workspace.embedding_cache import EmbeddingCache


def row(value: float) -> np.ndarray:
    return np.full(4, value, np.float32)


def test_it_gives_what_was_put_and_nothing_else():
    cache = EmbeddingCache()
    cache.put(("koch-1", "a"), row(1))
    assert np.array_equal(cache.get(("koch-1", "a")), row(1))
    assert cache.get(("koch-2", "a")) is None and cache.get(("koch-1", "b")) is None


def test_the_one_unused_for_longest_goes_first():
    cache = EmbeddingCache(limit=3 * row(0).nbytes)
    for index in range(3):
        cache.put(("koch-1", str(index)), row(index))
    cache.get(("koch-1", "0"))
    cache.put(("koch-1", "3"), row(3))
    kept = [cache.get(("koch-1", str(index))) is not None for index in range(4)]
    assert kept == [True, False, True, True]


def test_putting_again_counts_once():
    cache = EmbeddingCache()
    for value in range(5):
        cache.put(("koch-1", "a"), row(value))
    assert cache.bytes == row(0).nbytes
    assert np.array_equal(cache.get(("koch-1", "a")), row(4))


def test_an_embedding_larger_than_the_limit_is_not_kept():
    cache = EmbeddingCache(limit=8)
    cache.put(("koch-1", "a"), row(1))
    assert cache.get(("koch-1", "a")) is None and cache.bytes == 0
