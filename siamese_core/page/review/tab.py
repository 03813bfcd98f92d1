"""The Review tab: every answer again, filtered, likely errors first; conflicts and contradictions settled.

The filters live in the browser; each look sends them. What is answered anew or settled goes to the log as a
new event (`answering`).
"""

import threading
from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from siamese_core.annotators.gold import GoldQuestions
from siamese_core.answers.label_row import LabelRow
from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.notices import listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import quiet
from siamese_core.page.review.filters import checked_wish, filter_form
from siamese_core.page.review.views import view, view_buttons
from siamese_core.review.rescoring import SecondLook
from siamese_core.review.reviewing import Review, review
from siamese_core.workspace.workbench import Workbench

READING = translatable("Reading the log.")
SAVED = Markup('<p class="saved" role="status" aria-live="polite"></p>')
SCRIPT = "workbench.review.list(element, (wish) => trigger('looked', wish), watch)"
VIEWS_SCRIPT = "workbench.review.views(element)"
FORM_SCRIPT = "workbench.review.filters(element)"


class ReviewTab:
    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.second_look = SecondLook(workbench)
        self.gold = GoldQuestions(workbench.workspace)
        self._read: tuple[tuple, Review] = ((), review([]))
        self._reading = threading.Lock()

    def build(self) -> None:
        views = Panel(elem_id="review-views", script=VIEWS_SCRIPT)
        Panel(filter_form() + SAVED, elem_id="review-filters", script=FORM_SCRIPT)
        shown = Panel(quiet(READING), elem_id="review", script=SCRIPT)
        listen(shown.looked, self.look, None, [views, shown], queue=False, trigger_mode="multiple")

    def look(self, event: gr.EventData) -> tuple[Markup, Markup]:
        wish = checked_wish(event._data)
        rows = self.workbench.log.rows()
        if wish.order == "errors" or wish.filters.likely:
            self.second_look.start(rows)
        known = self.known(rows)
        return view_buttons(wish.view, known), view(
            known, rows, wish, self.second_look.share, self.gold.answers()
        )

    def known(self, rows: Sequence[LabelRow]) -> Review:
        """Return what is known of every answer, computed anew only when the log or a doubt has changed."""
        with self._reading:
            state = (len(rows), rows[-1].label_id if rows else "", self.second_look.version)
            if self._read[0] != state:
                self._read = state, review(rows, self.second_look.verdict_log_odds)
            return self._read[1]
