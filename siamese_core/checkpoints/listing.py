"""Find checkpoints on disk: those that are shipped and those of a workspace."""

import contextlib
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from siamese_core.checkpoints.card import CheckpointCard, read_card
from siamese_core.checkpoints.encoder_files import embeddings_id
from siamese_core.errors import UserError

LEFTOVER_SECONDS = 3600  # what is still being written after that belongs to a killed process


@dataclass(frozen=True)
class CheckpointInfo:
    """A stored checkpoint. origin: "shipped" or "workspace"; current: some slot serves it."""

    id: str
    encoder: str
    folder: Path
    origin: str
    current: bool
    card: CheckpointCard

    def embeddings_id(self) -> str:
        """Return the name of the embeddings by its encoder; it reads the encoder's files once."""
        return embeddings_id(self.folder, self.card.embedding)


def stored_checkpoints(shipped: Path, own: Path) -> list[CheckpointInfo]:
    """Return the complete checkpoints of both folders, each once, oldest first, none marked as current."""
    found = []
    for origin, parent in (("shipped", shipped), ("workspace", own)):
        for folder in _visible_folders(parent):
            try:
                card = read_card(folder)
            except UserError:  # not a checkpoint, or one that nobody can load
                continue
            found.append(CheckpointInfo(card.id, card.encoder, folder, origin, False, card))
    found.sort(key=lambda info: info.card.created_at)
    newest = {info.id: info for info in found}  # retrained twice from the same answers, it is one
    return [info for info in found if newest[info.id] is info]


def new_folder(own: Path, encoder: str) -> Path:
    """Return a path in the folder `own` for a checkpoint to be saved; nothing is there yet."""
    _clear_leftovers(own)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    return own / f"{encoder}-{moment}-{uuid.uuid4().hex[:6]}"


def _clear_leftovers(own: Path) -> None:
    oldest = time.time() - LEFTOVER_SECONDS
    for leftover in own.glob(".*"):
        with contextlib.suppress(OSError):  # its own process took it away meanwhile
            if leftover.stat().st_mtime < oldest:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()


def _visible_folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(each.path) for each in entries if each.is_dir() and not each.name.startswith("."))
