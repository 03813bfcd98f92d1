"""Review the answers of a log: list and order them, correct them, settle conflicts.

The log is only ever appended to: to relabel, take back or settle adds an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import pandas as pd

from siamese_core.answers.answer_table import answer_table, right_verdicts
from siamese_core.answers.label_row import LOGGED_ENCODERS, LabelRow
from siamese_core.answers.set_aside import set_aside_events
from siamese_core.answers.settled import SETTLES, conflicting_labels, settled_labels, standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.implications import contradictory
from siamese_core.review.label_errors import VerdictLogOdds, error_probabilities, log_odds_table
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench

STATES = COUNTS, REPLACED, TAKEN_BACK, ASIDE = "counts", "replaced", "taken back", "set aside"
ORDERS = ("newest", "oldest", "errors")
BOTH, ANY = "both", "any"


@dataclass(frozen=True)
class Reviewed:
    """An answer with its state.

    state: one of `STATES`
    conflict: another annotator disagrees
    wrong: encoders whose verdict it contradicts
    doubt: probability that the answer is wrong, 0..1; None where it does not count or is unsure
    likely: to be looked at first as a probable label error
    """

    row: LabelRow
    state: str
    conflict: bool
    wrong: tuple[str, ...]
    doubt: float | None = None
    likely: bool = False


@dataclass(frozen=True)
class Filters:
    """Which answers to show: those that match every field; "" and None match any.

    annotator: "" is whoever gave no name. wrong: the name of an encoder, `ANY` or `BOTH`. since, until: days,
    YYYY-MM-DD in UTC, both included.
    """

    state: str = "counts"
    answer: str = ""
    correction: bool = False
    conflict: bool = False
    likely: bool = False
    annotator: str | None = None
    wrong: str = ""
    reason: str = ""
    since: str = ""
    until: str = ""

    def matching(self, answers: pd.DataFrame) -> pd.Series:
        """Return which rows of `Review.table` match, bool."""
        found = pd.Series(True, answers.index)
        for column in ("state", "answer", "reason"):
            if chosen := getattr(self, column):
                found &= answers[column] == chosen
        for column in ("correction", "conflict", "likely"):
            if getattr(self, column):
                found &= answers[column]
        if self.annotator is not None:
            found &= answers["annotator"] == self.annotator
        if self.wrong:
            found &= self._wrong(answers)
        if self.since:
            found &= answers["day"] >= self.since
        if self.until:
            found &= answers["day"] <= self.until
        return found

    def _wrong(self, answers: pd.DataFrame) -> pd.Series:
        contradicted = answers[list(LOGGED_ENCODERS)]
        if self.wrong in (ANY, BOTH):
            return contradicted.any(axis=1) if self.wrong == ANY else contradicted.all(axis=1)
        return contradicted[self.wrong]


@dataclass(frozen=True)
class Review:
    """All answers of a log, oldest first, with the conflicts and contradictions among them.

    table: a row for each of `answers`, with the cells of the log and the columns that `Filters` look at;
    contradictory: what `implications.contradictory` gives.
    """

    table: pd.DataFrame
    answers: tuple[Reviewed, ...]
    conflicts: tuple[tuple[LabelRow, ...], ...]
    contradictory: tuple[LabelRow, ...]

    @property
    def annotators(self) -> tuple[str, ...]:
        return tuple(sorted(self.table["annotator"].unique()))

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(sorted(filter(None, self.table["reason"].unique())))

    def shown(self, filters: Filters, order: str = ORDERS[0]) -> list[Reviewed]:
        """Return the answers that match, in one of `ORDERS`; "errors" puts probable label errors first."""
        found = self.table[filters.matching(self.table)]
        if order != "oldest":
            found = found.iloc[::-1]
        if order == "errors":
            found = found.sort_values(["likely", "doubt"], ascending=False, kind="stable")
        return [self.answers[place] for place in found.index]


def review(rows: Sequence[LabelRow], log_odds: VerdictLogOdds | None = None) -> Review:
    """Review the log's rows. log_odds: further scores of pairs, beside those in the log."""
    labels = [row for row in rows if row.event == "label"]
    standing = standing_labels(rows)
    conflicts = conflicting_labels(standing)
    table = answer_table(labels)
    table = table.assign(
        state=_states(table, rows, standing),
        conflict=_disputed(table, standing, conflicts),
        correction=table["correction"] == "1",
        day=table["created_at"].str[:10],
        **(right_verdicts(table) == 0),
    )
    table = _with_doubts(table, log_odds or {})
    return Review(
        table, _reviewed(labels, table), tuple(conflicts), tuple(contradictory(settled_labels(rows)))
    )


