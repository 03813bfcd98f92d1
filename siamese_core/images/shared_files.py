"""The image files of an object store that several machines share, with copies on this one."""

import contextlib
import math
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from siamese_core.atomic import replace_file
from siamese_core.errors import UserError, in_words
from siamese_core.images.local_files import is_id

COUNTED_SECONDS = 60.0  # in which images of others may be missing in the count: listing takes long
LISTING_SECONDS = 1.0  # that a count waits for a listing
EXAMPLE = "s3://BUCKET/FOLDER"


class SharedFiles:
    """PNG files named by image id in the place that a URL of fsspec names.

    folder: has copies of the files that were used here; it may be deleted at any time.
    """

    def __init__(self, url: str, folder: Path):
        self.folder, self.name = folder, shown_url(url)
        self._password = urlsplit(url).password
        with self._told():
            self._system, self._place = _opened(url)
        self._guard = threading.Lock()
        self._known: set[str] = set()
        self._listed_at = -COUNTED_SECONDS

    def path(self, stored_id: str) -> Path:
        """Return the copy of the file, made now if need be."""
        copy = self.folder / f"{stored_id}.png"
        if not copy.is_file():
            with self._told(), contextlib.suppress(FileNotFoundError):
                self._keep(copy, self._system.cat_file(self._file(stored_id)))
        return copy

    def holds(self, stored_id: str) -> bool:
        """Return whether the place has the file, asked of it unless there is a copy."""
        with self._told():
            copied = (self.folder / f"{stored_id}.png").is_file()
            return copied or self._system.exists(self._file(stored_id))

    def ids(self) -> set[str]:
        """List the ids of all files: O(files)."""
        with self._told():
            try:
                names = self._system.ls(self._place, detail=False)
            except FileNotFoundError:  # before the first file
                names = []
        stems = {name.rpartition("/")[2].removesuffix(".png") for name in names}
        return {stem for stem in stems if is_id(stem)}

    def count(self) -> int:
        """Count the files that are known; the place is listed every `COUNTED_SECONDS`, in the background."""
        with self._guard:
            due = time.monotonic() - self._listed_at >= COUNTED_SECONDS
            if due:
                self._listed_at = math.inf  # until it is listed
        if due:
            listing = threading.Thread(target=self._list, name="list images", daemon=True)
            listing.start()
            listing.join(LISTING_SECONDS)
        return len(self._known)

    def _list(self) -> None:
        found: set[str] = set()
        with contextlib.suppress(UserError):  # told where an image is needed
            found = self.ids()
        with self._guard:
            self._known |= found
            self._listed_at = time.monotonic()

    def write(self, new_id: str, content: bytes) -> None:
        """Write a file, then its copy."""
        with self._told():
            self._system.pipe_file(self._file(new_id), content)
            self._keep(self.folder / f"{new_id}.png", content)
        with self._guard:
            self._known.add(new_id)

    def away(self) -> OSError | None:
        """Return None: a place that cannot be reached is told by the other methods."""
        return None

    def _file(self, stored_id: str) -> str:
        return f"{self._place}/{stored_id}.png"

    def _keep(self, copy: Path, content: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(copy, content)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the file system says, each in exceptions of its own, into a UserError that can pass."""
        try:
            yield
        except UserError:
            raise
        except Exception as problem:
            words = in_words(problem)
            if self._password:
                words = words.replace(self._password, "...")
            raise UserError(
                f"The images must be in a place that can be read and written. Received: {words}. Correct "
                "--images-url or the rights there: it goes on as soon as they are right.",
                code="storage_failed",
            ) from ConnectionError(words)


def is_place(url: str) -> bool:
    """Return whether a text is a URL that may name a place of images."""
    return bool(re.match(r"[a-z][a-z0-9+.-]+://.", url))


def local_folder(url: str) -> Path | None:
    """Return the folder that a URL names on this machine, such as a mounted disk; None for another place."""
    from fsspec.implementations.local import LocalFileSystem

    local = url.startswith(("file://", "local://"))
    return Path(LocalFileSystem._strip_protocol(url)) if local else None


def shown_url(url: str) -> str:
    """Return the URL of images for people: without user, password and options."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _opened(url: str):
    """Return the file system of a URL, and the place in it. UserError where there is none."""
    import fsspec

    try:
        system, place = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except (ImportError, ValueError) as problem:
        raise UserError(
            f"The images have a URL such as {EXAMPLE} or file:///FOLDER. Received: {shown_url(url)}: "
            f"{in_words(problem)}. Correct it, or install what it needs."
        ) from None
    return system, place.rstrip("/")
