"""The pair to label, and what goes between its script and the queue: pairs come in batches, answers go with
the ids of their pair and an id of their own, so that none is lost, doubled or given to another pair.

An answer is first kept in the browser and sent until the server has it (scripts/parts/outbox.js).
"""

import re
from collections.abc import Mapping

from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Question
from siamese_core.labelling.mining import REASONS
from siamese_core.labelling.queue import MOST_AT_ONCE, Questions
from siamese_core.page.parts.answers import annotator, milliseconds, text
from siamese_core.page.parts.notices import told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.recording import Annotator, Shown

MOST_SENT = 50  # answers in one call
WHY = {
    "disagreement": "the encoders disagree",
    "uncertain": "the answers so far leave it open",
    "hard_negative": "found alike, likely different",
    "random_audit": "drawn at random, to check",
}
BLIND, IMPLIED, CONTRADICTION = "blind", "implied", "contradiction"

SCRIPT = "workbench.label.pairView(element, server, () => trigger('saved'))"


def build_pair_view(questions: Questions) -> Panel:
    def ask(sent: dict) -> dict:
        """Called by the script, {annotator, session, count}: the next pairs, or why there are none yet."""
        who, count = annotator(sent), sent.get("count")
        if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
            raise UserError(f"count is 1 to {MOST_AT_ONCE}. Received: {ascii(count)[:40]}. Reload the page.")
        return {"pairs": [pair_told(each) for each in questions.next_pairs(count, who.name)]}

    def save(sent: dict) -> dict:
        """Called by the script, {events: [...]}: each with its own `id`; gives what became of each."""
        events = sent.get("events") if isinstance(sent, dict) else None
        if not isinstance(events, list) or not 1 <= len(events) <= MOST_SENT:
            raise UserError(f"1 to {MOST_SENT} answers come at once. Received: others. Reload the page.")
        kept = told_in_words(lambda event: keep(questions, event))
        return {"done": {text(event, "id"): kept(event) for event in events}}

    return Panel(
        render("label/pair_view.html.jinja"),
        elem_id="label",
        script=SCRIPT,
        server_functions=[told_in_words(ask), told_in_words(save)],
    )


def pair_told(question: Question) -> dict:
    """What the script draws and sends back."""
    return {
        "left": question.left_id,
        "right": question.right_id,
        "reason": question.reason,
        "why": WHY[question.reason],
        "probability": question.probability,
        "said": {
            each.encoder: {"similarity": each.similarity, "threshold": each.threshold, "same": each.same}
            for each in question.verdicts
        },
    }


def keep(questions: Questions, event: dict) -> dict:
    """Logs one event of the script, once however often it is sent: an answer, or an undo of one."""
    who, label_id = annotator(event), own_id(event, "id")
    log = questions.workbench.log
    if text(event, "kind") == "undo":
        target = own_id(event, "target")
        names = {"annotator": who.name, "session_id": who.session_id, "source": who.source}
        log.append_once(LabelRow(label_id=label_id, event="undo", target_id=target, **names))
        return {"saved": True}
    pair = text(event, "left_id"), text(event, "right_id")
    questions.workbench.answer(*pair, text(event, "answer"), who, shown(questions, event, who, label_id))
    return {"saved": True}


def shown(questions: Questions, event: dict, who: Annotator, label_id: str) -> Shown:
    """How the pair came before the person. What the queue knows counts; what was asked before a restart, the
    page still knows."""
    told = {"milliseconds": milliseconds(event), "note": note(event), "label_id": label_id}
    if text(event, "origin") in (IMPLIED, CONTRADICTION):
        return Shown(task="queue", reason="", **told)
    asked = text(event, "asked")
    pair = text(event, "left_id"), text(event, "right_id")
    found = questions.shown(*pair, who.name) or questions.shown(*pair, asked)
    if found:
        return Shown(found.task, found.reason, found.probability, verdicts=found.verdicts, **told)
    reason, chance = text(event, "reason"), event.get("probability")
    if reason not in REASONS or not isinstance(chance, int | float) or not 0 < chance <= 1:
        raise UserError(
            "An answer of the queue is to one of its pairs. Received: one that was not asked. Reload the "
            "page."
        )
    return Shown("queue", reason, float(chance), **told)


def note(event: Mapping) -> str:
    """ "blind" where the encoders' opinion was hidden; of a suggestion the answers that imply it."""
    origin = text(event, "origin")
    if origin == IMPLIED:
        because = event.get("because")
        because = because if isinstance(because, list) else []
        return " ".join([IMPLIED, "by", *(each for each in because[:8] if is_id(each))])
    return origin if origin == CONTRADICTION else BLIND if event.get("blind") is True else ""


def own_id(event: Mapping, key: str) -> str:
    value = text(event, key)
    if not is_id(value):
        raise UserError(f"An answer has an id. Received: {ascii(value)[:40]}. Reload the page.")
    return value


def is_id(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("[0-9a-f]{32}", value))
