"""What a forecast says of answers whose worth is known: geometry, no encoder."""

import numpy as np
import pytest

from siamese_core.retraining.adapting import Evidence
from siamese_core.retraining.forecast import FEWEST, MORE, forecast


def answers(count: int, useful: float, seed: int = 0, dim: int = 30) -> Evidence:
    """Pairs of identities that differ in few of many dimensions, which the parent weights alike. useful: how
    many of the answers are right; the others are a coin's."""
    rng = np.random.default_rng(seed)
    identities = count // 3
    signal = np.zeros(dim)
    signal[:4] = 1
    centres = rng.normal(size=(identities, dim)) * signal
    identity = rng.integers(identities, size=(count, 2))
    identity[: count // 2, 1] = identity[: count // 2, 0]
    left, right = (centres[side] + rng.normal(size=(count, dim)) * (1.2 - signal) for side in identity.T)
    gaps = np.abs(left - right).astype(np.float32)
    same = identity[:, 0] == identity[:, 1]
    coin = rng.random(count) > useful
    same = np.where(coin, rng.random(count) < 0.5, same)
    base = -gaps.mean(axis=1).astype(float)
    return Evidence(base - np.median(base), gaps, same, np.ones(count), identity)


def test_useful_answers_are_worth_going_on_with():
    found = forecast(answers(240, 1.0), np.random.default_rng(0))
    assert found.errors[-1] < found.errors[0] - 0.05, "what was learned helps"
    assert found.gain > 0 and found.next == pytest.approx(found.errors[-1] - found.gain)
    assert found.interval[0] <= found.gain <= found.interval[1]
    assert found.answers[0] == 0 and found.answers[-1] == 240
    assert list(found.answers) == sorted(found.answers)


def test_the_forecast_is_near_what_the_next_answers_really_bring():
    real, told = [], []
    for seed in range(6):
        everything = answers(400, 1.0, seed)
        first = forecast(everything.part(np.arange(400) % 4 == 0), np.random.default_rng(0))
        later = forecast(everything.part(np.arange(400) % 8 < 3), np.random.default_rng(0))
        assert first.answers[-1] == 100 and later.answers[-1] == 100 + MORE
        told.append(first.next)
        real.append(later.errors[-1])
    assert np.mean(told) == pytest.approx(np.mean(real), abs=0.06)


def test_the_more_is_known_the_less_the_next_answers_bring():
    few, many = (forecast(answers(count, 1.0), np.random.default_rng(0)) for count in (90, 1200))
    assert many.gain < few.gain
    assert many.enough


def test_answers_of_a_coin_promise_little():
    found = forecast(answers(600, 0.0), np.random.default_rng(0))
    assert found.errors[-1] == pytest.approx(0.5, abs=0.12)
    assert found.gain < 0.03


@pytest.mark.parametrize("same", [True, False])
def test_too_few_answers_or_one_kind_tell_nothing(same):
    given = answers(FEWEST, 1.0)
    assert forecast(given.part(np.arange(FEWEST) < FEWEST - 1), np.random.default_rng(0)) is None
    one_kind = Evidence(given.base, given.gaps, np.full(FEWEST, same), given.weight, given.identity)
    assert forecast(one_kind, np.random.default_rng(0)) is None
