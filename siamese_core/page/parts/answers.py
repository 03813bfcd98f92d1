"""The answers: buttons and keys for the pair on screen, and undo.

An answer goes straight from the page's script to the log with the ids of the pair that was on screen when
the key was pressed; the script sends them one after the other, tries again when the network fails, and says
what is not saved yet. No answer can meet another pair, or be lost by a quick hand.
"""

import re

from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.notices import listen, told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.recording import Annotator, Shown
from siamese_core.workspace.workbench import Workbench

MAX_NAME = 80
BAR_SCRIPT = "workbench.compare.answerBar(element, server, () => trigger('answered'))"


def build_answer_bar(workbench: Workbench, last_answers: LastAnswers) -> Panel:
    def answer(sent: dict) -> dict:
        """Called by the script: {left_id, right_id, answer, annotator, session, milliseconds, thresholds}."""
        who = annotator(sent)
        moved = sent.get("thresholds") if isinstance(sent, dict) else None
        shown = Shown(milliseconds=milliseconds(sent), thresholds=checked_thresholds(moved))
        label_id = workbench.answer(
            text(sent, "left_id"), text(sent, "right_id"), text(sent, "answer"), who, shown
        )
        return {"label_id": label_id, "saved": True}

    def undo(sent: dict) -> dict:
        """Called by the script: takes back the session's latest answer that stands."""
        who = annotator(sent)
        label_ids = undoable(workbench.log.rows(), who.session_id)
        if not label_ids:
            return {"refused": "There is nothing left to undo in this session."}
        for label_id in label_ids:
            workbench.undo(label_id, who)
        return {"saved": True, "undone": label_ids}

    server = [told_in_words(answer), told_in_words(undo)]
    bar = Panel(
        render("parts/answer_bar.html.jinja"),
        elem_id="answer-bar",
        script=BAR_SCRIPT,
        server_functions=server,
    )
    listen(bar.answered, last_answers.refresh, None, last_answers.table, queue=False)
    return bar


def undoable(rows: list[LabelRow], session_id: str) -> list[str]:
    """The label_ids of the latest answer given in the session and not taken back: one, or those of a
    one-shot group, latest first."""
    undone = {row.target_id for row in rows if row.event == "undo"}
    own = [
        row
        for row in rows
        if row.event == "label" and row.session_id == session_id and row.label_id not in undone
    ]
    if not own:
        return []
    group = own[-1].group_id
    return [row.label_id for row in reversed(own) if row is own[-1] or (group and row.group_id == group)]


def checked_thresholds(moved: object) -> dict[str, float]:
    """The usable part of thresholds from the browser: 0..1 by slot."""
    moved = moved if isinstance(moved, dict) else {}
    return {
        name: round(float(moved[name]), 2)
        for name in SLOTS
        if isinstance(moved.get(name), int | float) and 0 <= moved[name] <= 1
    }


def annotator(sent: object) -> Annotator:
    """Who the browser says is answering: a name as typed, and the id that the script made for its session."""
    session = text(sent, "session")
    if not re.fullmatch("[0-9a-f]{8,64}", session):
        raise UserError("An answer needs its session. Received: none. Reload the page.")
    name = text(sent, "annotator").strip()
    if len(name) > MAX_NAME:
        raise UserError(f"A name has at most {MAX_NAME} characters. Received: {len(name)}. Shorten it.")
    return Annotator(name, session)


def text(sent: object, key: str) -> str:
    value = sent.get(key) if isinstance(sent, dict) else None
    return value if isinstance(value, str) else ""


def milliseconds(sent: object) -> float | None:
    value = sent.get("milliseconds") if isinstance(sent, dict) else None
    return float(round(value)) if isinstance(value, int | float) and 0 <= value < 1e10 else None
