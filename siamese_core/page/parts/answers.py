"""Answer the pair on screen by buttons and keys, and take answers back.

An answer names the pair that was on screen when the key was pressed, and what the encoders had said of it. So
none can meet another pair, however late it comes (`outbox`).
"""

from collections.abc import Sequence
from functools import partial

from siamese_core.accounts.audit import UNDO
from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.callers import note, origin
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.notices import listen
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
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.rights import may_undo, require_own
from siamese_core.page.parts.templates import render
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench

BAR_SCRIPT = "workbench.compare.answerBar(element, () => trigger('answered'))"


def build_answer_bar(last_answers: LastAnswers) -> Panel:
    """Return the bar of answers; `answered` is triggered once what was answered is saved."""
    bar = Panel(render("parts/answer_bar.html.jinja"), elem_id="answer-bar", script=BAR_SCRIPT)
    listen(bar.answered, last_answers.refresh, None, last_answers.table, queue=False)
    return bar


def answer_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs an answer to the pair on screen, and what takes answers of any tab back."""
    return {
        "compare": partial(save_comparison, workbench),
        "undo": partial(undo, workbench),
        "undo_latest": once(workbench.log, partial(undo_latest, workbench)),
    }


def save_comparison(workbench: Workbench, event: Event) -> dict:
    """Log {left_id, right_id, answer, milliseconds, said}."""
    shown = Shown(
        milliseconds=milliseconds(event), verdicts=verdicts_on_screen(event), label_id=own_id(event, "id")
    )
    pair = text(event, "left_id"), text(event, "right_id")
    workbench.answer(*pair, text(event, "answer"), annotator(event), shown)
    return {}


def undo(workbench: Workbench, event: Event) -> dict:
    """Take back the answer with the label_id {target}: one's own, or where one may, whoever gave it."""
    who, target = annotator(event), text(event, "target")
    require_own(workbench.log, target)
    workbench.log.append_once(undo_row(who, target, own_id(event, "id")))
    note(workbench.workspace, UNDO, origin(who.name), label_id=target)
    return {}


def undo_latest(workbench: Workbench, event: Event) -> dict:
    """Take back the latest answer that the session has given and that stands."""
    who = annotator(event)
    label_ids = undoable([row for row in workbench.log.of_session(who.session_id) if may_undo(row)])
    if not label_ids:
        raise UserError("There is nothing left to undo in this session.")
    own_ids = [own_id(event, "id"), *[""] * (len(label_ids) - 1)]
    rows = [undo_row(who, target, own) for target, own in zip(label_ids, own_ids, strict=True)]
    workbench.log.append_many(rows)
    note(workbench.workspace, UNDO, origin(who.name), label_id=label_ids[0], answers=len(label_ids))
    return {}


def undo_row(who: Annotator, target_id: str, own: str) -> LabelRow:
    names = {"annotator": who.name, "session_id": who.session_id, "source": who.source}
    return LabelRow(label_id=own, event="undo", target_id=target_id, **names)


def undoable(own: Sequence[LabelRow]) -> list[str]:
    """Return the label_ids of the latest of a session's answers, latest first.

    It is one, or those of a one-shot group.
    """
    group = own[-1].group_id if own else ""
    return [row.label_id for row in reversed(own) if row is own[-1] or (group and row.group_id == group)]


def checked_thresholds(moved: object) -> dict[str, float]:
    """Return the thresholds (0..1, by slot) that the browser sent, without what is none."""
    moved = moved if isinstance(moved, dict) else {}
    return {
        name: round(float(moved[name]), 2)
        for name in SLOTS
        if isinstance(moved.get(name), int | float) and 0 <= moved[name] <= 1
    }
