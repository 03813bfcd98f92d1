"""Measure scores of all pairs of images by nearly all trials, so that two models are told apart."""

import numpy as np

from siamese_core.metrics import equal_error_rate

WAYS, DRAWS = 20, 3  # of the one-shot error; draws of other classes for each query
NEGATIVES = 40_000  # pairs of the equal error rate


def one_shot_error(table: np.ndarray, labels: np.ndarray) -> float:
    """Return the expected one-shot error of scores (n, n).

    Every image is the query once for each other image of its class as support, against random images of
    `WAYS` - 1 random other classes.
    """
    rng = np.random.default_rng(0)
    number = np.unique(labels, return_inverse=True)[1]
    classes = np.eye(number.max() + 1)[number] / np.bincount(number)
    ways, errors = min(WAYS, classes.shape[1]), []
    for query, own in enumerate(number):
        support = np.setdiff1d(np.flatnonzero(number == own), query)
        if not len(support):
            continue
        beaten = (table[query] >= table[query, support][:, None]) @ classes  # (support, classes), a share
        others = np.setdiff1d(np.arange(classes.shape[1]), own)
        for _ in range(DRAWS):
            drawn = rng.choice(others, ways - 1, replace=False)
            errors.append(1 - np.prod(1 - beaten[:, drawn], axis=1).mean())
    return float(np.mean(errors))


def pair_error(table: np.ndarray, labels: np.ndarray) -> float:
    """Return the equal error rate of scores (n, n), over all positive and some negative pairs."""
    left, right = np.triu_indices(len(labels), 1)
    same = labels[left] == labels[right]
    negatives = np.random.default_rng(0).permutation(np.flatnonzero(~same))[:NEGATIVES]
    used = np.concatenate([np.flatnonzero(same), negatives])
    return equal_error_rate(table[left[used], right[used]], same[used])
