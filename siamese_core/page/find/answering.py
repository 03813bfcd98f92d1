"""Log what a person says of the images that a search has shown: many pairs at once."""

from collections.abc import Mapping
from functools import partial

from siamese_core.errors import UserError
from siamese_core.page.parts.outbox import (
    Event,
    Handler,
    annotator,
    milliseconds,
    once,
    own_id,
    text,
    verdicts_on_screen,
)
from siamese_core.workspace.recording import Shown
from siamese_core.workspace.workbench import Workbench

MOST_AT_ONCE = 240  # images
REASON = "search"
# Given the query, the images that come first were on screen with certainty; a person chose the query, which
# has no probability. So such an answer stands for its own pair and for no other.
PROBABILITY = 1.0


def search_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs a page of answers."""
    return {"search": once(workbench.log, partial(save_page, workbench))}


def save_page(workbench: Workbench, event: Event) -> dict:
    """Log {query, answers: [{id, answer, said}], milliseconds}: a row a pair, which are taken back together.

    The time is divided among them.
    """
    query, answers = text(event, "query"), event.get("answers")
    if not isinstance(answers, list) or not 1 <= len(answers) <= MOST_AT_ONCE:
        raise UserError(
            f"1 to {MOST_AT_ONCE} images are answered at once. Received: others. Reload the page."
        )
    taken = milliseconds(event)
    each = None if taken is None else round(taken / len(answers))
    given = [
        ((query, text(one, "id")), text(one, "answer"), _shown(one, each, own_id(event, "id")))
        for one in answers
    ]
    return {"pairs": len(workbench.answer_many(given, annotator(event), own_id(event, "id")))}


def _shown(answer: Mapping, each: float | None, group: str) -> Shown:
    verdicts = verdicts_on_screen(answer if isinstance(answer, dict) else {})
    return Shown("compare", REASON, PROBABILITY, each, group_id=group, verdicts=verdicts)
