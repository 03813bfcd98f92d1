"""Copy a log that is in use, up to its last whole row, with the copies that are kept beside it."""

import glob
import shutil
from pathlib import Path

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.log_contents import LogContents
from siamese_core.atomic import locked

LOG_NAME = "pairs.csv"  # the file in a workspace
TORN_END = "torn-end"  # named as those that an append sets aside, so that `log check` tells of it


def lock_of(log: Path) -> Path:
    """Return the file of the lock that whoever appends to a log holds."""
    return log.with_name(f"{log.name}.lock")


def copy_log(log: Path, folder: Path) -> list[LabelRow]:
    """Copy the log and the files kept beside it into `folder`, and return its rows, oldest first.

    Nobody appends meanwhile. A torn end goes to a file of its own. UserError where the file is no log.
    """
    with locked(lock_of(log)):
        for file in _files(log):
            shutil.copyfile(file, folder / file.name)
    copy, contents = folder / log.name, LogContents()
    if copy.is_file():
        data = copy.read_bytes()
        contents.read(data)
        if torn := data[contents.whole_bytes :]:
            copy.with_name(f"{log.name}.{TORN_END}").write_bytes(torn)
            copy.write_bytes(data[: contents.whole_bytes])
    return contents.rows


def _files(log: Path) -> list[Path]:
    """List the log, its dated copies and its torn ends, those that are there."""
    stem, name = glob.escape(log.stem), glob.escape(log.name)
    patterns = (name, f"{stem}.*-*{glob.escape(log.suffix)}", f"{name}.torn-*")
    return [file for pattern in patterns for file in sorted(log.parent.glob(pattern)) if file.is_file()]
