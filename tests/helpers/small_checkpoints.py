"""Real checkpoints that are small enough for tests: untrained, but with answers spread over 0..1."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from siamese_core.checkpoints import canary
from siamese_core.checkpoints.card import base_card
from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import save_checkpoint
from siamese_core.checkpoints.pointers import Pointer, write_pointer
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.metrics import Calibration
from siamese_core.networks.embedding_spec import build_network, with_copies
from siamese_core.networks.heads import make_head

SIZE = 48  # pixels: the least that small_cnn's poolings leave something of


def small_checkpoint(
    seed: int = 0, encoder_name: str = "small_cnn", size: int | None = SIZE, **entries: object
) -> Checkpoint:
    """Return a checkpoint in memory with further entries on its card; another seed gives other weights."""
    keras.utils.set_random_seed(seed)
    card = replace(base_card(encoder_name, size), **entries)
    spec = card.embedding
    encoder, head = with_copies(build_network(spec), spec), make_head(card.head)
    checkpoint = Checkpoint("", encoder_name, encoder, head, Calibration(1.0, 0.0), 0.5, card)
    embeddings = checkpoint.embed(canary.drawings())
    left, right = canary.pairs(len(embeddings))
    logits = checkpoint.logits(embeddings[left], embeddings[right])
    slope = 1.5 / float(logits.std())
    checkpoint.calibration = Calibration(slope, -slope * float(np.median(logits)))
    return checkpoint


def ship_small(folder: Path, *slots: str) -> Path:
    """A folder of shipped checkpoints, a different small one for each slot."""
    for seed, slot in enumerate(slots):
        save_checkpoint(small_checkpoint(seed), folder / slot, quantise=True)
    return folder


def promote_small(workspace: Path, *slots: str) -> Path:
    """A workspace whose slots serve small checkpoints of their own."""
    store = CheckpointStore(workspace)
    for seed, slot in enumerate(slots):
        saved = save_checkpoint(small_checkpoint(seed), store.new_folder("small_cnn"), quantise=True)
        store.promote(saved.id, slot)
    return workspace


def install(home: Path, checkpoint: Checkpoint, slot: str) -> str:
    """Store the checkpoint and make it current in the slot, without asking whether it may."""
    store = CheckpointStore(home)
    saved = save_checkpoint(checkpoint, store.new_folder(slot), quantise=True)
    write_pointer(store.own_folder, slot, Pointer(saved.id))
    return saved.id
