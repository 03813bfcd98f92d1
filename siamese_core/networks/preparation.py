"""Prepare an image for an encoder: any size and colour to the encoder's own rectangle of pixels."""

import numpy as np
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.images.ink_normalising import normalise_if_ink

PAPER = 255  # value of a white pixel: what an image is laid on
PREPARATIONS = ("ink", "plain", "stretch", "crop")
CROPPED_TO = 224 / 256  # of the shorter side: the usual central crop of networks trained on ImageNet
Size = int | tuple[int, int]  # px: the side of a square, or (height, width)


def prepare(image: np.ndarray, preparation: str, size: Size, channels: int) -> np.ndarray:
    """Return what an encoder sees of an image: uint8 (height, width, channels).

    "ink": writing is brought to one polarity, size, place and stroke width (`images.ink`), anything else is
    treated as "plain": fitted in with its aspect kept, on white. "stretch": brought to the size whatever the
    aspect; "crop": the middle, `CROPPED_TO` of the largest part with the aspect that is wanted.
    """
    if preparation not in PREPARATIONS:
        choices = ", ".join(PREPARATIONS)
        raise UserError(f"A preparation is one of {choices}. Received: {preparation!r}. Choose one.")
    shape = (size, size) if isinstance(size, int) else size
    if preparation == "ink" and shape[0] == shape[1]:
        drawing = normalise_if_ink(image, shape[0])
        if drawing is not None:
            return np.repeat(drawing[:, :, None], channels, axis=2)
    fitted = _FITTINGS.get(preparation, _fit)(image, shape)
    return np.asarray(fitted.convert("L"))[:, :, None] if channels == 1 else np.asarray(fitted)


def _fit(image: np.ndarray, shape: tuple[int, int]) -> Image.Image:
    height, width = image.shape[:2]
    scale = min(shape[0] / height, shape[1] / width)
    small = max(1, round(width * scale)), max(1, round(height * scale))
    frame = Image.new("RGB", shape[::-1], (PAPER,) * 3)
    frame.paste(_resized(image, small), ((shape[1] - small[0]) // 2, (shape[0] - small[1]) // 2))
    return frame


def _stretch(image: np.ndarray, shape: tuple[int, int]) -> Image.Image:
    return _resized(image, shape[::-1])


def _crop(image: np.ndarray, shape: tuple[int, int]) -> Image.Image:
    height, width = image.shape[:2]
    scale = CROPPED_TO * min(height / shape[0], width / shape[1])
    down, across = max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
    top, left = (height - down) // 2, (width - across) // 2
    return _resized(image[top : top + down, left : left + across], shape[::-1])


def _resized(image: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """Return an image of a size (width, height)."""
    smaller = size[0] <= image.shape[1] and size[1] <= image.shape[0]
    resampling = Image.Resampling.BOX if smaller else Image.Resampling.BICUBIC
    return Image.fromarray(np.ascontiguousarray(image)).resize(size, resampling)


_FITTINGS = {"plain": _fit, "stretch": _stretch, "crop": _crop}
