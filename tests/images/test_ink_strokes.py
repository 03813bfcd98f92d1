"""Distances inside strokes."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt, gaussian_filter

from siamese_core.images.ink_strokes import distances


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_those_of_the_distance_transform(seed):
    rng = np.random.default_rng(seed)
    mask = gaussian_filter(rng.normal(size=(60, 45)), 2 + seed) > 0
    mask[rng.integers(60), rng.integers(45)] = False
    expected = distance_transform_edt(mask)
    assert np.array_equal(distances(mask, 100), expected)
    near = expected <= 3
    limited = distances(mask, 3)
    assert np.array_equal(limited[near], expected[near])
    assert (limited[~near] > 3).all()
