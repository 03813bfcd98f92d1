"""A workspace with small checkpoints, drawings in class folders, and the report of measuring on them."""

from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.small_checkpoints import promote_small
from siamese_core.networks.encoders import SLOTS
from siamese_core.reporting.measuring import Wish, measure
from siamese_core.reporting.sources import EvaluationData, from_files
from siamese_core.reporting.trials import Settings
from siamese_core.workspace.workbench import Workbench

SETTINGS = Settings(n_way=3, episodes=40, pairs=60, baselines=True)


@pytest.fixture(scope="session")
def measured_home(tmp_path_factory) -> Path:
    return promote_small(tmp_path_factory.mktemp("measured"), *SLOTS)


@pytest.fixture(scope="session")
def class_folders(tmp_path_factory) -> Path:
    """2 alphabets of 3 characters by 4 drawers."""
    return write_class_folders(tmp_path_factory.mktemp("data") / "images", np.random.default_rng(0))


@pytest.fixture(scope="session")
def data(class_folders) -> EvaluationData:
    files = [
        (file, file.relative_to(class_folders.parent).as_posix()) for file in class_folders.rglob("*.png")
    ]
    return from_files(files, "images")


@pytest.fixture(scope="session")
def report(measured_home, data) -> dict:
    """Change nothing in it."""
    workbench = Workbench(measured_home)
    return measure(workbench, data, Wish(SETTINGS), lambda share, words: None)
