"""Project embeddings to two dimensions, so that images that an encoder finds alike lie near each other.

PaCMAP (Wang et al., *Understanding how dimension reduction tools work*, 2021), written
in NumPy: the published one needs a compiler at run time of 60 MB. Near pairs are drawn together, pairs at a
middle distance hold the large shape in the beginning, further pairs are pushed apart.
"""

import numpy as np

from siamese_core.metric_learning.principal_axes import principal_axes

DIMENSIONS = 100  # to which embeddings are brought first, as the authors do
NEAR, MIDDLE, FURTHER = 10, 5, 20  # pairs for each point
CANDIDATES = 50  # nearest points that near pairs are chosen from, by scaled distance
SIXTH = 6  # random points, of which the second nearest makes a middle pair
ITERATIONS = (100, 100, 250)  # of the three phases
RATE = 1.0  # of Adam
FIRST = 0.01  # size of the start, the first two principal components
BLOCK = 1024  # rows whose distances to all are held at a time
PLACED_BY = 5  # nearest points that place a new one


def project(embeddings: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return positions float32 (n, 2) of embeddings (n, d), about 0 and within about -1..1."""
    if len(embeddings) <= NEAR + 1:
        return scaled(_components(unit(embeddings), 2))
    rng = np.random.default_rng(seed)
    points = _components(unit(embeddings), DIMENSIONS)
    near, middle, further = _pairs(points, rng)
    start = _components(points, 2)
    positions = FIRST * start / max(float(start.std()), 1e-12)
    return scaled(_optimised(positions, near, middle, further))


def placed(embeddings: np.ndarray, known: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return positions float32 (n, 2) of new embeddings (n, d) among known ones (m, d).

    Those are at (m, 2); it is the mean of the `PLACED_BY` nearest, weighted by how near they are.
    """
    new, old = unit(embeddings), unit(known)
    count = min(PLACED_BY, len(old))
    found = np.empty((len(new), 2), np.float32)
    for start in range(0, len(new), BLOCK):
        distances = np.maximum(2 - 2 * new[start : start + BLOCK] @ old.T, 1e-9)
        nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
        weights = 1 / np.take_along_axis(distances, nearest, axis=1)
        weights /= weights.sum(axis=1, keepdims=True)
        found[start : start + BLOCK] = np.einsum("nk,nkd->nd", weights, positions[nearest])
    return found


def unit(embeddings: np.ndarray) -> np.ndarray:
    """Return embeddings (n, d) of length 1."""
    rows = embeddings.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def scaled(positions: np.ndarray) -> np.ndarray:
    """Return positions about their middle, of which the furthest is at distance 1 on one axis."""
    apart = positions - (positions.max(axis=0) + positions.min(axis=0)) / 2 if len(positions) else positions
    return (apart / max(float(np.abs(apart).max(initial=0)), 1e-12)).astype(np.float32)


def _components(rows: np.ndarray, count: int) -> np.ndarray:
    """Return the first principal components float32 (n, count); 0 where there are fewer."""
    apart = rows - rows.mean(axis=0) if len(rows) else rows
    found = apart @ principal_axes(apart, count).astype(np.float32) if len(rows) > 1 else apart[:, :0]
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))


def _pairs(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the near, middle and further partners of each point, int (n, k) each."""
    count = len(points)
    candidates, distances = _nearest(points, min(CANDIDATES, count - 1))
    # distances in units of both points' own neighbourhoods, that of the fourth to sixth neighbour
    width = np.sqrt(distances[:, 3:6]).mean(axis=1) + 1e-12
    relative = distances / (width[:, None] * width[candidates])
    chosen = np.argsort(relative, axis=1)[:, :NEAR]
    near = np.take_along_axis(candidates, chosen, axis=1)
    middle = np.stack([_middle(points, rng) for _ in range(MIDDLE)], axis=1)
    return near, middle, rng.integers(count, size=(count, FURTHER))


def _nearest(points: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest other points int (n, count), nearest first, and their squared distances."""
    squares = np.square(points).sum(axis=1)
    found = np.empty((len(points), count), np.int64)
    apart = np.empty((len(points), count), np.float32)
    for start in range(0, len(points), BLOCK):
        rows = slice(start, start + BLOCK)
        distances = squares[rows, None] + squares - 2 * points[rows] @ points.T
        distances[np.arange(len(distances)), np.arange(start, start + len(distances))] = np.inf
        nearest = np.argpartition(distances, count - 1, axis=1)[:, :count]
        ordered = np.argsort(np.take_along_axis(distances, nearest, axis=1), axis=1)
        found[rows] = np.take_along_axis(nearest, ordered, axis=1)
        apart[rows] = np.maximum(np.take_along_axis(distances, found[rows], axis=1), 0)
    return found, apart


def _middle(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return for each point the second nearest of `SIXTH` random ones, int (n,)."""
    some = rng.integers(len(points), size=(len(points), SIXTH))
    distances = np.square(points[some] - points[:, None]).sum(axis=2)
    second = np.argpartition(distances, 1, axis=1)[:, 1]
    return some[np.arange(len(points)), second]


def _weights(iteration: int) -> tuple[float, float, float]:
    """Return what near, middle and further pairs weigh."""
    first, second, _ = ITERATIONS
    if iteration < first:
        share = iteration / first
        return 2.0, 1000 * (1 - share) + 3 * share, 1.0
    return (3.0, 3.0, 1.0) if iteration < first + second else (1.0, 0.0, 1.0)


def _optimised(
    positions: np.ndarray, near: np.ndarray, middle: np.ndarray, further: np.ndarray
) -> np.ndarray:
    """Return positions after Adam on the loss of all pairs."""
    positions = positions.astype(np.float32)
    mean, square = np.zeros_like(positions), np.zeros_like(positions)
    for iteration in range(sum(ITERATIONS)):
        weights = _weights(iteration)
        gradient = _pull(positions, near, 10.0, weights[0]) + _push(positions, further, weights[2])
        if weights[1]:
            gradient += _pull(positions, middle, 10000.0, weights[1])
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (np.square(gradient) - square)
        step = RATE * np.sqrt(1 - 0.999 ** (iteration + 1)) / (1 - 0.9 ** (iteration + 1))
        positions -= step * mean / (np.sqrt(square) + 1e-7)
    return positions


def _pull(positions: np.ndarray, partners: np.ndarray, width: float, weight: float) -> np.ndarray:
    """Return the gradient of w d / (width + d) over pairs, d = 1 + squared distance."""
    apart = positions[:, None] - positions[partners]
    distance = 1 + np.square(apart).sum(axis=2)
    return _summed(apart * (weight * 2 * width / np.square(width + distance))[..., None], partners)


def _push(positions: np.ndarray, partners: np.ndarray, weight: float) -> np.ndarray:
    """Return the gradient of w / (1 + d) over pairs, d = 1 + squared distance."""
    apart = positions[:, None] - positions[partners]
    distance = 1 + np.square(apart).sum(axis=2)
    return _summed(apart * (-weight * 2 / np.square(1 + distance))[..., None], partners)


def _summed(forces: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Return the forces (n, k, 2) on each point, less those on its partners' side, (n, 2)."""
    flat, count = partners.ravel(), len(forces)
    back = [np.bincount(flat, forces[..., axis].ravel(), minlength=count) for axis in range(2)]
    return (forces.sum(axis=1) - np.stack(back, axis=1)).astype(np.float32)
