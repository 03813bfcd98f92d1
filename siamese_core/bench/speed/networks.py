"""Run the bare networks of both slots: what a comparison cannot do without."""

import statistics
from collections.abc import Sequence

import numpy as np

from siamese_core.bench.speed.benchmark import timed
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.embeddings.engines import (
    is_judged,
    judge_engine_aside,
    stored_engine,
)
from siamese_core.networks.compiled import Forward, compiled
from siamese_core.networks.encoders import SLOTS


def loaded(store: CheckpointStore, slots: Sequence[str] = SLOTS) -> list[Checkpoint]:
    """Return the slots' checkpoints for handwriting, once it is known which engine is faster for each."""
    folders = [store.current_folder(slot) for slot in slots]
    checkpoints = [load_checkpoint(folder) for folder in folders]
    for checkpoint, folder in zip(checkpoints, folders, strict=True):
        if not is_judged(checkpoint):
            judge_engine_aside(folder)
    return checkpoints


def engines(checkpoint: Checkpoint) -> list[Forward]:
    """Return every way to run a checkpoint's network that is installed."""
    others = [stored_engine(checkpoint)]
    return [compiled(checkpoint.encoder), *(each for each in others if each)]


def fastest(checkpoint: Checkpoint, images: Sequence[np.ndarray], rounds: int = 5) -> Forward:
    """Return the engine that embeds these images in the least median time."""
    found, prepared = engines(checkpoint), checkpoint.batch(images)
    for each in found:
        each(prepared)  # compiles
    seconds = [
        statistics.median(timed(lambda e=each: e(prepared))[0] for _ in range(rounds)) for each in found
    ]
    return found[int(np.argmin(seconds))]
