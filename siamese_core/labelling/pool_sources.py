"""Where the images to label come from: folders and zips, listed with their limits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from siamese_core.data.files import ImageFile, folder_images, zip_images
from siamese_core.errors import UserError
from siamese_core.images.kinds import SUFFIXES

MAX_IMAGES = 50_000  # in a workspace
MAX_FILE_BYTES = 256 * 2**20  # no image that decodes is larger


def list_folder(folder: Path) -> list[ImageFile]:
    """List every image file below a folder. UserError if it is no folder, or holds none or too many."""
    if not folder.is_dir():
        raise UserError(
            f"Images to label lie in a folder. Received: {folder}, which is none. Check the name."
        )
    return _limited(folder_images(folder), folder.name)


def list_zip(archive: Path, name: str) -> list[ImageFile]:
    """List every image file in a zip; messages call it `name`. UserError if it is none, or holds none or too
    many images. Names that lead out of the zip are left out."""
    return _limited([each for each in zip_images(archive, name) if not each.outside], name)


def _limited(found: list[ImageFile], name: str) -> list[ImageFile]:
    if not 1 <= len(found) <= MAX_IMAGES:
        raise UserError(
            f"There are 1 to {MAX_IMAGES} images to label. Received: {len(found)} in {name}. "
            f"Give files of these kinds, at any depth: {', '.join(sorted(SUFFIXES))}."
        )
    return [replace(each, read=_limited_read(each)) for each in found]


def _limited_read(image: ImageFile) -> Callable[[], bytes]:
    def read() -> bytes:
        if image.size > MAX_FILE_BYTES:
            raise UserError(
                f"An image file has at most {MAX_FILE_BYTES >> 20} MB. Received: {image.name} with "
                f"{image.size >> 20} MB. Shrink it."
            )
        return image.read()

    return read
