"""Files and folders that are whole or absent, whenever the power goes or the process is killed; locks.

All of it works where Python does: what only some systems can do (flushing a folder's names, hard links) is
done where the system lets it.
"""

import contextlib
import errno
import glob
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import filelock

WINDOWS = os.name == "nt"  # flushes only what is open for writing, and no folder
LONGEST_NAME = 255  # bytes, of a file on most file systems
HIDDEN_EXTRA = 34  # bytes: two dots and 32 hex digits
SHORT_NAME = 50  # characters, of up to 4 bytes
SEAL = "sha256"  # of the other entries of a JSON object
POLL_SECONDS = 0.002  # between two tries for a lock: an append holds it for about as long


def replace_file(file: Path, content: bytes) -> None:
    """Write `content` as `file`. After a crash at any moment it has its old content or the new, whole."""
    with replacing(file) as stream:
        stream.write(content)


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[BinaryIO]:
    """Open a hidden file beside, to be written, that replaces `file` when the block ends well.

    Where the process is killed the hidden file stays; where the block fails nothing stays. A link stays one;
    a device or a pipe, such as /dev/stdout, is written to.
    """
    if file.exists() and not file.is_file() and not file.is_dir():
        with file.open("wb") as stream:
            yield stream
        return
    file = Path(os.path.realpath(file))
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    aside = file.with_name(f"{_hidden(file)}{uuid.uuid4().hex}")
    try:
        with aside.open("xb") as stream:
            yield stream
            flush(stream)
        os.replace(aside, file)
    finally:
        aside.unlink(missing_ok=True)
    flush_names(file.parent)


def _hidden(path: Path) -> str:
    """Return how the names of hidden files beside a file begin: its name, where room is left behind it."""
    name = path.name if len(os.fsencode(path.name)) <= LONGEST_NAME - HIDDEN_EXTRA else path.name[:SHORT_NAME]
    return f".{name}."


def remove_leftovers(file: Path) -> None:
    """Delete what killed writes of `file` left beside it; for a file that one process at a time writes."""
    for aside in file.parent.glob(f"{glob.escape(_hidden(file))}*"):
        aside.unlink(missing_ok=True)


def sealed(text: str) -> bytes:
    """Return the JSON of an object with a hash of its entries, by which `unsealed` sees damage to any."""
    entries = json.loads(text)
    return json.dumps(entries | {SEAL: _seal(entries)}, indent=1).encode()


def unsealed(content: bytes) -> object:
    """Return what JSON holds, without its seal. ValueError if it is damaged; a seal may be missing."""
    entries = json.loads(content)
    if isinstance(entries, dict) and entries.pop(SEAL, None) not in (None, _seal(entries)):
        raise ValueError(f"its {SEAL} is that of other entries")
    return entries


def _seal(entries: dict) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()


def append_to_file(file: Path, content: bytes, start: int | None = None) -> None:
    """Append `content`, on disk when this returns. What lies behind byte `start`, if given, is cut off."""
    with file.open("ab") as stream:
        if start is not None:
            stream.truncate(start)
        stream.write(content)
        flush(stream)


@contextlib.contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """Make a hidden folder beside, to put files in, that becomes `folder` when the block ends well.

    Where the process is killed the hidden folder stays; where the block fails nothing stays. OSError where
    `folder` is there already.
    """
    aside = folder.parent / f"{_hidden(folder)}{uuid.uuid4().hex}"
    aside.mkdir(parents=True)
    try:
        yield aside
        for path in (aside, *aside.rglob("*")):
            _flush_path(path)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    flush_names(folder.parent)


def share_file(file: Path, target: Path) -> None:
    """Make `target` the same file where the file system can do that, else a copy of it."""
    try:
        target.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, target)


@contextlib.contextmanager
def locked(file: Path, seconds: float | None = None) -> Iterator[None]:
    """Hold the lock `file`, made if needed, as the only thread of all processes.

    Waits for at most `seconds`, without them for ever, then raises TimeoutError. The system frees the lock of
    a process that dies.
    """
    lock = filelock.FileLock(file, timeout=-1 if seconds is None else seconds, poll_interval=POLL_SECONDS)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise TimeoutError(f"{file} is held by another process") from None
    try:
        yield
    finally:
        lock.release()


def flush(stream: BinaryIO) -> None:
    """Return once the content of an open file is on disk."""
    stream.flush()
    os.fsync(stream.fileno())


def flush_names(folder: Path) -> None:
    """Return once the names in a folder are on disk, where the system can flush them."""
    if not WINDOWS:
        _flush_path(folder)


def _flush_path(path: Path) -> None:
    """Flush a file that is closed, or a folder's list of names."""
    if WINDOWS and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
