"""The mean of two ends, on networks whose best weight is known."""

import keras
import numpy as np
import pytest

from siamese_core.training.averaging import POWER, SAMPLES, SHARES, RunningMean, best_average, spacing


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


def test_samples_are_as_many_in_the_last_half_of_any_training():
    taken = [step for step in range(1, 20_001) if step % spacing(step) == 0]
    assert taken[: 2 * SAMPLES - 1] == list(range(1, 2 * SAMPLES))
    for end in (200, 1000, 5000, 20_000):
        assert SAMPLES / 2 <= sum(end / 2 < step <= end for step in taken) <= 2 * SAMPLES
    assert all(late - spacing(late - 1) == early for early, late in zip(taken, taken[1:], strict=False))


@pytest.mark.parametrize("steps", [1, 63, 128, 1000])
def test_the_running_mean_counts_later_weights_more_whatever_the_spacing(steps):
    """Of a weight that grows as the steps do, the mean weighted by t^POWER is a known share of the last."""
    variable = keras.Variable(0.0)
    mean = RunningMean([variable])
    for step in range(1, steps + 1):
        variable.assign(float(step))
        mean.after(step)
    sampled = steps - steps % spacing(steps)
    times = np.arange(1.0, sampled + 1)
    share = np.diff(np.arange(sampled + 1.0) ** (POWER + 1)) / sampled ** (POWER + 1)
    assert float(mean.variables[0]) == pytest.approx(float(times @ share), rel=0.01)
