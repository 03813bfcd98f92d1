"""Average weights: over a training, and between its start and its end.

The mean of weights along one training often generalises better than the last ones: stochastic weight
averaging (Izmailov et al. 2018). So does the mean of initial and fine-tuned weights (WiSE-FT, Wortsman et al.
2022).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import keras
import numpy as np
from keras import ops

POWER = 2  # the weight of step t grows with t^POWER
SAMPLES = 64  # of the weights, about, within the last half of a training
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the final weights in the mean with the initial ones, to choose from


def spacing(step: int) -> int:
    """Return the steps between two samples at `step`: 1 at first, doubled whenever the training doubles."""
    return 1 << max(0, (step // SAMPLES).bit_length() - 1)


class RunningMean:
    """Running mean of variables over a training, with weights that grow with the step t as t^POWER.

    Polynomial-decay averaging (Shamir, Zhang 2013): early steps fade out, and it need not know when training
    ends.
    """

    def __init__(self, variables: Sequence[keras.Variable]):
        self._averaged = [each for each in variables if keras.backend.is_float_dtype(each.dtype)]
        self.variables = [keras.Variable(each.numpy(), trainable=False) for each in self._averaged]

    def after(self, step: int) -> None:
        """Take a sample where one is due. Call it after each step, from 1 on."""
        if step % spacing(step):
            return
        before = step - spacing(step - 1)
        rate = 1 - (before / step) ** (POWER + 1)
        for mean, now in zip(self.variables, self._averaged, strict=True):
            mean.assign(mean + rate * (now - mean))

    def replace(self) -> None:
        """Set the variables to their mean."""
        for mean, now in zip(self.variables, self._averaged, strict=True):
            now.assign(ops.copy(mean))  # JAX frees the arrays that a network has computed with

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Set the variables to their mean within the block."""
        kept = [each.numpy() for each in self._averaged]
        self.replace()
        try:
            yield
        finally:
            for value, now in zip(kept, self._averaged, strict=True):
                now.assign(value)


def best_average(network: keras.Model, start: Sequence[np.ndarray], score: Callable[[], float]) -> float:
    """Set `network` to the best mean of `start` and its weights. Return the share of the latter.

    score: rates the network as it stands, larger is better. Moving statistics are averaged as weights are:
    measured anew on a few dozen batches they were worse.
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
