"""Give a slot another threshold: a checkpoint of its own, with the former one as its parent."""

from dataclasses import asdict, dataclass, replace

from siamese_core.checkpoints.checkpoint_files import load_checkpoint, save_checkpoint
from siamese_core.errors import UserError
from siamese_core.workspace.workbench import Workbench


@dataclass(frozen=True)
class ChosenThreshold:
    """A threshold that a person chose, as the card keeps it.

    threshold: 0..1; normalised: it holds for scores normalised against the pool, else for those of the
    checkpoint alone; target: what it is to achieve, in words; data, pairs: what it was chosen on;
    false_positive_rate: there.
    """

    threshold: float
    normalised: bool
    target: str
    data: str
    pairs: int
    false_positive_rate: float | None


def save_threshold(workbench: Workbench, slot: str, parent_id: str, chosen: ChosenThreshold) -> str:
    """Save the parent with another threshold, make it serve in the slot, and return its id.

    The encoder's files are shared with the parent, and a rollback goes back to it. UserError where the
    threshold is none, or the parent is gone.
    """
    if not 0 <= chosen.threshold <= 1:
        raise UserError(f"A threshold lies between 0 and 1. Received: {chosen.threshold:g}. Choose another.")
    store = workbench.checkpoints
    folder = store.folder(parent_id)
    parent = load_checkpoint(folder)
    # the file of weights names what the program makes by itself, and this one a person has made
    card = replace(
        parent.card, parent=parent_id, chosen=asdict(chosen), weights_file=None, weights_sha256=None
    )
    threshold = parent.threshold if chosen.normalised else chosen.threshold
    new = replace(parent, card=card, threshold=threshold)
    saved = save_checkpoint(new, store.new_folder(new.encoder_name), quantise=True, encoder_of=folder)
    store.promote(saved.id, slot)
    workbench.matcher.load_in_background()
    return saved.id
