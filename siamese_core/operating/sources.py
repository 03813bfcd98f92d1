"""List the files of a workspace in use that a backup keeps, in a state that belongs together.

The log comes first, while nobody appends to it. The images that its rows name were stored before the rows,
and never change; the pointers come before the checkpoints that they name, for the same reason.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_core.accounts.audit import FILE_NAME as AUDIT_FILE
from siamese_core.annotators.gold import FILE_NAME as GOLD_FILE
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.settled import standing_labels
from siamese_core.checkpoints.pointers import POINTER_FILE
from siamese_core.data.files import is_hidden
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore


@dataclass(frozen=True)
class Sources:
    """files: where each lies, by its path in the workspace; missing: ids of images that are gone."""

    labels: int
    files: dict[str, Path]
    missing: tuple[str, ...]


def backup_sources(workspace: Path, log: PairLog, store: ImageStore, aside: Path) -> Sources:
    """Return what a backup keeps; what changes while it is used is copied into the folder `aside`.

    UserError where there is no workspace, or its log cannot be read.
    """
    if not workspace.is_dir():
        raise UserError(
            f"A backup is made of a workspace. Received: {workspace}, which is no folder. Name it with "
            "--workspace."
        )
    rows = log.snapshot(aside)
    for name in (AUDIT_FILE, GOLD_FILE):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(workspace / name, aside / name)
    files = {file.name: file for file in sorted(aside.iterdir())}
    named = sorted({each for row in rows for each in row.pair if each})
    files |= {f"images/{each}.png": store.path(each) for each in named if each in store}
    pointer = aside / POINTER_FILE
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(workspace / "checkpoints" / POINTER_FILE, pointer)
        files[f"checkpoints/{POINTER_FILE}"] = pointer
    for folder in ("checkpoints", "evaluations", "reports"):
        for file in _visible_files(workspace / folder):
            files.setdefault(file.relative_to(workspace).as_posix(), file)
    missing = tuple(each for each in named if each not in store)
    return Sources(len(standing_labels(rows)), files, missing)


def _visible_files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in order, but for locks and what is still being written aside."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if is_hidden(path.name) or path.suffix == ".lock":
            continue
        if path.is_dir():
            yield from _visible_files(path)
        elif path.is_file():
            yield path
