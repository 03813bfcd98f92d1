"""The image files below a folder: which files are images, which are hidden, which links are followed."""

import mimetypes
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from siamese_core.data.left_out import (
    CLOSED_FOLDER,
    DEAD_LINK,
    LOOP,
    NO_SUFFIX,
    SPECIAL,
    LeftOut,
    PassedOver,
)
from siamese_core.data.names import clean_path, notes_on
from siamese_core.errors import UserError
from siamese_core.images.kinds import HEAD_BYTES, SUFFIXES, is_readable, suffix_of

DEEPEST = 64  # folders below each other
# What Macs, Windows and network drives put beside a person's files
OF_SYSTEMS = frozenset(("__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir", "$RECYCLE.BIN"))
OF_SYSTEMS |= {"System Volume Information"}


@dataclass(frozen=True)
class ImageFile:
    """An image file of a folder or archive, not read yet.

    name: its path in there, cleaned, with "/"; size: bytes; stamp: changes when the file does; read: returns
    its bytes, UserError where it cannot be read, also in other processes that see the same files; path: where
    it lies, None where it is packed.
    """

    name: str
    size: int
    stamp: str
    read: Callable[[], bytes]
    path: Path | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.name).parts


@dataclass(frozen=True)
class Listing:
    """The images of a folder or archive, sorted by name, and what else is in there."""

    images: tuple[ImageFile, ...]
    left_out: LeftOut


def list_folder(folder: Path) -> Listing:
    """List the images at any depth below a folder. Links are followed, but for those that lead back.

    A file is an image by its suffix, or by its content where that is of no known type.
    """
    images, passed, folders = [], [], set()
    for file, problem in _walk(folder, (_identity(folder),)):
        name = clean_path(file.relative_to(folder).as_posix())
        found = PassedOver(name, problem) if problem else _file_image(file, name)
        (images if isinstance(found, ImageFile) else passed).append(found)
        folders |= {file.parent} if isinstance(found, ImageFile) else set()
    return Listing(one_name_each(images), LeftOut(tuple(passed), notes_on_classes(folders)))


def notes_on_classes(folders: Iterable[PurePath]) -> tuple[str, ...]:
    """Tell which class folders beside each other have names that are, or only look, the same."""
    siblings = defaultdict(list)
    for folder in folders:
        siblings[folder.parent].append(folder.name)
    return tuple(note for _, names in sorted(siblings.items()) for note in notes_on(names))


def one_name_each(images: Iterable[ImageFile]) -> tuple[ImageFile, ...]:
    """Sort images by name; names that cleaning made alike are numbered, as "cat/1 (2).png"."""
    found, taken = [], Counter()
    for image in sorted(images, key=lambda each: each.parts):
        taken[image.name] += 1
        path = PurePosixPath(image.name)
        if taken[image.name] > 1:
            path = path.with_name(f"{path.stem} ({taken[image.name]}){path.suffix}")
        found.append(replace(image, name=str(path)))
    return tuple(found)


def _walk(folder: Path, above: tuple) -> Iterator[tuple[Path, str]]:
    """Every visible file below, and what is wrong with a link or folder, else ""."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda each: each.name)
    except OSError:
        yield folder, CLOSED_FOLDER
        return
    for entry in entries:
        if is_hidden(entry.name):
            continue
        file = folder / entry.name
        try:
            is_folder, own = entry.is_dir(), _identity(file)
        except OSError:
            yield file, DEAD_LINK
            continue
        if not is_folder:
            yield file, ""
        elif own in above or len(above) > DEEPEST:
            yield file, LOOP
        else:
            yield from _walk(file, (*above, own))


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


def _file_image(file: Path, name: str) -> ImageFile | PassedOver:
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        return PassedOver(name, SPECIAL)
    if not is_image(name, lambda: _head(file)):
        return PassedOver(name, suffix_of(name) or NO_SUFFIX)
    stamp = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
    return ImageFile(name, status.st_size, stamp, partial(_read_file, file, name), file)


def is_image(name: str, head: Callable[[], bytes]) -> bool:
    """Whether a file is an image: by its suffix, where that is of no known type by its first bytes."""
    if suffix_of(name) in SUFFIXES:
        return True
    kind = mimetypes.guess_type(name)[0] or "image/unknown"
    return kind.startswith("image/") and is_readable(head())


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(HEAD_BYTES)
    except OSError:
        return b""


def _read_file(file: Path, name: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UserError(
            f"An image file must be readable. Received: {name} ({problem.strerror}). Check its permissions."
        ) from problem


def is_hidden(part: str) -> bool:
    """Whether a file or folder of this name is none of the person's, but put there by a system."""
    return (part.startswith(".") and part != "..") or part in OF_SYSTEMS
