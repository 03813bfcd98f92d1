"""Read the 20 fixed one-shot runs of Lake, Salakhutdinov and Tenenbaum (2015), `all_runs.zip`.

`runNN/class_labels.txt` holds a line `runNN/test/itemNN.png runNN/training/classNN.png` for each trial: a
test image and the one of all images in `runNN/training` that shows the same character.
"""

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image

LABELS = re.compile(r"(?P<folder>(?:(?!__MACOSX).*/)?)(?P<run>run\d+)/class_labels\.txt")


@dataclass(frozen=True)
class LakeRuns:
    """query (trials,), support (trials, n_way, 1): positions in `images`; target (trials,): one in n_way."""

    images: list[np.ndarray]
    query: np.ndarray
    support: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class _Trial:
    """A trial by the names of files in the archive."""

    query: str
    support: list[str]
    target: int


def read_lake_runs(zip_path: Path) -> LakeRuns:
    """Return all trials, by run and line; the runs may lie in a folder. UserError if one is incomplete."""
    try:
        with zipfile.ZipFile(zip_path) as archive:
            runs = [match for name in sorted(archive.namelist()) if (match := LABELS.fullmatch(name))]
            trials = [trial for run in runs for trial in _trials(archive, run)]
            ways = sorted({len(trial.support) for trial in trials})
            if len(ways) != 1:
                raise UserError(
                    "Runs need a trial or more, and one number of training images. "
                    f"Received: {len(runs)} runs with {len(trials)} trials and {ways} training images. "
                    "Give all_runs.zip as it was published."
                )
            names = sorted({name for trial in trials for name in (trial.query, *trial.support)})
            images = [decode_image(archive.read(name), name) for name in names]
    except (OSError, UnicodeDecodeError, zipfile.BadZipFile) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise UserError(
            f"The runs must be a zip that can be read. Received: {zip_path} ({reason}). Check the name, or "
            "download all_runs.zip again."
        ) from problem
    place = {name: number for number, name in enumerate(names)}
    return LakeRuns(
        images,
        np.array([place[trial.query] for trial in trials]),
        np.array([[[place[name]] for name in trial.support] for trial in trials]),
        np.array([trial.target for trial in trials]),
    )


def _trials(archive: zipfile.ZipFile, run: re.Match) -> list[_Trial]:
    files = set(archive.namelist())
    training = f"{run['folder']}{run['run']}/training/"
    support = sorted(name for name in files if name.startswith(training) and name.endswith(".png"))
    trials = []
    for number, line in enumerate(archive.read(run[0]).decode().splitlines(), start=1):
        names = [run["folder"] + name for name in line.split()]
        if names and (len(names) != 2 or names[0] not in files or names[1] not in support):
            raise UserError(
                "A line names a test image and one of the run's training images. "
                f"Received: {run[0]}, line {number}: {line!r}. Give all_runs.zip as it was published."
            )
        if names:
            trials.append(_Trial(names[0], support, support.index(names[1])))
    return trials
