"""The image files of a folder, whole or absent, and which there are without listing it each time."""

import os
import re
import threading
from pathlib import Path

from siamese_core.atomic import replace_file

_ID = re.compile("[0-9a-f]{64}")
_RECENT_BYTES = 100 * 65  # of announcements: more than processes write images at one moment


class LocalFiles:
    """PNG files named by image id in one folder, which the first one makes."""

    def __init__(self, folder: Path):
        self.folder, self.name = folder, str(folder)
        self._stored = _StoredIds(folder)

    def path(self, stored_id: str) -> Path:
        """Return where the file is, or would be."""
        return self.folder / f"{stored_id}.png"

    def holds(self, stored_id: str) -> bool:
        return os.path.isfile(os.path.join(self.folder, f"{stored_id}.png"))

    def ids(self) -> set[str]:
        """List the ids of all files: O(files)."""
        return listed(self.folder)

    def count(self) -> int:
        """Count the files; O(new files), as `_StoredIds` does."""
        return self._stored.count()

    def write(self, new_id: str, content: bytes) -> None:
        """Write a file, on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._stored.announce(new_id)
        replace_file(self.path(new_id), content)

    def away(self) -> OSError | None:
        """Return why there are no files at all, if so: a disk that is not mounted comes back."""
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
        self._ids = listed(self._folder)
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
        return {line for line in lines if is_id(line)}


def is_id(value: object) -> bool:
    """Return whether a value is an image id: 64 lower-case hex digits."""
    return isinstance(value, str) and bool(_ID.fullmatch(value))


def listed(folder: Path) -> set[str]:
    """Return the ids of the image files in a folder."""
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    return {name[:-4] for name in names if name.endswith(".png") and is_id(name[:-4])}


def _modified(folder: Path) -> int:
    """Return when a name in the folder last changed, in ns; 0 where there is no folder."""
    return folder.stat().st_mtime_ns if folder.is_dir() else 0
