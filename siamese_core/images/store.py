"""The images of a workspace: PNG files in one folder, each named by the id of its pixels."""

import os
import re
import threading
from pathlib import Path

import numpy as np

from siamese_core.atomic import replace_file
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_SIDE, decode_image, encode_png, image_id

_ID = re.compile("[0-9a-f]{64}")
_RECENT_BYTES = 100 * 65  # of announcements: more than processes write images at one moment


class ImageStore:
    """PNG files named by image id in one folder. Several threads and processes may add at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._stored = _StoredIds(self.folder)

    def path(self, stored_id: str) -> Path:
        """Return where the image is, or would be; UserError unless the id is 64 lower-case hex digits."""
        if not _is_id(stored_id):
            raise UserError(
                "An image id is 64 hexadecimal digits. "
                f"Received: {ascii(stored_id)[:80]}. Use an id that comparing an image gave you."
            )
        return self.folder / f"{stored_id}.png"

    def __contains__(self, stored_id: object) -> bool:
        return _is_id(stored_id) and os.path.isfile(os.path.join(self.folder, f"{stored_id}.png"))

    def ids(self) -> list[str]:
        """List the ids of all images, sorted. Reads the folder: O(images)."""
        return sorted(_listed(self.folder))

    def count(self) -> int:
        """Count the images, also those that other processes added.

        Reads the folder at the first call, and what was added since at the next ones: O(new images). Files
        that somebody deletes by hand are noticed as soon as a call finds no image added in the meantime.
        """
        return self._stored.count()

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
            self.folder.mkdir(parents=True, exist_ok=True)
            self._stored.announce(new_id)
            replace_file(self.path(new_id), content)
        except OSError as problem:
            raise UserError(
                f"The image must fit on the disk of the workspace. Received: {problem.strerror}. "
                "Free some space or check the folder's permissions, then try again."
            ) from problem

    def read(self, stored_id: str) -> np.ndarray:
        """Return the pixels that were added; UserError where the id is unknown or the file was changed."""
        path = self.path(stored_id)
        if not path.is_file():
            raise UserError(
                f"The image must be in the workspace. Received: id {stored_id}, which is not there. "
                "Compare the image again, or open the workspace that holds it."
            ) from self._away()
        image = decode_image(path)
        if image_id(image) != stored_id:
            raise UserError(
                f"A stored image must be as it was added. Received: {path.name} with other pixels. "
                "Put it back from a copy, or delete it and give the image again."
            )
        return image

    def _away(self) -> OSError | None:
        """Return why there are no images at all, if so: a disk that is not mounted comes back."""
        return None if self.folder.is_dir() else NotADirectoryError(self.folder.name)


class _StoredIds:
    """The ids of a store's folder, kept up to date without listing it again.

    Every process announces an id in the file `.added` before it writes the image, so that another one needs
    to look for the announced images only. Whenever the folder changed and no announced image explains it, the
    folder is listed anew, so the announcements need not be safe against a power cut.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._announced = folder, folder / ".added"
        self._guard = threading.Lock()
        self._ids: set[str] | None = None
        self._missing: set[str] = set()  # announced, and not there yet
        self._read_bytes = 0
        self._folder_changed = 0

    def announce(self, new_id: str) -> None:
        with self._announced.open("ab", buffering=0) as file:
            file.write(f"{new_id}\n".encode())

    def count(self) -> int:
        with self._guard:
            changed = _modified(self._folder)
            size = self._announced.stat().st_size if self._announced.exists() else 0
            if self._ids is None or not self._explained(size, changed):
                self._list(size)
            self._folder_changed = changed
            return len(self._ids)

    def _list(self, size: int) -> None:
        """List the folder; the last announced images may be on their way still."""
        if self._ids is None or size < self._read_bytes:
            self._read_bytes = max(0, size - _RECENT_BYTES)
        waiting = self._missing | self._read_announced(size)
        self._ids = _listed(self._folder)
        self._missing = waiting - self._ids

    def _explained(self, size: int, changed: int) -> bool:
        """Take in the announced images; False where they do not explain how the folder changed."""
        if size < self._read_bytes:
            return False
        announced = self._read_announced(size)
        waiting = self._missing | announced
        there = {each for each in waiting if (self._folder / f"{each}.png").is_file()}
        self._ids |= there
        self._missing = waiting - there
        return bool(announced or there) or changed == self._folder_changed

    def _read_announced(self, size: int) -> set[str]:
        if size == self._read_bytes:
            return set()
        with self._announced.open("rb") as file:
            file.seek(self._read_bytes)
            lines = file.read(size - self._read_bytes).decode("ascii", "replace").split("\n")
        self._read_bytes = size
        return {line for line in lines if _is_id(line)}


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def _listed(folder: Path) -> set[str]:
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return {name[:-4] for name in names if name.endswith(".png") and _is_id(name[:-4])}


def _modified(folder: Path) -> int:
    """Return when a name in the folder last changed, in ns; 0 where there is no folder."""
    return folder.stat().st_mtime_ns if folder.is_dir() else 0
