"""Weights averaged between where a training began and where it ended.

The mean of two ends that one training joins often generalises better than either: stochastic weight averaging
(Izmailov et al. 2018); of a start and what became of it, Wortsman et al. 2022.
"""

from collections.abc import Callable, Sequence

import keras
import numpy as np

SHARES = (1.0, 0.75, 0.5, 0.25)  # of the end, to choose from


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
