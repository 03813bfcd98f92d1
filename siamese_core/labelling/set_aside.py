"""Record which images of a pool are set aside: asked about no more and shown nowhere, until brought back.

A file of JSON lines, one a decision on an image, only ever appended to; the latest of an image counts.
"""

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TypeVar

from siamese_core.answers.label_row import now
from siamese_core.atomic import append_to_file
from siamese_core.errors import refuse_newer

SCHEMA = 1  # of a line that names none


class Named(Protocol):
    """An image that is known by its id."""

    image_id: str


Image = TypeVar("Image", bound=Named)


class SetAside:
    """The images that are set aside, by their ids. Thread safe; other processes' decisions are followed."""

    def __init__(self, file: Path):
        self.file = Path(file)
        self.changes = 0  # decisions read so far: what was made before the latest is outdated
        self._read_bytes = 0
        self._ids: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    @property
    def ids(self) -> frozenset[str]:
        with self._lock:
            self._follow()
            return self._ids

    def without(self, images: Iterable[Image]) -> list[Image]:
        """Return the images that are not set aside."""
        aside = self.ids
        return [each for each in images if each.image_id not in aside]

    def decide(self, image_ids: Iterable[str], aside: bool, annotator: str = "") -> None:
        """Set images aside, or bring them back; on disk when this returns."""
        told = {"aside": aside, "annotator": annotator, "created_at": now()}
        lines = "".join(json.dumps({"image_id": each} | told) + "\n" for each in image_ids)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            # After a power cut the last line may be torn: what follows it must not be.
            append_to_file(self.file, ("\n" if self.file.exists() else "").encode() + lines.encode())

    def _follow(self) -> None:
        """Read what was appended since the last look, whole lines only."""
        size = self.file.stat().st_size if self.file.exists() else 0
        if size <= self._read_bytes:
            return
        with self.file.open("rb") as stream:
            stream.seek(self._read_bytes)
            new = stream.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        decided = dict(filter(None, (_parsed(line) for line in whole.splitlines())))
        kept = {each for each in self._ids if each not in decided}
        self._ids = frozenset(kept | {each for each, aside in decided.items() if aside})
        self.changes += len(decided)


def _parsed(line: bytes) -> tuple[str, bool] | None:
    """Return the image and whether it is set aside; None of a torn line."""
    try:
        decision = json.loads(line)
        refuse_newer(decision.get("schema"), SCHEMA, "the record of images set aside")
        return str(decision["image_id"]), bool(decision["aside"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
