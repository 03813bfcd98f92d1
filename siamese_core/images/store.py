"""The images of a workspace: PNG files in one place, each named by the id of its pixels."""

from pathlib import Path
from typing import Protocol

import numpy as np

from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_SIDE, decode_image, encode_png, image_id
from siamese_core.images.local_files import LocalFiles, is_id
from siamese_core.images.shared_files import SharedFiles, local_folder


class ImageFiles(Protocol):
    """Where a store keeps its PNG files: a folder, or a place that several machines share.

    folder: on this machine, with the files or copies of them; name: the place, for people. OSError, or
    UserError from one, where a file cannot be read or written now.
    """

    folder: Path
    name: str

    def path(self, stored_id: str) -> Path:
        """Return the file on this machine, there if the place has it."""

    def holds(self, stored_id: str) -> bool:
        """Return whether the place has the file."""

    def ids(self) -> set[str]:
        """List the ids of all files: O(files)."""

    def count(self) -> int:
        """Count the files, also those that other processes added."""

    def write(self, new_id: str, content: bytes) -> None:
        """Write a file, kept for good when this returns."""

    def away(self) -> OSError | None:
        """Return why there are no files at all, if so, where that can pass."""


def images_of(workspace: Path, url: str = "") -> "ImageStore":
    """Open the images of a workspace: its folder, or the place of `url` that keeps them instead."""
    return ImageStore(workspace / ("image-cache" if url else "images"), url)


class ImageStore:
    """PNG files named by image id. Several threads and processes may add at once.

    folder: has the files or, where the place of `url` keeps them, copies of those that were used here.
    """

    def __init__(self, folder: Path, url: str = "") -> None:
        self._files = _files(Path(folder), url)
        self.folder, self.name = self._files.folder, self._files.name

    def path(self, stored_id: str) -> Path:
        """Return where the image is, or would be; UserError unless the id is 64 lower-case hex digits."""
        if not is_id(stored_id):
            raise UserError(
                "An image id is 64 hexadecimal digits. "
                f"Received: {ascii(stored_id)[:80]}. Use an id that comparing an image gave you.",
                code="unknown_image",
            )
        return self._files.path(stored_id)

    def __contains__(self, stored_id: object) -> bool:
        return is_id(stored_id) and self._files.holds(stored_id)

    def ids(self) -> list[str]:
        """List the ids of all images, sorted: O(images)."""
        return sorted(self._files.ids())

    def count(self) -> int:
        """Count the images, also those that other processes added.

        Reads the folder at the first call, and what was added since at the next ones: O(new images). Files
        that somebody deletes by hand are noticed as soon as a call finds no image added in the meantime.
        """
        return self._files.count()

    def add(self, image: np.ndarray, known_id: str | None = None) -> str:
        """Store the image, on disk when this returns, and return its id; UserError where that fails.

        known_id: its id, where the caller has it.
        """
        if max(image.shape[:2]) > MAX_SIDE:
            raise ValueError(
                f"A stored image has at most {MAX_SIDE} px a side. Received: {image.shape}. Use decode_image."
            )
        new_id = known_id or image_id(image)
        if new_id not in self:
            self._write(new_id, encode_png(image))
        return new_id

    def _write(self, new_id: str, content: bytes) -> None:
        try:
            self._files.write(new_id, content)
        except OSError as problem:
            raise UserError(
                f"The image must fit on the disk of the workspace. Received: {problem.strerror}. "
                "Free some space or check the folder's permissions, then try again.",
                code="storage_failed",
            ) from problem

    def read(self, stored_id: str) -> np.ndarray:
        """Return the pixels that were added; UserError where the id is unknown or the file was changed."""
        path = self.path(stored_id)
        if not path.is_file():
            raise UserError(
                f"The image must be in the workspace. Received: id {stored_id}, which is not there. "
                "Compare the image again, or open the workspace that holds it.",
                code="unknown_image",
            ) from self._files.away()
        image = decode_image(path)
        if image_id(image) != stored_id:
            raise UserError(
                f"A stored image must be as it was added. Received: {path.name} with other pixels. "
                "Put it back from a copy, or delete it and give the image again.",
                code="unknown_image",
            )
        return image


def _files(folder: Path, url: str) -> ImageFiles:
    mounted = local_folder(url) if url else folder
    return LocalFiles(mounted) if mounted else SharedFiles(url, folder)
