"""Images in class folders, in zips of them and in Omniglot archives, read as one labelled dataset."""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.data.archives import list_archive
from siamese_core.data.files import ImageFile, Listing, list_folder
from siamese_core.data.left_out import LOOSE, UNREADABLE, LeftOut, PassedOver
from siamese_core.data.names import clean_name
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

DECODERS = 2  # threads that look whether every image can be decoded
OMNIGLOT_NAME = re.compile(r"\d{4}_(\d{2})")  # character_drawer


@dataclass(frozen=True)
class Dataset:
    """Labelled images, decoded only when asked for.

    names: n paths; labels: int64 (n,) into `classes`; class_group: int64 (n_classes,) into `groups`; drawers:
    int64 (n,), the number of the person who drew the image where an Omniglot name `NNNN_DD` gives it, else
    -1; read: takes an index and returns the file's bytes; left_out: what lay beside the images.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    class_group: np.ndarray
    groups: tuple[str, ...]
    drawers: np.ndarray
    read: Callable[[int], bytes]
    left_out: LeftOut = LeftOut()

    def __len__(self) -> int:
        return len(self.names)

    def image(self, index: int) -> np.ndarray:
        """Return uint8 (height, width, 3); UserError if the file cannot be read or decoded."""
        return decode_image(self.read(index), self.names[index])

    def subset(self, indices: np.ndarray) -> "Dataset":
        """Return the images at `indices`, with the same classes and groups, some of which may be empty."""
        indices = np.asarray(indices, dtype="int64")
        return Dataset(
            tuple(self.names[i] for i in indices),
            self.labels[indices],
            self.classes,
            self.class_group,
            self.groups,
            self.drawers[indices],
            lambda index: self.read(int(indices[index])),
            self.left_out,
        )

    def fingerprint(self) -> str:
        """Return SHA-256 (64 hex digits) over names and contents: the same for a folder and for its zip.

        The files are read for it once.
        """
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for index, name in enumerate(self.names):
            digest.update(name.encode(errors="surrogateescape") + b"\0")
            digest.update(hashlib.sha256(self.read(index)).digest())
        return digest.hexdigest()


def load_dataset(paths: Sequence[Path | str]) -> Dataset:
    """Read the list of images under `paths`: folders of class folders, or zips of them.

    The folder of an image is its class, the folder above it the class' group. Every image is decoded once, so
    that one which cannot be is left out here. UserError where a path is missing, is neither, or no class
    folder with readable images is in it.
    """
    listings = [_listing_of(path) for path in dict.fromkeys(map(Path, paths))]
    files = tuple(file for listing in listings for file in listing.images)
    left_out = sum((listing.left_out for listing in listings), LeftOut())
    return dataset_of(Listing(files, left_out), ", ".join(map(str, paths)) or "no path")


def dataset_of(listed: Listing, given: str) -> Dataset:
    """Return the listed images, each of which lies in a class folder, as one dataset.

    given: what was read, for the UserError where no image of it can be decoded.
    """
    problems = _problems(listed.images)
    told = list(zip(listed.images, problems, strict=True))
    unreadable = tuple(PassedOver(file.name, UNREADABLE, why) for file, why in told if why)
    files = [file for file, why in told if not why]
    left_out = listed.left_out + LeftOut(unreadable)
    if not files:
        beside = f" ({left_out.line()})" if left_out else ""
        raise UserError(
            "Data must be images in class folders (CLASS/image.png, or GROUP/CLASS/image.png), in a folder "
            f"or a zip. Received: none in {given}{beside}. "
            "Put each class into a folder of its own, and unpack zips that lie inside."
        )
    return _dataset(files, left_out)


def _dataset(files: Sequence[ImageFile], left_out: LeftOut) -> Dataset:
    folders = [str(PurePosixPath(file.name).parent) for file in files]
    keys = sorted(set(folders))
    group_names = sorted({str(PurePosixPath(key).parent) for key in keys})
    class_index = {key: index for index, key in enumerate(keys)}
    group_index = {key: index for index, key in enumerate(group_names)}
    return Dataset(
        names=tuple(file.name for file in files),
        labels=np.array([class_index[folder] for folder in folders], dtype="int64"),
        classes=tuple(keys),
        class_group=np.array([group_index[str(PurePosixPath(key).parent)] for key in keys], dtype="int64"),
        groups=tuple(group_names),
        drawers=np.array([_drawer(file.name) for file in files], dtype="int64"),
        read=lambda index: files[index].read(),
        left_out=left_out,
    )


def _listing_of(path: Path) -> Listing:
    """List the images in class folders; of a folder its own name comes before theirs, as in a zip of it."""
    if path.is_dir():
        top = clean_name(Path(os.path.abspath(path)).name)  # also where the folder is called "." or ".."
        found = list_folder(path)
        prefix = f"{top}/"
    elif path.exists():
        found, prefix = list_archive(path, path.name), ""
    else:
        raise UserError(f"Data must be a folder or a zip that exists. Received: {path}. Check the path.")
    loose = tuple(PassedOver(each.name, LOOSE) for each in found.images if len(each.parts) == 1)
    images = tuple(replace(each, name=prefix + each.name) for each in found.images if len(each.parts) > 1)
    return Listing(images, found.left_out + LeftOut(loose))


def _problems(files: Sequence[ImageFile]) -> list[str]:
    """Why each file cannot be decoded, "" where it can; decoders leave Python's lock to other threads."""

    def problem(file: ImageFile) -> str:
        try:
            decode_image(file.read(), file.name)
        except UserError as found:
            return str(found)
        return ""

    with ThreadPoolExecutor(DECODERS) as threads:
        return list(threads.map(problem, files))


def _drawer(name: str) -> int:
    match = OMNIGLOT_NAME.fullmatch(PurePosixPath(name).stem)
    return int(match.group(1)) if match else -1
