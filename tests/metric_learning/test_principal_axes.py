"""Principal axes against a singular value decomposition."""

import numpy as np
import pytest

from siamese_core.metric_learning.principal_axes import principal_axes


@pytest.mark.parametrize("shape", [(12, 30), (30, 12)], ids=["few rows", "few dimensions"])
def test_they_span_what_the_largest_singular_vectors_span(shape):
    rows = np.random.default_rng(0).normal(size=shape).astype("float32")
    rows[:, :3] *= 20  # so that the first three axes lead by far
    axes = principal_axes(rows, 3)
    expected = np.linalg.svd(rows.astype("float64"))[2][:3].T
    assert axes.shape == (shape[1], 3)
    assert axes @ axes.T == pytest.approx(expected @ expected.T, abs=1e-6)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-9)


@pytest.mark.parametrize("count", [5, 50])
def test_directions_without_length_are_left_out(count):
    rows = np.random.default_rng(1).normal(size=(count, 2)) @ np.eye(2, 20)
    assert principal_axes(rows, 10).shape == (20, 2)
    assert principal_axes(np.zeros((count, 20)), 10).shape == (20, 0)


def test_the_longest_axis_comes_last():
    axes = principal_axes(np.diag([1.0, 9.0, 4.0]), 2)
    assert np.abs(axes) == pytest.approx(np.array([[0, 0], [0, 1], [1, 0]]), abs=1e-12)
