"""A support set from a folder: a folder for each class, or a file for each class."""

from pathlib import Path

import numpy as np

from siamese_core.data.files import folder_images
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

MAX_IMAGES = 1000  # at most 3 MB each once decoded


def read_support(folder: Path) -> list[tuple[str, np.ndarray]]:
    """Return (class name, image) for every image in `folder`, sorted by name.

    Either `CLASS/image.png`, with as many images of a class as there are, or `CLASS.png`. UserError where it
    is neither or both, where there are more than MAX_IMAGES, or where one cannot be decoded.
    """
    if not folder.is_dir():
        raise UserError(f"A support set is a folder. Received: {folder}, which is none. Check the name.")
    images = folder_images(folder)
    files = [(Path(each.name).stem, each) for each in images if len(each.parts) == 1]
    inside = [(each.parts[0], each) for each in images if len(each.parts) == 2]
    if files and inside:
        raise UserError(
            "A support set has a folder for each class or a file for each class, not both. Received: "
            f"{folder} with {len(inside)} images in folders such as {inside[0][0]} and {len(files)} beside "
            f"them, such as {files[0][1].name}. Put every image into the folder of its class."
        )
    found = files or inside
    if not 1 <= len(found) <= MAX_IMAGES:
        raise UserError(
            f"A support set has 1 to {MAX_IMAGES} images, as CLASS/image.png or CLASS.png. "
            f"Received: {folder} with {len(found)}. Give a folder of that shape."
        )
    return [(name, decode_image(each.read(), f"{folder.name}/{each.name}")) for name, each in found]
