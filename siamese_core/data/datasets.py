"""Images in class folders, in zips of them and in Omniglot archives, read as one labelled dataset."""

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.data.files import ImageFile, folder_images, zip_images
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

OMNIGLOT_NAME = re.compile(r"\d{4}_(\d{2})")  # character_drawer


@dataclass(frozen=True)
class Dataset:
    """Labelled images, decoded only when asked for.

    names: n paths; labels: int64 (n,) into `classes`; class_group: int64 (n_classes,) into `groups`; drawers:
    int64 (n,), the number of the person who drew the image where an Omniglot name `NNNN_DD` gives it, else
    -1; read: takes an index and returns the file's bytes.
    """

    names: tuple[str, ...]
    labels: np.ndarray
    classes: tuple[str, ...]
    class_group: np.ndarray
    groups: tuple[str, ...]
    drawers: np.ndarray
    read: Callable[[int], bytes]

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
        )

    def fingerprint(self) -> str:
        """Return SHA-256 (64 hex digits) over names and contents: the same for a folder and for its zip."""
        digest = hashlib.sha256()
        for index, name in enumerate(self.names):
            digest.update(name.encode(errors="surrogateescape") + b"\0")
            digest.update(hashlib.sha256(self.read(index)).digest())
        return digest.hexdigest()


def load_dataset(paths: Sequence[Path | str]) -> Dataset:
    """Read the list of images under `paths`: folders of class folders, or zips of them.

    The folder of an image is its class, the folder above it the class' group. Hidden files are left out.
    UserError where a path is missing, is neither, or no class folder with images is in it.
    """
    files = [file for path in dict.fromkeys(map(Path, paths)) for file in _files_of(path)]
    if not files:
        raise UserError(
            "Data must be images in class folders (CLASS/image.png, or GROUP/CLASS/image.png), in a folder "
            f"or a zip. Received: none in {', '.join(map(str, paths)) or 'no path'}. "
            "Put each class into a folder of its own, and unpack zips that lie inside."
        )
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
    )


def _files_of(path: Path) -> list[ImageFile]:
    """List the images in class folders; of a folder its own name comes before theirs, as in a zip of it."""
    if path.is_dir():
        top = Path(os.path.abspath(path)).name  # also where the folder is called "." or ".."
        return [replace(each, name=f"{top}/{each.name}") for each in folder_images(path) if _in_class(each)]
    if not path.exists():
        raise UserError(f"Data must be a folder or a zip that exists. Received: {path}. Check the path.")
    found = zip_images(path, str(path))
    for each in found:
        if each.outside:
            raise UserError(
                "Names in a zip must stay inside it. "
                f"Received: {each.name!r} in {path.name}. Pack the class folders once more."
            )
        if each.encrypted:
            raise UserError(
                "A zip of images must not be encrypted. "
                f"Received: {path.name}, whose {each.name} needs a password. Pack it without one."
            )
    return [each for each in found if _in_class(each)]


def _in_class(image: ImageFile) -> bool:
    return len(image.parts) > 1


def _drawer(name: str) -> int:
    match = OMNIGLOT_NAME.fullmatch(PurePosixPath(name).stem)
    return int(match.group(1)) if match else -1
