"""Send promoted checkpoints to a model repository, and bring back those that served.

    checkpoints/ID/*                 the folder of a checkpoint, never changed
    promotions/MOMENT-SERVER.json    {"place": "koch photographs", "checkpoint": ID or null, "at": ...}
    README.md, example.py            the card of the checkpoint that was promoted last, and how it is loaded

The latest promotion of a place counts, whichever server made it.
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from siamese_core.atomic import folder_aside, replace_file
from siamese_core.checkpoints.card import CARD_FILE, CheckpointCard, read_card
from siamese_core.checkpoints.pointers import Pointer, locked, read_pointers, write_pointer
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.exporting.hub.model_card import EXAMPLE_FILE, example, model_card
from siamese_core.networks.encoders import PRETRAINED
from siamese_core.syncing.hub import ABSENT, HubProblem, Repository
from siamese_core.syncing.ledger import ledger_folder
from siamese_core.syncing.waiting import as_text

EVENT = re.compile(r"promotions/[0-9]{13}-[0-9a-f]{16}\.json")
FILE_NAME = re.compile(r"\w[\w.-]*")


class PromotedCheckpoints:
    """The promotions of a workspace and of a model repository. For one thread at a time, but for `waiting`.

    server: the id of the workspace on the hub.
    """

    def __init__(self, store: CheckpointStore, repository: Repository, server: str):
        self.store, self.repository = store, repository
        self._server = server
        folder = ledger_folder(store.own_folder.parent, repository.name)
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "promoted.json"  # by place, what the hub has confirmed
        self._sent: dict[str, str | None] = self._read()

    def waiting(self) -> dict[SlotPlace, str | None]:
        """Return the promotions that the hub has not confirmed: the checkpoint by place, None: taken away."""
        pointers = read_pointers(self.store.own_folder)
        if pointers.problem:
            return {}
        now: dict[SlotPlace, str | None] = {place: each.current for place, each in pointers.places.items()}
        now |= {
            SlotPlace.parse(place): None
            for place, sent in self._sent.items()
            if sent and SlotPlace.parse(place) not in now
        }
        return {place: each for place, each in now.items() if self._sent.get(str(place)) != each}

    def send(self) -> None:
        """Send each promotion in a commit of its own, with the checkpoint where the hub has it not."""
        found = {each.id: each for each in self.store.list()}
        for place, checkpoint_id in self.waiting().items():
            info = found.get(checkpoint_id or "")
            if checkpoint_id is None or info is not None and not _is_derived(info.card):
                own = info is not None and info.origin == "workspace"
                self._send(place, checkpoint_id, info.folder if own else None)
            self._note(place, checkpoint_id)

    def _send(self, place: SlotPlace, checkpoint_id: str | None, folder: Path | None) -> None:
        self.repository.require()
        newest = self.repository.newest()
        moment = int(time.time() * 1000)
        event = {"place": str(place), "checkpoint": checkpoint_id, "at": as_text(moment / 1000)}
        files: dict[str, Path | bytes] = {
            f"promotions/{moment:013d}-{self._server}.json": json.dumps(event).encode()
        }
        if folder is not None:
            there = f"checkpoints/{checkpoint_id}"
            if f"{there}/{CARD_FILE}" not in self.repository.present([f"{there}/{CARD_FILE}"], newest):
                files |= {f"{there}/{each.name}": each for each in sorted(folder.iterdir()) if each.is_file()}
            files["README.md"] = model_card(read_card(folder), there).encode()
            files[EXAMPLE_FILE] = example(there).encode()
        self.repository.commit(files, newest, f"{place}: {checkpoint_id or 'no checkpoint'}")

    def restore(self, tell: Callable[[str], None]) -> None:
        """Promote what served on the hub in each place for which the workspace has nothing of its own."""
        try:
            newest = self.repository.newest()
        except HubProblem as problem:
            if problem.status in ABSENT:  # nothing was ever promoted
                return
            raise
        places = read_pointers(self.store.own_folder).places
        for place, checkpoint_id in self._latest(newest).items():
            if place in places or self._sent.get(str(place)) == checkpoint_id:
                continue
            if checkpoint_id is not None:
                tell(f"the checkpoint {checkpoint_id} for {place}")
                self._fetch(checkpoint_id, newest)
                with locked(self.store.own_folder):
                    write_pointer(self.store.own_folder, place, Pointer(checkpoint_id))
            self._note(place, checkpoint_id)

    def _latest(self, newest: str) -> dict[SlotPlace, str | None]:
        """Return what was promoted last in each place, whichever server did it."""
        latest: dict[SlotPlace, str | None] = {}

        def take(path: str, content: bytes) -> None:
            event = json.loads(content)
            latest[SlotPlace.parse(event["place"])] = event["checkpoint"]

        paths = sorted(each for each in self.repository.listed("promotions", newest) if EVENT.fullmatch(each))
        self.repository.read_each(paths, newest, take)
        return latest

    def _fetch(self, checkpoint_id: str, newest: str) -> None:
        """Download a checkpoint, whole or not at all, unless it is here."""
        if checkpoint_id in {info.id for info in self.store.list()}:
            return
        there = f"checkpoints/{checkpoint_id}"
        paths = [
            each
            for each in self.repository.listed(there, newest)
            if FILE_NAME.fullmatch(each.removeprefix(f"{there}/"))
        ]
        encoder = checkpoint_id.rpartition("-")[0]
        with folder_aside(self.store.new_folder(encoder)) as aside:
            self.repository.read_each(
                paths, newest, lambda path, content: (aside / path.rpartition("/")[2]).write_bytes(content)
            )
            read_card(aside)  # UserError where it is no checkpoint

    def _note(self, place: SlotPlace, checkpoint_id: str | None) -> None:
        self._sent = {**self._sent, str(place): checkpoint_id}
        replace_file(self._file, json.dumps(self._sent, indent=1).encode())

    def _read(self) -> dict[str, str | None]:
        try:
            return dict(json.loads(self._file.read_bytes()))
        except (OSError, ValueError, TypeError):  # not there, or damaged: promotions are sent once more
            return {}


def _is_derived(card: CheckpointCard) -> bool:
    """Whether every start makes the checkpoint anew from ImageNet weights."""
    return card.network in PRETRAINED and card.answers is None and card.chosen is None
