"""Which images are ink, remembered in memory and in a file that all processes of a workspace share."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path

FILE = "ink.txt"  # a line an image: its id, a space, 1 for ink
MOST = 50_000  # images: 3.4 MB
_LINE = re.compile(r"^([0-9a-f]{64}) ([01])$", re.MULTILINE)


class KeptKinds:
    """Whether an image is ink, by its id. Thread safe.

    folder: where the file is, None for none. Lines that are no such are passed over: what is lost is looked
    at again, and the file may be deleted.
    """

    def __init__(self, folder: Path | None):
        self._file = None if folder is None else Path(folder) / FILE
        self._inks: dict[str, bool] = {}
        self._read = self._file is None
        self._lock = threading.Lock()

    def get(self, image_id: str) -> bool | None:
        """Return whether an image is ink, None if it was not looked at yet."""
        with self._lock:
            if image_id not in self._inks and not self._read:
                self._read_file()
            return self._inks.get(image_id)

    def add(self, inks: Mapping[str, bool], stored: bool) -> None:
        """Remember images that were looked at. stored: in the file too."""
        with self._lock:
            if len(self._inks) + len(inks) > MOST:
                self._inks.clear()
            self._inks |= inks
            if stored and inks and self._file is not None:
                self._append("".join(f"{image_id} {ink:d}\n" for image_id, ink in inks.items()))

    def _read_file(self) -> None:
        self._read = True
        try:
            found = _LINE.findall(self._file.read_text("ascii", "replace"))
        except OSError:
            return
        self._inks = {image_id: ink == "1" for image_id, ink in found[-MOST:]} | self._inks

    def _append(self, lines: str) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            full = self._file.is_file() and self._file.stat().st_size > 2 * MOST * len(
                lines.split("\n", 1)[0]
            )
            with self._file.open("w" if full else "a", encoding="ascii", newline="") as file:
                file.write(lines)
        except OSError:  # a full disk costs time only
            return
