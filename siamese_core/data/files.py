"""The image files of a folder or a zip: which files are images, which are hidden, and how each is read."""

import os
import stat
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from siamese_core.errors import UserError
from siamese_core.images.kinds import SUFFIXES

ENCRYPTED = 0x1  # of a zip entry's flags


@dataclass(frozen=True)
class ImageFile:
    """An image file of a folder or zip, not read yet.

    name: its path in there, with "/"; size: bytes; stamp: changes when the file does; read: returns its
    bytes, UserError where it cannot be read; encrypted: needs a password.
    """

    name: str
    size: int
    stamp: str
    read: Callable[[], bytes]
    encrypted: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.name).parts

    @property
    def outside(self) -> bool:
        """Whether the name, unpacked, would lead out of the folder or zip."""
        return ".." in self.parts or self.name.startswith("/")


def folder_images(folder: Path) -> list[ImageFile]:
    """List the image files at any depth below a folder, sorted by the parts of their paths."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_hidden(name)]
        found += [Path(parent, name) for name in names if is_image_name(name)]
    files = sorted((file.relative_to(folder).parts, file) for file in found)
    return [image for _, file in files if (image := _file_image(folder, file))]


def _file_image(folder: Path, file: Path) -> ImageFile | None:
    try:
        status = file.stat()
    except OSError:  # a link to nowhere
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    stamp = f"{status.st_size}-{status.st_mtime_ns}"
    name = file.relative_to(folder).as_posix()
    return ImageFile(name, status.st_size, stamp, lambda: _read_file(file))


def _read_file(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UserError(
            f"An image file must be readable. Received: {file} ({problem.strerror}). Check its permissions."
        ) from problem


def zip_images(path: Path, name: str) -> list[ImageFile]:
    """List the image files in a zip, sorted by name; nothing is unpacked. Messages call the zip `name`.

    UserError where it is no zip. The zip stays open: opening it for each of 10,000 entries takes minutes.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as problem:
        raise UserError(
            f"Images come in a folder or in a zip. Received: {name}, which is no readable zip ({problem}). "
            "Copy or pack it once more."
        ) from problem
    entries = [each for each in archive.infolist() if not each.is_dir() and is_image_name(each.filename)]
    return [_entry_image(archive, entry) for entry in sorted(entries, key=lambda each: each.filename)]


def _entry_image(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ImageFile:
    return ImageFile(
        entry.filename,
        entry.file_size,
        f"{entry.file_size}-{entry.CRC}",
        lambda: _read_entry(archive, entry),
        bool(entry.flag_bits & ENCRYPTED),
    )


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(entry)
    except Exception as problem:  # zlib's, zipfile's and, for a password, RuntimeError
        raise UserError(
            f"Every file in a zip must be whole and without a password. Received: {entry.filename} "
            f"({problem}). Copy or pack the zip once more."
        ) from problem


def is_image_name(name: str) -> bool:
    """Whether a path with "/" names an image: by its suffix, and no part of it is hidden."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not any(map(_is_hidden, path.parts))


def _is_hidden(part: str) -> bool:
    """Whether a file or folder of this name is none of the person's, such as what macOS puts into a zip."""
    return (part.startswith(".") and part != "..") or part == "__MACOSX"
