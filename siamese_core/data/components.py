"""Connected components: which images pairs tie together, directly or through others."""

from collections.abc import Sequence

import numpy as np


def components(left: np.ndarray, right: np.ndarray, count: int) -> np.ndarray:
    """Return the number of each image's component, int64 (count,), from pairs of image numbers (n,), (n,).

    Components are numbered from 0 in the order of their first images.
    """
    from scipy.sparse import coo_array  # not until the page is there
    from scipy.sparse.csgraph import connected_components

    ties = coo_array((np.ones(len(left)), (left, right)), shape=(count, count))
    return connected_components(ties, directed=False)[1].astype("int64")


def named_components(left: Sequence[str], right: Sequence[str]) -> dict[str, int]:
    """Return the component of each image that a pair names, numbered in the order of the pairs."""
    names = dict.fromkeys(name for pair in zip(left, right, strict=True) for name in pair)
    number = {name: place for place, name in enumerate(names)}
    rows, columns = ([number[name] for name in side] for side in (left, right))
    return dict(zip(names, components(rows, columns, len(names)).tolist(), strict=True))
