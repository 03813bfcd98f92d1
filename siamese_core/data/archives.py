"""Zip archives, read in one way, with one list of their possible faults."""

import contextlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePosixPath

from siamese_core.data.files import ImageFile, Listing, is_hidden, is_image, notes_on_classes, one_name_each
from siamese_core.data.left_out import LOCKED, METHOD, NO_SUFFIX, OUTSIDE, LeftOut, PassedOver
from siamese_core.data.names import clean_path
from siamese_core.errors import UserError
from siamese_core.images.decoding import MAX_FILE_BYTES
from siamese_core.images.kinds import HEAD_BYTES, content_of, suffix_of

ENCRYPTED, UTF8_NAME = 0x1, 0x800  # of an entry's flags
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
CHUNK_BYTES = 1 << 20  # of a large entry that are in memory at a time
AES = 99  # the packing method of entries that WinZip and 7-Zip lock
# All that Python's zipfile raises on entries that are locked, damaged, or of a method or version it lacks
FAULTS = (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
FAULTS += (zlib.error, lzma.LZMAError, struct.error, MemoryError, OverflowError, KeyError, IndexError)


@dataclass(frozen=True)
class Entry:
    """A file of an archive. packed_as: its name with "/", whatever system packed it; name: that, cleaned."""

    packed_as: str
    name: str
    info: zipfile.ZipInfo

    @property
    def locked(self) -> bool:
        return bool(self.info.flag_bits & ENCRYPTED) or self.info.compress_type == AES

    @property
    def leads_outside(self) -> bool:
        return self.name.startswith("/") or ".." in self.name.split("/") or self.name[1:2] == ":"


class Archive:
    """A zip that stays open: opening it for each of 10,000 entries takes minutes.

    Another process that it is sent to opens it once.
    """

    def __init__(self, path: Path, name: str) -> None:
        """Open it; messages call it `name`. UserError that says what it is where it is no readable zip."""
        self.path, self.name = path, name
        try:
            if path.exists() and not path.is_file():  # to open a pipe is to wait for ever
                raise ValueError("no regular file")
            self._file = zipfile.ZipFile(path)
            infos = [info for info in self._file.infolist() if not info.is_dir()]
        except FAULTS as problem:
            raise UserError(
                f"An archive must be a zip that can be read. Received: {name}, {_what_it_is(path, problem)}. "
                "Copy or pack it once more."
            ) from problem
        names = map(_entry_name, infos)
        entries = [Entry(name, clean_path(name), info) for name, info in zip(names, infos, strict=True)]
        self.entries = sorted((each for each in entries if _is_visible(each)), key=lambda each: each.name)

    def __reduce__(self) -> tuple:
        return _opened_once, (self.path, self.name)

    def read(self, entry: Entry) -> bytes:
        """Return the bytes of an entry; UserError that names it where that fails."""
        if entry.info.file_size > MAX_FILE_BYTES:
            raise self._fault(
                entry, f"has {entry.info.file_size >> 20} MB, {MAX_FILE_BYTES >> 20} at most are read"
            )
        if entry.locked:
            raise self._fault(entry, "needs a password")
        try:
            return self._file.read(entry.info)
        except FAULTS as problem:
            raise self._fault(entry, f"cannot be unpacked ({problem})") from problem

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """Yield the bytes of an entry of any size; UserError that names it where that fails."""
        if entry.locked:
            raise self._fault(entry, "needs a password")
        try:
            with self._file.open(entry.info) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    yield chunk
        except FAULTS as problem:
            raise self._fault(entry, f"cannot be unpacked ({problem})") from problem

    def _fault(self, entry: Entry, words: str) -> UserError:
        return UserError(
            "Every file in a zip must be whole, without a password and of a usual packing method. "
            f"Received: {entry.name} in {self.name}, which {words}. Pack it once more."
        )

    def head(self, entry: Entry) -> bytes:
        """Return the first bytes of an entry; b"" where they cannot be read."""
        try:
            with self._file.open(entry.info) as stream:
                return stream.read(HEAD_BYTES)
        except FAULTS:
            return b""


@cache
def _opened_once(path: Path, name: str) -> Archive:
    return Archive(path, name)


def list_archive(path: Path, name: str) -> Listing:
    """List the images in a zip, sorted by name; nothing is unpacked to the disk. UserError if it is none."""
    archive = Archive(path, name)
    images, passed, folders = [], [], set()
    for entry in archive.entries:
        found = _image(archive, entry)
        (images if isinstance(found, ImageFile) else passed).append(found)
        folders |= {PurePosixPath(entry.packed_as).parent} if isinstance(found, ImageFile) else set()
    return Listing(one_name_each(images), LeftOut(tuple(passed), notes_on_classes(folders)))


def _image(archive: Archive, entry: Entry) -> ImageFile | PassedOver:
    if entry.leads_outside:
        return PassedOver(entry.name, OUTSIDE)
    if not is_image(entry.name, lambda: archive.head(entry)):
        return PassedOver(entry.name, suffix_of(entry.name) or NO_SUFFIX)
    if entry.locked:
        return PassedOver(entry.name, LOCKED, "needs a password")
    if entry.info.compress_type not in METHODS:
        why = f"{METHOD} ({entry.info.compress_type}): pack it once more, with the usual one"
        return PassedOver(entry.name, METHOD, why)
    stamp = f"{entry.info.file_size}-{entry.info.CRC}"
    return ImageFile(entry.name, entry.info.file_size, stamp, partial(archive.read, entry))


def _entry_name(info: zipfile.ZipInfo) -> str:
    """The name with "/" and in Unicode, though it was packed on Windows or without saying its encoding."""
    name = info.orig_filename.replace("\\", "/")
    if not info.flag_bits & UTF8_NAME:
        with contextlib.suppress(UnicodeError):  # else it is what the old standard says
            name = name.encode("cp437").decode("utf-8")
    return name.removeprefix("./")


def _is_visible(entry: Entry) -> bool:
    return not any(map(is_hidden, PurePosixPath(entry.name).parts)) and not entry.name.endswith("/")


def _what_it_is(path: Path, problem: Exception) -> str:
    if not path.exists():
        return "which is not there"
    if path.is_dir():
        return "which is a folder"
    if not path.is_file():
        return "which is no regular file"
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as closed:
        return f"which cannot be opened ({closed.strerror})"
    if not head:
        return "which is empty"
    if head.startswith(b"PK"):
        return f"a zip that is damaged or cut short ({problem})"
    found = content_of(head)
    return f"which is {found}" if found else "which is no zip"
