"""Distorted copies of prepared images, so that a network sees each drawing as many hands would make it."""

import numpy as np
from PIL import Image

ROTATION = 10.0  # degrees either way; the ranges are those of Koch et al. 2015, section 3.3
SHEAR = 0.3
SCALE = (0.8, 1.2)
SHIFT = 2 / 105  # of the side


def distort(image: np.ndarray, rng: np.random.Generator, quarter_turns: int = 0) -> np.ndarray:
    """A random affine copy of uint8 (size, size, channels) on white, after `quarter_turns` of 90 degrees.

    Each of rotation, shear x and y, scale x and y, shift x and y is applied with probability 1/2.
    """
    size, channels = image.shape[0], image.shape[2]
    turned = np.ascontiguousarray(np.rot90(image, quarter_turns))
    matrix, shift = _affine(rng)
    inverse = np.linalg.inv(matrix)
    centre = (size - 1) / 2
    offset = centre - inverse @ (np.full(2, centre) + shift * size)
    coefficients = (*inverse[0], offset[0], *inverse[1], offset[1])
    picture = Image.fromarray(turned[:, :, 0] if channels == 1 else turned)
    white = 255 if channels == 1 else (255,) * 3
    moved = picture.transform(
        picture.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR, fillcolor=white
    )
    return np.asarray(moved).reshape(image.shape)


def _affine(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    def maybe(low: float, high: float, neutral: float) -> float:
        return rng.uniform(low, high) if rng.random() < 0.5 else neutral

    angle = np.deg2rad(maybe(-ROTATION, ROTATION, 0))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1, maybe(-SHEAR, SHEAR, 0)], [maybe(-SHEAR, SHEAR, 0), 1]])
    scale = np.diag([maybe(*SCALE, 1), maybe(*SCALE, 1)])
    return turn @ shear @ scale, np.array([maybe(-SHIFT, SHIFT, 0), maybe(-SHIFT, SHIFT, 0)])


def mirror(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photograph of a thing, or its mirror image, with small affine changes."""
    moved = distort(image, rng)
    return moved[:, ::-1] if rng.random() < 0.5 else moved
