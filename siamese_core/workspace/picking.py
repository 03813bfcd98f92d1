"""Pick the checkpoint that a command on many images asks: the slot's for what most of them are."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint
from siamese_core.checkpoints.checkpoint_files import load_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS, domain_of_images, some_of
from siamese_core.checkpoints.naming import network_title
from siamese_core.embeddings.engines import with_engine
from siamese_core.images.ink import is_ink
from siamese_core.workspace.workbench import Workbench


@dataclass(frozen=True)
class Images:
    """`count` images, uint8 (height, width, 3), that `read` gives by their numbers from 0."""

    count: int
    read: Callable[[int], np.ndarray]

    def some(self) -> list[np.ndarray]:
        """Return a sample of them, evenly spread."""
        return [self.read(number) for number in some_of(self.count)]


@dataclass(frozen=True)
class Picked:
    """domain: what most of the images are; note: why this checkpoint, and a warning if it never saw such."""

    checkpoint: Checkpoint
    domain: str
    note: str


def pick(workbench: Workbench, encoder: str, images: Images) -> Picked:
    """Return the encoder's checkpoint for what a sample of the images shows. UserError if none loads.

    The checkpoint for photographs is made ready if it is needed and its weights are at hand.
    """
    shown = images.some()
    workbench.ready_for(shown, [encoder])
    choice = workbench.matcher.chooser.choice(shown)
    store = workbench.checkpoints
    checkpoint = with_engine(load_checkpoint(store.folder(store.current_id(encoder, choice.domain))))
    why, warning = workbench.matcher.chooser.words(encoder, choice, checkpoint.card)
    problem = workbench.photos_problem if choice.domain == PHOTOGRAPHS else None
    words = " ".join(
        filter(
            None, (f"{network_title(checkpoint.card)}: {why} (of {len(shown)} looked at).", warning, problem)
        )
    )
    return Picked(checkpoint, choice.domain, words)


def warning_of(checkpoint: Checkpoint, images: Images) -> str:
    """Return the warning where a checkpoint never learned from images of this domain, else ""."""
    return checkpoint.card.warning_for(domain_of_images([is_ink(image) for image in images.some()])) or ""
