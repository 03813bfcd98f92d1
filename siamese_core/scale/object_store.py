"""List the images of an object store, by a URI such as s3://bucket/folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pyarrow as pa
from pyarrow import fs

from siamese_core.data.files import ImageFile, Listing, is_hidden, is_image, one_name_each
from siamese_core.data.left_out import NO_SUFFIX, LeftOut, PassedOver
from siamese_core.data.names import clean_path
from siamese_core.embeddings.shards import shown_place
from siamese_core.errors import UserError
from siamese_core.images.kinds import HEAD_BYTES, suffix_of

UNREACHABLE = (OSError, pa.ArrowException, ValueError)


def is_uri(place: Path | str) -> bool:
    """Whether a place is named by a URI, not by a path."""
    return isinstance(place, str) and "://" in place


def local_path(place: Path | str) -> Path | None:
    """Return the path of a place on this machine's file systems, None of one in an object store."""
    if not is_uri(place):
        return Path(place)
    parts = urlsplit(place)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def list_objects(uri: str) -> Listing:
    """List the images below a URI, each named by its own; UserError where there is no such place."""
    try:
        files, folder = fs.FileSystem.from_uri(uri)
        found = files.get_file_info(fs.FileSelector(folder, recursive=True))
    except UNREACHABLE as problem:
        raise _unreachable(uri, problem) from problem
    place, images, passed = shown_place(uri), [], []
    for each in found:
        below = each.path.removeprefix(folder).lstrip("/")
        if each.type != fs.FileType.File or any(map(is_hidden, below.split("/"))):
            continue
        name = f"{place}/{below}"
        if is_image(below, partial(_head, files, each.path)):
            stamp = f"{each.size}-{each.mtime_ns}"
            images.append(
                ImageFile(clean_path(below), each.size, stamp, partial(_read, files, each.path, name))
            )
        else:
            passed.append(PassedOver(name, suffix_of(below) or NO_SUFFIX))
    named = (replace(image, name=f"{place}/{image.name}") for image in one_name_each(images))
    return Listing(tuple(named), LeftOut(tuple(passed)))


def read_object(uri: str) -> bytes:
    """Return the bytes of an object; UserError where it cannot be read."""
    try:
        files, path = fs.FileSystem.from_uri(uri)
    except UNREACHABLE as problem:
        raise _unreachable(uri, problem) from problem
    return _read(files, path, uri)


def _read(files: fs.FileSystem, path: str, name: str) -> bytes:
    try:
        with files.open_input_file(path) as stream:
            return stream.read()
    except UNREACHABLE as problem:
        raise _unreachable(name, problem) from problem


def _head(files: fs.FileSystem, path: str) -> bytes:
    try:
        with files.open_input_file(path) as stream:
            return stream.read(HEAD_BYTES)
    except UNREACHABLE:
        return b""


def _unreachable(name: str, problem: Exception) -> UserError:
    line = next(iter(str(problem).splitlines()), type(problem).__name__)
    return UserError(
        f"An object store must answer, with the credentials of this machine. Received: {shown_place(name)}: "
        f"{line}. Check the name, and the variables of the store, such as AWS_ACCESS_KEY_ID."
    )
