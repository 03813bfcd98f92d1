"""How often an encoder was right about pairs that it found about as alike as this one."""

from collections.abc import Iterable
from dataclasses import dataclass

from siamese_core.answers.corrections import logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.checkpoints.card import CheckpointCard
from siamese_core.metrics import verdict, wilson_interval

NEARBY = 0.1  # difference of similarities that count as about as alike
FEWEST = 10  # answers; of fewer no share is told
LOOKED_AT = 2000  # latest answers of a log that are looked at


@dataclass(frozen=True)
class TrackRecord:
    """What is known of an encoder's verdicts.

    answers, right: people's answers to pairs of similar similarity, and how many agreed; low, high: of these
    similarities, 0..1; held_out, accuracy: pairs that the checkpoint was measured on, of any similarity, and
    the share that it got right; None where its card has none.
    """

    answers: int
    right: int
    low: float
    high: float
    held_out: int | None
    accuracy: float | None

    @property
    def is_known(self) -> bool:
        return self.answers >= FEWEST

    @property
    def share(self) -> float:
        return self.right / self.answers

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return wilson_interval(self.right, self.answers)


def track_record(
    rows: Iterable[LabelRow], slot: str, similarity: float, threshold: float, card: CheckpointCard
) -> TrackRecord:
    """Look through answers for pairs that this checkpoint of a slot found about as alike.

    Whether it was right is judged at `threshold`, the one in force.
    """
    low, high = max(0.0, similarity - NEARBY), min(1.0, similarity + NEARBY)
    agreed = [
        bool(verdict(said.similarity, threshold)) == (row.answer == "same")
        for row in rows
        if row.answer in ("same", "different")
        for said in logged_verdicts(row)
        if said.encoder == slot and said.checkpoint == card.id and low <= said.similarity <= high
    ]
    measured = (card.metrics or {}).get("verification") or {}
    return TrackRecord(len(agreed), sum(agreed), low, high, measured.get("pairs"), measured.get("accuracy"))
