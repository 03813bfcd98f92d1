"""Which checkpoints there are, shipped and in the workspace, and which one is current in each slot."""

from __future__ import annotations  # the method `list` hides the type in the class

import contextlib
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from siamese_core.checkpoints import CARD_FILE, load_checkpoint, read_card
from siamese_core.encoders import encoder_spec
from siamese_core.errors import UserError
from siamese_core.pointers import POINTER_FILE, Pointer, locked, read_pointers, write_pointer

SHIPPED = Path(__file__).resolve().parent.parent / "assets" / "checkpoints"
WAY_BACK = 100  # rollbacks that a slot remembers
LEFTOVER_SECONDS = 3600  # what is still being written after that belongs to a killed process


@dataclass(frozen=True)
class CheckpointInfo:
    """A stored checkpoint. `origin`: "shipped" or "workspace"; `current`: some slot serves it."""

    id: str
    encoder: str
    folder: Path
    origin: str
    current: bool
    card: dict


class CheckpointStore:
    """`WORKSPACE/checkpoints`, over the folder of shipped checkpoints (`<encoder>/`).

    A slot has the name of an encoder and holds any checkpoint. One without a pointer, or with one that leads
    nowhere, serves the shipped checkpoint of its name.
    """

    def __init__(self, workspace: Path, shipped: Path = SHIPPED):
        self.own_folder = Path(workspace) / "checkpoints"
        self.shipped_folder = Path(shipped)

    def list(self, encoder: str | None = None) -> list[CheckpointInfo]:
        """Complete checkpoints, of one encoder if it is named, newest last."""
        found = self._found()
        ids = {info.id for info in found}
        slots = {info.encoder for info in found} | set(read_pointers(self.own_folder).slots)
        current = {self._resolve(slot, ids)[0] for slot in slots}
        marked = [
            CheckpointInfo(info.id, info.encoder, info.folder, info.origin, info.id in current, info.card)
            for info in found
        ]
        return [info for info in marked if encoder in (None, info.encoder)]

    def current_id(self, slot: str) -> str:
        """UserError if the slot has neither a promoted nor a shipped checkpoint."""
        encoder_spec(slot)
        current, _ = self._resolve(slot, {info.id for info in self._found()})
        if current is None:
            raise UserError(
                f"there is no checkpoint for {slot} yet: train one with "
                f"python -m siamese_core train {slot} --data ..."
            )
        return current

    def current_folder(self, slot: str) -> Path:
        return self.folder(self.current_id(slot))

    def problem(self, slot: str) -> str | None:
        """Why the slot does not serve what was promoted, in words; None if it does."""
        return self._resolve(slot, {info.id for info in self._found()})[1]

    def revision(self, slot: str) -> tuple:
        """Changes whenever another checkpoint may have become current; costs two looks at the disk."""
        files = (self.own_folder / POINTER_FILE, self.shipped_folder / slot / CARD_FILE)
        return tuple(_stamp(file) for file in files)

    def folder(self, checkpoint_id: str) -> Path:
        return self._info(checkpoint_id).folder

    def promote(self, checkpoint_id: str, slot: str | None = None) -> None:
        """Makes the checkpoint current in `slot` (its encoder's own if none is named).

        UserError if it does not load; then nothing changes.
        """
        info = self._info(checkpoint_id)
        slot = encoder_spec(slot or info.encoder).name
        load_checkpoint(info.folder)
        with locked(self.own_folder):
            pointer = read_pointers(self.own_folder).slots.get(slot)
            former = pointer.current if pointer else self._shipped_id(slot)
            if checkpoint_id == former:
                return
            previous = (*(pointer.previous if pointer else ()), *([former] if former else []))
            write_pointer(self.own_folder, slot, Pointer(checkpoint_id, previous[-WAY_BACK:]))

    def rollback(self, slot: str) -> str:
        """Makes the checkpoint before the current one current again; gives its id."""
        encoder_spec(slot)
        ids = {info.id for info in self._found()}
        with locked(self.own_folder):
            pointer = read_pointers(self.own_folder).slots.get(slot)
            previous = [each for each in pointer.previous if each in ids] if pointer else []
            if not previous:
                raise UserError(
                    f"A rollback needs an earlier checkpoint. Received: {slot}, which has none before the "
                    "current one. See python -m siamese_core checkpoints list."
                )
            write_pointer(self.own_folder, slot, Pointer(previous[-1], tuple(previous[:-1])))
        return previous[-1]

    def new_folder(self, encoder: str) -> Path:
        """A path in the workspace for a checkpoint to be saved; nothing is there yet."""
        self._clear_leftovers()
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        return self.own_folder / f"{encoder}-{moment}-{uuid.uuid4().hex[:6]}"

    def _clear_leftovers(self) -> None:
        oldest = time.time() - LEFTOVER_SECONDS
        for leftover in self.own_folder.glob(".*"):
            with contextlib.suppress(OSError):  # its own process took it away meanwhile
                if leftover.stat().st_mtime < oldest:
                    shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    def _found(self) -> list[CheckpointInfo]:
        found = []
        for origin, parent in (("shipped", self.shipped_folder), ("workspace", self.own_folder)):
            for folder in _visible_folders(parent):
                try:
                    card = read_card(folder)
                except UserError:  # not a checkpoint, or one that nobody can load
                    continue
                found.append(CheckpointInfo(card["id"], card["encoder"], folder, origin, False, card))
        return sorted(found, key=lambda info: info.card["created_at"])

    def _info(self, checkpoint_id: str) -> CheckpointInfo:
        found = self._found()
        for info in reversed(found):
            if info.id == checkpoint_id:
                return info
        known = ", ".join(info.id for info in found) or "none yet"
        raise UserError(
            f"A checkpoint is named by its id. Received: {checkpoint_id}. Use one of these: {known}."
        )

    def _resolve(self, slot: str, ids: set[str]) -> tuple[str | None, str | None]:
        """The id that serves in the slot, and why it is not the promoted one, if so."""
        pointers = read_pointers(self.own_folder)
        pointer = pointers.slots.get(slot)
        shipped = self._shipped_id(slot)
        if pointer is None:
            return shipped, pointers.problem
        if pointer.current in ids:
            return pointer.current, None
        return shipped, (
            f"A promoted checkpoint must stay where it is. Received: {pointer.current} for {slot}, which is "
            "gone. The shipped one is used until another is promoted."
        )

    def _shipped_id(self, slot: str) -> str | None:
        try:
            return read_card(self.shipped_folder / slot)["id"]
        except UserError:
            return None


def _visible_folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    with os.scandir(parent) as entries:
        return sorted(Path(each.path) for each in entries if each.is_dir() and not each.name.startswith("."))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
