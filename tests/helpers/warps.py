"""Warps with a known result."""

import numpy as np

from siamese_core.training.augmentation import BENDS, Warps


def identity_warps(count: int) -> Warps:
    """Warps that leave every point where it is."""
    return Warps(np.tile(np.eye(2), (count, 1, 1)), np.zeros((count, 2)), np.zeros((count, 2, BENDS, BENDS)))
