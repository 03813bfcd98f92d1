"""What tests of an opened workspace put into it."""

import numpy as np

from helpers.small_checkpoints import small_checkpoint
from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.networks.encoders import SLOTS
from siamese_core.workspace.recording import Annotator
from siamese_core.workspace.workbench import Workbench

ANNE = Annotator("Anne", "session 1")
ROUNDING = 1e-5  # on some processors the last digits depend on how many images go through together


def noise(count: int, seed: int = 0) -> list[np.ndarray]:
    """Return photographs: no ink is found in them."""
    rng = np.random.default_rng(seed)
    return list(rng.integers(0, 256, (count, 40, 40, 3), dtype=np.uint8))


def support(*names: str) -> list[tuple[str, np.ndarray]]:
    """Return a support set of one image a class."""
    return list(zip(names, noise(len(names), seed=7), strict=True))


def classes(count: int, shots: int = 1) -> list[tuple[str, np.ndarray]]:
    """Return a support set of `shots` images a class."""
    return [(f"class {index // shots}", image) for index, image in enumerate(noise(count * shots, seed=5))]


def saved_to(store: CheckpointStore, seed: int, threshold: float = 0.5) -> str:
    """Save a small checkpoint and return its id; nothing is promoted."""
    checkpoint = small_checkpoint(seed)
    checkpoint.threshold = threshold
    return save_checkpoint(checkpoint, store.new_folder("small_cnn"), quantise=True).id


def promote_with_threshold(workbench: Workbench, slot: str, threshold: float) -> str:
    """Promote a checkpoint: 0 calls every pair the same, 1 calls (nearly) every pair different."""
    saved = saved_to(workbench.checkpoints, SLOTS.index(slot), threshold)
    workbench.checkpoints.promote(saved, slot)
    return saved


def pairs_of(rows: list[LabelRow]) -> list[tuple[str, str, str]]:
    """Return left, right and answer of each row."""
    return [(row.left_id, row.right_id, row.answer) for row in rows]
