"""Weights averaged over a training, and between where it began and where it ended.

The mean of points that one training joins often generalises better than any of them: stochastic weight
averaging (Izmailov et al. 2018); of a start and what became of it, Wortsman et al. 2022.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

POWER = 2
SAMPLES = 64  # of the weights, at least, within the last half of a training
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the end, to choose from


def spacing(step: int) -> int:
    """Steps between two samples around `step`: 1 at first, doubled as often as the training doubles."""
    return 1 << max(0, (step // SAMPLES).bit_length() - 1)


class RunningMean:
    """The mean of variables over a training, in which what they are after step t counts in proportion to
    t^POWER (Shamir, Zhang 2013): it follows what is learnt, and need not know when training ends."""

    def __init__(self, variables: Sequence[keras.Variable]):
        self._averaged = [each for each in variables if keras.backend.is_float_dtype(each.dtype)]
        self.variables = [keras.Variable(each.numpy(), trainable=False) for each in self._averaged]

    def after(self, step: int) -> None:
        """To be called after each step, from 1 on; takes a sample where one is due."""
        if step % spacing(step):
            return
        before = step - spacing(step - 1)
        rate = 1 - (before / step) ** (POWER + 1)
        for mean, now in zip(self.variables, self._averaged, strict=True):
            mean.assign(mean + rate * (now - mean))

    def replace(self) -> None:
        """Gives the variables themselves the values of their mean."""
        for mean, now in zip(self.variables, self._averaged, strict=True):
            now.assign(ops.copy(mean))  # JAX gives up the memory of what a network has computed with

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it, the variables have the values of their mean."""
        kept = [each.numpy() for each in self._averaged]
        self.replace()
        try:
            yield
        finally:
            for value, now in zip(kept, self._averaged, strict=True):
                now.assign(value)


def best_average(network: keras.Model, start: Sequence[np.ndarray], score: Callable[[], float]) -> float:
    """Leaves `network` at the best mean of `start` and its weights as they are; gives the share of these.

    score: of the network as it stands, larger is better. Moving statistics are averaged as weights are: taken
    anew from a few dozen batches they were worse.
    """
    end = network.get_weights()
    scores = {}
    for share in SHARES:
        network.set_weights(_mean(start, end, share))
        scores[share] = score()
    best = max(SHARES, key=lambda share: scores[share])
    network.set_weights(_mean(start, end, best))
    return best


def _mean(start: Sequence[np.ndarray], end: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    return [(1 - share) * first + share * last for first, last in zip(start, end, strict=True)]
