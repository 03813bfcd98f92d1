"""Find the images that a file of another program names: by id, path, address or embedded bytes."""

import base64
import binascii
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qs, unquote, urlsplit

from siamese_core.data.files import list_folder
from siamese_core.data.table_cells import file_of
from siamese_core.errors import UserError
from siamese_core.images.store import ImageStore

# as exports of Label Studio, FiftyOne and CVAT have them
SUBFOLDERS = ("images", "data", "images/default")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # which Label Studio puts before the name of an uploaded file
_EMBEDDED = re.compile(r"^data:image/[\w.+-]+;base64,", re.IGNORECASE)


class ImagePlaces:
    """Looks for images in a folder. images: a store, whose ids may stand as names of files."""

    def __init__(self, folder: Path, images: ImageStore):
        self.folder, self.images = folder, images
        self._embedded: dict[str, str] = {}

    def short(self, name: str) -> str:
        """Return a name of a line for an image: for an embedded one another, under which it is found."""
        if not _EMBEDDED.match(name):
            return name
        called = f"embedded image {hashlib.sha256(name.encode()).hexdigest()[:16]}"
        self._embedded[called] = name
        return called

    def stored_id(self, name: str) -> str | None:
        """Return the id of a stored image that the name is, or is a file of, as an export calls it."""
        stem = PurePosixPath(_path_of(name).replace("\\", "/")).stem
        return stem if stem in self.images else None

    def file(self, name: str) -> Path:
        """Return the file of an image. UserError, which names it, where there is none or several."""
        for path in _spellings(name):
            for folder in (self.folder, *(self.folder / each for each in SUBFOLDERS)):
                if found := file_of(path, folder):
                    return found
        last = [PurePosixPath(path.replace("\\", "/")) for path in _spellings(name)]
        for files in (
            self._below.get(each, ()) for path in last for each in (path.as_posix(), path.name, path.stem)
        ):
            if len(files) == 1:
                return files[0]
            if files:
                raise UserError(
                    f"there are {len(files)} files {files[0].name!r} below {self.folder}: name one of them "
                    "by its path"
                )
        is_address = "://" in name and not name.startswith("file:")
        remedy = "download it into that folder" if is_address else "name its folder by --images"
        raise UserError(f"there is no image {name!r} in {self.folder} or below: {remedy}")

    def content(self, name: str) -> bytes | Path:
        """Return the bytes of an embedded image, else its file, as `file` does."""
        name = self._embedded.get(name, name)
        embedded = _EMBEDDED.match(name)
        if not embedded:
            return self.file(name)
        try:
            return base64.b64decode(name[embedded.end() :], validate=True)
        except binascii.Error as problem:
            raise UserError(f"an embedded image must be base64, received {name[:40]!r}...") from problem

    @cached_property
    def _below(self) -> dict[str, list[Path]]:
        """The image files at any depth, by name, and by name and by path without the suffix."""
        found: dict[str, list[Path]] = defaultdict(list)
        for image in list_folder(self.folder).images if self.folder.is_dir() else ():
            inside = PurePosixPath(image.path.relative_to(self.folder).as_posix()).with_suffix("")
            names = {image.path.name, inside.name, inside.as_posix(), "/".join(inside.parts[1:])}
            for each in names - {""}:
                found[each].append(image.path)
        return found


def _path_of(name: str) -> str:
    """Return the path in an address, or a name as it is."""
    if "://" not in name and not name.startswith("/data/"):
        return name
    try:
        address = urlsplit(name)
    except ValueError:  # such as https://[name
        return name
    return parse_qs(address.query).get("d", [unquote(address.path)])[0]


def _spellings(name: str) -> Iterator[str]:
    """Yield the paths under which the image may lie in the folder, the likeliest first."""
    path = _path_of(name)
    yield path
    parts = PurePosixPath(path.replace("\\", "/")).parts
    for start in range(1, len(parts)):
        yield "/".join(parts[start:])
    if parts and _UPLOADED.match(parts[-1]):
        yield _UPLOADED.sub("", parts[-1])
