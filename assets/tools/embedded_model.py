"""Checkpoints whose "images" are indices of a data set, each embedded once; and those for photographs."""

import tempfile
from pathlib import Path

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.pretrained import photograph_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.data.datasets import Dataset

AT_ONCE = 64  # images


class EmbeddedModel:
    """Takes trials as the checkpoint itself does, with row numbers of embeddings (n, d) as images."""

    def __init__(self, model: Checkpoint, rows: np.ndarray):
        self.model, self.rows = model, rows
        self.encoder_name, self.id = model.encoder_name, model.id
        self.threshold, self.calibration = model.threshold, model.calibration
        self.logits, self.similarity, self.trust = model.logits, model.similarity, model.trust

    def embed(self, numbers: list[int]) -> np.ndarray:
        return self.embed_batch(self.batch(numbers))

    def batch(self, numbers: list[int]) -> np.ndarray:
        return np.asarray(numbers)

    def embed_batch(self, numbers: np.ndarray) -> np.ndarray:
        return self.rows[numbers].astype("float32")

    def normalised(self, numbers: np.ndarray) -> "EmbeddedModel":
        """Return the model normalised against a cohort of its images, by their numbers."""
        return EmbeddedModel(self.model.normalised(self.embed(numbers)), self.rows)


def embedded(model: Checkpoint, data: Dataset) -> np.ndarray:
    """Return the embeddings float16 (n, embedding_dim) of all images."""
    parts = np.array_split(np.arange(len(data)), -(-len(data) // AT_ONCE))
    return np.concatenate([model.embed([data.image(i) for i in part]).astype("float16") for part in parts])


def photograph_model(slot: str, weights: Path) -> Checkpoint:
    """Return the checkpoint for photographs of a slot, made in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        store = CheckpointStore(Path(folder), Path(folder) / "shipped")
        return load_checkpoint(store.folder(photograph_checkpoint(slot, weights, store)))
