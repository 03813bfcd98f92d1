"""The mean of two ends, on networks whose best weight is known."""

import keras
import numpy as np
import pytest

from siamese_core.averaging import SHARES, best_average


def line(start: float, end: float) -> tuple[keras.Model, list[np.ndarray]]:
    """One weight that has gone from `start` to `end`."""
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[end]])])
    return network, [np.array([[start]])]


def weight(network: keras.Model) -> float:
    return float(network.get_weights()[0][0, 0])


@pytest.mark.parametrize("best", SHARES)
def test_the_share_with_the_best_score_is_found_and_stays(best):
    network, start = line(2.0, 6.0)
    found = best_average(network, start, lambda: -abs(weight(network) - (2 + 4 * best)))
    assert found == best and weight(network) == pytest.approx(2 + 4 * best)


def test_where_nothing_is_better_the_end_stays():
    network, start = line(0.0, 1.0)
    assert best_average(network, start, lambda: 0.5) == 1.0
    assert weight(network) == 1.0


def test_moving_statistics_are_averaged_as_weights_are():
    network = keras.Sequential([keras.Input((1,)), keras.layers.BatchNormalization()])
    start = network.get_weights()
    gamma, beta, mean, variance = start
    network.set_weights([gamma, beta, mean + 8, variance])
    best_average(network, start, lambda: -abs(float(network.get_weights()[2][0]) - 2))
    assert network.get_weights()[2] == pytest.approx([2.0])
