"""Review the answers of a log: list and order them, correct them, settle conflicts.

The log is only ever appended to: to relabel, take back or settle adds an event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from siamese_core.answers.corrections import logged_verdicts
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import SETTLES, conflicting_labels, settled_labels, standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.implications import contradictory
from siamese_core.metrics import verdict_log_odds
from siamese_core.review.label_errors import error_probabilities, log_odds_table
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench

STATES = ("counts", "replaced", "taken back")
ORDERS = ("newest", "oldest", "errors")
BOTH, ANY = "both", "any"
# by pair and checkpoint id, see `metrics.verdict_log_odds`
VerdictLogOdds = Mapping[tuple[str, str], Mapping[str, float]]


@dataclass(frozen=True)
class Reviewed:
    """An answer with its state.

    state: one of `STATES`; conflict: another annotator disagrees; wrong: encoders whose verdict it
    contradicts doubt: probability that the answer is wrong, 0..1; None where it does not count or is unsure
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

    def match(self, each: Reviewed) -> bool:
        row = each.row
        return (
            self.state in ("", each.state)
            and self.answer in ("", row.answer)
            and (not self.correction or row.correction == "1")
            and (not self.conflict or each.conflict)
            and (not self.likely or each.likely)
            and self.annotator in (None, row.annotator)
            and self._wrong(each.wrong)
            and self.reason in ("", row.reason)
            and self.since <= row.created_at[:10]
            and (not self.until or row.created_at[:10] <= self.until)
        )

    def _wrong(self, wrong: tuple[str, ...]) -> bool:
        if self.wrong in ("", ANY):
            return bool(wrong) or not self.wrong
        return len(wrong) > 1 if self.wrong == BOTH else self.wrong in wrong


@dataclass(frozen=True)
class Review:
    """All answers of a log, oldest first, with the conflicts and contradictions among them.

    contradictory: what `implications.contradictory` gives.
    """

    answers: tuple[Reviewed, ...] = ()
    conflicts: tuple[tuple[LabelRow, ...], ...] = ()
    contradictory: tuple[LabelRow, ...] = ()
    annotators: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def shown(self, filters: Filters, order: str = ORDERS[0]) -> list[Reviewed]:
        """Return the answers that match, in one of `ORDERS`; "errors" puts probable label errors first."""
        found = [each for each in self.answers if filters.match(each)]
        if order == "oldest":
            return found
        found.reverse()
        if order == "errors":
            found.sort(key=lambda each: (not each.likely, 1.0 if each.doubt is None else -each.doubt))
        return found


def review(rows: Sequence[LabelRow], log_odds: VerdictLogOdds | None = None) -> Review:
    """Review the log's rows. log_odds: further scores of pairs, beside those in the log."""
    standing = standing_labels(rows)
    conflicts = conflicting_labels(standing)
    disputed = {group[0].pair for group in conflicts}
    undone = {row.target_id for row in rows if row.event == "undo"}
    doubted = _doubted(standing, log_odds or {})
    answers = []
    for row in rows:
        if row.event != "label":
            continue
        state = "counts" if row.label_id in doubted else STATES[1 + (row.label_id in undone)]
        doubt, likely = doubted.get(row.label_id, (None, False))
        conflict = state == "counts" and row.pair in disputed
        answers.append(Reviewed(row, state, conflict, _wrong(row), doubt, likely))
    return Review(
        tuple(answers),
        tuple(conflicts),
        tuple(contradictory(settled_labels(rows))),
        tuple(sorted({each.row.annotator for each in answers})),
        tuple(sorted({each.row.reason for each in answers if each.row.reason})),
    )


def _wrong(row: LabelRow) -> tuple[str, ...]:
    if row.answer == "unsure":
        return ()
    return tuple(each.encoder for each in logged_verdicts(row) if each.same != (row.answer == "same"))


def _doubted(standing: Sequence[LabelRow], log_odds: VerdictLogOdds) -> dict[str, tuple[float | None, bool]]:
    """Return (doubt, likely) of the answers that count, by label_id."""
    sure = [row for row in standing if row.answer != "unsure"]
    scores = [logged_log_odds(row) | dict(log_odds.get(row.pair, {})) for row in sure]
    same = np.array([row.answer == "same" for row in sure], bool)
    doubt, likely = error_probabilities(log_odds_table(scores), same)
    found = {row.label_id: (None, False) for row in standing}
    return found | {
        row.label_id: pair for row, *pair in zip(sure, doubt.tolist(), likely.tolist(), strict=True)
    }


def logged_log_odds(row: LabelRow) -> dict[str, float]:
    """Return the verdict log-odds when the answer was given, by checkpoint id."""
    return {
        each.checkpoint or each.encoder: verdict_log_odds(each.similarity, each.threshold)
        for each in logged_verdicts(row)
    }


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
