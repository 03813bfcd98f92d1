"""Read what can be measured on: class folders, Lake's runs, the pool, the answers, shipped drawings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import one_a_pair, settled_labels
from siamese_core.data.archives import Archive
from siamese_core.data.datasets import Dataset, dataset_of, load_dataset
from siamese_core.data.files import ImageFile, Listing
from siamese_core.data.left_out import LeftOut
from siamese_core.errors import UserError
from siamese_core.evaluation.lake import LABELS
from siamese_core.evaluation.protocols import OneShotTrials, VerificationTrials, lake_trials
from siamese_core.images.store import ImageStore
from siamese_core.labelling.pool_files import PoolImage
from siamese_core.retraining.replay import FILE

SAMPLES, FOLDERS, LAKE, POOL, ANSWERS = "samples", "folders", "lake", "pool", "answers"


@dataclass(frozen=True)
class EvaluationData:
    """Images to measure on, by number.

    kind: one of the constants above; name: what people call it; read: image of a number; classes: name of
    each image's class, "" where none is known; dataset: the images as labelled data, runs: as Lake's trials,
    pairs: as answered pairs, one of the three; strata: name of the group that each answered pair belongs to.
    """

    kind: str
    name: str
    read: Callable[[int], np.ndarray]
    classes: tuple[str, ...]
    left_out: LeftOut = LeftOut()
    dataset: Dataset | None = None
    runs: OneShotTrials | None = None
    pairs: VerificationTrials | None = None
    strata: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.classes)

    def counts(self) -> dict:
        """Return what the data is, as JSON."""
        groups = self.dataset.groups if self.dataset else ()
        return {
            "kind": self.kind,
            "name": self.name,
            "images": len(self),
            "classes": len(set(self.classes) - {""}),
            "groups": len(groups),
            "pairs": len(self.pairs.same) if self.pairs else None,
            "sha256": self.dataset.fingerprint() if self.kind in (SAMPLES, FOLDERS) else None,
            "left_out": self.left_out.line(),
        }


def sample_drawings() -> EvaluationData:
    """Return the drawings of invented alphabets that come with the project."""
    return _labelled(SAMPLES, "drawings of four invented alphabets", load_dataset([FILE]))


def from_zip(file: Path, name: str) -> EvaluationData:
    """Return what a zip holds: Lake's runs, else images in class folders. UserError where it is neither."""
    if any(LABELS.fullmatch(entry.name) for entry in Archive(file, name).entries):
        return _lake(file, name)
    return _labelled(FOLDERS, name, load_dataset([file]))


def from_files(files: Sequence[tuple[Path, str]], name: str) -> EvaluationData:
    """Return images in class folders. files: (where it lies, its name with the folders above it) each.

    UserError where a file lies in no folder, or none can be read.
    """
    loose = [called for _, called in files if len(PurePosixPath(called).parts) < 2]
    if loose:
        raise UserError(
            "To be measured on, images lie in a folder for each class. "
            f"Received: {len(loose)} of {len(files)} without one, such as {loose[0]}. "
            "Choose the folder above the class folders, or a zip of it."
        )
    images = tuple(_image_file(file, called) for file, called in sorted(files, key=lambda each: each[1]))
    return _labelled(FOLDERS, name, dataset_of(Listing(images, LeftOut()), name))


def from_pool(images: Sequence[PoolImage], store: ImageStore) -> EvaluationData:
    """Return the images to label whose class folder is known. UserError where there are none."""
    known = [each for each in images if each.class_name]
    if not known:
        raise UserError(
            "To be measured on, the images to label lie in class folders, two at least. "
            f"Received: {len(images)} images, none of a known class. Add them in Label with their folders."
        )
    files = tuple(_image_file(store.path(each.image_id), each.name) for each in known)
    return _labelled(POOL, "images to label", dataset_of(Listing(files, LeftOut()), "the images to label"))


def from_answers(rows: Sequence[LabelRow], store: ImageStore) -> EvaluationData:
    """Return the pairs of the log that were answered for sure; UserError unless both kinds are there."""
    settled = [row for row in one_a_pair(settled_labels(rows)) if set(row.pair) <= _stored(row, store)]
    ids = sorted({image_id for row in settled for image_id in row.pair})
    place = {image_id: number for number, image_id in enumerate(ids)}
    same = np.array([row.answer == "same" for row in settled], bool)
    if not same.any() or same.all():
        raise UserError(
            "To be measured on, answers are some same and some different. "
            f"Received: {int(same.sum())} same, {int((~same).sum())} different. Answer pairs in Label first."
        )

    def read(number: int) -> np.ndarray:
        return store.read(ids[number])

    left, right = (np.array([place[each] for each in side], np.int64) for side in _sides(settled))
    strata = tuple(f"asked as {row.reason.replace('_', ' ') or 'uploaded'}" for row in settled)
    pairs = VerificationTrials(read, left, right, same)
    return EvaluationData(ANSWERS, "your answers", read, ("",) * len(ids), pairs=pairs, strata=strata)


def _labelled(kind: str, name: str, dataset: Dataset) -> EvaluationData:
    classes = tuple(dataset.classes[label] for label in dataset.labels)
    return EvaluationData(kind, name, dataset.image, classes, dataset.left_out, dataset)


def _lake(file: Path, name: str) -> EvaluationData:
    trials = lake_trials(file)
    count = 1 + max(int(trials.query.max()), int(trials.support.max()))
    return EvaluationData(LAKE, name, trials.read, ("",) * count, runs=trials)


def _image_file(file: Path, name: str) -> ImageFile:
    status = file.stat()
    return ImageFile(name, status.st_size, str(status.st_mtime_ns), file.read_bytes)


def _stored(row: LabelRow, store: ImageStore) -> set[str]:
    return {image_id for image_id in row.pair if image_id in store}


def _sides(rows: Sequence[LabelRow]) -> tuple[list[str], list[str]]:
    return [row.left_id for row in rows], [row.right_id for row in rows]


def short_class(name: str, groups: int) -> str:
    """Return a class as people read it: its folder, after that of its group where there are several."""
    parts = [re.sub(r"\s+", " ", part) for part in PurePosixPath(name).parts]
    return "/".join(parts[-2:] if groups > 1 else parts[-1:])
