"""Characters drawn exactly, to be recorded in several ways."""

import numpy as np

from helpers.samples import draw_program, stroke_program

CHARACTERS = 8


def drawings(seed: int = 0, side: int = 420) -> list[np.ndarray]:
    """CHARACTERS different characters, each drawn exactly."""
    rng = np.random.default_rng(seed)
    return [draw_program(stroke_program(rng), rng, side, jitter=0) for _ in range(CHARACTERS)]


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[:, :, None], 3, axis=2)
