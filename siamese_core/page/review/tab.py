"""The Review tab: every answer again, filtered, likely errors first; conflicts and contradictions settled.

The filters live in the browser; each look sends them. What is answered anew, taken back or settled goes to
the log as a new event.
"""

import json
import threading
import time
from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from siamese_core.answers.label_row import LabelRow
from siamese_core.answers.settled import SETTLES, settled_labels, standing_labels
from siamese_core.errors import UserError
from siamese_core.labelling.agreement import agreements
from siamese_core.labelling.implications import contradictions
from siamese_core.page.parts.answers import annotator, text, undoable
from siamese_core.page.parts.notices import listen, told_in_words
from siamese_core.page.parts.panel import Panel
from siamese_core.page.review import lists as lists
from siamese_core.page.review.filters import VIEWS, Wish, checked_wish, filter_form
from siamese_core.review.exports import answer_groups, triplets
from siamese_core.review.rescoring import SecondLook
from siamese_core.review.reviewing import Review, relabel, review, settle
from siamese_core.workspace.workbench import Workbench

PER_PAGE = {"answers": 25, "conflicts": 10, "contradictions": 5}
FRAME = Markup(
    '<div class="review" data-view="{view}" data-made="{made}" data-annotators="{annotators}" '
    'data-reasons="{reasons}"{working}>{body}</div>'
)
NAV = Markup('<nav class="views" aria-label="What to review">{}</nav>')
VIEW = Markup('<button type="button" data-view="{view}" aria-pressed="{on}">{words}</button>')
PAGER = Markup(
    '<div class="pager" data-last="{last_page}"><button type="button" data-turn="-1"{first}>← Back '
    '<kbd>P</kbd></button><span class="quiet">{words}</span><button type="button" data-turn="1"{last}>Next '
    "<kbd>N</kbd> →</button></div>"
)
WORKING = Markup(' data-working="{}"')
ASKING = Markup('<p class="quiet" role="status">The checkpoints are asked again: {} %</p>')
DISABLED = Markup(" disabled")
LIST = Markup('<ul class="{kind}">{items}</ul>')
QUIET = Markup('<p class="quiet empty">{}</p>')
NOTE = Markup('<p class="quiet">{}</p>')
SAVED = Markup('<p class="saved" role="status" aria-live="polite"></p>')
SCRIPT = "workbench.review.list(element, server, (wish) => trigger('looked', wish), watch)"
VIEWS_SCRIPT = "workbench.review.views(element)"
FORM_SCRIPT = "workbench.review.filters(element)"
KEYS = Markup(
    '<p class="keys quiet"><kbd>J</kbd> <kbd>K</kbd> choose · <kbd>S</kbd> <kbd>D</kbd> <kbd>U</kbd> answer '
    "it anew · <kbd>X</kbd> take it back · <kbd>Z</kbd> undo your last answer</p>"
)
ERRORS_NOTE = (
    "First come answers of which at least two checkpoints are sure of the opposite, refitted to your answers."
)


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
        shown = Panel(
            QUIET.format("Reads the log."), elem_id="review", script=SCRIPT, server_functions=server
        )
        listen(shown.looked, self.look, None, [views, shown], queue=False, trigger_mode="multiple")

    def look(self, event: gr.EventData) -> tuple[Markup, Markup]:
        wish = checked_wish(event._data)
        rows = self.workbench.log.rows()
        if wish.order == "errors" or wish.filters.likely:
            self.second_look.start(rows)
        known = self.known(rows)
        body = {
            "answers": lambda: answers_body(known, wish),
            "conflicts": lambda: conflicts_body(known, rows, wish),
            "contradictions": lambda: contradictions_body(known, rows, wish),
            "export": lambda: export_body(rows, known),
        }[wish.view]()
        counts = {"conflicts": len(known.conflicts), "contradictions": len(known.contradictory)}
        share = self.second_look.share
        frame = FRAME.format(
            view=wish.view,
            made=time.monotonic_ns(),  # gradio draws nothing and tells the script nothing for an equal value
            annotators=json.dumps(known.annotators),
            reasons=json.dumps(known.reasons),
            working=WORKING.format(share) if share is not None else lists.NOTHING,
            body=(ASKING.format(f"{100 * share:.0f}") if share is not None else lists.NOTHING) + body,
        )
        return view_buttons(wish.view, counts), frame

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


def view_buttons(current: str, counts: dict[str, int]) -> Markup:
    return NAV.format(
        Markup().join(
            VIEW.format(
                view=view,
                on=str(view == current).lower(),
                words=f"{words} ({counts[view]})" if view in counts else words,
            )
            for view, words in VIEWS.items()
        )
    )


def paged(found: Sequence, wish: Wish) -> tuple[Sequence, Markup]:
    """The part on the wished page, or on the last one where there are not as many, and the way on."""
    size = PER_PAGE[wish.view]
    page = min(wish.page, max(0, (len(found) - 1) // size))
    start, end = page * size, min((page + 1) * size, len(found))
    if len(found) <= size:
        return found, NOTE.format(f"{len(found)} in all") if found else lists.NOTHING
    pager = PAGER.format(
        words=f"{start + 1:,} to {end:,} of {len(found):,}",
        last_page=(len(found) - 1) // size,
        first=lists.NOTHING if page else DISABLED,
        last=lists.NOTHING if end < len(found) else DISABLED,
    )
    return found[start:end], pager


def answers_body(known: Review, wish: Wish) -> Markup:
    found = known.shown(wish.filters, wish.order)
    if not found:
        return QUIET.format("No such answers." if known.answers else "No answers yet.")
    part, pager = paged(found, wish)
    note = NOTE.format(ERRORS_NOTE) if wish.order == "errors" else lists.NOTHING
    return pager + note + KEYS + lists.reviewed_table(part)


def conflicts_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    # who settles has seen the others' answers: that is no opinion of one's own
    independent = standing_labels(row for row in rows if row.note != SETTLES)
    agreed = lists.agreement_table(agreements(independent))
    part, pager = paged(known.conflicts[::-1], wish)
    if not part:
        return QUIET.format("No conflicts: on no pair do annotators disagree.") + agreed
    items = Markup().join(lists.dispute(group) for group in part)
    return pager + LIST.format(kind="disputes", items=items) + agreed


def contradictions_body(known: Review, rows: Sequence[LabelRow], wish: Wish) -> Markup:
    """Works out the chains of one page only."""
    if not known.contradictory:
        return QUIET.format("No contradictions: the answers fit together.")
    part, pager = paged(known.contradictory[::-1], wish)
    same = [row for row in settled_labels(rows) if row.answer == "same"]
    answers = {each.row.label_id: each for each in known.answers}
    items = Markup().join(
        lists.contradiction(each, [answers[label_id] for label_id in each.labels])
        for each in contradictions([*same, *part])
    )
    return pager + KEYS + LIST.format(kind="contradictions", items=items)


def export_body(rows: Sequence[LabelRow], known: Review) -> Markup:
    return lists.export_list(len(known.answers), answer_groups(rows).counts(), len(triplets(rows)))
