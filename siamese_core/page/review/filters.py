"""Draw the form that filters the Review tab, and check what it sends."""

import re
from dataclasses import dataclass

from markupsafe import Markup

from siamese_core.answers.label_row import ANSWERS
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.outbox import text
from siamese_core.page.parts.templates import render
from siamese_core.review.reviewing import ANY, BOTH, Filters

VIEWS = {
    "answers": translatable("Answers"),
    "conflicts": translatable("Conflicts"),
    "contradictions": translatable("Contradictions"),
    "annotators": translatable("Annotators"),
    "export": translatable("Export"),
}
CHOICES = {
    "order": {
        "newest": translatable("newest first"),
        "oldest": translatable("oldest first"),
        "errors": translatable("likely label errors first"),
    },
    "state": {
        "counts": translatable("that count"),
        "replaced": translatable("replaced"),
        "taken back": translatable("taken back"),
        "set aside": translatable("set aside"),
        "": translatable("all"),
    },
    "answer": {"": translatable("any")} | {answer: answer for answer in ANSWERS},
    "wrong": {
        "": translatable("any"),
        ANY: translatable("at least one"),
        BOTH: translatable("both"),
        **{slot: slot for slot in SLOTS},
    },
}
TICKS = ("correction", "conflict", "likely")
NAMED = "="  # in front of a name, so that an answer without a name differs from no filter


@dataclass(frozen=True)
class Wish:
    """What to show: a view, a page of it (from 0), an order and filters."""

    view: str = "answers"
    page: int = 0
    order: str = "newest"
    filters: Filters = Filters()


def filter_form() -> Markup:
    return render("review/filters.html.jinja", choices=CHOICES)


def checked_wish(sent: object) -> Wish:
    """Return what the person wishes to see. UserError where the browser sends what the form cannot."""
    chosen = {name: _choice(sent, name) for name in CHOICES}
    order = chosen.pop("order")
    annotator, reason = text(sent, "annotator"), text(sent, "reason")
    page = sent.get("page") if isinstance(sent, dict) else 0
    view = text(sent, "view")
    return Wish(
        view=view if view in VIEWS else "answers",
        page=page if isinstance(page, int) and 0 <= page < 10**9 else 0,
        order=order,
        filters=Filters(
            **chosen,
            **{name: isinstance(sent, dict) and sent.get(name) is True for name in TICKS},
            annotator=annotator.removeprefix(NAMED) if annotator.startswith(NAMED) else None,
            reason=reason,
            since=_day(sent, "since"),
            until=_day(sent, "until"),
        ),
    )


def _choice(sent: object, name: str) -> str:
    if not isinstance(sent, dict) or name not in sent:
        return next(iter(CHOICES[name]))
    if (chosen := text(sent, name)) in CHOICES[name] and isinstance(sent[name], str):
        return chosen
    raise UserError(
        f"{name} is one of {', '.join(filter(None, CHOICES[name]))}. Received: {ascii(sent[name])[:40]}. "
        "Reload the page."
    )


def _day(sent: object, name: str) -> str:
    day = text(sent, name)
    if not day or re.fullmatch(r"\d{4}-\d\d-\d\d", day):
        return day
    raise UserError(f"A day is YYYY-MM-DD. Received: {ascii(day)[:40]}. Choose one from the calendar.")
