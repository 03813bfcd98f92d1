"""A support set from a folder or zip: a folder for each class, or a file for each class."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from siamese_core.data.archives import list_archive
from siamese_core.data.files import ImageFile, Listing, list_folder
from siamese_core.data.left_out import DEEPER, UNREADABLE, LeftOut, PassedOver
from siamese_core.data.names import clean_name, notes_on
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

MAX_IMAGES = 1000  # at most 3 MB each once decoded
Image = TypeVar("Image")


@dataclass(frozen=True)
class SupportSet(Generic[Image]):
    """images: (class name, image) each, sorted by name; left_out: what lay beside them."""

    images: tuple[tuple[str, Image], ...]
    left_out: LeftOut


def decoded(file: ImageFile, name: str) -> np.ndarray:
    """Return the image in a file, uint8 (height, width, 3); UserError, which names it so, if it is none."""
    return decode_image(file.read(), name)


def read_support(path: Path, read: Callable[[ImageFile, str], Image] = decoded) -> SupportSet[Image]:
    """Read every image of a folder or zip.

    Either `CLASS/image.png`, with as many images of a class as there are, or `CLASS.png`. UserError where it
    is neither or both, where there are more than MAX_IMAGES, or none that can be read. read: returns the
    image in a file, which it is to call by a name.
    """
    if not path.exists():
        raise UserError(
            f"A support set is a folder or a zip. Received: {path}, which is not there. Correct the path."
        )
    listing = list_folder(path) if path.is_dir() else _zipped(path)
    files = [(clean_name(Path(each.name).stem), each) for each in listing.images if len(each.parts) == 1]
    inside = [(each.parts[0], each) for each in listing.images if len(each.parts) == 2]
    deeper = tuple(PassedOver(each.name, DEEPER) for each in listing.images if len(each.parts) > 2)
    if files and inside:
        raise UserError(
            "A support set has a folder for each class or a file for each class, not both. Received: "
            f"{path} with {len(inside)} images in folders such as {inside[0][0]} and {len(files)} beside "
            f"them, such as {files[0][1].name}. Put every image into the folder of its class."
        )
    found = files or inside
    if len(found) > MAX_IMAGES:
        raise _of_wrong_size(path, len(found), listing.left_out)
    images, unreadable = [], []
    for name, file in found:
        try:
            images.append((name, read(file, f"{path.name}/{file.name}")))
        except UserError as problem:
            unreadable.append(PassedOver(file.name, UNREADABLE, str(problem)))
    alike = notes_on(Path(each.name).stem for _, each in files)
    left_out = listing.left_out + LeftOut((*unreadable, *deeper), alike)
    if not images:
        raise _of_wrong_size(path, 0, left_out)
    return SupportSet(tuple(images), left_out)


def _zipped(path: Path) -> Listing:
    """List the zip; a folder that holds all of it is passed over."""
    try:
        listing = list_archive(path, path.name)
    except UserError as problem:
        raise UserError(f"A support set is a folder or a zip. {problem}") from problem
    if len({each.parts[0] for each in listing.images}) == 1 and all(
        len(each.parts) == 3 for each in listing.images
    ):
        inner = tuple(replace(each, name="/".join(each.parts[1:])) for each in listing.images)
        return Listing(inner, listing.left_out)
    return listing


def _of_wrong_size(path: Path, count: int, left_out: LeftOut) -> UserError:
    beside = f" ({left_out.line()})" if left_out else ""
    return UserError(
        f"A support set has 1 to {MAX_IMAGES} images, as CLASS/image.png or CLASS.png. "
        f"Received: {path} with {count}{beside}. Give a folder of that shape."
    )
