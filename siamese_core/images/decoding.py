"""Decodes every kind of image file in the same way, and names images by a hash of their pixels.

Outside an encoder an image is a uint8 array (height, width, 3): RGB 0..255, upright, on white, at most
MAX_SIDE pixels a side.
"""

import hashlib
import io
import os
import threading
import warnings
from contextlib import nullcontext
from pathlib import PurePath

import numpy as np
from PIL import ExifTags, Image, ImageOps

from siamese_core.errors import UserError
from siamese_core.images import jpeg, tiff
from siamese_core.images.kinds import FORMATS, HEAD_BYTES, content_of, is_readable, listed
from siamese_core.images.metadata import pixels_only
from siamese_core.images.pixels import fit, shrunk_rgb

MAX_SIDE = 1024  # px of a decoded image
MAX_PIXELS = 40_000_000  # of a file; decoding takes up to 16 bytes each
MAX_FILE_BYTES = 256 * 2**20
LARGE_PIXELS = 4_194_304
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
        return _decode(source, name)
    if not os.path.isfile(source):
        other = "which is no regular file" if os.path.exists(source) else "which is not there"
        found = "which is a folder" if os.path.isdir(source) else other
        raise UserError(
            f"An image must be a file. Received: {name}, {found}. Check the name.", code="not_an_image"
        )
    try:
        _check_length(os.path.getsize(source), name)
        with open(source, "rb") as file:
            return _decode(file.read(), name)
    except OSError as problem:
        raise UserError(
            f"An image file must be readable. Received: {name} ({problem.strerror}). Check its permissions.",
            code="not_an_image",
        ) from problem


def _display_name(source: bytes | str | os.PathLike, name: str | None) -> str:
    """Return what messages call the image: printable, short, never a path of this machine."""
    if name is None:
        name = "an image without a name" if isinstance(source, bytes) else PurePath(os.fsdecode(source)).name
    elif PurePath(name).is_absolute():
        name = PurePath(name).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)[-100:]


def _check_length(length: int, name: str) -> None:
    if length == 0:
        raise UserError(
            f"An image file must not be empty. Received: {name}, 0 bytes. Save it again.", code="not_an_image"
        )
    if length > MAX_FILE_BYTES:
        raise UserError(
            f"An image file has at most {MAX_FILE_BYTES >> 20} MB. Received: {name} with {length >> 20}. "
            "Save it as JPEG or PNG, or shrink it.",
            code="not_an_image",
        )


def _decode(content: bytes, name: str) -> np.ndarray:
    _check_length(len(content), name)
    with _open(content, name) as image:
        received = f"{name}, {image.format}, {image.width} x {image.height} px"
        if image.width * image.height > MAX_PIXELS:
            raise _too_large(received)
        tiff.read_by_libtiff(image)
        image.info.pop("xmp", None)  # Pillow would turn the image by it: only EXIF tells which side is up
        image.draft(None, fit(image.size, MAX_SIDE))  # lets JPEG decode at 1/2, 1/4 or 1/8
        large = image.width * image.height > LARGE_PIXELS
        try:
            tiff.require_all_rows(image)
            with _one_large_decode if large else nullcontext():
                image.load()
                return np.array(_upright(shrunk_rgb(image, MAX_SIDE), image))
        except UserError as problem:
            raise UserError(
                str(problem).replace("Received: ", f"Received: {received}, ", 1), code="not_an_image"
            ) from problem
        except Exception as problem:  # Pillow raises a dozen kinds on damaged files
            if image.format == "JPEG" and (mended := jpeg.with_end(content)):
                return _decode(mended, name)
            fault = _fault(problem, image, len(content))
            raise UserError(
                f"An image file must be whole. Received: {received}, which is {fault}. "
                "Copy it once more, or save it as PNG in an image program, and try again.",
                code="not_an_image",
            ) from problem


def _fault(problem: Exception, image: Image.Image, length: int) -> str:
    is_tiff = image.format == "TIFF"
    cut = tiff.is_cut_short(image, length) if is_tiff else "truncated" in str(problem).lower()
    return "cut short" if cut else "damaged or of a very rare kind"


def _open(content: bytes, name: str) -> Image.Image:
    """Read the header only."""
    received = f"{name}, {len(content)} bytes"
    try:
        return Image.open(io.BytesIO(pixels_only(content)), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _too_large(f"{received} that unfold to far more") from problem
    except Exception as problem:  # SyntaxError, struct.error, KeyError... on damaged headers
        found = content_of(content[:HEAD_BYTES])
        if is_readable(content[:HEAD_BYTES]):
            found += _header_fault(content)
        raise UserError(
            f"An image must be a {listed()} file, whatever its name says. "
            f"Received: {received}, which is {found or 'none of these'}. "
            "Save it as PNG or JPEG in an image program and try again.",
            code="not_an_image",
        ) from problem


def _header_fault(content: bytes) -> str:
    if content[:4] == b"RIFF" and int.from_bytes(content[4:8], "little") + 8 > len(content):
        return " that is cut short"
    stored = tiff.samples(content)
    return (
        f" of a kind that is not read ({stored})"
        if stored
        else " whose header is damaged, or of a very rare kind"
    )


def _too_large(received: str) -> UserError:
    return UserError(
        f"An image may have at most {MAX_PIXELS // 1_000_000} million pixels. "
        f"Received: {received}. Shrink it, or cut out the part to compare, and try again.",
        code="not_an_image",
    )


def _upright(rgb: Image.Image, original: Image.Image) -> Image.Image:
    orientation = ExifTags.Base.Orientation
    try:
        rgb.getexif()[orientation] = original.getexif().get(orientation, 1)
    except Exception:  # as browsers do: damaged EXIF leaves the pixels as they are
        return rgb
    return ImageOps.exif_transpose(rgb)


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
    return np.array(Image.fromarray(image).resize(fit((width, height), side), Image.Resampling.LANCZOS))
