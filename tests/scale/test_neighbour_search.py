"""Neighbours are the nearest others: all of them while pairs are few, nearly all beyond."""

import sys

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.metric_learning.neighbours import nearest
from siamese_core.scale import neighbour_search
from siamese_core.scale.neighbour_search import nearest_points


@pytest.fixture
def points() -> np.ndarray:
    rng = np.random.default_rng(0)
    return (np.repeat(rng.normal(size=(300, 8)) * 5, 4, axis=0) + rng.normal(size=(1200, 8))).astype(
        "float32"
    )


def test_few_points_have_exactly_their_nearest_others(points):
    found = nearest_points(points, 5)
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(nearest(points, 5), axis=1))


def test_many_points_have_nearly_all_of_them(points, monkeypatch):
    monkeypatch.setattr(neighbour_search, "EXACT", 100)
    found, expected = nearest_points(points, 3), nearest(points, 3)
    assert (found[:, :, None] == expected[:, None]).any(axis=2).mean() > 0.95
    assert not (found == np.arange(len(points))[:, None]).any()


def test_points_that_are_all_alike_have_others_and_never_themselves():
    found = nearest_points(np.zeros((40, 4), np.float32), 3)
    assert not (found == np.arange(40)[:, None]).any() and (np.diff(np.sort(found), axis=1) > 0).all()


def test_a_missing_extra_is_told_in_words(points, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UserError, match=r"pip install \.\[scale\]"):
        nearest_points(points, 3)
