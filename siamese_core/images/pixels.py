"""From what Pillow has decoded to RGB on paper: depth, polarity, transparency, size.

A sample means what its file says: 0 is white where a TIFF says so, 4095 where its samples have 12 bits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from siamese_core.errors import UserError

TILE_SIDE = 2048  # px
TIFF_BITS, TIFF_PHOTOMETRIC, WHITE_IS_ZERO = 258, 262, 0
GROUNDS = ("white", "black", None)  # None: the transparency is passed over


@dataclass(frozen=True)
class Depth:
    """What samples of more than 8 bits mean. white: the value of white; inverted: 0 is white instead."""

    white: float
    inverted: bool


def shrunk_rgb(image: Image.Image, side: int) -> Image.Image:
    """Return RGB of at most `side` px a side, transparency on white; never a second full-size copy.

    An image that only its transparency turns blank (white ink on nothing, an alpha channel left at 0) is put
    on black, else shown opaque. UserError where samples are negative and have no meaning as brightness.
    """
    depth = _depth(image)
    shown = _on_ground(image, side, depth, GROUNDS[0])
    if image.has_transparency_data and depth is None and _is_blank(shown):
        for ground in GROUNDS[1:]:
            other = _on_ground(image, side, depth, ground)
            if not _is_blank(other):
                return other
    return shown


def fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the largest (width, height) of the same aspect within side x side: never enlarged, never 0."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _on_ground(image: Image.Image, side: int, depth: Depth | None, ground: str | None) -> Image.Image:
    factor = max(1, max(image.size) // (2 * side))
    canvas = Image.new("RGB", (math.ceil(image.width / factor), math.ceil(image.height / factor)))
    for left, top, tile in _tiles(image, max(1, TILE_SIDE // factor) * factor):
        canvas.paste(_rgb(tile, depth, ground).reduce(factor), (left // factor, top // factor))
    size = fit(image.size, side)
    box = (0, 0, image.width / factor, image.height / factor)
    return canvas if size == canvas.size else canvas.resize(size, Image.Resampling.LANCZOS, box)


def _is_blank(rgb: Image.Image) -> bool:
    return all(low == high for low, high in rgb.getextrema())


def _tiles(image: Image.Image, side: int) -> Iterator[tuple[int, int, Image.Image]]:
    for top in range(0, image.height, side):
        for left in range(0, image.width, side):
            right, bottom = min(left + side, image.width), min(top + side, image.height)
            yield left, top, image.crop((left, top, right, bottom))


def _depth(image: Image.Image) -> Depth | None:
    """What the samples of an image deeper than 8 bits mean; None for the others.

    32-bit integers and floats carry no range with them: theirs is the smallest usual one that holds every
    value.
    """
    tags = getattr(image, "tag_v2", {})
    inverted = tags.get(TIFF_PHOTOMETRIC) == WHITE_IS_ZERO
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        bits = tags.get(TIFF_BITS, (16,))
        return Depth(2.0 ** (bits[0] if isinstance(bits, tuple) else bits) - 1, inverted)
    if image.mode not in ("I", "F"):
        return None
    extremes = [_extremes(tile) for _, _, tile in _tiles(image, TILE_SIDE)]
    lowest, highest = min(low for low, _ in extremes), max(high for _, high in extremes)
    if image.mode == "I" and lowest < 0:
        raise UserError(
            f"Samples must be brightnesses, 0 or more. Received: whole numbers from {lowest:.0f} to "
            f"{highest:.0f}. Save the image as PNG in a program that knows what they mean."
        )
    usual = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0, 65535.0)
    return Depth(next((scale for scale in usual if highest <= scale), float(highest)), inverted)


def _extremes(tile: Image.Image) -> tuple[float, float]:
    values = _finite(tile)
    return float(values.min()), float(values.max())


def _finite(tile: Image.Image) -> np.ndarray:
    return np.nan_to_num(np.asarray(tile, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _rgb(tile: Image.Image, depth: Depth | None, ground: str | None) -> Image.Image:
    if depth is not None:
        values = _finite(tile)
        levels = np.rint(np.clip(values / depth.white, 0.0, 1.0) * 255.0).astype(np.uint8)
        levels = 255 - levels if depth.inverted else levels
        if "transparency" in tile.info:
            levels[values == tile.info["transparency"]] = 255
        return Image.fromarray(levels).convert("RGB")
    if tile.has_transparency_data:
        tile = tile.convert("RGBA")
        if ground is not None:
            tile = Image.alpha_composite(Image.new("RGBA", tile.size, ground), tile)
    return tile.convert("RGB")
