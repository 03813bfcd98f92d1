"""Keep which checkpoint is current in each place of each slot: one small file, replaced under a lock.

    {"koch": {"current": "koch-0123456789ab", "previous": ["koch-ba9876543210"]}, ...}

`previous` is the way back, newest last. A reader never locks: it finds the file of before or of after.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_core import atomic
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.errors import UserError, in_words, refuse_newer

POINTER_FILE = "current.json"
LOCK_FILE = "current.lock"
SCHEMA = 1  # of a file that names none


@dataclass(frozen=True)
class Pointer:
    """current: the id of the checkpoint in a place; previous: those before it, newest last."""

    current: str
    previous: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pointers:
    """The pointers by place, and why the file could not be used, if so. newer: it is not ours to replace."""

    places: dict[SlotPlace, Pointer]
    problem: str | None = None
    newer: bool = False


def read_pointers(folder: Path) -> Pointers:
    """Return the pointers: none without a file; none, and a problem in words, where it is damaged."""
    file = folder / POINTER_FILE
    try:
        entries = json.loads(file.read_bytes())
        refuse_newer(entries.get("schema"), SCHEMA, file.name)
        return Pointers({SlotPlace.parse(text): _pointer(entry) for text, entry in entries.items()})
    except UserError as newer:
        return Pointers({}, f"{newer} Until then the shipped checkpoints are used.", newer=True)
    except FileNotFoundError:
        return Pointers({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damage:
        return Pointers(
            {},
            f"{file.name} must be the JSON that promoting writes. Received: {in_words(damage)}. The shipped "
            "checkpoints are used until one is promoted again (python -m siamese_core checkpoints promote "
            "ID).",
        )


def _pointer(entry: dict) -> Pointer:
    current, previous = entry["current"], entry["previous"]
    if not isinstance(previous, list) or not all(isinstance(each, str) for each in [current, *previous]):
        raise TypeError(f"ids are texts, not {entry}")
    return Pointer(current, tuple(previous))


def write_pointer(folder: Path, place: SlotPlace, pointer: Pointer | None) -> None:
    """Replace the pointer of a place, or take it away; call it inside `locked(folder)`.

    UserError where a later version wrote the file.
    """
    found = read_pointers(folder)
    if found.newer:
        raise UserError(found.problem or "", "newer_version")
    places = {**found.places, place: pointer}
    content = {
        str(name): {"current": each.current, "previous": list(each.previous)}
        for name, each in places.items()
        if each is not None
    }
    atomic.replace_file(folder / POINTER_FILE, json.dumps(content, indent=1).encode())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time change the pointers in `folder`; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic.locked(folder / LOCK_FILE):
        yield
