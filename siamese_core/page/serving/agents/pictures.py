"""Read the images that agents name: data URLs, and ids of the workspace. No path or address is read."""

import base64
import binascii
import re
from collections.abc import Mapping

import numpy as np

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image
from siamese_core.page.one_shot.support import MAX_IMAGES
from siamese_core.workspace.choosing import StoredImage, identified, pixels_of
from siamese_core.workspace.workbench import Workbench

ID = re.compile("[0-9a-f]{64}")
DATA = re.compile(r"data:image/[\w.+-]+;base64,", re.IGNORECASE)


def sent_images(workbench: Workbench, sent: Mapping[str, object]) -> list[StoredImage]:
    """Return the images, by what messages call them. UserError for one that is none, or too many."""
    if len(sent) > MAX_IMAGES:
        raise UserError(f"At most {MAX_IMAGES} images come at once. Received: {len(sent)}. Give fewer.")
    return [sent_image(workbench, image, name) for name, image in sent.items()]


def sent_image(workbench: Workbench, sent: object, name: str) -> StoredImage:
    """Return the image that a data URL holds, or that is stored under an id."""
    if isinstance(sent, str) and ID.fullmatch(sent):
        if sent not in workbench.images:
            workbench.images.read(sent)  # raises the UserError that says what is wrong
        return StoredImage(sent, workbench.images.read)
    start = DATA.match(sent) if isinstance(sent, str) else None
    if start is None:
        raise UserError(
            f"{name} must be the id of an image in the workspace, or a data URL such as "
            f"data:image/png;base64,... Received: {ascii(sent)[:60]}. Neither paths nor other URLs are read.",
            code="not_uploaded",
        )
    try:
        content = base64.b64decode(sent[start.end() :], validate=True)
    except binascii.Error as problem:
        raise UserError(
            f"{name} must be base64. Received: a data URL with other characters. Encode the file again.",
            code="not_an_image",
        ) from problem
    return identified(decode_image(content, name))


def pixels(workbench: Workbench, sent: object, name: str) -> np.ndarray:
    """Return the pixels of an image that an agent names: uint8 (height, width, 3)."""
    return pixels_of(sent_image(workbench, sent, name))
