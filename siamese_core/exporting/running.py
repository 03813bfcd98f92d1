"""What an exported file computes, however it is run."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Running:
    """An exported file as a program runs it; images are uint8 (n, height, width, 3).

    similarity: left and right images to float32 (n,); embedding: images to float32 (n, d).
    """

    similarity: Callable[[np.ndarray, np.ndarray], np.ndarray]
    embedding: Callable[[np.ndarray], np.ndarray]
