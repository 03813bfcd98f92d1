"""Estimate how long the work on a pool still takes, from the pace that was measured."""

import time
from collections.abc import Callable

FEWEST_STEPS = 64  # two chunks of images read and embedded: the pace of fewer varies twofold


class Pace:
    """The pace of the chunks since `begin`.

    `begin` is to be called once the first chunk is done: compiling makes that one several times slower than
    the others.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, int] | None = None

    @property
    def has_begun(self) -> bool:
        return self._began is not None

    def begin(self, steps: int) -> None:
        """Measure from now on, when `steps` are done."""
        self._began = self._clock(), steps

    def forget(self) -> None:
        self._began = None

    def seconds_left(self, steps: int, total: int) -> float | None:
        """Return the time for the steps up to `total`; None while fewer than `FEWEST_STEPS` were measured."""
        if self._began is None:
            return None
        began, first = self._began
        if steps - first < FEWEST_STEPS:
            return None
        return round((self._clock() - began) * (total - steps) / (steps - first), 1)
