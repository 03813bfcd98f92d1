"""Summarise the labelling: how much is answered, and how often the encoders were right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from siamese_core.answers.corrections import logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.mining import AUDIT
from siamese_core.metrics import wilson_interval
from siamese_core.networks.encoders import SLOTS

LATELY = 50  # latest answers


@dataclass(frozen=True)
class Share:
    """A proportion `right` of `count` with its 95 % Wilson interval; `share` is None where `count` is 0."""

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
    """Statistics over the queue's answers that count.

    counts: by answer; by_annotator: most answers first
    agreed, lately, audited: by slot, the share of right verdicts over all sure answers, over the last
    `LATELY`,
        and over the random audit, which alone is unbiased for all pairs
    corrected_lately: share of the last answers that contradict an encoder
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
    """Summarise labels, oldest first, that `settled.standing_labels` gave."""
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
    right = [
        (each.encoder, each.same == (row.answer == "same")) for row in sure for each in logged_verdicts(row)
    ]
    return {
        slot: Share(
            sum(is_right for name, is_right in right if name == slot), sum(name == slot for name, _ in right)
        )
        for slot in SLOTS
    }
