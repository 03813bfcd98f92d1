"""A training is watched: the step at which it goes NaN, where that starts, and whether it learns at all."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from siamese_core.casestudies.training_watch import (
    TrainingRecord,
    TrainingWatch,
    check_loss_moves,
    check_training,
    train_watched,
)


class Distance(keras.Model):
    """Two batches (n, 2) -> the distances of their embeddings; with `scaled`, times a weight behind them."""

    def __init__(self, smallest: float, scaled: bool = False):
        super().__init__()
        self.encoder = keras.Sequential([layers.Input((2,)), layers.Dense(3), layers.Dense(3)])
        self.smallest = smallest
        self.scale = layers.Dense(1, use_bias=False) if scaled else None

    def call(self, pair):
        left, right = (self.encoder(side) for side in pair)
        distance = ops.sqrt(ops.maximum(ops.sum(ops.square(left - right), axis=-1), self.smallest))
        return distance if self.scale is None else self.scale(distance[:, None])[:, 0]


def trained(smallest: float, identical_at: int, steps: int = 5, scaled: bool = False) -> TrainingRecord:
    """A run in which one pair of step `identical_at` (from 0) is of an image with itself."""
    keras.utils.set_random_seed(0)
    network = Distance(smallest, scaled)
    network.compile(keras.optimizers.SGD(0.01), loss="mse", jit_compile=False)
    rng = np.random.default_rng(0)

    def draw(step: int) -> tuple:
        left, right = rng.normal(size=(2, 4, 2)).astype("float32")
        if step == identical_at:
            right[0] = left[0]
        return (left, right), np.ones(4, "float32")

    network((np.zeros((1, 2)), np.ones((1, 2))))
    return train_watched(network, draw, steps, lambda share, words: None)


def test_a_root_of_0_is_found_at_its_step_and_behind_the_last_layer():
    record = trained(smallest=0.0, identical_at=2)
    assert (record.nan_step, len(record.losses)) == (3, 3)
    assert np.isfinite(record.losses).all()  # the loss of that step is still a number: its gradient is not
    found = check_training(record)
    assert (found.level, found.measured) == ("error", 3)
    assert "behind the last layer" in found.cause


def test_the_layer_behind_which_it_starts_is_named():
    found = check_training(trained(smallest=0.0, identical_at=1, scaled=True))
    assert found.measured == 2
    assert "behind sequential" in found.cause and "dense" in found.cause


def test_a_clamped_root_is_left_alone():
    record = trained(smallest=1e-12, identical_at=2)
    assert (record.nan_step, len(record.losses)) == (None, 5)
    assert check_training(record).level == "ok"


def test_a_loss_that_is_no_number_ends_the_watch_even_if_all_weights_are_well():
    network = keras.Sequential([layers.Input((1,)), layers.Dense(1)])
    watch = TrainingWatch(network)
    assert watch.observe(0.5)
    assert not watch.observe(float("nan"))
    assert (watch.record.nan_step, watch.record.spoilt) == (2, ())
    assert check_training(watch.record).level == "error"


@pytest.mark.parametrize(
    ("losses", "level"),
    [
        (np.linspace(1, 0.5, 40), "ok"),
        (0.5 + 0.1 * np.sin(np.arange(40)), "ok"),
        (np.concatenate([[0.9, 0.7, 0.6], np.full(37, 0.4997)]), "error"),
        (np.zeros(40), "ok"),
        (np.full(6, 0.5), "ok"),
    ],
)
def test_a_loss_that_is_stuck_is_found(losses, level):
    found = check_loss_moves(losses.tolist())
    assert found.level == level
    assert level == "ok" or "stuck at 0.4997" in found.cause


def test_a_run_that_went_nan_is_judged_by_what_came_before():
    assert check_loss_moves([*np.linspace(1, 0.2, 30), float("nan")]).level == "ok"
