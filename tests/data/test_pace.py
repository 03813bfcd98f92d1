"""The estimate of the time that a long work still takes (progress)."""

from siamese_core.data.progress import FEWEST_STEPS, Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_slow_first_chunk_does_not_count():
    clock = Clock()
    pace = Pace(clock)
    assert pace.seconds_left(0, 1000) is None
    clock.now = 60.0  # a minute for the first chunk of 32 steps, then 100 steps a second
    pace.begin(32)
    clock.now = 61.0
    assert pace.seconds_left(132, 1032) == 9.0


def test_nothing_is_told_before_enough_steps_are_measured_or_once_it_is_forgotten():
    clock = Clock()
    pace = Pace(clock)
    pace.begin(32)
    clock.now = 1.0
    assert pace.seconds_left(32 + FEWEST_STEPS - 1, 1000) is None
    assert pace.seconds_left(32 + FEWEST_STEPS, 32 + 2 * FEWEST_STEPS) == 1.0
    pace.forget()
    assert not pace.has_begun and pace.seconds_left(500, 1000) is None
