"""Give each server on a workspace an upload folder of its own, and delete those whose process has ended.

A folder `uploads/ID` belongs to the process that holds the lock `uploads/ID.lock`. The system frees the lock
when the process dies, however it dies.
"""

import shutil
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path

from siamese_core.atomic import locked

SUFFIX = ".lock"
CLAIMING = "claiming.lock"  # held while folders are claimed or deleted, so that no start sees half of another


def claim_upload_folder(workspace: Path, held: ExitStack) -> Path:
    """Delete what ended processes left in `workspace/uploads`; return a new folder, ours until `held` ends.

    The images among the uploads are in the image store.
    """
    uploads = workspace.resolve() / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    with locked(uploads / CLAIMING):
        _delete_unused(uploads)
        own = uploads / uuid.uuid4().hex[:12]
        held.enter_context(locked(_lock_of(own), seconds=0))
        own.mkdir()
    return own


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + SUFFIX)


def _delete_unused(uploads: Path) -> None:
    names = {path.name.removesuffix(SUFFIX) for path in uploads.iterdir() if path.name != CLAIMING}
    for folder in (uploads / name for name in names):
        with suppress(TimeoutError):
            with locked(_lock_of(folder), seconds=0):
                shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
