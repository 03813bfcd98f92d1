"""Which checkpoint is current in each slot: one small file, replaced as a whole, under a lock.

    {"koch": {"current": "koch-0123456789ab", "previous": ["koch-ba9876543210"]}, ...}

`previous` is the way back, newest last. A reader never locks: it finds the file of before or of after.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_core import atomic

POINTER_FILE = "current.json"
LOCK_FILE = "current.lock"


@dataclass(frozen=True)
class Pointer:
    """`current`: the id of the slot's checkpoint; `previous`: those before it, newest last."""

    current: str
    previous: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pointers:
    """The pointers by slot, and why the file could not be used, if so."""

    slots: dict[str, Pointer]
    problem: str | None = None


def read_pointers(folder: Path) -> Pointers:
    """No file: no pointers. A damaged file: no pointers, and a problem in words for the person."""
    file = folder / POINTER_FILE
    try:
        slots = {slot: _pointer(entry) for slot, entry in json.loads(file.read_bytes()).items()}
    except FileNotFoundError:
        return Pointers({})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as damage:
        return Pointers(
            {},
            f"{file} must be the JSON that promoting writes. Received: {damage!r}. The shipped checkpoints "
            "are used until one is promoted again (python -m siamese_core checkpoints promote ID).",
        )
    return Pointers(slots)


def _pointer(entry: dict) -> Pointer:
    current, previous = entry["current"], entry["previous"]
    if not isinstance(previous, list) or not all(isinstance(each, str) for each in [current, *previous]):
        raise TypeError(f"ids are texts, not {entry}")
    return Pointer(current, tuple(previous))


def write_pointer(folder: Path, slot: str, pointer: Pointer | None) -> None:
    """Replaces one slot's pointer, or takes it away; call it inside `locked(folder)`."""
    slots = {**read_pointers(folder).slots, slot: pointer}
    content = {
        name: {"current": each.current, "previous": list(each.previous)}
        for name, each in slots.items()
        if each is not None
    }
    atomic.replace_file(folder / POINTER_FILE, json.dumps(content, indent=1).encode())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One process at a time changes the pointers in `folder`; the lock ends with its process."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic.locked(folder / LOCK_FILE):
        yield
