"""From what Pillow has decoded to RGB on paper: depth, polarity, transparency, size.

A sample means what its file says: 0 is white where a TIFF says so, 4095 where its samples have 12 bits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.images import tiff

TILE_SIDE = 2048  # px
HIGHLIGHTS = 16.0  # floats up to here are a scene whose white is 1.0 and whose lights are brighter
UNDERSHOOT = 0.1  # of the highest float: how far below 0 resampling may have brought others
GROUNDS = ("white", "black", None)  # None: the transparency is passed over


@dataclass(frozen=True)
class Depth:
    """What samples of more than 8 bits mean.

    white: the value of white; inverted: 0 is white instead; unsigned: 32 bits that Pillow reads with a sign.
    """

    white: float
    inverted: bool
    unsigned: bool = False


def shrunk_rgb(image: Image.Image, side: int) -> Image.Image:
    """Return RGB of at most `side` px a side, transparency on white; never a second full-size copy.

    An image that only its transparency turns blank (white ink on nothing, an alpha channel left at 0) is put
    on black, else shown opaque. UserError where samples have no meaning as brightness, or where different
    ones are shown as one shade.
    """
    _require_no_sign(image)
    depth = _depth(image)
    shown = _on_ground(image, side, depth, GROUNDS[0])
    if (depth is None and not image.has_transparency_data) or not _is_blank(shown):
        return shown
    if image.has_transparency_data:
        for ground in GROUNDS[1:]:
            other = _on_ground(image, side, depth, ground)
            if not _is_blank(other):
                return other
    if depth is not None:
        _require_one_value(image, depth)
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
    inverted = tags.get(tiff.PHOTOMETRIC) == tiff.WHITE_IS_ZERO
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        bits = tags.get(tiff.BITS, (16,))
        return Depth(2.0 ** (bits[0] if isinstance(bits, tuple) else bits) - 1, inverted)
    if image.mode == "F":
        return Depth(_white_of_floats(image), inverted)
    if image.mode != "I":
        return None
    unsigned = image.format == "TIFF" and tiff.sample_format(image) == tiff.UNSIGNED
    lowest, highest = _extremes(image, unsigned)
    if lowest < 0:
        raise _no_brightness(f"whole numbers from {lowest:.0f} to {highest:.0f}")
    return Depth(_range_of(highest, (255.0, 65535.0)), inverted, unsigned)


def _white_of_floats(image: Image.Image) -> float:
    lowest, highest = _extremes(image)
    if lowest > highest:
        raise _no_brightness("not one that is a finite number")
    if lowest < -UNDERSHOOT * highest or highest < 0:
        raise _no_brightness(f"numbers from {lowest:.4g} to {highest:.4g}")
    scene = highest < HIGHLIGHTS and not all(_are_whole(tile) for _, _, tile in _tiles(image, TILE_SIDE))
    return 1.0 if scene else _range_of(highest, (1.0, 255.0, 65535.0))


def _range_of(highest: float, usual: tuple[float, ...]) -> float:
    return next((scale for scale in usual if highest <= scale), highest)


def _are_whole(tile: Image.Image) -> bool:
    values = np.asarray(tile)
    values = values[np.isfinite(values)]
    return bool((values == np.rint(values)).all())


def _no_brightness(received: str) -> UserError:
    return UserError(
        f"Samples must be brightnesses, 0 or more. Received: {received}. "
        "Save the image as PNG in a program that knows what they mean.",
        code="not_an_image",
    )


def _require_no_sign(image: Image.Image) -> None:
    """Raise UserError for 8-bit samples with a sign, which Pillow reads as if they had none."""
    if image.mode == "L" and tiff.sample_format(image) == tiff.SIGNED:
        values = [np.asarray(tile).view(np.int8) for _, _, tile in _tiles(image, TILE_SIDE)]
        lowest, highest = min(each.min() for each in values), max(each.max() for each in values)
        if lowest < 0:
            raise _no_brightness(f"whole numbers from {lowest} to {highest}")


def _require_one_value(image: Image.Image, depth: Depth) -> None:
    lowest, highest = _extremes(image, depth.unsigned)
    if lowest < highest:
        raise UserError(
            f"An image must show something. Received: samples from {lowest:.4g} to {highest:.4g}, all of "
            f"which are one shade where {depth.white:.10g} is white. "
            "Raise its contrast in the program that made it, and save it again.",
            code="not_an_image",
        )


def _extremes(image: Image.Image, unsigned: bool = False) -> tuple[float, float]:
    """Return the lowest and the highest finite sample; infinity and its negative where there is none."""
    lowest, highest = math.inf, -math.inf
    for _, _, tile in _tiles(image, TILE_SIDE):
        values = _samples(tile, unsigned)
        values = values[np.isfinite(values)]
        if values.size:
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    return lowest, highest


def _samples(tile: Image.Image, unsigned: bool) -> np.ndarray:
    values = np.asarray(tile)
    return (values.view(np.uint32) if unsigned else values).astype(np.float32)


def _rgb(tile: Image.Image, depth: Depth | None, ground: str | None) -> Image.Image:
    if depth is not None:
        values = _samples(tile, depth.unsigned)
        shares = np.nan_to_num(np.clip(values / depth.white, 0.0, 1.0), nan=0.0)
        levels = np.rint(shares * 255.0).astype(np.uint8)
        levels = 255 - levels if depth.inverted else levels
        if ground is not None and "transparency" in tile.info:
            levels[values == tile.info["transparency"]] = 255 if ground == "white" else 0
        return Image.fromarray(levels).convert("RGB")
    if tile.has_transparency_data:
        tile = tile.convert("RGBA")
        if ground is not None:
            tile = Image.alpha_composite(Image.new("RGBA", tile.size, ground), tile)
    return tile.convert("RGB")
