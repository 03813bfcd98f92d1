"""Back up a workspace, which may be in use, as one zip that is verified before it gets its name."""

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from siamese_core.answers.pair_log import log_of
from siamese_core.atomic import replacing
from siamese_core.data.archives import CHUNK_BYTES, Archive
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.images.store import images_of
from siamese_core.operating.manifest import (
    MANIFEST_FILE,
    KeptFile,
    Manifest,
    read_manifest,
    require_same,
    sha256_of,
)
from siamese_core.operating.sources import Sources, backup_sources

PACKED = {".png", ".npz"}  # suffixes of files that do not get smaller
WRITING = 0.7  # share of the work; the rest is reading it again


@dataclass(frozen=True)
class Backup:
    """files: of the workspace that are in it; bytes: of the zip; missing: ids of images that are gone."""

    path: Path
    files: int
    bytes: int
    missing: tuple[str, ...]


def back_up(
    workspace: Path, file: Path, progress: Progress, log_url: str = "", images_url: str = ""
) -> Backup:
    """Write the log, the images that it names, checkpoints, evaluations and reports into a zip.

    An earlier backup of that name is replaced once the new one is verified. UserError where another file has
    the name, where there is no workspace, or its log cannot be read.
    """
    _require_free(file)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as aside:
        log, images = log_of(workspace, log_url), images_of(workspace, images_url)
        sources = backup_sources(workspace, log, images, Path(aside))
        with replacing(file) as stream:
            manifest = _write(sources, stream, progress)
            stream.flush()
            _verify(Path(stream.name), file.name, progress)
    return Backup(file, len(manifest.files), file.stat().st_size, sources.missing)


def _require_free(file: Path) -> None:
    if not file.exists():
        return
    if file.is_file():
        with contextlib.suppress(UserError):
            read_manifest(Archive(file, file.name))
            return
    raise UserError(
        "A backup replaces earlier backups only. "
        f"Received: {file}, which is there and is none. Name another file."
    )


def _write(sources: Sources, stream: BinaryIO, progress: Progress) -> Manifest:
    """Write the zip, each file while its SHA-256 is taken; what is gone meanwhile is left out."""
    files: dict[str, KeptFile] = {}
    shared: dict[tuple[int, int], KeptFile] = {}  # by device and inode
    with zipfile.ZipFile(stream, "w") as packed:
        for number, (name, path) in enumerate(sources.files.items()):
            progress(WRITING * number / len(sources.files), f"writing {name}")
            with contextlib.suppress(FileNotFoundError):  # an evaluation that a person has just deleted
                found = path.stat()
                same = (found.st_dev, found.st_ino)
                files[name] = shared.get(same) or _pack(packed, name, path)
                if found.st_nlink > 1:
                    shared[same] = files[name]
        manifest = Manifest(sources.labels, files)
        packed.writestr(MANIFEST_FILE, manifest.content(), zipfile.ZIP_DEFLATED)
    return manifest


def _pack(packed: zipfile.ZipFile, name: str, path: Path) -> KeptFile:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED

    def copied() -> Iterator[bytes]:
        while chunk := source.read(CHUNK_BYTES):
            target.write(chunk)
            yield chunk

    with path.open("rb") as source, packed.open(entry, "w", force_zip64=True) as target:
        digest = sha256_of(copied())
    return KeptFile(name, digest)


def _verify(written: Path, name: str, progress: Progress) -> None:
    """Read the whole zip again. UserError where an entry is not what was read from the workspace."""
    archive = Archive(written, name)
    manifest, entries = read_manifest(archive)
    kept = {each.entry: each for each in manifest.files.values()}
    for number, each in enumerate(kept.values()):
        progress(WRITING + (1 - WRITING) * number / len(kept), f"verifying {each.entry}")
        require_same(each, sha256_of(archive.chunks(entries[each.entry])), name)
