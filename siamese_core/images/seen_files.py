"""Which image a file holds, remembered in a file of the workspace, so that it need not be decoded again.

A file is known by its path and by what the system says of it: its size, the times of its content and of its
status, its number. As git does with its index, a file that changed within the clock's resolution of being
looked at is not remembered: it may change once more without any of these telling.
"""

import json
import os
import re
import stat
import threading
import time
from dataclasses import dataclass
from pathlib import Path

FILE = "files.txt"  # a line a file: the image's id, the stamp, the path as JSON
MOST = 20_000  # files: 4 MB
RESOLUTION = 2.0  # s, of the coarsest clock of a file system, FAT's
_LINE = re.compile(r'^([0-9a-f]{64}) (\d+ -?\d+ -?\d+ \d+) (".*")$', re.MULTILINE)


@dataclass(frozen=True)
class Sight:
    """What the system says of a file at a moment.

    path: absolute, as JSON; stamp: size, times of content and status in ns, number; settled: nothing changed
    lately, so that a later change changes the stamp.
    """

    path: str
    stamp: str
    settled: bool


def look_at(file: Path) -> Sight | None:
    """Return what the system says of a regular file; None where it is none."""
    now = time.time()
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    stamp = f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"
    settled = now - max(found.st_mtime, found.st_ctime) > RESOLUTION
    return Sight(json.dumps(os.path.abspath(file)), stamp, settled)


class SeenFiles:
    """The ids of the images in files, in memory and in the file `FILE` of a folder, None for none.

    Thread safe, and several processes may share the folder. Lines that are no such are passed over: what is
    lost is decoded again, and the file may be deleted.
    """

    def __init__(self, folder: Path | None):
        self._file = None if folder is None else Path(folder) / FILE
        self._seen: dict[str, tuple[str, str]] = {}  # stamp and image id by path
        self._read = self._file is None
        self._lock = threading.Lock()

    def id_of(self, sight: Sight | None) -> str | None:
        """Return the id of the image in a file, None if it is not known as it now is."""
        if sight is None:
            return None
        with self._lock:
            if sight.path not in self._seen and not self._read:
                self._read_file()
            stamp, image_id = self._seen.get(sight.path, ("", ""))
        return image_id if stamp == sight.stamp else None

    def add(self, file: Path, before: Sight | None, image_id: str, stored: bool = True) -> None:
        """Remember the image in a file that has been read since it was looked at `before`.

        stored: in the file too. A file that changed meanwhile or lately is not remembered.
        """
        if before is None or not before.settled or look_at(file) != before:
            return
        with self._lock:
            if len(self._seen) >= MOST:
                self._seen.clear()
            self._seen[before.path] = before.stamp, image_id
            if stored and self._file is not None:
                self._append(f"{image_id} {before.stamp} {before.path}\n")

    def _read_file(self) -> None:
        self._read = True
        try:
            found = _LINE.findall(self._file.read_text("ascii", "replace"))
        except OSError:
            return
        self._seen = {path: (stamp, image_id) for image_id, stamp, path in found[-MOST:]} | self._seen

    def _append(self, line: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            full = self._file.is_file() and self._file.stat().st_size > 2 * MOST * len(line)
            with self._file.open("w" if full else "a", encoding="ascii", newline="") as file:
                file.write(line)
        except OSError:  # a full disk costs time only
            return
