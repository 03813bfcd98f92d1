"""Distances of all pairs in blocks, against the definition."""

import numpy as np
import pytest

from siamese_core.metric_learning import weighted_l1 as module
from siamese_core.metric_learning.weighted_l1 import weighted_l1


def plain(left: np.ndarray, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return (np.abs(left[:, None].astype(np.float64) - right[None]) * weight).sum(axis=-1)


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 50, 16), (5, 0, 4), (0, 5, 4)])
@pytest.mark.parametrize("threshold", [0, 2**22])
def test_they_are_the_weighted_sums_of_differences_in_one_thread_and_in_several(
    shape, threshold, monkeypatch
):
    monkeypatch.setattr(module, "ONE_THREAD", threshold)
    monkeypatch.setattr(module, "BLOCK_BYTES", 4 * 16 * 3)  # the last block is a part of one
    (n, m, d), rng = shape, np.random.default_rng(0)
    left, right, weight = rng.normal(size=(n, d)), rng.normal(size=(m, d)), rng.normal(size=d)
    found = weighted_l1(left, right, weight)
    assert found.shape == (n, m) and found.dtype == np.float32
    np.testing.assert_allclose(found, plain(left, right, weight), atol=1e-4)


def test_an_embedding_has_no_distance_from_itself():
    rows = np.random.default_rng(1).normal(size=(20, 300)).astype(np.float32)
    assert (np.diag(weighted_l1(rows, rows, np.full(300, 0.7))) == 0).all()
