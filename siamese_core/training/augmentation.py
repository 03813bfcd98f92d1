"""Augment prepared images by affine maps and smooth bends (elastic distortion, as in Simard et al. 2003).

A warp of a single copy stands for another hand. A warp that all copies of a batch share makes other
characters of them, which differ from each other as much as before. Warps are drawn on the CPU; `moved`
applies them where the network computes.
"""

from dataclasses import dataclass

import numpy as np
from keras import ops
from scipy.interpolate import CubicSpline

from siamese_core.networks.preparation import PAPER

# The ranges of Koch et al. 2015, section 3.3
ROTATION = 10.0  # degrees either way
SHEAR = 0.3  # largest, either way
SCALE = (0.8, 1.2)  # smallest and largest
SHIFT = 2 / 105  # of the side

HAND_BEND, CHARACTER_BEND = 0.025, 0.06  # largest standard deviation of the bends, of the side
STRETCH = 1.3  # largest ratio of a character's sides
BENDS = 5  # control points a side
CELLS = 6  # cells a side, within which a warp is bilinear

_SPLINES = CubicSpline(np.linspace(-0.5, 0.5, BENDS), np.eye(BENDS), bc_type="natural")


@dataclass(frozen=True)
class Warps:
    """Maps from the points of n copies to those of their originals: linear map, shift and bends.

    Points are (x, y) from the centre, in units of the frame's side.
    matrix: (n, 2, 2); shift: (n, 2); bends: (n, 2, BENDS, BENDS), displacements (x, y) at control points
    [row, column] over the frame, interpolated by cubic splines.
    """

    matrix: np.ndarray
    shift: np.ndarray
    bends: np.ndarray

    def __len__(self) -> int:
        return len(self.matrix)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map points (n, m, 2) of the copies to points of the originals."""
        across, down = (_SPLINES(np.clip(points[..., axis], -0.5, 0.5)) for axis in (0, 1))
        columns = across @ self.bends.reshape(len(self), -1, BENDS).transpose(0, 2, 1)
        bent = np.einsum("nmdr,nmr->nmd", columns.reshape(*points.shape, BENDS), down)
        return points @ self.matrix.transpose(0, 2, 1) + self.shift[:, None] + bent

    def repeated(self, times: int) -> "Warps":
        """Repeat each warp `times` times in a row, for as many copies that share it."""
        return Warps(*(np.repeat(part, times, axis=0) for part in (self.matrix, self.shift, self.bends)))


def other_hands(rng: np.random.Generator, count: int) -> Warps:
    """Draw bends, and with probability 1/2 each rotation, shear x and y, scale x and y, shift x and y."""

    def maybe(low: float, high: float, neutral: float) -> np.ndarray:
        return np.where(rng.random(count) < 0.5, rng.uniform(low, high, count), neutral)

    one, none = np.ones(count), np.zeros(count)
    turn = _turns(maybe(-ROTATION, ROTATION, 0))
    shear = _matrices(one, maybe(-SHEAR, SHEAR, 0), maybe(-SHEAR, SHEAR, 0), one)
    scale = _matrices(maybe(*SCALE, 1), none, none, maybe(*SCALE, 1))
    shift = np.stack([maybe(-SHIFT, SHIFT, 0), maybe(-SHIFT, SHIFT, 0)], axis=1)
    return Warps(np.linalg.inv(turn @ shear @ scale), shift, _bends(rng, count, HAND_BEND))


def other_views(rng: np.random.Generator, count: int) -> Warps:
    """Draw warps for photographs: those of another hand, and with probability 1/2 a mirror image."""
    small = other_hands(rng, count)
    mirrors = _matrices(rng.choice((-1.0, 1.0), count), np.zeros(count), np.zeros(count), np.ones(count))
    return Warps(mirrors @ small.matrix, small.shift, small.bends)


# an encoder's preparation -> warps of single images
CHANGES = {"ink": other_hands, "plain": other_views, "stretch": other_views, "crop": other_views}


def other_characters(rng: np.random.Generator, count: int) -> Warps:
    """Draw quarter turns, mirror images, slants, stretches and bends, each to be shared by a whole batch."""
    one, none = np.ones(count), np.zeros(count)
    turn = _turns(90.0 * rng.integers(4, size=count)) @ _matrices(rng.choice((-1, 1), count), none, none, one)
    slant = _matrices(one, rng.uniform(-SHEAR, SHEAR, count), none, one)
    stretch = np.exp(rng.uniform(-0.5, 0.5, count) * np.log(STRETCH))
    matrix = turn @ slant @ _matrices(stretch, none, none, 1 / stretch)
    return Warps(matrix, np.zeros((count, 2)), _bends(rng, count, CHARACTER_BEND))


def _matrices(*entries: np.ndarray) -> np.ndarray:
    """Return matrices (n, 2, 2) of four entries (n,), row by row."""
    return np.stack(entries, axis=1).reshape(-1, 2, 2).astype(float)


def _turns(degrees: np.ndarray) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return _matrices(np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle))


def _bends(rng: np.random.Generator, count: int, largest: float) -> np.ndarray:
    size = rng.uniform(0, largest, (count, 1, 1, 1))
    return size * rng.standard_normal((count, 2, BENDS, BENDS))


def origins(*warps: Warps) -> np.ndarray:
    """Return where the corners of each copy's cells come from: float32 (n, CELLS + 1, CELLS + 1, 2).

    (x, y) at [row, column]. Of several warps the last one changes the image first.
    """
    edges = np.linspace(-0.5, 0.5, CELLS + 1)
    corners = np.stack(np.meshgrid(edges, edges), axis=-1).reshape(1, -1, 2)
    points = np.repeat(corners, len(warps[0]), axis=0)
    for warp in warps:
        points = warp(points)
    return points.reshape(-1, CELLS + 1, CELLS + 1, 2).astype("float32")


def moved(images, corners):
    """Warp images (n, size, size, channels) by the corners from `origins`, bilinearly and on white paper.

    Returns a float32 tensor of Keras' backend.
    """
    size, channels = images.shape[1], images.shape[3]
    side = size + 2
    framed = ops.pad(ops.cast(images, "float32"), ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=PAPER)
    between = _between(size)
    places = ops.einsum("yr,nrcd,xc->nyxd", between, corners, between)
    places = ops.clip((places + 0.5) * size + 0.5, 0.0, side - 1.0)  # in pixels of the framed image
    low = ops.minimum(ops.floor(places), side - 2.0)
    right, lower = ops.split(places - low, 2, axis=-1)
    column, row = ops.split(ops.cast(low, "int32"), 2, axis=-1)
    first = ops.arange(ops.shape(images)[0], dtype="int32")[:, None, None, None] * (side * side)
    pixels = ops.reshape(framed, (-1, channels))

    def at(down: int, across: int):
        return ops.take(pixels, (first + (row + down) * side + column + across)[..., 0], axis=0)

    upper_row = at(0, 0) * (1 - right) + at(0, 1) * right
    lower_row = at(1, 0) * (1 - right) + at(1, 1) * right
    return upper_row * (1 - lower) + lower_row * lower


def on_one_paper(images, corners):
    """Warp p images for each copy and draw them over each other, the darker pixel on top.

    Takes images (n, p, size, size, channels) and corners (n, p, ...), returns (n, size, size, channels).
    """
    apart = [ops.reshape(each, (-1, *each.shape[2:])) for each in (images, corners)]
    return ops.min(ops.reshape(moved(*apart), (-1, *images.shape[1:])), axis=1)


def _between(size: int) -> np.ndarray:
    """Return the bilinear weights of the cell edges at each pixel's centre: float32 (size, CELLS + 1)."""
    centres = (np.arange(size) + 0.5) / size * CELLS
    return np.maximum(0, 1 - np.abs(centres[:, None] - np.arange(CELLS + 1))).astype("float32")
