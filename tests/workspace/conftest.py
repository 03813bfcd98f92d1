"""Workspaces over small shipped checkpoints."""

from pathlib import Path

import pytest

from helpers.small_checkpoints import ship_small
from helpers.workspaces import noise
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.matching import Matcher
from siamese_core.workspace.workbench import Workbench


@pytest.fixture(scope="session")
def shipped(tmp_path_factory) -> Path:
    """Shipped checkpoints, a small one for each slot. Change nothing."""
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)


@pytest.fixture(scope="session")
def served(shipped, tmp_path_factory) -> Matcher:
    """A matcher that tests share; none changes what it serves."""
    return Matcher(CheckpointStore(tmp_path_factory.mktemp("workspace"), shipped))


@pytest.fixture
def store(shipped, workspace) -> CheckpointStore:
    return CheckpointStore(workspace, shipped)


@pytest.fixture
def workbench(workspace, shipped) -> Workbench:
    return Workbench(workspace, shipped)


@pytest.fixture
def pair(workbench) -> tuple[str, str]:
    """The ids of two images in the workspace."""
    left, right = (workbench.images.add(image) for image in noise(2))
    return left, right
