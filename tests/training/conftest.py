"""Drawings to train on, prepared once for all tests of training."""

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.training_runs import SHORT, SPEC, run
from siamese_core.data.datasets import Dataset, load_dataset
from siamese_core.data.sampling import Episode, sample_episodes
from siamese_core.training.prepared_images import PreparedImages
from siamese_core.training.trainer import Trainer


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Dataset:
    """16 characters by 6 hands."""
    folder = tmp_path_factory.mktemp("data") / "made"
    return load_dataset([write_class_folders(folder, np.random.default_rng(0), 2, 8, 6)])


@pytest.fixture(scope="session")
def images(dataset) -> PreparedImages:
    return PreparedImages(dataset, SPEC)


@pytest.fixture(scope="session")
def episodes(dataset) -> list[Episode]:
    return sample_episodes(dataset, np.random.default_rng(1), (8, 1), 60)


@pytest.fixture(scope="session")
def whole_run(images, tmp_path_factory) -> Trainer:
    """A short run that nothing interrupted. Change nothing in it."""
    return run(images, tmp_path_factory.mktemp("whole"), SHORT)
