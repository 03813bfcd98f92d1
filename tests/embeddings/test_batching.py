"""What several threads ask at one moment goes through the network together, and nobody gets another's."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from siamese_core.embeddings.batching import MOST_IMAGES, Batcher


class Network:
    """Doubles what it is given, one batch at a time, and keeps how large the batches were."""

    def __init__(self):
        self.sizes: list[int] = []
        self.gate = threading.Event()
        self.entered = threading.Event()

    def __call__(self, images: np.ndarray) -> np.ndarray:
        self.sizes.append(len(images))
        self.entered.set()
        self.gate.wait(10)
        if (images < 0).any():
            raise ValueError("a negative number")
        return 2 * images


@pytest.fixture
def network():
    return Network()


def asked_while_busy(network: Network, batcher: Batcher, requests: list[np.ndarray]) -> list:
    """Ask all of `requests` while the network is at work on a first one; return futures."""
    with ThreadPoolExecutor(len(requests) + 1) as threads:
        first = threads.submit(batcher, np.zeros((1, 2)))
        network.entered.wait(10)
        others = [threads.submit(batcher, each) for each in requests]
        with batcher._changed:
            batcher._changed.wait_for(lambda: len(batcher._waiting) == len(requests), 10)
        network.gate.set()
    assert not first.exception()
    return others


def test_requests_of_one_moment_share_a_batch_and_each_gets_its_own(network):
    batcher = Batcher(network, threading.Lock())
    requests = [np.full((2, 2), number, float) for number in range(5)]
    for request, found in zip(requests, asked_while_busy(network, batcher, requests), strict=True):
        np.testing.assert_array_equal(found.result(), 2 * request)
    assert network.sizes == [1, 10]


def test_a_batch_is_bounded_but_a_large_request_goes_alone(network):
    batcher = Batcher(network, threading.Lock())
    sizes = [MOST_IMAGES - 1, 2, 2 * MOST_IMAGES]
    found = asked_while_busy(network, batcher, [np.ones((size, 1)) for size in sizes])
    assert [len(each.result()) for each in found] == sizes
    assert sorted(network.sizes) == sorted([1, *sizes])


def test_an_error_of_one_request_does_not_reach_the_others(network):
    batcher = Batcher(network, threading.Lock())
    good, bad = np.ones((1, 2)), -np.ones((1, 2))
    first, wrong, last = asked_while_busy(network, batcher, [good, bad, good])
    with pytest.raises(ValueError, match="negative"):
        wrong.result()
    for each in (first, last):
        np.testing.assert_array_equal(each.result(), 2 * good)
    np.testing.assert_array_equal(batcher(good), 2 * good)


def test_a_thread_that_stops_waiting_takes_its_request_with_it(network, monkeypatch):
    batcher = Batcher(network, threading.Lock())
    monkeypatch.setattr(batcher, "_is_to_work", lambda request: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        batcher(np.ones((1, 2)))
    assert not batcher._waiting and not network.sizes