def _states(answers: pd.DataFrame, rows: Sequence[LabelRow], standing: Sequence[LabelRow]) -> np.ndarray:
    counts = answers["label_id"].isin({row.label_id for row in standing})
    undone = answers["label_id"].isin({row.target_id for row in rows if row.event == "undo"})
    aside = answers["annotator"].isin(set_aside_events(rows).keys())
    return np.select([counts, undone, aside], [COUNTS, TAKEN_BACK, ASIDE], REPLACED)


def _disputed(
    answers: pd.DataFrame, standing: Sequence[LabelRow], conflicts: Sequence[tuple[LabelRow, ...]]
) -> pd.Series:
    """Return which answers count and are to a pair on which annotators disagree."""
    pairs = {group[0].pair for group in conflicts}
    return answers["label_id"].isin({row.label_id for row in standing if row.pair in pairs})


def _with_doubts(answers: pd.DataFrame, log_odds: VerdictLogOdds) -> pd.DataFrame:
    """Add doubt, 0..1, NaN for an answer that does not count or is unsure, and likely."""
    sure = answers[(answers["state"] == COUNTS) & (answers["answer"] != "unsure")]
    same = (sure["answer"] == "same").to_numpy()
    doubt, likely = error_probabilities(log_odds_table(sure, log_odds), same)
    return answers.assign(doubt=pd.Series(doubt, sure.index), likely=answers.index.isin(sure.index[likely]))


def _reviewed(labels: Sequence[LabelRow], table: pd.DataFrame) -> tuple[Reviewed, ...]:
    encoders = list(LOGGED_ENCODERS)
    wrong = (tuple(compress(encoders, contradicts)) for contradicts in table[encoders].to_numpy())
    doubt = (None if np.isnan(each) else each for each in table["doubt"].tolist())
    state, conflict, likely = (table[name].tolist() for name in ("state", "conflict", "likely"))
    return tuple(map(Reviewed, labels, state, conflict, wrong, doubt, likely))


def relabel(workbench: Workbench, label_id: str, answer: str, who: Annotator, new_id: str = "") -> str:
    """Append a new answer by `who` to the pair of an earlier one; return its label_id (`new_id` if given).

    It replaces the annotator's own earlier answer, and conflicts with another annotator's. The pair keeps the
    probability with which it was drawn.
    """
    row = known_label(workbench.log.rows(), label_id)
    return workbench.answer(row.left_id, row.right_id, answer, who, replace(_shown(row), label_id=new_id))


def settle(workbench: Workbench, pair: tuple[str, str], answer: str, who: Annotator, new_id: str = "") -> str:
    """Append an answer by `who` that overrules a conflict, and return its label_id (`new_id` if given).

    Undoing it opens the conflict again. UserError where there is no conflict on the pair.
    """
    pair = tuple(sorted(pair))
    disputed = [group for group in workbench.log.conflicts() if group[0].pair == pair]
    if not disputed:
        raise UserError(
            "Only a conflict can be settled. Received: a pair on which nobody disagrees (any more). Load the "
            "list again."
        )
    drawn = next((row for row in disputed[0] if row.probability), disputed[0][0])
    shown = replace(_shown(drawn), note=SETTLES, label_id=new_id)
    return workbench.answer(drawn.left_id, drawn.right_id, answer, who, shown)


def known_label(rows: Sequence[LabelRow], label_id: str) -> LabelRow:
    """Return the answer with this label_id. UserError if the log does not hold it."""
    for row in rows:
        if row.label_id == label_id and row.event == "label":
            return row
    raise UserError(
        f"An answer is named by its label_id. Received: {ascii(label_id)[:80]}, which the log does not hold. "
        "Load the list again."
    )


def _shown(row: LabelRow) -> Shown:
    """How the pair of an earlier answer came before a person."""
    return Shown(
        task=row.task or "compare",
        reason=row.reason or "uploaded",
        probability=float(row.probability) if row.probability else None,
    )
