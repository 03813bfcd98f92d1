"""Class folders, zips of them, Omniglot archives and lists of pairs, read as one kind of thing."""

import csv
import hashlib
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.errors import UserError
from siamese_core.images import decode_image

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
OMNIGLOT_NAME = re.compile(r"\d{4}_(\d{2})")


@dataclass(frozen=True)
class Dataset:
    """Labelled images, decoded only when asked for.

    names: n paths; labels: int64 (n,) into `classes`; class_group: int64 (n_classes,) into `groups`; drawers:
    int64 (n,), who drew it where Omniglot's names `NNNN_DD` tell, else -1; read: index -> the file's bytes.
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
        """uint8 (height, width, 3); UserError if the file cannot be decoded."""
        return decode_image(self.read(index), self.names[index])

    def subset(self, indices: np.ndarray) -> "Dataset":
        """The images at `indices`, with the same classes and groups (some may then be empty)."""
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
        """SHA-256 over names and contents: the same data, wherever they lie."""
        digest = hashlib.sha256()
        for index, name in enumerate(self.names):
            digest.update(name.encode() + b"\0" + hashlib.sha256(self.read(index)).digest())
        return digest.hexdigest()


@dataclass(frozen=True)
class PairList:
    """Pairs of images: images (m,), left and right int64 (n,) into them, same bool (n,)."""

    images: tuple[np.ndarray, ...]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray


def load_dataset(paths: Sequence[Path | str]) -> Dataset:
    """Every image under `paths`: folders of class folders, or zips of them.

    The folder of an image is its class, the folder above it the class' group. UserError where a path is missing,
    is neither, or no class folder with images is in it.
    """
    files = [entry for path in paths for entry in _entries(Path(path))]
    if not files:
        raise UserError(
            "No images in class folders (CLASS/image.png, or GROUP/CLASS/image.png, in a folder or a zip). "
            f"Received: {', '.join(map(str, paths)) or 'no path'}. Put each class into a folder of its own."
        )
    keys = sorted({str(PurePosixPath(name).parent) for name, _ in files})
    group_names = sorted({str(PurePosixPath(key).parent) for key in keys})
    class_index = {key: index for index, key in enumerate(keys)}
    group_index = {key: index for index, key in enumerate(group_names)}
    readers = [reader for _, reader in files]
    return Dataset(
        names=tuple(name for name, _ in files),
        labels=np.array([class_index[str(PurePosixPath(name).parent)] for name, _ in files], dtype="int64"),
        classes=tuple(keys),
        class_group=np.array([group_index[str(PurePosixPath(key).parent)] for key in keys], dtype="int64"),
        groups=tuple(group_names),
        drawers=np.array([_drawer(name) for name, _ in files], dtype="int64"),
        read=lambda index: readers[index](),
    )


def _entries(path: Path) -> list[tuple[str, Callable[[], bytes]]]:
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
        names = [(p.relative_to(path.parent).as_posix(), p) for p in found if p.parent != path]
        return [(name, p.read_bytes) for name, p in names]
    if not path.exists():
        raise UserError(f"Data must be a folder or a zip file that exists. Received: {path}.")
    if not zipfile.is_zipfile(path):
        raise UserError(f"Data must be a folder of class folders or a zip of one. Received: {path}.")
    archive = zipfile.ZipFile(path)
    names = sorted(n for n in archive.namelist() if _is_image_entry(n))
    return [(name, lambda name=name: archive.read(name)) for name in names]


def _is_image_entry(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and len(path.parts) > 1 and path.parts[0] != "__MACOSX"


def _drawer(name: str) -> int:
    match = OMNIGLOT_NAME.fullmatch(PurePosixPath(name).stem)
    return int(match.group(1)) if match else -1


def load_pair_list(file: Path | str, labels: Path | str | None = None) -> PairList:
    """Pairs from a CSV `left,right,same` (paths relative to it; same: 1/0, true/false, same/different).

    With `labels`, `file` is a text file of `.npy` paths, a line each, every one a (2, height, width, channels) pair,
    and `labels` a text file with a line each: 1 for same, 0 for different.
    """
    file = Path(file)
    if not file.is_file():
        raise UserError(f"A list of pairs must be a file that exists. Received: {file}.")
    return _npy_pairs(file, Path(labels)) if labels else _csv_pairs(file)


def _csv_pairs(file: Path) -> PairList:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        missing = {"left", "right", "same"} - set(reader.fieldnames or ())
        if missing:
            raise UserError(
                f"A list of pairs needs the columns left, right, same. Received: {reader.fieldnames} in {file.name}."
            )
        rows = [(row["left"], row["right"], _truth(row["same"], reader.line_num)) for row in reader]
    if not rows:
        raise UserError(f"A list of pairs needs at least one pair. Received: {file.name} without any.")
    names = sorted({name for left, right, _ in rows for name in (left, right)})
    index = {name: i for i, name in enumerate(names)}
    return PairList(
        tuple(decode_image(file.parent / name, name) for name in names),
        np.array([index[left] for left, _, _ in rows]),
        np.array([index[right] for _, right, _ in rows]),
        np.array([same for _, _, same in rows]),
    )


def _truth(cell: str | None, line: int) -> bool:
    value = (cell or "").strip().lower()
    if value in {"1", "true", "same", "yes"}:
        return True
    if value in {"0", "false", "different", "no"}:
        return False
    raise UserError(
        f"Column same must be 1 or 0 (true/false, same/different). Received: {cell!r} in line {line}."
    )


def _npy_pairs(file: Path, labels: Path) -> PairList:
    paths = [line.strip() for line in file.read_text("utf-8").splitlines() if line.strip()]
    if not labels.is_file():
        raise UserError(f"The file of labels must exist. Received: {labels}.")
    same = [_truth(line.split(".")[0], n) for n, line in enumerate(labels.read_text("utf-8").split(), 1)]
    if len(paths) != len(same) or not paths:
        raise UserError(f"Every pair needs one label. Received: {len(paths)} pairs and {len(same)} labels.")
    images: list[np.ndarray] = []
    for path in paths:
        images.extend(_npy_pair(file.parent / path))
    evens = np.arange(0, len(images), 2)
    return PairList(tuple(images), evens, evens + 1, np.array(same))


def _npy_pair(path: Path) -> list[np.ndarray]:
    try:
        pair = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"A pair must be a readable .npy file. Received: {path.name} ({error}).") from error
    if pair.ndim != 4 or pair.shape[0] != 2 or pair.shape[-1] not in (1, 3):
        raise UserError(
            f"A pair must have the shape (2, height, width, 1 or 3). Received: {pair.shape} in {path.name}."
        )
    if pair.dtype != np.uint8:  # published pairs hold 0..255 or 0..1 in floats
        pair = np.clip(pair * (255.0 if pair.max() <= 1.0 else 1.0), 0, 255).round().astype("uint8")
    return [np.repeat(image, 3 // image.shape[-1], axis=-1) for image in pair]
