"""Restore a workspace from the zip of a backup: whole and verified, or not at all; never over another one."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from siamese_core.answers.pair_log import log_of
from siamese_core.atomic import folder_aside, share_file
from siamese_core.data.archives import CHUNK_BYTES, Archive, Entry
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.operating.manifest import Manifest, read_manifest, require_same, sha256_of


@dataclass(frozen=True)
class Restored:
    """workspace: the new one; labels: the answers in its log that stand."""

    workspace: Path
    files: int
    labels: int


def restore(file: Path, workspace: Path, progress: Progress) -> Restored:
    """Unpack a backup into a workspace that is new or an empty folder, and verify what is then on disk.

    UserError, and nothing is left, where the zip is damaged or no backup, or the workspace is not empty.
    """
    workspace = workspace.resolve()
    _require_empty(workspace)
    archive = Archive(file, file.name)
    manifest, entries = read_manifest(archive)
    _require_room(workspace, entries)
    with folder_aside(workspace) as aside:
        _unpack(archive, manifest, entries, aside, progress)
        labels = log_of(aside).counts().labels
        if labels != manifest.labels:
            raise UserError(
                f"The log of a backup has the answers that its manifest tells, {manifest.labels}. "
                f"Received: {labels} in {file.name}. Take another backup."
            )
        _make_way(workspace)
    return Restored(workspace, len(manifest.files), labels)


def _require_empty(workspace: Path) -> None:
    if workspace.exists() and (not workspace.is_dir() or any(workspace.iterdir())):
        what = "is not empty" if workspace.is_dir() else "is a file"
        raise UserError(
            "A backup is restored into a new workspace or an empty folder, never over another one. "
            f"Received: {workspace}, which {what}. Name a new folder with --into."
        )


def _require_room(workspace: Path, entries: dict[str, Entry]) -> None:
    needed = sum(entry.info.file_size for entry in entries.values())
    there = next(folder for folder in workspace.parents if folder.is_dir())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise UserError(
            f"The disk must have room for the workspace, {needed / 1e6:,.0f} MB. "
            f"Received: {free / 1e6:,.0f} MB free in {there}. Make room, or name another folder."
        )


def _unpack(
    archive: Archive, manifest: Manifest, entries: dict[str, Entry], folder: Path, progress: Progress
) -> None:
    written: dict[str, Path] = {}  # by entry: checkpoints that shared a file share it again
    for number, (name, kept) in enumerate(manifest.files.items()):
        progress(number / len(manifest.files), f"restoring {name}")
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if kept.entry in written:
            share_file(written[kept.entry], target)
            continue
        with target.open("xb") as stream:
            for chunk in archive.chunks(entries[kept.entry]):
                stream.write(chunk)
        require_same(kept, sha256_of(_chunks(target)), archive.name)
        written[kept.entry] = target


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _make_way(workspace: Path) -> None:
    """Delete the empty folder whose place the workspace takes. UserError where the system keeps it."""
    if not workspace.exists():
        return
    try:
        workspace.rmdir()
    except OSError as problem:
        raise UserError(
            "A workspace takes the place of a folder that can be deleted. "
            f"Received: {workspace}: {problem.strerror}. Name a new folder inside it with --into."
        ) from problem
