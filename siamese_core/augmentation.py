"""Changed copies of prepared images, so that a network sees more hands and more characters than there are.

A change of a single copy stands for another hand. A change that all copies of a batch have in common makes
other characters of them, as different from each other as they were.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates

ROTATION = 10.0  # degrees either way; these four ranges are those of Koch et al. 2015, section 3.3
SHEAR = 0.3
SCALE = (0.8, 1.2)
SHIFT = 2 / 105  # of the side

HAND_BEND, CHARACTER_BEND = 0.025, 0.06  # of the side: the largest standard deviation of the bends
STRETCH = 1.3  # of a character's sides against each other, at most
BENDS = 5  # control points a side
CELLS = 6  # a side, within which a warp is bilinear


@dataclass(frozen=True)
class Warp:
    """Where each point of a copy comes from, in sides of the frame from its centre: a linear map, a shift and
    bends.

    matrix: (2, 2) on (x, y); shift: (2,); bends: (2, BENDS, BENDS), added displacement (x, y) at control
    points [row, column] over the frame, between them by cubic splines.
    """

    matrix: np.ndarray
    shift: np.ndarray
    bends: np.ndarray

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 2) of the copy -> points of the original."""
        places = (points[..., ::-1] + 0.5) * (BENDS - 1)
        places = np.moveaxis(places, -1, 0)
        bent = [map_coordinates(bend, places, order=3, mode="nearest") for bend in self.bends]
        return points @ self.matrix.T + self.shift + np.stack(bent, axis=-1)


UNCHANGED = Warp(np.eye(2), np.zeros(2), np.zeros((2, BENDS, BENDS)))


def another_hand(rng: np.random.Generator) -> Warp:
    """Each of rotation, shear x and y, scale x and y, shift x and y with probability 1/2, and bends."""

    def maybe(low: float, high: float, neutral: float) -> float:
        return rng.uniform(low, high) if rng.random() < 0.5 else neutral

    turn = _turn(maybe(-ROTATION, ROTATION, 0))
    shear = np.array([[1, maybe(-SHEAR, SHEAR, 0)], [maybe(-SHEAR, SHEAR, 0), 1]])
    scale = np.diag([maybe(*SCALE, 1), maybe(*SCALE, 1)])
    shift = np.array([maybe(-SHIFT, SHIFT, 0), maybe(-SHIFT, SHIFT, 0)])
    return Warp(np.linalg.inv(turn @ shear @ scale), shift, _bends(rng, HAND_BEND))


def other_characters(rng: np.random.Generator) -> Warp:
    """A quarter turn, a mirror image, a slant, a stretch and bends: to be shared by a whole batch."""
    turn = _turn(90 * int(rng.integers(4))) @ np.diag([rng.choice((-1, 1)), 1])
    slant = np.array([[1, rng.uniform(-SHEAR, SHEAR)], [0, 1]])
    stretch = np.exp(rng.uniform(-0.5, 0.5) * np.log(STRETCH))
    matrix = turn @ slant @ np.diag([stretch, 1 / stretch])
    return Warp(matrix, np.zeros(2), _bends(rng, CHARACTER_BEND))


def _turn(degrees: float) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _bends(rng: np.random.Generator, largest: float) -> np.ndarray:
    return rng.uniform(0, largest) * rng.standard_normal((2, BENDS, BENDS))


def warped(image: np.ndarray, *warps: Warp) -> np.ndarray:
    """A copy of uint8 (size, size, channels) on white, changed by the last of `warps` first."""
    size, channels = image.shape[0], image.shape[2]
    edges = np.round(np.linspace(0, size, CELLS + 1)).astype(int)
    points = np.stack(np.meshgrid(edges, edges), axis=-1) / size - 0.5
    for warp in warps:
        points = warp(points)
    corners = ((points + 0.5) * size).tolist()
    mesh = [
        (
            (edges[column], edges[row], edges[column + 1], edges[row + 1]),
            (*corners[row][column], *corners[row + 1][column])
            + (*corners[row + 1][column + 1], *corners[row][column + 1]),
        )
        for row in range(CELLS)
        for column in range(CELLS)
    ]
    picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
    white = 255 if channels == 1 else (255,) * 3
    moved = picture.transform(
        picture.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR, fillcolor=white
    )
    return np.asarray(moved).reshape(image.shape)


def distort(image: np.ndarray, rng: np.random.Generator, *common: Warp) -> np.ndarray:
    """What `common` makes of a drawing, uint8 (size, size, channels), as another hand would draw it."""
    return warped(image, another_hand(rng), *common)


def mirror(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photograph of a thing, or its mirror image, with small changes."""
    moved = distort(image, rng)
    return moved[:, ::-1] if rng.random() < 0.5 else moved
