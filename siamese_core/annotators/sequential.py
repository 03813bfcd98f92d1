"""Test, answer by answer, whether somebody answers at random (sequential probability ratio, Wald 1945).

Every sure answer is judged by the best evidence on its pair (`evidence`). For an honest person, who is right
with probability `HONEST` or more often, the product of the likelihood ratios "random : honest" exceeds
1 / `FALSE_ALARMS` with at most that probability, however long and often one looks (Ville 1939). Somebody who
answers at random says "same" as often as so far, whatever the pair shows.

The answers of people who are suspected are no evidence against others: the most suspect person goes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siamese_core.annotators.evidence import KINDS, judged_answers, probabilities_if_honest
from siamese_core.annotators.share import Share
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.set_aside import set_aside_events

FALSE_ALARMS = 0.02  # probability that an honest person is ever suspected
LIMIT = float(-np.log(FALSE_ALARMS))


@dataclass(frozen=True)
class Suspicion:
    """What the test says of an annotator.

    random: whether the answers look random; after: how many of their sure answers it took, else None;
    log_ratio: log-likelihood ratio now, above 0 in favour of random answers; agrees: by kind of `KINDS`, how
    often an answer agreed with that evidence.
    """

    name: str
    log_ratio: float
    after: int | None
    agrees: Mapping[str, Share]

    @property
    def random(self) -> bool:
        return self.after is not None

    def json(self) -> dict:
        agrees = {kind: share.json() for kind, share in self.agrees.items() if share.count}
        return {
            "random": self.random,
            "log_ratio": self.log_ratio,
            "after_answers": self.after,
            "evidence": agrees,
        }


def suspicions(
    rows: Sequence[LabelRow], gold: Mapping[tuple[str, str], str] | None = None
) -> dict[str, Suspicion]:
    """Test everybody who has given a sure answer. rows: the whole log; gold: known answers by pair."""
    answers = judged_answers(rows, gold or {})
    suspects = [name for name in set_aside_events(rows) if (answers["annotator"] == name).any()]
    while True:
        ratios = _log_ratios(answers, suspects)
        peaks = ratios.groupby(answers["annotator"]).max().drop(suspects)
        if not len(peaks) or peaks.max() < LIMIT:
            break
        suspects.append(peaks.idxmax())
    return _told(answers, suspects, ratios)


def _log_ratios(answers: pd.DataFrame, suspects: Sequence[str]) -> pd.Series:
    """Return each person's log-likelihood ratio after each of their answers."""
    honest = probabilities_if_honest(answers, suspects)["same"]
    by_person = answers.groupby("annotator")["same"]
    # Laplace's rule of succession over the answers before: a ratio that looks ahead would not be a martingale
    habitual = (by_person.cumsum() - answers["same"] + 1) / (by_person.cumcount() + 2)
    same = answers["same"] == 1
    ratio = np.log(habitual.where(same, 1 - habitual)) - np.log(honest.where(same, 1 - honest))
    return ratio.fillna(0.0).groupby(answers["annotator"]).cumsum()


def _told(answers: pd.DataFrame, suspects: Sequence[str], ratios: pd.Series) -> dict[str, Suspicion]:
    found = probabilities_if_honest(answers, suspects)
    agrees = ((found["same"] >= 0.5) == (answers["same"] == 1)).astype(int)
    result = {}
    for name, own in answers.groupby("annotator"):
        ratio = ratios[own.index].to_numpy()
        over = np.flatnonzero(ratio >= LIMIT)
        kinds = found.loc[own.index, "kind"]
        result[name] = Suspicion(
            name,
            float(ratio[-1]),
            int(over[0]) + 1 if len(over) else None,
            {kind: _share(agrees[own.index][kinds == kind]) for kind in KINDS},
        )
    return result


def _share(agrees: pd.Series) -> Share:
    return Share(int(agrees.sum()), len(agrees))
