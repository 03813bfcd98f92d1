"""Tell of each annotator how much, how fast and how consistently they answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from siamese_core.annotators.agreement import Kappa, answers_by_annotator, cohens_kappa
from siamese_core.annotators.given import given_answers, gold_answers, repeated
from siamese_core.annotators.sequential import Suspicion, suspicions
from siamese_core.annotators.share import Share
from siamese_core.answers.answer_table import answer_table
from siamese_core.answers.label_row import ANSWERS, SET_ASIDE, LabelRow
from siamese_core.answers.set_aside import set_aside_events
from siamese_core.answers.settled import by_people, standing_labels

BREAK_SECONDS = 300  # a longer time between two answers is a break, not work
COLUMNS = ("label_id", "annotator", "answer", "reason", "milliseconds", "created_at")


@dataclass(frozen=True)
class Person:
    """An annotator's answers that are not taken back, replaced ones among them.

    answers: how many; median_ms: of the time an answer took; per_hour: answers an hour of work, breaks of
    more than `BREAK_SECONDS` left out; others: Cohen's kappa with the majority of the other annotators, pair
    by pair; repeats: pairs asked again that got the same answer; gold: gold questions answered right;
    suspicion: whether the answers look random, None where none is sure; aside: the answers are set aside, and
    the others' kappas without them. None where it cannot be told.
    """

    name: str
    answers: int
    median_ms: float | None
    per_hour: float | None
    others: Kappa
    repeats: Share
    gold: Share
    suspicion: Suspicion | None
    aside: bool = False

    def json(self) -> dict:
        return {
            "annotator": self.name,
            "set_aside": self.aside,
            "answers": self.answers,
            "median_ms": self.median_ms,
            "per_hour": self.per_hour,
            "others": self.others.json(),
            "repeats": self.repeats.json(),
            "gold": self.gold.json(),
            "suspicion": self.suspicion and self.suspicion.json(),
        }


def people(rows: Sequence[LabelRow], gold: Mapping[tuple[str, str], str] | None = None) -> list[Person]:
    """Return everybody who answered, most answers first. rows: the whole log; gold: known answers by pair.

    Agents are no annotators.
    """
    rows, gold = by_people(rows), gold or {}
    table = answer_table(given_answers(rows), COLUMNS)
    tested = suspicions(rows, gold)
    aside = set_aside_events(rows)
    labels = [row for row in rows if row.event != SET_ASIDE]  # whoever is set aside is compared as well
    counted, compared = (kappas_with_others(standing_labels(each)) for each in (rows, labels))
    again, known = repeated(table)["agrees"], gold_answers(table, gold)["agrees"]
    found = []
    for name, own in table.groupby("annotator", sort=False):
        found.append(
            Person(
                name,
                len(own),
                _median(own["milliseconds"]),
                answers_an_hour(own["created_at"]),
                (compared if name in aside else counted).get(name, Kappa(0)),
                *(_share(each[each.index.isin(own.index)]) for each in (again, known)),
                tested.get(name),
                name in aside,
            )
        )
    return sorted(found, key=lambda each: -each.answers)


def kappas_with_others(standing: Sequence[LabelRow]) -> Mapping[str, Kappa]:
    """Return Cohen's kappa of each annotator with the majority of the others; a tie of these is no answer."""
    table = answers_by_annotator(standing)
    votes = np.stack([(table == place).to_numpy() for place in range(len(ANSWERS))], axis=2)
    found = {}
    for place, name in enumerate(table.columns):
        others = votes.sum(axis=1) - votes[:, place]
        most = others.max(axis=1)
        clear = (most > 0) & ((others == most[:, None]).sum(axis=1) == 1) & votes[:, place].any(axis=1)
        own = votes[clear, place].argmax(axis=1)
        found[name] = cohens_kappa(own, others[clear].argmax(axis=1))
    return found


def answers_an_hour(created_at: pd.Series) -> float | None:
    """Return the answers an hour of work, from the times (ISO 8601) of one person's answers."""
    times = pd.to_datetime(created_at, utc=True, format="ISO8601", errors="coerce").dropna().sort_values()
    between = times.diff().dt.total_seconds().dropna()
    worked = between[between <= BREAK_SECONDS]
    return float(3600 * len(worked) / worked.sum()) if worked.sum() > 0 else None


def _median(milliseconds: pd.Series) -> float | None:
    known = pd.to_numeric(milliseconds, errors="coerce").dropna()
    return float(known.median()) if len(known) else None


def _share(agrees: pd.Series) -> Share:
    return Share(int(agrees.sum()), len(agrees))
