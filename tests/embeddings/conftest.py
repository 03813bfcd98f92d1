"""Small shipped checkpoints, whose embeddings are kept."""

from pathlib import Path

import pytest

from helpers.small_checkpoints import ship_small
from siamese_core.networks.encoders import SLOTS


@pytest.fixture(scope="session")
def shipped(tmp_path_factory) -> Path:
    """Shipped checkpoints, a small one for each slot. Change nothing."""
    return ship_small(tmp_path_factory.mktemp("shipped"), *SLOTS)
