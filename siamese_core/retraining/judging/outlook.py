"""Tell how many answers are likely needed before a retraining can show that its candidate is better.

What counts is how many identities the answers show twice: the error of the ranking test falls with the root
of their number.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from siamese_core.answers.label_row import LabelRow
from siamese_core.data.components import named_components

# Gain in standard errors for each root of the number of identities: median over the candidates from true
# answers that are truly better in `bench gate` on photographs, of those whose ranking gained at all.
EFFECT = 0.2
# Gain in standard errors of which 80 % of candidates pass the one-sided test at 5 %: 1.64 + 0.84.
NEEDED = 2.49
FEWEST, MOST = 8, 400  # identities: bounds of what is told


@dataclass(frozen=True)
class Outlook:
    """How far the answers are from being enough.

    answers: settled ones; identities: shown by two images or more, now and as many as are likely needed;
    more: answers until then, None where no identity is shown twice yet.
    """

    answers: int
    identities: int
    needed: int
    more: int | None

    @property
    def words(self) -> str:
        """Say it in plain words."""
        known = (
            f"{self.answers} answers so far show {self.identities} identities (a person, an object, a "
            "character) in two images or more."
        )
        if self.more == 0:
            return f"{known} That is likely enough to show that a retrained encoder is better, if it is."
        likely = f"To show that a retrained encoder is better, about {self.needed} are likely needed"
        if self.more is None:
            return f"{known} {likely}."
        return f"{known} {likely}: {self.more} more answers at this rate."


def outlook_words(settled: Sequence[LabelRow], report: Mapping | None) -> str:
    """Say how many answers are likely needed. report: that of the last retraining, if there was one."""
    if report and report["promoted"]:
        new = max(0, len(settled) - report["labels"])
        return (
            f"{new} answers since the last promotion. The next candidate must be better than what serves "
            "now: expect that it needs at least as many new answers as the one before needed in all."
        )
    return outlook(settled, report and report.get("ranking")).words


def outlook(settled: Sequence[LabelRow], ranking: Mapping | None = None) -> Outlook:
    """Return the outlook of the settled answers, one a pair.

    ranking: that of the last report, whose candidate was kept: the gain that it found, if any, counts instead
    of `EFFECT`.
    """
    same = [row for row in settled if row.answer == "same"]
    sizes = Counter(named_components([row.left_id for row in same], [row.right_id for row in same]).values())
    shown = len(sizes)
    needed = _needed(ranking)
    more = ceil(max(0, needed - shown) * len(settled) / shown) if shown else None
    return Outlook(len(settled), shown, needed, more)


def _needed(ranking: Mapping | None) -> int:
    effect = EFFECT
    if ranking and ranking["gain"] > 0 and ranking["error"] > 0:
        effect = ranking["gain"] / ranking["error"] / ranking["identities"] ** 0.5
    return int(min(max((NEEDED / effect) ** 2, FEWEST), MOST))
