"""The Review tab: every answer again, filtered, likely errors first; conflicts and contradictions settled.

The filters live in the browser; each look sends them. What is answered anew, taken back or settled goes to
the log as a new event.
"""

import threading
from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.page.parts.answers import annotator, text, undoable
from siamese_core.page.parts.notices import listen, told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import quiet
from siamese_core.page.review.filters import checked_wish, filter_form
from siamese_core.page.review.views import view, view_buttons
from siamese_core.review.rescoring import SecondLook
from siamese_core.review.reviewing import Review, relabel, review, settle
from siamese_core.workspace.workbench import Workbench

SAVED = Markup('<p class="saved" role="status" aria-live="polite"></p>')
SCRIPT = "workbench.review.list(element, server, (wish) => trigger('looked', wish), watch)"
VIEWS_SCRIPT = "workbench.review.views(element)"
FORM_SCRIPT = "workbench.review.filters(element)"


class ReviewTab:
    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.second_look = SecondLook(workbench)
        self._read: tuple[tuple, Review] = ((), Review())
        self._reading = threading.Lock()

    def build(self) -> None:
        views = Panel(elem_id="review-views", script=VIEWS_SCRIPT)
        Panel(filter_form() + SAVED, elem_id="review-filters", script=FORM_SCRIPT)
        server = [told_in_words(each) for each in (self.anew, self.take_back, self.settled, self.undo)]
        shown = Panel(quiet("Reading the log."), elem_id="review", script=SCRIPT, server_functions=server)
        listen(shown.looked, self.look, None, [views, shown], queue=False, trigger_mode="multiple")

    def look(self, event: gr.EventData) -> tuple[Markup, Markup]:
        wish = checked_wish(event._data)
        rows = self.workbench.log.rows()
        if wish.order == "errors" or wish.filters.likely:
            self.second_look.start(rows)
        known = self.known(rows)
        return view_buttons(wish.view, known), view(known, rows, wish, self.second_look.share)

    def known(self, rows: Sequence[LabelRow]) -> Review:
        """What is known of every answer; worked out anew only when something has changed."""
        with self._reading:
            state = (len(rows), rows[-1].label_id if rows else "", self.second_look.version)
            if self._read[0] != state:
                self._read = state, review(rows, self.second_look.verdict_log_odds)
            return self._read[1]

    # Called by the script; each gets who answers, as `answers.annotator` reads it.

    def anew(self, sent: dict) -> dict:
        """{label_id, answer}: a new answer to the pair of an earlier one."""
        label_id = relabel(self.workbench, text(sent, "label_id"), text(sent, "answer"), annotator(sent))
        return {"label_id": label_id, "saved": True}

    def take_back(self, sent: dict) -> dict:
        """{label_id}: the answer counts no more, whoever gave it."""
        self.workbench.undo(text(sent, "label_id"), annotator(sent))
        return {"saved": True}

    def settled(self, sent: dict) -> dict:
        """{left_id, right_id, answer}: the answer overrules the annotators who disagree."""
        pair = (text(sent, "left_id"), text(sent, "right_id"))
        label_id = settle(self.workbench, pair, text(sent, "answer"), annotator(sent))
        return {"label_id": label_id, "saved": True}

    def undo(self, sent: dict) -> dict:
        """Takes back the latest answer that the session has given and that stands."""
        who = annotator(sent)
        label_ids = undoable(self.workbench.log.rows(), who.session_id)
        if not label_ids:
            raise UserError("There is nothing left to undo in this session.")
        for label_id in label_ids:
            self.workbench.undo(label_id, who)
        return {"saved": True}
