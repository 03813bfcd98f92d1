"""Draw what the Review tab shows: answers, conflicts, contradictions, exports; a page of a list at a time."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.annotators.agreement import agreements, fleiss_kappa
from siamese_core.annotators.people import people
from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import SETTLES, settled_labels, standing_labels
from siamese_core.labelling.implications import contradictions
from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.paragraphs import first_step, quiet
from siamese_core.page.parts.templates import render
from siamese_core.page.review.filters import VIEWS, Wish
from siamese_core.review.exports import answer_groups, triplets
from siamese_core.review.reviewing import Review

NOTHING = translatable("No answers yet. Answer some pairs, then look at them again here.")
NONE_FOUND = translatable("No such answers.")
FITTING = translatable("No contradictions: the answers fit together.")
# what a suspicion rests on, by kind of evidence
EVIDENCE = {
    "gold": translatable("Gold questions answered right: {right} of {count}."),
    "repeats": translatable("The same answer as before: {right} of {count}."),
    "others": translatable("Agrees with others: {right} of {count}."),
    "encoders": translatable("Agrees with the encoders: {right} of {count}."),
}
LABEL = (translatable("Label pairs"), "goto", "label")
PER_PAGE = {"answers": 25, "conflicts": 10, "contradictions": 5}


@dataclass(frozen=True)
class Part:
    """One page of a list: the wished one, or the last where there are not as many."""

    found: Sequence
    size: int
    wished: int

    @property
    def count(self) -> int:
        return len(self.found)

    @property
    def last_page(self) -> int:
        return max(0, (self.count - 1) // self.size)

    @property
    def page(self) -> int:
        return min(self.wished, self.last_page)

    @property
    def start(self) -> int:
        return self.page * self.size

    @property
    def end(self) -> int:
        return min(self.start + self.size, self.count)

    @property
    def shown(self) -> Sequence:
        return self.found[self.start : self.end]


def part_of(found: Sequence, wish: Wish) -> Part:
    return Part(found, PER_PAGE[wish.view], wish.page)


def view_buttons(current: str, known: Review) -> Markup:
    counts = {"conflicts": len(known.conflicts), "contradictions": len(known.contradictory)}
    return render("review/views.html.jinja", views=VIEWS, current=current, counts=counts)


def view(
    known: Review,
    rows: Sequence[LabelRow],
    wish: Wish,
    working: float | None,
    gold: Mapping[tuple[str, str], str] | None = None,
) -> Markup:
    """Return the view that is wished for.

    rows: the whole log; working: 0..1 while checkpoints are asked; gold: known answers by pair.
    """
    body = {
        "answers": answers_body,
        "conflicts": conflicts_body,
        "contradictions": contradictions_body,
        "annotators": lambda known, rows, wish: annotators_body(rows, gold),
        "export": export_body,
    }[wish.view](known, rows, wish)
    return render(
        "review/frame.html.jinja",
        view=wish.view,
        made=time.monotonic_ns(),  # gradio draws nothing and tells the script nothing for an equal value
        annotators=json.dumps(known.annotators),
        reasons=json.dumps(known.reasons),
        working=working,
        body=body,
    )


def answers_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    found = known.shown(wish.filters, wish.order)
    if not found:
        return quiet(NONE_FOUND, "empty") if known.answers else first_step(NOTHING, LABEL)
    return render("review/answers.html.jinja", part=part_of(found, wish), by_errors=wish.order == "errors")


def conflicts_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    # whoever settles a conflict has seen the others' answers, so that this answer says nothing of agreement
    independent = standing_labels(row for row in rows if row.note != SETTLES)
    return render(
        "review/conflicts.html.jinja",
        part=part_of(known.conflicts[::-1], wish),
        agreements=agreements(independent),
    )


def contradictions_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    """Find the chains of one page only, since each takes a search."""
    if not known.contradictory:
        return quiet(FITTING, "empty")
    part = part_of(known.contradictory[::-1], wish)
    same = [row for row in settled_labels(rows) if row.answer == "same"]
    answers = {each.row.label_id: each for each in known.answers}
    chains = [
        (found, [answers[label_id] for label_id in found.labels])
        for found in contradictions([*same, *part.shown])
    ]
    return render("review/contradictions.html.jinja", part=part, chains=chains)


def annotators_body(rows: Sequence[LabelRow], gold: Mapping[tuple[str, str], str] | None) -> Markup:
    if not (found := people(rows, gold)):
        return first_step(NOTHING, LABEL)
    together = fleiss_kappa(standing_labels(rows))
    return render("review/annotators.html.jinja", people=found, together=together, words=EVIDENCE)


def export_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    return render(
        "review/exports.html.jinja",
        answers=len(known.answers),
        grouped=answer_groups(rows).counts(),
        triplets=len(triplets(rows)),
    )
