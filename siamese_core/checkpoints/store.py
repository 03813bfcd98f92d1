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

from siamese_core.checkpoints.card import CARD_FILE, CheckpointCard, read_card
from siamese_core.checkpoints.checkpoint import load_checkpoint
from siamese_core.checkpoints.domains import FIXED, HANDWRITING, PHOTOGRAPHS, place, slot_of
from siamese_core.checkpoints.encoder_files import embeddings_id
from siamese_core.checkpoints.pointers import POINTER_FILE, Pointer, locked, read_pointers, write_pointer
from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec

SHIPPED = ASSETS / "checkpoints"
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
    card: CheckpointCard

    def embeddings_id(self) -> str:
        """Return the name of the embeddings by its encoder; it reads the encoder's files once."""
        return embeddings_id(self.folder, self.card.embedding)


class CheckpointStore:
    """`WORKSPACE/checkpoints`, over the folder of shipped checkpoints (`<encoder>/`).

    A slot has the name of an encoder and holds any checkpoint. One without a pointer, or with one that leads
    nowhere, serves the shipped checkpoint of its name. It may have another one for photographs, and a
    checkpoint that a person fixed in it answers for both (`domains`).
    """

    def __init__(self, workspace: Path, shipped: Path = SHIPPED):
        self.own_folder = Path(workspace) / "checkpoints"
        self.shipped_folder = Path(shipped)

    def list(self, encoder: str | None = None) -> list[CheckpointInfo]:
        """Complete checkpoints, each once, of one encoder if it is named, newest last."""
        found = self._found()
        ids = {info.id for info in found}
        slots = {info.encoder for info in found} | set(read_pointers(self.own_folder).slots)
        current = {self._resolve(slot, ids)[0] for slot in slots}
        marked = [
            CheckpointInfo(info.id, info.encoder, info.folder, info.origin, info.id in current, info.card)
            for info in found
        ]
        return [info for info in marked if encoder in (None, info.encoder)]

    def current_id(self, slot: str, domain: str = HANDWRITING) -> str:
        """The one for photographs is that for handwriting where there is no other. UserError if the slot has
        neither a promoted nor a shipped checkpoint."""
        encoder_spec(slot)
        current, _ = self._resolve(self.place(slot, domain), {info.id for info in self._found()})
        if current is None:
            raise UserError(
                f"there is no checkpoint for {slot} yet: train one with "
                f"python -m siamese_core train {slot} --data ..."
            )
        return current

    def current_folder(self, slot: str) -> Path:
        return self.folder(self.current_id(slot))

    def place(self, slot: str, domain: str) -> str:
        """Where the checkpoint stands that answers for a domain; costs one look at the disk."""
        wanted = place(slot, domain)
        slots = read_pointers(self.own_folder).slots
        return slot if wanted not in slots or place(slot, FIXED) in slots else wanted

    def fixed_id(self, slot: str) -> str | None:
        """The checkpoint that a person fixed in the slot; None where it picks by itself."""
        return self.promoted_id(place(slot, FIXED))

    def promoted_id(self, where: str) -> str | None:
        """What the pointer of a place names, without a look at whether it is there."""
        pointer = read_pointers(self.own_folder).slots.get(where)
        return pointer.current if pointer else None

    def fix(self, slot: str, checkpoint_id: str | None) -> None:
        """Lets one checkpoint answer for everything in the slot; None: it picks by itself again.

        UserError if it does not load; then nothing changes. Promotions and ways back stay as they are.
        """
        encoder_spec(slot)
        if checkpoint_id is not None:
            load_checkpoint(self.folder(checkpoint_id))
        with locked(self.own_folder):
            pointer = Pointer(checkpoint_id) if checkpoint_id else None
            write_pointer(self.own_folder, place(slot, FIXED), pointer)

    def offer(self, checkpoint_id: str, slot: str) -> None:
        """Makes the checkpoint the slot's for photographs if it has none yet."""
        where = place(slot, PHOTOGRAPHS)
        with locked(self.own_folder):
            pointer = read_pointers(self.own_folder).slots.get(where)
            if pointer is None or pointer.current not in {info.id for info in self._found()}:
                write_pointer(self.own_folder, where, Pointer(checkpoint_id))

    def problem(self, where: str) -> str | None:
        """Why the slot, or its place for a domain, does not serve what was promoted; None if it does."""
        return self._resolve(where, {info.id for info in self._found()})[1]

    def revision(self, slot: str) -> tuple:
        """Changes whenever another checkpoint may have become current; costs two looks at the disk."""
        files = (self.own_folder / POINTER_FILE, self.shipped_folder / slot_of(slot) / CARD_FILE)
        return tuple(_stamp(file) for file in files)

    def folder(self, checkpoint_id: str) -> Path:
        return self._info(checkpoint_id).folder

    def promote(self, checkpoint_id: str, slot: str | None = None) -> None:
        """Makes the checkpoint current in `slot` (its encoder's own if none is named), for the domain that
        its card names, else for handwriting; what was fixed there gives way.

        UserError if it does not load; then nothing changes.
        """
        info = self._info(checkpoint_id)
        slot = encoder_spec(slot or info.encoder).name
        where = place(slot, info.card.serving_domain)
        load_checkpoint(info.folder)
        with locked(self.own_folder):
            self._release(slot)
            pointer = read_pointers(self.own_folder).slots.get(where)
            former = pointer.current if pointer else self._shipped_id(slot)
            if checkpoint_id == former:
                return
            previous = (*(pointer.previous if pointer else ()), *([former] if former else []))
            write_pointer(self.own_folder, where, Pointer(checkpoint_id, previous[-WAY_BACK:]))

    def _release(self, slot: str) -> None:
        if self.fixed_id(slot) is not None:
            write_pointer(self.own_folder, place(slot, FIXED), None)

    def rollback(self, slot: str, domain: str = HANDWRITING) -> str:
        """Makes the domain's checkpoint before the current one current again; gives its id."""
        encoder_spec(slot)
        where = place(slot, domain)
        with locked(self.own_folder):
            previous = self.way_back(slot, domain)
            if not previous:
                raise UserError(
                    f"A rollback needs an earlier checkpoint. Received: {where}, which has none before the "
                    "current one. See python -m siamese_core checkpoints list."
                )
            self._release(slot)
            write_pointer(self.own_folder, where, Pointer(previous[-1], tuple(previous[:-1])))
        return previous[-1]

    def way_back(self, slot: str, domain: str = HANDWRITING) -> list[str]:
        """The ids that rollback goes back to, one after the other from the last."""
        pointer = read_pointers(self.own_folder).slots.get(place(slot, domain))
        ids = {info.id for info in self._found()}
        return [each for each in pointer.previous if each in ids] if pointer else []

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
                found.append(CheckpointInfo(card.id, card.encoder, folder, origin, False, card))
        found.sort(key=lambda info: info.card.created_at)
        newest = {info.id: info for info in found}  # retrained twice from the same answers, it is one
        return [info for info in found if newest[info.id] is info]

    def _info(self, checkpoint_id: str) -> CheckpointInfo:
        found = self._found()
        for info in found:
            if info.id == checkpoint_id:
                return info
        known = ", ".join(info.id for info in found) or "none yet"
        raise UserError(
            f"A checkpoint is named by its id. Received: {checkpoint_id}. Use one of these: {known}."
        )

    def _resolve(self, where: str, ids: set[str]) -> tuple[str | None, str | None]:
        """The id that serves in a place of a slot, and why it is not the promoted one, if so."""
        pointers = read_pointers(self.own_folder)
        slot = slot_of(where)
        pointer = pointers.slots.get(place(slot, FIXED)) or pointers.slots.get(where)
        shipped = self._shipped_id(slot)
        if pointer is None:
            return shipped, pointers.problem
        if pointer.current in ids:
            return pointer.current, None
        return shipped, (
            f"A promoted checkpoint must stay where it is. Received: {pointer.current} for {where}, which is "
            "gone. The shipped one is used until another is promoted."
        )

    def _shipped_id(self, slot: str) -> str | None:
        try:
            return read_card(self.shipped_folder / slot).id
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
