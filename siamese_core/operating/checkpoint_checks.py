"""Check the checkpoints on disk by their cards and files; none is loaded."""

import zipfile
from pathlib import Path

from siamese_core.checkpoints.card import read_card
from siamese_core.checkpoints.checkpoint_files import HEAD_FILE
from siamese_core.checkpoints.encoder_files import files_of
from siamese_core.checkpoints.pointers import read_pointers
from siamese_core.checkpoints.slot_place import SlotPlace
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.archives import FAULTS
from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.errors import UserError, in_words
from siamese_core.networks.encoders import SLOTS

ARRAYS = ".npz"  # a zip, whose every entry has a checksum


def folder_problem(folder: Path) -> str | None:
    """Say what is missing or damaged in the folder of a checkpoint; None where it is whole."""
    try:
        read_card(folder)
    except UserError as problem:
        return str(problem)
    for file in (*files_of(folder), folder / HEAD_FILE):
        try:
            if not file.stat().st_size:
                return f"{file.name} is empty"
            if file.suffix == ARRAYS:
                with zipfile.ZipFile(file) as arrays:
                    damaged = arrays.testzip()
                if damaged:
                    return f"{file.name} is damaged at {damaged}"
        except FAULTS as problem:
            return f"{file.name} cannot be read ({in_words(problem)})"
    return None


def check_pointers(store: CheckpointStore) -> Finding:
    """Count the places of slots whose checkpoint is missing or not whole."""
    pointers, folders = read_pointers(store.own_folder), {each.id: each.folder for each in store.list()}
    serving = {place: pointer.current for place, pointer in pointers.places.items()}
    serving |= {SlotPlace(slot): store.current_id(slot) for slot in SLOTS if SlotPlace(slot) not in serving}
    problems = [pointers.problem] if pointers.problem else []
    for place, current in serving.items():
        why = folder_problem(folders[current]) if current in folders else "which is not there"
        problems += [f"{place} leads to {current}: {why}"] if why else []
    check = Check("pointers", f"0 of {len(serving)} places of slots without a whole checkpoint")
    if not problems:
        return check.ok(0)
    remedy = (
        "Put the folder back from a backup, or make another one current: "
        "python -m siamese_core checkpoints promote ID."
    )
    return check.found("error", len(problems), _joined(problems), remedy)


def check_checkpoints(store: CheckpointStore) -> Finding:
    """Count the checkpoints of the workspace that are not whole, whether they serve or not."""
    own = store.own_folder
    folders = (
        [each for each in own.iterdir() if each.is_dir() and each.name[:1] != "."] if own.is_dir() else []
    )
    problems = [f"{each.name}: {why}" for each in sorted(folders) if (why := folder_problem(each))]
    check = Check("checkpoints", f"0 of {len(folders)} checkpoints of the workspace not whole")
    if not problems:
        return check.ok(0)
    remedy = f"Put them back from a backup, or delete their folders in {own}."
    return check.found("warning", len(problems), _joined(problems), remedy)


def _joined(problems: list[str]) -> str:
    return f"{'; '.join(each.rstrip('.') for each in problems)}."
