"""Files and folders that are whole or absent, whenever the power goes or the process is killed."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path


def replace_file(file: Path, content: bytes) -> None:
    """After a crash at any moment `file` has its old content or the new, whole."""
    aside = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        with aside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
    _sync(file.parent)


@contextlib.contextmanager
def folder_aside(folder: Path) -> Iterator[Path]:
    """A hidden folder beside, to put files in, that becomes `folder` when the block ends well.

    Where the process is killed the hidden folder stays; where the block fails nothing stays.
    """
    aside = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    aside.mkdir(parents=True)
    try:
        yield aside
        for file in aside.iterdir():
            _sync(file)
        _sync(aside)
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    _sync(folder.parent)


def share_file(file: Path, target: Path) -> None:
    """`target` is the same file where the file system can do that, else a copy of it."""
    try:
        target.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, target)


def _sync(path: Path) -> None:
    """To the disk: a file's content, or a folder's list of names (a rename is safe only then)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
