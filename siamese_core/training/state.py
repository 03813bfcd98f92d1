"""Keep a training run on disk: its state and what that was made from, its best weights, its metrics."""

import contextlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from siamese_core.atomic import remove_leftovers, replace_file, replacing
from siamese_core.errors import UserError

DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError)


STATE_FILE = "state.npz"  # in the folder of a run


@dataclass(frozen=True)
class Origin:
    """What a run is made from: fingerprints of its data, and the id of the checkpoint that it starts from.

    start: "" where the initial weights are random.
    """

    data: str
    validation: str
    start: str = ""

    def json(self) -> dict:
        return asdict(self)


_OPTIONS_OF = {"data": "--data", "validation": "--validation", "start": "--start"}


def require_same_options(header: dict, expected: dict) -> None:
    """Raise UserError where a state was made with other options than the `expected` ones."""
    differing = [key for key, value in expected.items() if header.get(key) != value]
    if differing:
        raise UserError(
            "A run is resumed with the options it began with. "
            f"Received: other {', '.join(differing)}. Give the same ones, or another folder."
        )


def require_same_origin(header: dict, origin: Origin, file: Path) -> None:
    """Raise UserError where a state was made from something else; earlier versions do not store that."""
    made_from = header.get("made_from")
    if made_from is None:
        return
    differing = [_OPTIONS_OF[key] for key, value in origin.json().items() if made_from.get(key) != value]
    if differing:
        raise other_origin(differing, file)


def other_origin(options: Sequence[str], file: Path) -> UserError:
    """Return the error for a state that was made from other images, or from another checkpoint."""
    return UserError(
        "A run is resumed with the images and the checkpoint that it began with. Received: other content in "
        f"{', '.join(options)} than the run of {file}. Give the same, or leave out --resume and name another "
        "--out."
    )


class NotFinite(ArithmeticError):
    """A variable holds NaN or infinity."""


def write_state(file: Path, header: dict, variables: Sequence) -> None:
    """Write `variables` and a JSON `header` as one .npz that is complete or absent.

    NotFinite, with the file left as it was, if one of the values is not finite.
    """
    arrays = {f"v{i}": variable.numpy() for i, variable in enumerate(variables)}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise NotFinite
    arrays["header"] = np.frombuffer(json.dumps(header).encode(), "uint8")
    file.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(file)
    with replacing(file) as stream:
        np.savez(stream, **arrays)


def read_header(file: Path) -> dict | None:
    """Return the header of a state, or None if there is no file. UserError if it is damaged."""
    if not file.exists():
        return None
    try:
        with np.load(file, allow_pickle=False) as state:
            return json.loads(bytes(state["header"]))
    except DAMAGE as problem:
        raise _damaged(file) from problem


def read_variables(file: Path, variables: Sequence) -> None:
    """Set `variables` to the state's values. UserError, with all of them unchanged, if shapes differ."""
    try:
        with np.load(file, allow_pickle=False) as state:
            arrays = [state[f"v{i}"] for i in range(len(variables))]
    except DAMAGE as problem:
        raise _damaged(file) from problem
    for array, variable in zip(arrays, variables, strict=True):
        if array.shape != tuple(variable.shape):
            raise UserError(
                "A state must fit the network that takes it up. "
                f"Received: {array.shape} for {tuple(variable.shape)} in {file}. Start over elsewhere."
            )
    for array, variable in zip(arrays, variables, strict=True):
        variable.assign(array)


def _damaged(file: Path) -> UserError:
    return UserError(
        f"The state of a run must be whole. Received: {file}, which is damaged. "
        "Put it back from a copy, or delete it and start over."
    )


class MetricsFile:
    """A CSV file with a header and a line for each interval."""

    def __init__(self, file: Path):
        self.file = file

    def append(self, row: dict) -> None:
        """Add a line; the first one names the columns."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        new = self._is_empty()
        line = pd.DataFrame([row], dtype=object)
        line.to_csv(self.file, mode="a", header=new, index=False, lineterminator="\r\n")

    def rows(self) -> pd.DataFrame:
        """Return the cells as text; a line that is torn has empty ones at its end."""
        if self._is_empty():
            return pd.DataFrame()
        return pd.read_csv(self.file, dtype=str, keep_default_na=False, on_bad_lines="skip")

    def after(self, step: int) -> int:
        """Count the lines of later steps."""
        return int((self._steps(self.rows()) > step).sum())

    def cut_after(self, step: int) -> None:
        """Drop the lines written after the last saved state, which a resumed run writes again."""
        rows = self.rows()
        kept = rows[self._steps(rows) <= step]
        if len(kept) < len(rows):
            replace_file(self.file, kept.to_csv(index=False, lineterminator="\r\n").encode())

    def _is_empty(self) -> bool:
        return not self.file.exists() or not self.file.stat().st_size

    def _steps(self, rows: pd.DataFrame) -> pd.Series:
        steps = rows.get("step", pd.Series(dtype=object))  # without the column where the first line is torn
        return pd.to_numeric(steps, errors="coerce")


@contextlib.contextmanager
def telling_what_is_kept(run_folder: Path, resumed: bool) -> Iterator[None]:
    """Within the block, a KeyboardInterrupt gets words: whether --resume goes on, and from which step."""
    file = run_folder / STATE_FILE
    before = _written_at(file)
    try:
        yield
    except KeyboardInterrupt as stop:
        own = _written_at(file) is not None and (resumed or _written_at(file) != before)
        raise KeyboardInterrupt(_kept(file) if own else _NOTHING) from stop


_NOTHING = "stopped by Ctrl-C before the first step was done: nothing was to be saved. Start it again"


def _kept(file: Path) -> str:
    step = read_header(file)["step"]
    return f"stopped by Ctrl-C. Step {step} is saved in {file.parent}: the same command with --resume goes on"


def _written_at(file: Path) -> int | None:
    return file.stat().st_mtime_ns if file.exists() else None
