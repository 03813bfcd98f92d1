"""Weighted L1 distances of all pairs of embeddings, in NumPy, in less time than Keras takes.

A block of rows stays in a core's cache while all others are compared with it, and no array of all differences
is made.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

BLOCK_BYTES = 2**19  # of float32 rows at a time
ONE_THREAD = 2**22  # differences that a second thread does not pay for


def weighted_l1(left: np.ndarray, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return sum_j weight_j |left_j - right_j| of rows (n, d) with rows (m, d), float32 (n, m)."""
    left, right, weight = (np.ascontiguousarray(each, np.float32) for each in (left, right, weight))
    found = np.empty((len(left), len(right)), np.float32)
    size = max(1, BLOCK_BYTES // (4 * max(1, right.shape[1])))

    def compare(start: int) -> None:
        block = right[start : start + size]
        apart = np.empty_like(block)
        for place, row in enumerate(left):
            np.subtract(block, row, out=apart)
            np.abs(apart, out=apart)
            np.dot(apart, weight, out=found[place, start : start + size])

    starts = range(0, len(right), size)
    if left.size * len(right) <= ONE_THREAD:
        for start in starts:
            compare(start)
    else:
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            list(threads.map(compare, starts))
    return found
