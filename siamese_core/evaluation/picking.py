"""Which checkpoint a command on many images asks: the one that the slot picks for what most of them are."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from siamese_core.checkpoints.checkpoint import Checkpoint, load_checkpoint
from siamese_core.checkpoints.domains import PHOTOGRAPHS, domain_of_images, some_of
from siamese_core.images.ink import is_ink
from siamese_core.workspace.workbench import Workbench


@dataclass(frozen=True)
class Images:
    """`count` images, uint8 (height, width, 3), that `read` gives by their numbers from 0."""

    count: int
    read: Callable[[int], np.ndarray]

    def some(self) -> list[np.ndarray]:
        return [self.read(number) for number in some_of(self.count)]


@dataclass(frozen=True)
class Picked:
    """domain: what most of the images are; note: why this one, and a warning where it never saw the like."""

    checkpoint: Checkpoint
    domain: str
    note: str


def pick(bench: Workbench, encoder: str, images: Images) -> Picked:
    """The encoder's checkpoint for such images, which a sample of them shows; the one for photographs is made
    ready if its weights are at hand. UserError if there is none, or it does not load."""
    shown = images.some()
    bench.ready_for(shown, [encoder])
    choice = bench.matcher.chooser.choice(shown)
    store = bench.checkpoints
    checkpoint = load_checkpoint(store.folder(store.current_id(encoder, choice.domain)))
    why, warning = bench.matcher.chooser.words(encoder, choice, checkpoint.card)
    problem = bench.photos_problem if choice.domain == PHOTOGRAPHS else None
    words = " ".join(filter(None, (f"{encoder}: {why} (of {len(shown)} looked at).", warning, problem)))
    return Picked(checkpoint, choice.domain, words)


def warning_of(checkpoint: Checkpoint, images: Images) -> str:
    """What to say of a checkpoint that is asked about images unlike those it was trained on, else ""."""
    return checkpoint.card.warning_for(domain_of_images([is_ink(image) for image in images.some()])) or ""
