"""Split data into what trains and what validates, without a class in common."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.pair_lists import PairList, load_pair_list
from siamese_core.data.sampling import members
from siamese_core.errors import UserError
from siamese_core.training.options import TrainingRequest

HELD_OUT_SHARE = 0.1  # of the classes, where no validation data is given


def training_and_validation(request: TrainingRequest) -> tuple[Dataset | PairList, Dataset]:
    """Load the data of a request. UserError where a class is on both sides, or there are too few to split."""
    if request.labels is not None or _is_pair_list(request.data):
        return _pairs_and_validation(request)
    data = _loaded(request.data, request.strict)
    if request.validation is None:
        return _held_out(data, request.seed)
    validation = _loaded([request.validation], request.strict)
    shared = _plain_classes(data, request.data) & _plain_classes(validation, [request.validation])
    if shared:
        raise UserError(
            "Validation must hold classes that training never sees. "
            f"Received: {len(shared)} classes on both sides, {sorted(shared)[0]!r} among them. "
            "Take them out of one side, or leave out --validation."
        )
    return data, validation


def _loaded(paths: Sequence[Path], strict: bool) -> Dataset:
    dataset = load_dataset(paths)
    if strict:
        dataset.left_out.require_none()
    return dataset


def _plain_classes(dataset: Dataset, paths: Sequence[Path]) -> set[str]:
    """Return its class names without the folder or zip they lie in: train/cat and test/cat are both cat."""
    roots = {Path(path).name if Path(path).is_dir() else Path(path).stem for path in paths}
    names = {dataset.classes[label] for label in np.unique(dataset.labels)}
    return {name.partition("/")[2] if name.partition("/")[0] in roots else name for name in names}


def _is_pair_list(data: tuple[Path, ...]) -> bool:
    return len(data) == 1 and Path(data[0]).suffix.lower() == ".csv"


def _pairs_and_validation(request: TrainingRequest) -> tuple[PairList, Dataset]:
    if len(request.data) != 1 or request.validation is None:
        raise UserError(
            "Pairs to train on come as one list, and class folders to calibrate on as --validation. "
            f"Received: {len(request.data)} lists, {'a' if request.validation else 'no'} --validation. "
            "Name one of each."
        )
    pairs = load_pair_list(request.data[0], request.labels)
    if request.strict:
        pairs.left_out.require_none()
    return pairs, _loaded([request.validation], request.strict)


def _held_out(data: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """Hold a share of the classes out of training, at least two."""
    rng = np.random.default_rng([seed, 2])
    several = [label for label, found in members(data.labels).items() if len(found) > 1]
    count = max(2, round(HELD_OUT_SHARE * len(several)))
    if len(several) < count + 2:
        raise UserError(
            "Training needs four classes with two images each: two are held out to calibrate on. "
            f"Received: {len(several)}. Give more data, or --validation."
        )
    held_out = np.isin(data.labels, rng.choice(several, count, replace=False))
    return data.subset(np.flatnonzero(~held_out)), data.subset(np.flatnonzero(held_out))
