"""Summarise the labelling: how much is answered, and how often the encoders were right."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from siamese_core.annotators.share import Share
from siamese_core.answers.answer_table import answer_table, right_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.labelling.mining import AUDIT
from siamese_core.networks.encoders import SLOTS

LATELY = 50  # latest answers


@dataclass(frozen=True)
class Standing:
    """Statistics over the queue's answers that count.

    counts: by answer; by_annotator: most answers first
    agreed, lately, audited: by slot, the share of right verdicts over all sure answers, over the last
    `LATELY`,
        and over the random audit, which alone is unbiased for all pairs
    corrected_lately: share of the last answers, where an encoder judged, that contradict one
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
    asked = answer_table(row for row in labels if row.task == "queue")
    sure = asked[asked["answer"] != "unsure"]
    last, judged = sure.tail(LATELY), sure[right_verdicts(sure).notna().any(axis=1)].tail(LATELY)
    return Standing(
        counts=asked["answer"].value_counts(sort=False).to_dict(),
        by_annotator=asked["annotator"].value_counts().to_dict(),
        agreed=_agreed(sure),
        lately=_agreed(last),
        audited=_agreed(sure[sure["reason"] == AUDIT]),
        corrected_lately=Share(int((judged["correction"] == "1").sum()), len(judged)),
    )


def _agreed(sure: pd.DataFrame) -> dict[str, Share]:
    right = right_verdicts(sure)
    return {slot: Share(int(right[slot].sum()), int(right[slot].count())) for slot in SLOTS}
