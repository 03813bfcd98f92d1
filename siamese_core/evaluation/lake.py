"""Read the 20 fixed one-shot runs of Lake, Salakhutdinov and Tenenbaum (2015), `all_runs.zip`.

`runNN/class_labels.txt` holds a line `runNN/test/itemNN.png runNN/training/classNN.png` for each trial: a
test image and the one of all images in `runNN/training` that shows the same character.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

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


def read_lake_runs(zip_path: Path) -> LakeRuns:
    """Read all trials, by run and line; the runs may lie in a folder. UserError where one is not complete."""
    archive = Archive(zip_path, zip_path.name)
    entries = {entry.name: entry for entry in archive.entries}
    runs = {name: LABELS.fullmatch(name) for name in entries}
    support = {name: _support(entries, run) for name, run in runs.items() if run}
    found = [_trials(archive, entries[name], support[name]) for name in support]
    trials = pd.concat(found) if found else pd.DataFrame(columns=["labels", "query", "target"])
    ways = sorted({len(support[name]) for name in trials["labels"]})
    if len(ways) != 1:
        raise UserError(
            "Runs need a trial or more, and one number of training images. "
            f"Received: {len(found)} runs with {len(trials)} trials and {ways} training images. "
            "Give all_runs.zip as it was published."
        )
    shown = [support[name] for name in trials["labels"]]
    names, places = np.unique(np.column_stack([trials["query"], np.array(shown)]), return_inverse=True)
    places = places.reshape(len(trials), -1)
    images = [decode_image(archive.read(entries[name]), name) for name in names]
    return LakeRuns(images, places[:, 0], places[:, 1:, None], trials["target"].to_numpy("int64"))


def _support(names: Iterable[str], run: re.Match[str]) -> list[str]:
    """Return the training images of a run."""
    folder = f"{run['folder']}{run['run']}/training/"
    return sorted(name for name in names if name.startswith(folder) and name.endswith(".png"))


def _trials(archive: Archive, labels: Entry, support: list[str]) -> pd.DataFrame:
    """Return the trials of a run by line: labels, the name of its list; query, a name; target, in support."""
    text = archive.read(labels).decode("utf-8-sig", "replace").replace("\\", "/")
    lines = pd.Series(text.splitlines(), dtype=object)
    lines.index += 1
    words = lines.map(str.split)
    words = words[words.map(bool)]
    folder, names = LABELS.fullmatch(labels.name)["folder"], [entry.name for entry in archive.entries]
    pairs = [[folder + each for each in [*found, ""][:2]] for found in words]
    pairs = pd.DataFrame(pairs, words.index, ["query", "shown"], dtype=object)
    query, shown = pairs["query"], pairs["shown"]
    wrong = (words.map(len) != 2) | ~query.isin(names) | ~shown.isin(support)
    if wrong.any():
        line = wrong.idxmax()
        raise UserError(
            "A line names a test image and one of the run's training images. "
            f"Received: {labels.name}, line {line}: {lines[line]!r}. Give all_runs.zip as it was published."
        )
    target = shown.map({name: place for place, name in enumerate(support)})
    return pd.DataFrame({"labels": labels.name, "query": query, "target": target})
