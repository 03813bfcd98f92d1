"""Principal axes of many dimensions and few rows, or of few dimensions and many rows."""

import numpy as np

NEGLIGIBLE = 1e-8  # of the largest eigenvalue: below it lies rounding


def principal_axes(rows: np.ndarray, most: int) -> np.ndarray:
    """Return the orthonormal axes float64 (d, r), r <= `most`, along which rows (n, d) are longest.

    Length is measured from the origin.

    They are the eigenvectors of rows.T @ rows, found from the smaller of the two Gram matrices; the longest
    axis comes last. Axes of negligible length are left out.
    """
    from scipy.linalg import eigh  # not until the page is there

    rows = rows.astype(np.float64)
    count, dim = rows.shape
    small = min(count, dim)
    gram = rows.T @ rows if dim <= count else rows @ rows.T
    squares, vectors = eigh(gram, subset_by_index=(small - min(small, most), small - 1))
    kept = squares > NEGLIGIBLE * max(squares.max(), 1e-30)
    if dim <= count:
        return vectors[:, kept]
    return rows.T @ (vectors[:, kept] / np.sqrt(squares[kept]))
