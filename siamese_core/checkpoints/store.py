"""List, promote and roll back checkpoints, shipped ones and those of a workspace, and resolve slots."""

from __future__ import annotations  # the method `list` hides the type in the class

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from siamese_core.checkpoints.card import CARD_FILE, read_card
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import HANDWRITING, PHOTOGRAPHS
from siamese_core.checkpoints.listing import CheckpointInfo, new_folder, stored_checkpoints
from siamese_core.checkpoints.pointers import POINTER_FILE, Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import FIXED, SlotPlace
from siamese_core.data.assets import ASSETS
from siamese_core.errors import UserError
from siamese_core.networks.encoders import encoder_spec

SHIPPED = ASSETS / "checkpoints"
WAY_BACK = 100  # rollbacks that a place remembers


class CheckpointStore:
    """`WORKSPACE/checkpoints`, over the folder of shipped checkpoints (`<encoder>/`).

    A slot has the name of an encoder and holds any checkpoint. One without a pointer, or with one that leads
    nowhere, serves the shipped checkpoint of its name. It may have another one for photographs, each domain
    has its own way back, and a checkpoint that a person fixed in the slot answers for both.
    """

    def __init__(self, workspace: Path, shipped: Path = SHIPPED):
        self.own_folder = Path(workspace) / "checkpoints"
        self.shipped_folder = Path(shipped)

    def list(self, encoder: str | None = None) -> list[CheckpointInfo]:
        """Return the complete checkpoints, each once, of one encoder if it is named, newest last."""
        found = self._found()
        ids = {info.id for info in found}
        places = {SlotPlace(info.encoder) for info in found} | set(read_pointers(self.own_folder).places)
        current = {self._resolve(place, ids)[0] for place in places}
        marked = [replace(info, current=info.id in current) for info in found]
        return [info for info in marked if encoder in (None, info.encoder)]

    def folder(self, checkpoint_id: str) -> Path:
        """Return where the checkpoint lies; UserError if there is none of that id."""
        return self._info(checkpoint_id).folder

    def new_folder(self, encoder: str) -> Path:
        """Return a path in the workspace for a checkpoint to be saved; nothing is there yet."""
        return new_folder(self.own_folder, encoder)

    # Which checkpoint serves

    def current_id(self, slot: str, domain: str = HANDWRITING) -> str:
        """Return the id of the one that serves; for photographs that for handwriting where there is no other.

        UserError if the slot has neither a promoted nor a shipped checkpoint.
        """
        encoder_spec(slot)
        current, _ = self._resolve(self.place(slot, domain), {info.id for info in self._found()})
        if current is None:
            raise UserError(
                f"A slot needs a checkpoint. Received: {slot}, for which there is none yet. Train one with "
                f"python -m siamese_core train {slot} --data PATH"
            )
        return current

    def current_folder(self, slot: str) -> Path:
        """Return the folder of the one that serves handwriting."""
        return self.folder(self.current_id(slot))

    def place(self, slot: str, domain: str) -> SlotPlace:
        """Return the place whose checkpoint answers for a domain; costs one look at the disk."""
        wanted = SlotPlace(slot, domain)
        places = read_pointers(self.own_folder).places
        return SlotPlace(slot) if wanted not in places or SlotPlace(slot, FIXED) in places else wanted

    def fixed_id(self, slot: str) -> str | None:
        """Return the checkpoint that a person fixed in the slot; None where it picks by itself."""
        return self.promoted_id(SlotPlace(slot, FIXED))

    def promoted_id(self, place: SlotPlace) -> str | None:
        """Return the id that the pointer of a place names, without a look at whether it is there."""
        pointer = read_pointers(self.own_folder).places.get(place)
        return pointer.current if pointer else None

    def photographs_id(self, slot: str) -> str | None:
        """Return the id of the slot's checkpoint for photographs where that is another one, else None."""
        place = self.place(slot, PHOTOGRAPHS)
        return None if place == SlotPlace(slot) else self.promoted_id(place)

    def problem(self, place: SlotPlace) -> str | None:
        """Return why a place does not serve what was promoted; None if it does."""
        return self._resolve(place, {info.id for info in self._found()})[1]

    def revision(self, slot: str) -> tuple:
        """Return what changes whenever another checkpoint may have become current: two looks at the disk."""
        files = (self.own_folder / POINTER_FILE, self.shipped_folder / slot / CARD_FILE)
        return tuple(_stamp(file) for file in files)

    def way_back(self, slot: str, domain: str = HANDWRITING) -> list[str]:
        """Return the ids that rollback goes back to, one after the other from the last."""
        pointer = read_pointers(self.own_folder).places.get(SlotPlace(slot, domain))
        ids = {info.id for info in self._found()}
        return [each for each in pointer.previous if each in ids] if pointer else []

    # Changing it

    def promote(self, checkpoint_id: str, slot: str | None = None) -> None:
        """Make the checkpoint current in a slot, for the domain that its card names.

        slot: its encoder's own if none is named. A checkpoint that was fixed there gives way.

        UserError if it does not load; then nothing changes.
        """
        info = self._info(checkpoint_id)
        slot = encoder_spec(slot or info.encoder).name
        place = SlotPlace(slot, info.card.serving_domain)
        load_checkpoint(info.folder)
        with locked(self.own_folder):
            self._release(slot)
            pointer = read_pointers(self.own_folder).places.get(place)
            former = pointer.current if pointer else self._shipped_id(slot)
            if checkpoint_id == former:
                return
            previous = (*(pointer.previous if pointer else ()), *([former] if former else []))
            write_pointer(self.own_folder, place, Pointer(checkpoint_id, previous[-WAY_BACK:]))

    def rollback(self, slot: str, domain: str = HANDWRITING) -> str:
        """Make the domain's checkpoint before the current one current again, and return its id."""
        encoder_spec(slot)
        place = SlotPlace(slot, domain)
        with locked(self.own_folder):
            previous = self.way_back(slot, domain)
            if not previous:
                raise UserError(
                    f"A rollback needs an earlier checkpoint. Received: {place}, which has none before the "
                    "current one. See python -m siamese_core checkpoints list."
                )
            self._release(slot)
            write_pointer(self.own_folder, place, Pointer(previous[-1], tuple(previous[:-1])))
        return previous[-1]

    def fix(self, slot: str, checkpoint_id: str | None) -> None:
        """Make the checkpoint answer for all images in the slot; None: the slot picks by itself again.

        UserError if it does not load; then nothing changes. Promotions and ways back stay as they are.
        """
        encoder_spec(slot)
        if checkpoint_id is not None:
            load_checkpoint(self.folder(checkpoint_id))
        with locked(self.own_folder):
            pointer = Pointer(checkpoint_id) if checkpoint_id else None
            write_pointer(self.own_folder, SlotPlace(slot, FIXED), pointer)

    def offer(self, checkpoint_id: str, slot: str) -> None:
        """Make the checkpoint the slot's for photographs if it has none yet.

        Not while the pointers are damaged: a person has to see that, and promote what was current.
        """
        place = SlotPlace(slot, PHOTOGRAPHS)
        with locked(self.own_folder):
            pointers = read_pointers(self.own_folder)
            if pointers.problem:
                return
            pointer = pointers.places.get(place)
            if pointer is None or pointer.current not in {info.id for info in self._found()}:
                write_pointer(self.own_folder, place, Pointer(checkpoint_id))

    def _release(self, slot: str) -> None:
        if self.fixed_id(slot) is not None:
            write_pointer(self.own_folder, SlotPlace(slot, FIXED), None)

    def _found(self) -> list[CheckpointInfo]:
        return stored_checkpoints(self.shipped_folder, self.own_folder)

    def _info(self, checkpoint_id: str) -> CheckpointInfo:
        found = self._found()
        for info in found:
            if info.id == checkpoint_id:
                return info
        known = ", ".join(info.id for info in found) or "none yet"
        raise UserError(
            f"A checkpoint is named by its id. Received: {checkpoint_id}. Use one of these: {known}."
        )

    def _resolve(self, place: SlotPlace, ids: Container[str]) -> tuple[str | None, str | None]:
        """Return the id of `ids` that serves in a place, and why it is not the promoted one, if so."""
        pointers = read_pointers(self.own_folder)
        pointer = pointers.places.get(SlotPlace(place.slot, FIXED)) or pointers.places.get(place)
        shipped = self._shipped_id(place.slot)
        if pointer is None:
            return shipped, pointers.problem
        if pointer.current in ids:
            return pointer.current, None
        return shipped, (
            f"A promoted checkpoint must stay where it is. Received: {pointer.current} for {place}, which is "
            "gone or cannot be read (doctor says why). The shipped one is used until another is promoted."
        )

    def _shipped_id(self, slot: str) -> str | None:
        try:
            return read_card(self.shipped_folder / slot).id
        except UserError:
            return None


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
