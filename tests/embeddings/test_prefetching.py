"""What is prepared ahead comes in order, is bounded, and fails where it would have come."""

import threading

import pytest

from siamese_core.embeddings.prefetching import ahead


def test_results_come_in_order_and_at_most_so_many_ahead():
    made, taken = [], threading.Semaphore(0)

    def make(item: int) -> int:
        made.append(item)
        taken.release()
        return 10 * item

    results = ahead(make, range(6), depth=2)
    assert next(results) == 0
    for _ in range(3):
        taken.acquire(timeout=10)
    assert made == [0, 1, 2]
    assert list(results) == [10, 20, 30, 40, 50]


def test_a_failure_is_raised_in_its_place_and_ends_the_rest():
    results = ahead(lambda item: 1 / item, [1, 0, 2])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []
