"""Decodes every kind of image file in the same way, and names images by a hash of their pixels.

Outside an encoder an image is a uint8 array (height, width, 3): RGB 0..255, upright, on white, at most
MAX_SIDE pixels a side.
"""

import hashlib
import io
import math
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import PurePath

import numpy as np
from PIL import ExifTags, Image, ImageOps

from siamese_core.errors import UserError

MAX_SIDE = 1024  # px of a decoded image
MAX_PIXELS = 40_000_000  # of a file; decoding takes up to 16 bytes each
# Pillow would try every plugin by content, and an EPS named .png would start Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")

TILE_SIDE = 2048  # px of the parts in which a large image is converted, so that no second copy of it exists
LARGE_PIXELS = TILE_SIDE * TILE_SIDE
# A decode of MAX_PIXELS takes up to 640 MB, so large images are decoded one at a time.
_one_large_decode = threading.Lock()

# Whatever Pillow warns about is either refused below with a UserError or leaves the pixels right.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def decode_image(source: bytes | str | os.PathLike, name: str | None = None) -> np.ndarray:
    """Decode the bytes of an image file, or the file at a path, to uint8 (height, width, 3).

    First frame, upright (EXIF), transparency on white, deeper pixels scaled to 0..255, shrunk to at
    most MAX_SIDE a side and never enlarged. `name` is what messages call the image.
    Raises UserError where it is no image of FORMATS, damaged, or larger than MAX_PIXELS.
    """
    name = _display_name(source, name)
    if isinstance(source, bytes):
        return _decode_file(io.BytesIO(source), name)
    if not os.path.isfile(source):
        found = "which is a folder" if os.path.isdir(source) else "which is not there"
        raise UserError(f"An image must be a file. Received: {name}, {found}. Check the name.")
    try:
        with open(source, "rb") as file:
            return _decode_file(file, name)
    except OSError as problem:
        raise UserError(
            f"An image file must be readable. Received: {name} ({problem.strerror}). Check its permissions."
        ) from problem


def _display_name(source: bytes | str | os.PathLike, name: str | None) -> str:
    """Return what messages call the image: printable, short, never a path of this machine."""
    if name is None:
        name = "an image without a name" if isinstance(source, bytes) else PurePath(os.fsdecode(source)).name
    elif PurePath(name).is_absolute():
        name = PurePath(name).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)[-100:]


def _decode_file(file: io.BufferedIOBase, name: str) -> np.ndarray:
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    if length == 0:
        raise UserError(f"An image file must not be empty. Received: {name}, 0 bytes. Save it again.")
    with _open(file, f"{name}, {length} bytes") as image:
        received = f"{name}, {image.format}, {image.width} x {image.height} px"
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(received)
        image.draft(None, _fit(image.size, MAX_SIDE))  # lets JPEG decode at 1/2, 1/4 or 1/8
        large = image.width * image.height > LARGE_PIXELS
        try:
            with _one_large_decode if large else nullcontext():
                image.load()
                return np.array(_upright(_shrunk_rgb(image), image))
        except Exception as problem:  # Pillow raises a dozen kinds on damaged files
            fault = "cut short" if "truncated" in str(problem).lower() else "damaged or of a very rare kind"
            raise UserError(
                f"An image file must be whole. Received: {received}, which is {fault}. "
                "Copy it once more, or save it as PNG in an image program, and try again."
            ) from problem


def _open(file: io.BufferedIOBase, received: str) -> Image.Image:
    """Read the header of an image file."""
    try:
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _too_large(f"{received} that unfold to far more") from problem
    except Exception as problem:  # SyntaxError, struct.error, KeyError... on damaged headers
        raise UserError(
            f"An image must be a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file, whatever its name says. "
            f"Received: {received}, which is none of these. "
            "Save it as PNG or JPEG in an image program and try again."
        ) from problem


def _too_large(received: str) -> UserError:
    return UserError(
        f"An image may have at most {MAX_PIXELS // 1_000_000} million pixels. "
        f"Received: {received}. Shrink it, or cut out the part to compare, and try again."
    )


def _fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the largest size of the same aspect that fits in side x side: never enlarged, never 0."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _upright(rgb: Image.Image, original: Image.Image) -> Image.Image:
    orientation = ExifTags.Base.Orientation
    try:
        rgb.getexif()[orientation] = original.getexif().get(orientation, 1)
    except Exception:  # as browsers do: damaged EXIF leaves the pixels as they are
        return rgb
    return ImageOps.exif_transpose(rgb)


def _shrunk_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB on white that fits MAX_SIDE, without a second full-size copy of a large image."""
    factor = max(1, max(image.size) // (2 * MAX_SIDE))
    full_scale = _full_scale(image)
    canvas = Image.new("RGB", (math.ceil(image.width / factor), math.ceil(image.height / factor)))
    for left, top, tile in _tiles(image, max(1, TILE_SIDE // factor) * factor):
        canvas.paste(_on_white(tile, full_scale).reduce(factor), (left // factor, top // factor))
    size = _fit(image.size, MAX_SIDE)
    box = (0, 0, image.width / factor, image.height / factor)
    return canvas if size == canvas.size else canvas.resize(size, Image.Resampling.LANCZOS, box)


def _tiles(image: Image.Image, side: int) -> Iterator[tuple[int, int, Image.Image]]:
    for top in range(0, image.height, side):
        for left in range(0, image.width, side):
            right, bottom = min(left + side, image.width), min(top + side, image.height)
            yield left, top, image.crop((left, top, right, bottom))


def _full_scale(image: Image.Image) -> float | None:
    """Return the value of white in an image with more than 8 bits a channel; None for other images.

    32-bit integers and floats carry no range with them: the smallest usual range that holds every value is
    taken.
    """
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return 65535.0
    if image.mode not in ("I", "F"):
        return None
    highest = max(_finite(tile).max() for _, _, tile in _tiles(image, TILE_SIDE))
    usual = (255.0, 65535.0) if image.mode == "I" else (1.0, 255.0, 65535.0)
    return next((scale for scale in usual if highest <= scale), float(highest))


def _finite(tile: Image.Image) -> np.ndarray:
    return np.nan_to_num(np.asarray(tile, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _on_white(tile: Image.Image, full_scale: float | None) -> Image.Image:
    if full_scale is not None:
        values = _finite(tile)
        levels = np.rint(np.clip(values / full_scale, 0.0, 1.0) * 255.0).astype(np.uint8)
        if "transparency" in tile.info:
            levels[values == tile.info["transparency"]] = 255
        return Image.fromarray(levels).convert("RGB")
    if tile.has_transparency_data:
        tile = tile.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", tile.size, "white"), tile).convert("RGB")
    return tile.convert("RGB")


def image_id(image: np.ndarray) -> str:
    """Return SHA-256 (64 hex digits) of the shape and the decoded pixels."""
    _check(image)
    height, width, channels = image.shape
    digest = hashlib.sha256(f"{height}x{width}x{channels}:".encode())
    digest.update(np.ascontiguousarray(image))
    return digest.hexdigest()


def _check(image: np.ndarray) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(
            "An image must be a uint8 array (height, width, 3). "
            f"Received: {image.dtype} {image.shape}. Use decode_image."
        )


def encode_png(image: np.ndarray) -> bytes:
    """Encode the image as a PNG file, which decodes to the same pixels."""
    _check(image)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG", compress_level=1)
    return file.getvalue()


def thumbnail(image: np.ndarray, side: int) -> np.ndarray:
    """Shrink the image to fit in side x side pixels: aspect kept, never enlarged."""
    _check(image)
    height, width, _ = image.shape
    return np.array(Image.fromarray(image).resize(_fit((width, height), side), Image.Resampling.LANCZOS))
