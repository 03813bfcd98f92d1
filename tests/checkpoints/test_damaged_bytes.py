"""A byte of a checkpoint that a disk has changed: refused in words, or it answers as before."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from helpers.samples import texture
from helpers.small_checkpoints import small_checkpoint
from siamese_core.checkpoints.card import CARD_FILE
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.checkpoints.store import SHIPPED
from siamese_core.errors import UserError

SEED = 23


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "checkpoint"
    checkpoint = small_checkpoint(trained_on="handwriting", metrics={"verification": {"eer": 0.125}})
    save_checkpoint(checkpoint, folder, quantise=True)
    return folder


def told(checkpoint: Checkpoint) -> tuple:
    """What the checkpoint says of two pictures, and what of its card decides or is shown."""
    left, right = checkpoint.embed([texture(40, 40, seed) for seed in (1, 2)])
    return (
        float(checkpoint.similarity(checkpoint.logits(left[None], right[None]))[0]),
        checkpoint.threshold,
        checkpoint.card.training_domain,
        checkpoint.card.serving_domain,
        checkpoint.card.metrics,
    )


def damaged(kept: Path, folder: Path, file: str, rng: np.random.Generator) -> Path:
    """A copy of the checkpoint with another byte at a random place of a file."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(kept, folder)
    content = bytearray((folder / file).read_bytes())
    content[rng.integers(len(content))] ^= int(rng.integers(1, 256))
    (folder / file).write_bytes(content)
    return folder


def outcomes(kept: Path, folder: Path, places: dict[str, int]) -> Counter:
    """Whether each damage was refused in words or changed nothing; it fails the test otherwise."""
    rng, whole, found = np.random.default_rng(SEED), told(load_checkpoint(kept)), Counter()
    for file, count in places.items():
        for number in range(count):
            damage = damaged(kept, folder, file, rng)
            try:
                checkpoint = load_checkpoint(damage)
            except UserError as refusal:
                assert "Received: " in str(refusal), (file, number, str(refusal))
                found["refused"] += 1
            else:
                assert told(checkpoint) == whole, (file, number)
                found["as before"] += 1
    return found


def test_damage_to_a_card_is_refused_or_changes_nothing(kept, tmp_path):
    assert outcomes(kept, tmp_path / "copy", {CARD_FILE: 10})["refused"] > 5


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_damage_at_100_places_is_refused_or_changes_nothing(kept, tmp_path):
    files = {file.name: 1 + 30 * (file.suffix == ".npz") for file in kept.iterdir()}
    found = outcomes(kept, tmp_path / "copy", files | {CARD_FILE: 40})
    assert found.total() >= 100 and found["refused"] > 80


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("slot", ["koch", "resnet50"])
def test_damage_to_a_shipped_checkpoint_is_refused_or_changes_nothing(slot, tmp_path):
    files = {file.name: 4 for file in (SHIPPED / slot).iterdir()}
    assert outcomes(SHIPPED / slot, tmp_path / "copy", files).total() >= 16
