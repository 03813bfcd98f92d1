"""A workspace with small checkpoints, which the tests of the notebook share, and drawings."""

from pathlib import Path

import numpy as np
import pytest

from helpers.samples import write_class_folders
from helpers.small_checkpoints import promote_small
from siamese_core import Workbench
from siamese_core.networks.encoders import SLOTS


@pytest.fixture(scope="session")
def small_slots(tmp_path_factory) -> Path:
    """A workspace whose slots serve small checkpoints."""
    return promote_small(tmp_path_factory.mktemp("notebook") / "workspace", *SLOTS)


@pytest.fixture(scope="session")
def workbench(small_slots):
    """A workbench that tests share: they only add images and answers."""
    with Workbench(small_slots, seed=0) as opened:
        yield opened


@pytest.fixture(scope="session")
def drawings(tmp_path_factory) -> list[Path]:
    """Files of drawings of several characters."""
    folder = write_class_folders(tmp_path_factory.mktemp("drawings"), np.random.default_rng(0))
    return sorted(folder.rglob("*.png"))
