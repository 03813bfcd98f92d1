"""Read the 20 fixed one-shot runs of Lake, Salakhutdinov and Tenenbaum (2015), `all_runs.zip`.

`runNN/class_labels.txt` holds a line `runNN/test/itemNN.png runNN/training/classNN.png` for each trial: a
test image and the one of all images in `runNN/training` that shows the same character.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from siamese_core.data.archives import Archive, Entry
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
    """Read all trials, by run and line; the runs may lie in a folder. UserError where one is not complete."""
    archive = Archive(zip_path, zip_path.name)
    runs = [entry for entry in archive.entries if LABELS.fullmatch(entry.name)]
    trials = [trial for run in runs for trial in _trials(archive, run)]
    ways = sorted({len(trial.support) for trial in trials})
    if len(ways) != 1:
        raise UserError(
            "Runs need a trial or more, and one number of training images. "
            f"Received: {len(runs)} runs with {len(trials)} trials and {ways} training images. "
            "Give all_runs.zip as it was published."
        )
    names = sorted({name for trial in trials for name in (trial.query, *trial.support)})
    index = {name: number for number, name in enumerate(names)}
    entries = {entry.name: entry for entry in archive.entries}
    return LakeRuns(
        [decode_image(archive.read(entries[name]), name) for name in names],
        np.array([index[trial.query] for trial in trials]),
        np.array([[[index[name]] for name in trial.support] for trial in trials]),
        np.array([trial.target for trial in trials]),
    )


def _trials(archive: Archive, labels: Entry) -> list[_Trial]:
    run = LABELS.fullmatch(labels.name)
    training = f"{run['folder']}{run['run']}/training/"
    names = {entry.name for entry in archive.entries}
    support = sorted(name for name in names if name.startswith(training) and name.endswith(".png"))
    trials = []
    text = archive.read(labels).decode("utf-8-sig", "replace").replace("\\", "/")
    for number, line in enumerate(text.splitlines(), start=1):
        pair = [run["folder"] + name for name in line.split()]
        if pair and (len(pair) != 2 or pair[0] not in names or pair[1] not in support):
            raise UserError(
                "A line names a test image and one of the run's training images. "
                f"Received: {run[0]}, line {number}: {line!r}. Give all_runs.zip as it was published."
            )
        if pair:
            trials.append(_Trial(pair[0], support, support.index(pair[1])))
    return trials
