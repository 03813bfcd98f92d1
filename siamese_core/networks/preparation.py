"""Prepare an image for an encoder: any size and colour to the encoder's own square of pixels."""

import numpy as np
from PIL import Image

from siamese_core.errors import UserError
from siamese_core.images.ink_normalising import normalise_if_ink

PAPER = 255  # value of a white pixel: what an image is laid on


def prepare(image: np.ndarray, preparation: str, size: int, channels: int) -> np.ndarray:
    """Return what an encoder sees of an image: uint8 (size, size, channels).

    "ink": writing is brought to one polarity, size, place and stroke width (`images.ink`), anything else is
    treated as "plain": fitted into the square with its aspect kept, on white.
    """
    if preparation not in ("ink", "plain"):
        raise UserError(f"A preparation is 'ink' or 'plain'. Received: {preparation!r}.")
    drawing = normalise_if_ink(image, size) if preparation == "ink" else None
    if drawing is not None:
        return np.repeat(drawing[:, :, None], channels, axis=2)
    fitted = _fit(image, size)
    return np.asarray(fitted.convert("L"))[:, :, None] if channels == 1 else np.asarray(fitted)


def _fit(image: np.ndarray, size: int) -> Image.Image:
    height, width = image.shape[:2]
    scale = size / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    frame = Image.new("RGB", (size, size), (PAPER,) * 3)
    small = Image.fromarray(image).resize(shape, resampling)
    frame.paste(small, ((size - shape[0]) // 2, (size - shape[1]) // 2))
    return frame
