"""Data split into what trains and what validates: no class on both sides."""

from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from siamese_core.errors import UserError
from siamese_core.training.options import TrainingRequest
from siamese_core.training.split import training_and_validation


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """12 classes of 2 drawings."""
    return write_class_folders(tmp_path_factory.mktemp("data") / "drawn", np.random.default_rng(0), 2, 6, 2)


def request(data: Path, **more) -> TrainingRequest:
    return TrainingRequest("small_cnn", (data,), steps=1, **more)


def told_of(asked: TrainingRequest) -> str:
    with pytest.raises(UserError) as error:
        training_and_validation(asked)
    return str(error.value)


def test_classes_on_both_sides_are_refused(data):
    problem = told_of(request(data, validation=data))
    assert "12 classes on both sides, 'Alphabet_1/character01' among them" in problem


def test_a_class_is_the_same_class_in_another_folder(tmp_path):
    for side, names in (("train", ("cat", "dog", "cow")), ("test", ("cat", "hen"))):
        source = write_class_folders(tmp_path / "drawn" / side, np.random.default_rng(0), 1, len(names), 2)
        for folder, name in zip(sorted((source / "Alphabet_1").iterdir()), names, strict=True):
            (tmp_path / side).mkdir(exist_ok=True)
            folder.rename(tmp_path / side / name)
    problem = told_of(request(tmp_path / "train", validation=tmp_path / "test"))
    assert "1 classes on both sides, 'cat' among them" in problem


def test_too_few_classes_to_hold_any_out_are_told(tmp_path):
    few = write_class_folders(tmp_path / "few", np.random.default_rng(0), 1, 3, 2)
    assert "four classes with two images each" in told_of(request(few))


def test_without_validation_data_some_classes_are_held_out_by_the_seed(data):
    training, validation = training_and_validation(request(data))
    assert (len(np.unique(training.labels)), len(np.unique(validation.labels))) == (10, 2)
    assert len(training) == 20 and len(validation) == 4
    assert not set(training.labels) & set(validation.labels)
    again, other = (training_and_validation(request(data, seed=seed))[1] for seed in (0, 1))
    assert set(again.labels) == set(validation.labels) != set(other.labels)


def test_a_list_of_pairs_needs_class_folders_to_calibrate_on(data, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("left,right,same\n")
    assert "Received: 1 lists, no --validation" in told_of(request(pairs))
