"""Where the images to label come from: folders and zips, listed and read file by file."""

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from siamese_core.data.datasets import SUFFIXES
from siamese_core.errors import UserError

MAX_IMAGES = 50_000
MAX_FILE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Listed:
    """An image file of a source. `name`: its path in it; `stamp`: changes when the file does."""

    name: str
    stamp: str
    read: Callable[[], bytes]


def list_folder(folder: Path) -> list[Listed]:
    """Every image file below the folder, by name. UserError if it is no folder, or holds too many or none."""
    if not folder.is_dir():
        raise UserError(
            f"Images to label lie in a folder. Received: {folder}, which is none. Check the name."
        )
    found = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _visible(name))
        files = (Path(parent, name) for name in sorted(names) if _is_image(name))
        found += [_listed_file(folder, file) for file in files if file.is_file()]
    return _checked(found, folder.name)


def _listed_file(folder: Path, file: Path) -> Listed:
    status = file.stat()
    name = file.relative_to(folder).as_posix()
    return Listed(name, f"{status.st_size}-{status.st_mtime_ns}", lambda: _read_file(file))


def _read_file(file: Path) -> bytes:
    if file.stat().st_size > MAX_FILE_BYTES:
        raise UserError(_too_large(file.name, file.stat().st_size))
    return file.read_bytes()


def list_zip(archive: Path, name: str) -> list[Listed]:
    """Every image file in a zip; `name` is what messages call it. UserError if it is none, or holds too many
    or none. Nothing is unpacked to the disk."""
    try:
        file = zipfile.ZipFile(archive)  # stays open: to open it for each of 10,000 entries takes minutes
    except (OSError, zipfile.BadZipFile, NotImplementedError) as problem:
        raise UserError(
            f"Images to label come as a zip or as image files. Received: {name}, which is no readable zip "
            f"({problem}). Pack it once more."
        ) from problem
    infos = (info for info in file.infolist() if not info.is_dir() and _is_image(info.filename))
    found = [
        Listed(info.filename, f"{info.file_size}-{info.CRC}", lambda info=info: _read_entry(file, info))
        for info in infos
    ]
    return _checked(sorted(found, key=lambda each: each.name), name)


def _read_entry(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    if info.file_size > MAX_FILE_BYTES:
        raise UserError(_too_large(info.filename, info.file_size))
    try:
        return file.read(info)
    except Exception as problem:  # zlib's, zipfile's and, for a password, RuntimeError
        raise UserError(
            f"A file in a zip must be readable. Received: {info.filename} ({problem}). Pack it once more, "
            "without a password."
        ) from problem


def _too_large(name: str, size: int) -> str:
    return (
        f"An image file has at most {MAX_FILE_BYTES >> 20} MB. Received: {name} with {size >> 20}. Shrink it."
    )


def _visible(name: str) -> bool:
    return not name.startswith((".", "__MACOSX"))


def _is_image(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and all(_visible(part) for part in path.parts)


def _checked(found: list[Listed], name: str) -> list[Listed]:
    if not 1 <= len(found) <= MAX_IMAGES:
        raise UserError(
            f"There are 1 to {MAX_IMAGES} images to label. Received: {len(found)} in {name}. "
            f"Give files of these kinds, at any depth: {', '.join(sorted(SUFFIXES))}."
        )
    return found
