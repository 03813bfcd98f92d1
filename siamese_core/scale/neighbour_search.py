"""Find the nearest neighbours of a million points with faiss: exactly while that is cheap, else by cells."""

import numpy as np

from siamese_core.errors import UserError

EXACT = 50_000  # points up to which all pairs are compared: a minute on two cores
CELLS_A_ROOT = 4  # cells of the inverted file for each root of the points, as faiss advises
POINTS_A_CELL = 64  # that the cells are fitted to
PROBES = 32  # cells that are searched for a point
AT_ONCE = 8192  # points that are searched together


def nearest_points(points: np.ndarray, count: int) -> np.ndarray:
    """Return int64 (n, count): the nearest other rows of each row of points float32 (n, p), nearest first.

    Beyond `EXACT` rows nearly so: an inverted file (Jégou, Douze, Schmid 2011). `count` must be below n.
    """
    try:
        import faiss
    except ImportError as missing:
        raise UserError(
            "Mining in shards needs the extra `scale`. Received: faiss is not installed. Install it: "
            "pip install .[scale]"
        ) from missing
    points = np.ascontiguousarray(points, np.float32)
    index = faiss.IndexFlatL2(points.shape[1])
    if len(points) > EXACT:
        cells = int(CELLS_A_ROOT * len(points) ** 0.5)
        half = faiss.ScalarQuantizer.QT_fp16
        index = faiss.IndexIVFScalarQuantizer(index, points.shape[1], cells, half, faiss.METRIC_L2, False)
        chosen = np.random.default_rng(0).choice(len(points), min(len(points), POINTS_A_CELL * cells), False)
        index.train(points[np.sort(chosen)])
        index.nprobe = PROBES
    index.add(points)
    found = np.empty((len(points), count), np.int64)
    for start in range(0, len(points), AT_ONCE):
        block = points[start : start + AT_ONCE]
        found[start : start + len(block)] = _others(index.search(block, count + 1)[1], start)
    return found


def _others(neighbours: np.ndarray, start: int) -> np.ndarray:
    """Drop from each row of neighbours (b, count + 1) its own number, which begins at `start`, or the last.

    Where the cells searched held too few, the number before takes the place of a missing one.
    """
    own = neighbours == np.arange(start, start + len(neighbours))[:, None]
    own[~own.any(axis=1), -1] = True
    kept = neighbours[~own].reshape(len(neighbours), -1)
    if (kept < 0).any():
        fallback = np.where(
            np.arange(start, start + len(kept)) > 0, np.arange(start, start + len(kept)) - 1, 1
        )
        kept = np.where(kept < 0, fallback[:, None], kept)
    return kept
