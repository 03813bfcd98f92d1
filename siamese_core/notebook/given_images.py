"""Read what people give as an image: a path, bytes, a PIL image, an array, or the id of a stored one."""

import io
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from siamese_core.data.files import ImageFile, Listing
from siamese_core.data.left_out import LeftOut
from siamese_core.data.names import clean_name
from siamese_core.data.support_folder import decoded, read_support
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, encode_png
from siamese_core.images.local_files import is_id
from siamese_core.labelling.pool_sources import pool_folder, pool_zip
from siamese_core.workspace.choosing import StoredImage, identified
from siamese_core.workspace.workbench import Workbench

GivenImage = str | os.PathLike | bytes | bytearray | memoryview | np.ndarray | Image.Image
GivenSupport = (
    str | os.PathLike | Mapping[str, GivenImage | Sequence[GivenImage]] | Iterable[tuple[str, GivenImage]]
)
KINDS = "a path, the bytes of a file, a PIL image, a uint8 array (height, width[, 1, 3 or 4]) or an image id"
IN_A_PNG = ("1", "L", "LA", "I;16", "P", "RGB", "RGBA")  # modes of PIL that a PNG holds as they are


def read_image(workbench: Workbench, given: GivenImage) -> StoredImage:
    """Return the image with its id, decoded as a file is. UserError where it is none."""
    if isinstance(given, str) and given in workbench.images:
        return StoredImage(given, workbench.images.read)
    if isinstance(given, str) and is_id(given) and not Path(given).exists():
        workbench.images.read(given)  # which says that it is not there
    if isinstance(given, str | os.PathLike):
        return workbench.file_image(Path(given).expanduser())
    if isinstance(given, bytes | bytearray | memoryview):
        return identified(decode_image(bytes(given)))
    if isinstance(given, Image.Image):
        return identified(decode_image(_png_of(given), "a PIL image"))
    if isinstance(given, np.ndarray):
        return identified(decode_image(_png_of(_pil_image(given)), "an array"))
    raise UserError(f"An image is {KINDS}. Received: {type(given).__name__}. Give one of these.")


def read_stored(workbench: Workbench, given: GivenImage) -> StoredImage:
    """Return the image as `read_image` does, stored in the workspace, so that it can be answered."""
    image = read_image(workbench, given)
    if image.id not in workbench.images:
        workbench.images.add(image.read(image.id), image.id)
    return image


def named_images(workbench: Workbench, support: GivenSupport) -> list[tuple[str, StoredImage]]:
    """Return (class name, image) of each image of a support set.

    support: a folder or zip as of `one-shot --support`, {class: image or images}, or pairs of both.
    """
    if isinstance(support, str | os.PathLike):

        def read(file: ImageFile, name: str) -> StoredImage:
            return workbench.file_image(file.path, name) if file.path else identified(decoded(file, name))

        return list(read_support(Path(support).expanduser(), read).images)
    pairs = support.items() if isinstance(support, Mapping) else support
    found = []
    for each in pairs:
        if not isinstance(each, tuple | list) or len(each) != 2 or not isinstance(each[0], str):
            raise UserError(
                "A support set is a folder, {class: image or images}, or pairs (class, image). Received: "
                f"{type(each).__name__} in it. Name the class of each image."
            )
        name, images = each
        several = images if isinstance(images, list | tuple) else [images]
        found += [(clean_name(name), read_image(workbench, image)) for image in several]
    return found


def listing(workbench: Workbench, among: GivenImage | Sequence[GivenImage] | None) -> Listing:
    """List what is to be searched: a folder or zip, some images, or for None those of the workspace."""
    if isinstance(among, str | os.PathLike):
        place = Path(among).expanduser()
        return pool_zip(place, place.name) if place.is_file() else pool_folder(place)
    given = workbench.images.ids() if among is None else list(among)
    if not given:
        raise UserError(
            "A search needs images. Received: none. Name a folder, give a list of images, or compare some "
            "images first."
        )
    files = tuple(_image_file(workbench, each, place) for place, each in enumerate(given, start=1))
    return Listing(files, LeftOut())


def _image_file(workbench: Workbench, given: GivenImage, place: int) -> ImageFile:
    if isinstance(given, str) and given in workbench.images:
        return ImageFile(given, 0, given, workbench.images.path(given).read_bytes)
    if isinstance(given, str | os.PathLike) and not is_id(str(given)):
        file = Path(given).expanduser()
        return ImageFile(str(given), 0, str(given), file.read_bytes)
    image = read_image(workbench, given)
    return ImageFile(f"image {place}", 0, image.id, partial(_encoded, image))


def _encoded(image: StoredImage) -> bytes:
    return encode_png(image.read(image.id))


def _pil_image(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    whole = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if array.dtype != np.uint8 or not whole or not array.size:
        raise UserError(
            "An array is uint8 of the shape (height, width), or with 1, 3 or 4 channels behind these. "
            f"Received: {array.dtype} {array.shape}. Convert it, as (255 * x).round().astype('uint8') where "
            "it is 0..1."
        )
    return Image.fromarray(np.ascontiguousarray(array))


def _png_of(image: Image.Image) -> bytes:
    """Encode a PIL image, upright as its EXIF says."""
    upright = ImageOps.exif_transpose(image)
    file = io.BytesIO()
    (upright if upright.mode in IN_A_PNG else upright.convert("RGB")).save(file, "PNG", compress_level=1)
    return file.getvalue()
