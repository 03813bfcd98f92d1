"""Class folders, zips of them and Omniglot archives, read as one kind of thing."""

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
OMNIGLOT_NAME = re.compile(r"\d{4}_(\d{2})")
ENCRYPTED = 0x1  # of a zip entry's flags

Entry = tuple[str, Callable[[], bytes]]


@dataclass(frozen=True)
class Dataset:
    """Labelled images, decoded only when asked for.

    names: n paths; labels: int64 (n,) into `classes`; class_group: int64 (n_classes,) into `groups`; drawers:
    int64 (n,), who drew it where Omniglot's names `NNNN_DD` tell, else -1; read: index -> the file's bytes.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    class_group: np.ndarray
    groups: tuple[str, ...]
    drawers: np.ndarray
    read: Callable[[int], bytes]

    def __len__(self) -> int:
        return len(self.names)

    def image(self, index: int) -> np.ndarray:
        """uint8 (height, width, 3); UserError if the file cannot be read or decoded."""
        return decode_image(self.read(index), self.names[index])

    def subset(self, indices: np.ndarray) -> "Dataset":
        """The images at `indices`, with the same classes and groups (some may then be empty)."""
        indices = np.asarray(indices, dtype="int64")
        return Dataset(
            tuple(self.names[i] for i in indices),
            self.labels[indices],
            self.classes,
            self.class_group,
            self.groups,
            self.drawers[indices],
            lambda index: self.read(int(indices[index])),
        )

    def fingerprint(self) -> str:
        """SHA-256 (64 hex digits) over names and contents: the same for a folder and for its zip."""
        digest = hashlib.sha256()
        for index, name in enumerate(self.names):
            digest.update(name.encode(errors="surrogateescape") + b"\0")
            digest.update(hashlib.sha256(self.read(index)).digest())
        return digest.hexdigest()


def load_dataset(paths: Sequence[Path | str]) -> Dataset:
    """Every image under `paths`: folders of class folders, or zips of them.

    The folder of an image is its class, the folder above it the class' group. Hidden files are left out.
    UserError where a path is missing, is neither, or no class folder with images is in it.
    """
    files = [entry for path in dict.fromkeys(map(Path, paths)) for entry in _entries(path)]
    if not files:
        raise UserError(
            "Data must be images in class folders (CLASS/image.png, or GROUP/CLASS/image.png), in a folder "
            f"or a zip. Received: none in {', '.join(map(str, paths)) or 'no path'}. "
            "Put each class into a folder of its own, and unpack zips that lie inside."
        )
    keys = sorted({str(PurePosixPath(name).parent) for name, _ in files})
    group_names = sorted({str(PurePosixPath(key).parent) for key in keys})
    class_index = {key: index for index, key in enumerate(keys)}
    group_index = {key: index for index, key in enumerate(group_names)}
    readers = [reader for _, reader in files]
    return Dataset(
        names=tuple(name for name, _ in files),
        labels=np.array([class_index[str(PurePosixPath(name).parent)] for name, _ in files], dtype="int64"),
        classes=tuple(keys),
        class_group=np.array([group_index[str(PurePosixPath(key).parent)] for key in keys], dtype="int64"),
        groups=tuple(group_names),
        drawers=np.array([_drawer(name) for name, _ in files], dtype="int64"),
        read=lambda index: readers[index](),
    )


def _entries(path: Path) -> list[Entry]:
    if path.is_dir():
        return _folder_entries(path)
    if not path.exists():
        raise UserError(f"Data must be a folder or a zip that exists. Received: {path}. Check the path.")
    return _zip_entries(path)


def _folder_entries(folder: Path) -> list[Entry]:
    top = Path(os.path.abspath(folder)).name  # also where the folder is called "." or ".."
    found = sorted(file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    names = [(file, PurePosixPath(top, file.as_posix()).as_posix()) for file in found if len(file.parts) > 1]
    return [
        (name, lambda file=folder / file: _file_bytes(file)) for file, name in names if _is_image_name(name)
    ]


def _file_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UserError(
            f"An image file must be readable. Received: {file} ({problem.strerror}). Check its permissions."
        ) from problem


def _zip_entries(path: Path) -> list[Entry]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as problem:
        raise UserError(
            "Data must be a folder of class folders or a zip of one. "
            f"Received: {path}, which is no readable zip ({problem}). Copy or pack it once more."
        ) from problem
    found = sorted((e for e in archive.infolist() if _is_image_name(e.filename)), key=lambda e: e.filename)
    for entry in found:
        if ".." in PurePosixPath(entry.filename).parts or entry.filename.startswith("/"):
            raise UserError(
                "Names in a zip must stay inside it. "
                f"Received: {entry.filename!r} in {path.name}. Pack the class folders once more."
            )
        if entry.flag_bits & ENCRYPTED:
            raise UserError(
                "A zip of images must not be encrypted. "
                f"Received: {path.name}, whose {entry.filename} needs a password. Pack it without one."
            )
    return [
        (entry.filename, lambda entry=entry: _entry_bytes(archive, entry))
        for entry in found
        if len(PurePosixPath(entry.filename).parts) > 1
    ]


def _entry_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError) as problem:
        raise UserError(
            "Every file in a zip must be whole. "
            f"Received: {entry.filename} ({problem}). Copy or pack the zip once more."
        ) from problem


def _is_image_name(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part.startswith(".") and part != ".." for part in parts) or "__MACOSX" in parts
    return PurePosixPath(name).suffix.lower() in SUFFIXES and not hidden


def _drawer(name: str) -> int:
    match = OMNIGLOT_NAME.fullmatch(PurePosixPath(name).stem)
    return int(match.group(1)) if match else -1
