"""How the labelling stands: what is answered, and how often the encoders were right about it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from siamese_core.answers.corrections import logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.mining import AUDIT
from siamese_core.metrics import wilson_interval
from siamese_core.networks.encoders import SLOTS

LATELY = 50  # answers


@dataclass(frozen=True)
class Share:
    """`right` of `count`, with the 95 % Wilson interval; of nothing `share` is None."""

    right: int
    count: int

    @property
    def share(self) -> float | None:
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson_interval(self.right, self.count) if self.count else (0.0, 1.0)


@dataclass(frozen=True)
class Standing:
    """Of the queue's answers that count. counts: by answer; by_annotator: most first.

    By slot: `agreed`, over all sure answers; `lately`, over the last `LATELY` of them; `audited`, over the
    pairs that were drawn at random, which alone tell of all pairs. corrected_lately: of the last ones those
    that contradict an encoder.
    """

    counts: dict[str, int]
    by_annotator: dict[str, int]
    agreed: dict[str, Share]
    lately: dict[str, Share]
    audited: dict[str, Share]
    corrected_lately: Share

    @property
    def answered(self) -> int:
        return sum(self.counts.values())


def standing_of(labels: Sequence[LabelRow]) -> Standing:
    """`labels`: those that count, oldest first (`settled.standing_labels`)."""
    asked = [row for row in labels if row.task == "queue"]
    sure = [row for row in asked if row.answer != "unsure"]
    last = sure[-LATELY:]
    return Standing(
        counts=dict(Counter(row.answer for row in asked)),
        by_annotator=dict(Counter(row.annotator for row in asked).most_common()),
        agreed=_agreed(sure),
        lately=_agreed(last),
        audited=_agreed([row for row in sure if row.reason == AUDIT]),
        corrected_lately=Share(sum(row.correction == "1" for row in last), len(last)),
    )


def _agreed(sure: Sequence[LabelRow]) -> dict[str, Share]:
    told = [
        (said.encoder, said.same == (row.answer == "same")) for row in sure for said in logged_verdicts(row)
    ]
    return {
        slot: Share(sum(right for name, right in told if name == slot), sum(name == slot for name, _ in told))
        for slot in SLOTS
    }
