"""Weights averaged between where a training began and where it ended.

The mean of two ends that one training joins often generalises better than either: stochastic weight averaging
(Izmailov et al. 2018); of a start and what became of it, Wortsman et al. 2022.
"""

from collections.abc import Callable, Iterable, Sequence

import keras
import numpy as np

SHARES = (1.0, 0.75, 0.5, 0.25)  # of the end, to choose from


def best_average(
    network: keras.Model,
    start: Sequence[np.ndarray],
    score: Callable[[], float],
    batches: Callable[[], Iterable[np.ndarray]],
) -> float:
    """Leaves `network` at the best mean of `start` and its weights as they are; gives the share of these.

    score: of the network as it stands, larger is better; batches: pixels as in training, from which moving
    statistics are taken anew, since those of a mean are not the mean of both.
    """
    end = network.get_weights()
    scores = {}
    for share in SHARES:
        _set_mean(network, start, end, share, batches)
        scores[share] = score()
    best = max(SHARES, key=lambda share: scores[share])
    _set_mean(network, start, end, best, batches)
    return best


def _set_mean(
    network: keras.Model,
    start: Sequence[np.ndarray],
    end: Sequence[np.ndarray],
    share: float,
    batches: Callable[[], Iterable[np.ndarray]],
) -> None:
    pairs = zip(start, end, strict=True)
    network.set_weights([(1 - share) * first + share * last for first, last in pairs])
    if share < 1 and network.non_trainable_weights:
        for pixels in batches():
            network(pixels, training=True)
