"""Lists of image pairs labelled same or different, without classes."""

import csv
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.data.left_out import LeftOut
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id


@dataclass(frozen=True)
class PairList:
    """Labelled pairs of images without classes. `len` and `image` are of images, as a Dataset's.

    images: m images, uint8 (height, width, 3); left, right: int64 (n,) into them; same: bool (n,).
    """

    images: Sequence[np.ndarray]
    left: np.ndarray
    right: np.ndarray
    same: np.ndarray
    left_out: LeftOut = LeftOut()

    def __len__(self) -> int:
        return len(self.images)

    def image(self, index: int) -> np.ndarray:
        """Return uint8 (height, width, 3); UserError if the file cannot be read or decoded."""
        return self.images[index]

    def fingerprint(self) -> str:
        """Return SHA-256 (64 hex digits) over pixels and pairs."""
        digest = hashlib.sha256()
        for index in range(len(self)):
            digest.update(image_id(self.image(index)).encode())
        for column, kind in ((self.left, "int64"), (self.right, "int64"), (self.same, "bool")):
            digest.update(np.ascontiguousarray(column, dtype=kind))
        return digest.hexdigest()


def load_pair_list(file: Path | str, labels: Path | str | None = None) -> PairList:
    """Read pairs from a CSV `left,right,same` (paths relative to it; same: 1/0, true/false, same/different).

    With `labels`, `file` is instead a text file with the path of a `.npy` file a line, each an array
    (2, height, width, 1 or 3) of 0..255 or 0..1, and `labels` a text file with 1 (same) or 0 (different) a
    line. UserError names the line or the file where something is missing or wrong.
    """
    file = Path(file)
    return _npy_pairs(file, Path(labels)) if labels else _csv_pairs(file)


class _ImageFiles(Sequence):
    """Image files, decoded only when asked for."""

    def __init__(self, folder: Path, names: list[str]):
        self.folder, self.names = folder, names

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> np.ndarray:
        return decode_image(self.folder / self.names[index], self.names[index])


def _csv_pairs(file: Path) -> PairList:
    reader = csv.DictReader(_text(file).splitlines())
    columns = [name.strip().lower() for name in reader.fieldnames or ()]
    if not {"left", "right", "same"} <= set(columns):
        raise UserError(
            "A list of pairs must have the columns left, right and same, with commas between them. "
            f"Received: {', '.join(columns) or 'nothing'} in {file.name}. Put these names in its first line."
        )
    reader.fieldnames = columns
    rows = [(*_two_names(row, reader.line_num), _truth(row["same"], reader.line_num)) for row in reader]
    if not rows:
        raise UserError(f"A list of pairs must hold a pair. Received: {file.name} without any. Add some.")
    names = sorted({name for left, right, _ in rows for name in (left, right)})
    _require_files([file.parent / name for name in names], file)
    index = {name: i for i, name in enumerate(names)}
    return PairList(
        _ImageFiles(file.parent, names),
        np.array([index[left] for left, _, _ in rows], dtype="int64"),
        np.array([index[right] for _, right, _ in rows], dtype="int64"),
        np.array([same for _, _, same in rows], dtype=bool),
    )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UserError(
            f"A list must be UTF-8 text. Received: {file.name}, which is not. Save it as UTF-8."
        ) from problem
    except OSError as problem:
        raise UserError(
            f"A list must be a file that can be read. Received: {file} ({problem.strerror}). Check the path."
        ) from problem


def _two_names(row: dict, line: int) -> tuple[str, str]:
    left, right = ((row[side] or "").strip() for side in ("left", "right"))
    if not left or not right:
        raise UserError(
            f"A pair must name two images. Received: {left!r} and {right!r} in line {line}. Complete it."
        )
    return left, right


def _truth(cell: str | None, line: int) -> bool:
    value = (cell or "").strip().lower()
    if value in {"1", "1.0", "true", "same", "yes"}:
        return True
    if value in {"0", "0.0", "false", "different", "no"}:
        return False
    raise UserError(
        "Whether a pair is the same must be 1 or 0 (true/false, same/different). "
        f"Received: {cell!r} in line {line}. Correct the line."
    )


def _require_files(files: list[Path], where: Path) -> None:
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise UserError(
            "Every file of a list must be there; paths are relative to the list. "
            f"Received: {len(missing)} of {len(files)} missing, {missing[0]} first. Correct {where.name}."
        )


class _NpyPairs(Sequence):
    """The images of `.npy` files, two in each, read only when asked for."""

    def __init__(self, files: list[Path]):
        self.files = files

    def __len__(self) -> int:
        return 2 * len(self.files)

    def __getitem__(self, index: int) -> np.ndarray:
        return _pixels(_npy_pair(self.files[index // 2])[index % 2], self.files[index // 2])


def _npy_pairs(file: Path, labels: Path) -> PairList:
    paths = [file.parent / line.strip() for line in _text(file).splitlines() if line.strip()]
    lines = [line.strip() for line in _text(labels).splitlines() if line.strip()]
    # np.savetxt writes 1 as 1.000000000000000000e+00
    same = [_truth(re.sub(r"\.0+e\+00$", "", line), number) for number, line in enumerate(lines, 1)]
    if len(paths) != len(same) or not paths:
        raise UserError(
            "Every pair needs one label. "
            f"Received: {len(paths)} pairs in {file.name} and {len(same)} labels in {labels.name}."
        )
    _require_files(paths, file)
    for path in paths:
        _npy_pair(path)
    left = np.arange(0, 2 * len(paths), 2)
    return PairList(_NpyPairs(paths), left, left + 1, np.array(same, dtype=bool))


def _npy_pair(path: Path) -> np.ndarray:
    """Open a pair (2, height, width, 1 or 3), mapped into memory: its pixels are read when used."""
    try:
        pair = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise UserError(
            f"A pair must be a whole .npy file. Received: {path.name} ({problem}). Write it once more."
        ) from problem
    if (
        not isinstance(pair, np.ndarray)
        or pair.ndim != 4
        or pair.shape[0] != 2
        or pair.shape[3] not in (1, 3)
    ):
        shape = getattr(pair, "shape", "an archive of arrays")
        raise UserError(
            f"A pair must have the shape (2, height, width, 1 or 3). Received: {shape} in {path.name}."
        )
    return pair


def _pixels(image: np.ndarray, path: Path) -> np.ndarray:
    """Return uint8 (height, width, 3) from pixels 0..255 or, as in published pairs, floats 0..1."""
    if image.dtype != np.uint8:
        values = image.astype("float64")
        if not values.size or not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
            raise UserError(
                "Pixels of a pair must be 0..255, or 0..1 in floats. "
                f"Received: {values.min(initial=0):g}..{values.max(initial=0):g} in {path.name}."
            )
        scale = 255 if image.dtype.kind in "fb" and values.max() <= 1 else 1
        image = np.rint(values * scale).astype("uint8")
    return np.repeat(image, 3 // image.shape[-1], axis=-1)
