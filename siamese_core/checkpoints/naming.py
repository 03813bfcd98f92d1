"""Say in words what a checkpoint is: its network, and what it learned from.

Ids such as `koch-997b9bda84df` are for programs; people read "Koch, retrained on 28 November, 300 answers".
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.checkpoints.store import CheckpointStore
from siamese_core.networks.encoders import ENCODERS, PRETRAINED, encoder_spec

SHIPPED = "shipped"
LONG_WORD = " CNN"  # that a heading has and a line of words leaves out


def network_title(card: CheckpointCard) -> str:
    """Return the name that people know of a checkpoint's network, such as "EfficientNet-Lite2".

    An adopted network is called as its file.
    """
    if card.adopted:
        return _file_name(card)
    spec = PRETRAINED.get(card.network or "") or ENCODERS.get(card.network or card.encoder)
    return spec.title if spec else card.network or card.encoder


def checkpoint_words(card: CheckpointCard, origin: str) -> str:
    """Return what a checkpoint is. origin: where it lies, as in `listing.CheckpointInfo`.

    "Koch, shipped"; "Koch, retrained on 28 November, 300 answers"; "EfficientNet-Lite2, ImageNet weights";
    "Koch, threshold chosen on 28 November".
    """
    network = network_title(card).removesuffix(LONG_WORD)
    if card.chosen is not None:
        learned = f", {answers_learned(card)} answers" if card.answers is not None else ""
        return f"{network}{learned}, threshold chosen on {_day(card)}"
    if card.answers is not None:
        return f"{network}, retrained on {_day(card)}, {answers_learned(card)} answers"
    if origin == SHIPPED:
        return f"{network}, {SHIPPED}"
    if card.network in PRETRAINED:
        return f"{network}, ImageNet weights"
    if card.adopted:
        return f"{network}, adopted on {_day(card)}"
    return f"{network}, trained on {_day(card)}"


def _file_name(card: CheckpointCard) -> str:
    """Return the name of the file that a network was adopted from, without its ending and its place."""
    file = str(card.adopted.get("file", "")).partition(" at ")[0].rpartition("/")[2]
    return PurePosixPath(file).stem or "own network"


def answers_learned(card: CheckpointCard) -> int:
    """Return how many answers a retrained checkpoint learned from; a metric's second fit has more."""
    return (card.learning or card.answers).get("answers", card.answers.get("training", 0))


def _day(card: CheckpointCard) -> str:
    """Return the day a checkpoint was made on, with the year where that is not the present one."""
    made = datetime.fromisoformat(card.created_at)
    year = "" if made.year == datetime.now(made.tzinfo).year else f" {made.year}"
    return f"{made.day} {made:%B}{year}"


@dataclass
class CheckpointNames:
    """Finds the names of a store's checkpoints by their ids, and remembers them."""

    store: CheckpointStore
    _known: dict[str, tuple[str, str]] = field(default_factory=dict)

    def network(self, checkpoint_id: str | None, slot: str) -> str:
        """Return the title of its network; that of the slot's own where there is no such checkpoint."""
        found = self._find(checkpoint_id)
        return found[0] if found else encoder_spec(slot).title

    def words(self, checkpoint_id: str | None) -> str:
        """Return what it is, as `checkpoint_words` does; the id itself where there is no such checkpoint."""
        found = self._find(checkpoint_id)
        return found[1] if found else checkpoint_id or ""

    def _find(self, checkpoint_id: str | None) -> tuple[str, str] | None:
        if checkpoint_id and checkpoint_id not in self._known:
            self._known |= {
                info.id: (network_title(info.card), checkpoint_words(info.card, info.origin))
                for info in self.store.list()
            }
        return self._known.get(checkpoint_id or "")
