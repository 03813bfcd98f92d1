"""Lists of image pairs labelled same or different, without classes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from siamese_core.data.left_out import LeftOut, PassedOver
from siamese_core.data.names import clean_path
from siamese_core.data.table_cells import LEFT, RIGHT, SAME, answer_of, file_of
from siamese_core.data.table_text import decode_text, read_bytes
from siamese_core.data.tables import WrongRow, read_table
from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id

if TYPE_CHECKING:
    import pandas as pd

NAMED_ROWS = 3  # of those that are wrong, in a message
ROW = "of the list's rows"  # why something was left out


@dataclass(frozen=True)
class PairList:
    """Labelled pairs of images without classes. `len` and `image` are of images, as a Dataset's.

    images: m images, uint8 (height, width, 3); left, right: int64 (n,) into them; same: bool (n,);
    left_out: rows of the list that could not be used.
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

    A row that is wrong is passed over and named in `left_out`; UserError where no row is left.

    With `labels`, `file` is instead a text file with the path of a `.npy` file a line, each an array
    (2, height, width, 1 or 3) of 0..255 or 0..1, and `labels` a text file with 1 (same) or 0 (different) a
    line. UserError names the line or the file where something is missing or wrong.
    """
    file = Path(file)
    return _npy_pairs(file, Path(labels)) if labels else _csv_pairs(file)


class _ImageFiles(Sequence):
    """Image files, decoded only when asked for; messages name them as seen from the list's folder."""

    def __init__(self, paths: list[Path], folder: Path):
        self.paths, self.folder = paths, folder

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        path = self.paths[index]
        name = path.relative_to(self.folder) if path.is_relative_to(self.folder) else path
        return decode_image(path, clean_path(str(name)))


def _csv_pairs(file: Path) -> PairList:
    table = read_table(file, (*LEFT, *RIGHT, *SAME))
    columns = [next((name for name in table.columns if name in names), None) for names in (LEFT, RIGHT, SAME)]
    if None in columns:
        raise UserError(
            "A list of pairs must have the columns left, right and same (or left_path, right_path, answer), "
            "with commas, semicolons or tabs between them. "
            f"Received: {', '.join(table.columns)[:400] or 'nothing'} in {file.name}. "
            "Put these names in its first line."
        )
    pairs = _found_pairs(
        table.cells[columns].fillna("").set_axis(["left", "right", "same"], axis=1), file.parent
    )
    bad = pairs["why"].dropna()
    wrong = [*table.wrong, *map(WrongRow, bad.index, bad)]
    wrong.sort(key=lambda each: each.line)
    pairs = pairs.drop(index=bad.index)
    if pairs.empty:
        received = f"{len(wrong)} that cannot ({_listed(wrong)})" if wrong else "none"
        raise UserError(
            "A list of pairs must hold a pair that can be used; paths are relative to the list. "
            f"Received: {file.name} with {received}. Correct or add some."
        )
    paths = sorted({*pairs["left"], *pairs["right"]})
    index = {path: i for i, path in enumerate(paths)}
    left, right = (pairs[side].map(index).to_numpy("int64") for side in ("left", "right"))
    return PairList(
        _ImageFiles(paths, file.parent),
        left,
        right,
        (pairs["same"] == "same").to_numpy(),
        _left_out(file.name, wrong),
    )


def _found_pairs(cells: "pd.DataFrame", folder: Path) -> "pd.DataFrame":
    """Return the files left and right of each row, its answer in `same`, and why it cannot be used, if so."""
    files = {cell: file_of(cell, folder) for cell in {*cells["left"], *cells["right"]}}
    why = [
        _missing_file(row.left, row.right, files) or _label_problem(row.same)
        for row in cells.itertuples(index=False)
    ]
    left, right = cells["left"].map(files), cells["right"].map(files)
    return cells.assign(left=left, right=right, same=cells["same"].map(answer_of), why=why)


def _missing_file(left: str, right: str, files: Mapping[str, Path | None]) -> str | None:
    if not left.strip() or not right.strip():
        return f"a pair must name two images, received {left!r} and {right!r}"
    missing = [cell.strip() for cell in (left, right) if files[cell] is None]
    return f"there is no file {missing[0]!r}" if missing else None


def _label_problem(cell: str) -> str | None:
    answer = answer_of(cell)
    if answer == "unsure":
        return "nobody is sure whether it is the same"
    if answer not in ("same", "different"):
        return f"whether it is the same must be 1 or 0 (true/false, same/different), received {cell!r}"
    return None


def _listed(wrong: Sequence[WrongRow]) -> str:
    """Name the first rows that cannot be used, and why."""
    more = f"; and {len(wrong) - NAMED_ROWS:,} more" if len(wrong) > NAMED_ROWS else ""
    return "; ".join(f"line {each.line}: {each.why}" for each in wrong[:NAMED_ROWS]) + more


def _left_out(name: str, wrong: Sequence[WrongRow]) -> LeftOut:
    files = (PassedOver(f"{name}, line {each.line}", ROW, each.why) for each in wrong)
    return LeftOut(tuple(files), (f"{name}, {_listed(wrong)}",) if wrong else ())


def _lines(file: Path) -> list[str]:
    text, _ = decode_text(read_bytes(file), file.name)
    return [line.strip() for line in text.splitlines() if line.strip()]


class _NpyPairs(Sequence):
    """The images of `.npy` files, two in each, read only when asked for."""

    def __init__(self, files: list[Path]):
        self.files = files

    def __len__(self) -> int:
        return 2 * len(self.files)

    def __getitem__(self, index: int) -> np.ndarray:
        return _pixels(_npy_pair(self.files[index // 2])[index % 2], self.files[index // 2])


def _npy_pairs(file: Path, labels: Path) -> PairList:
    names, lines = _lines(file), _lines(labels)
    paths = [file_of(name, file.parent) or file.parent / name for name in names]
    same = [_truth(line, number) for number, line in enumerate(lines, 1)]
    if len(paths) != len(same) or not paths:
        raise UserError(
            "Every pair needs one label. "
            f"Received: {len(paths)} pairs in {file.name} and {len(same)} labels in {labels.name}. "
            "Give each file as many lines as the other."
        )
    _require_files(paths, file)
    for path in paths:
        _npy_pair(path)
    left = np.arange(0, 2 * len(paths), 2)
    return PairList(_NpyPairs(paths), left, left + 1, np.array(same, dtype=bool))


def _truth(cell: str, line: int) -> bool:
    if (answer := answer_of(cell)) in ("same", "different"):
        return answer == "same"
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
            f"A pair must have the shape (2, height, width, 1 or 3). Received: {shape} in {path.name}. "
            "Write both images into one array of that shape."
        )
    return pair


def _pixels(image: np.ndarray, path: Path) -> np.ndarray:
    """Return uint8 (height, width, 3) from pixels 0..255 or, as in published pairs, floats 0..1."""
    if image.dtype != np.uint8:
        values = image.astype("float64")
        if not values.size or not np.isfinite(values).all() or values.min() < 0 or values.max() > 255:
            raise UserError(
                "Pixels of a pair must be 0..255, or 0..1 in floats. "
                f"Received: {values.min(initial=0):g}..{values.max(initial=0):g} in {path.name}. "
                "Scale them, and write the file once more."
            )
        scale = 255 if image.dtype.kind in "fb" and values.max() <= 1 else 1
        image = np.rint(values * scale).astype("uint8")
    return np.repeat(image, 3 // image.shape[-1], axis=-1)
