"""Say what a backup holds: every file of the workspace with its entry in the zip and its SHA-256.

    {"format": "siamese-workbench backup", "version": 1, "created_at": ..., "labels": 12,
     "files": {"pairs.csv": {"entry": "pairs.csv", "sha256": "..."}, ...}}

Checkpoints that share one file on disk share one entry.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from siamese_core.accounts.audit import FILE_NAME as AUDIT_FILE
from siamese_core.annotators.gold import FILE_NAME as GOLD_FILE
from siamese_core.data.archives import Archive, Entry
from siamese_core.errors import UserError

MANIFEST_FILE = "siamese-backup.json"
FORMAT, VERSION = "siamese-workbench backup", 1
FOLDERS = ("images", "checkpoints", "evaluations", "reports")
LEADING_ELSEWHERE = {"", ".", ".."}  # parts of a path
UNFIT_LETTERS = set('\\:"*?<>|\0')  # for a name on some system


@dataclass(frozen=True)
class KeptFile:
    """A file of the workspace. entry: the name in the zip of its content; sha256: in hex."""

    entry: str
    sha256: str

    def __post_init__(self):
        if not isinstance(self.entry, str):
            raise TypeError(f"an entry is a text, not {self.entry!r}")


@dataclass(frozen=True)
class Manifest:
    """labels: the answers in the log that stand; files: by their path in the workspace, with "/"."""

    labels: int
    files: dict[str, KeptFile]

    def content(self) -> bytes:
        """Return the manifest as it lies in the zip."""
        files = {name: asdict(kept) for name, kept in self.files.items()}
        made = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"format": FORMAT, "version": VERSION, "created_at": made, "labels": self.labels}
        return json.dumps(head | {"files": files}, indent=1).encode()


def read_manifest(archive: Archive) -> tuple[Manifest, dict[str, Entry]]:
    """Return the manifest of an opened zip, and its other entries by name.

    UserError where the zip is no backup, one of a later version, or holds other files than it says.
    """
    entries = {each.packed_as: each for each in archive.entries}
    manifest = entries.pop(MANIFEST_FILE, None)
    if manifest is None:
        raise no_backup(archive.name, f"a zip without {MANIFEST_FILE}")
    try:
        found = json.loads(archive.read(manifest))
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']!r}")
        if found["version"] > VERSION:
            raise _newer(archive.name, found["version"])
        files = {name: KeptFile(**kept) for name, kept in found["files"].items()}
        labels = int(found["labels"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as damage:
        words = f"a zip whose {MANIFEST_FILE} cannot be read ({type(damage).__name__}: {damage})"
        raise no_backup(archive.name, words) from damage
    _require_all(archive.name, files, entries)
    return Manifest(labels, files), entries


def _require_all(name: str, files: dict[str, KeptFile], entries: dict[str, Entry]) -> None:
    outside = [path for path in [*files, *entries] if not _belongs(path)]
    if outside:
        raise no_backup(name, f"a zip with {ascii(outside[0])}, which is no file of a workspace")
    told = {kept.entry for kept in files.values()}
    if told != set(entries):
        other = sorted(told ^ set(entries))[0]
        raise no_backup(name, f"a zip in which {ascii(other)} is missing or too many")


def _belongs(path: str) -> bool:
    """Return whether a path can be that of a file inside a workspace, and leads nowhere else."""
    parts = path.split("/")
    if LEADING_ELSEWHERE & set(parts) or UNFIT_LETTERS & set(path):
        return False
    return (
        parts[0] in FOLDERS
        if len(parts) > 1
        else path in (AUDIT_FILE, GOLD_FILE) or path.startswith("pairs.")
    )


def sha256_of(chunks: Iterable[bytes]) -> str:
    """Return the SHA-256 (hex) of what is read piece by piece."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def require_same(kept: KeptFile, sha256: str, name: str) -> None:
    """Raise UserError unless the content of a file is what it was when it was backed up."""
    if sha256 != kept.sha256:
        raise UserError(
            f"Every file of a backup must have the SHA-256 that its manifest tells. Received: {kept.entry} "
            f"in {name} with another one. The zip was changed or damaged: take another backup."
        )


def no_backup(name: str, words: str) -> UserError:
    """Return the error about a file that is no backup. words: what it is."""
    return UserError(
        "A backup is a zip that the command backup made. "
        f"Received: {ascii(name)[1:-1]}, {words}. Name another file; images alone go to the option --images."
    )


def _newer(name: str, version: object) -> UserError:
    return UserError(
        f"This program reads backups up to version {VERSION}. "
        f"Received: {name} of version {version}. Install the program that made it, or a later one."
    )
