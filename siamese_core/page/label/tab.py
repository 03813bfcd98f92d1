"""The Label tab: the images to label, the pair that teaches most, contradictions and progress."""

import gradio as gr
from markupsafe import Markup

from siamese_core.accounts.audit import IMPORT
from siamese_core.annotators.agreement import agreements
from siamese_core.answers.settled import settled_labels, standing_labels
from siamese_core.labelling.queue import Questions
from siamese_core.labelling.standing import standing_of
from siamese_core.page.label.contradictions import clashes, suggestions
from siamese_core.page.label.forecasts import Forecasts
from siamese_core.page.label.pair_view import build_pair_view
from siamese_core.page.label.pool_bar import SCRIPT as POOL_SCRIPT
from siamese_core.page.label.pool_bar import add_uploads, is_complete, pool_bar
from siamese_core.page.label.progress import progress_panel
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.advice import POOL_UNKNOWN
from siamese_core.page.parts.callers import note
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.notices import listen, listen_often
from siamese_core.page.parts.panel import Panel

WATCH_SECONDS = 1.0  # between two looks at the progress
OVERLAPS = {translatable("nobody"): 0.0, "5 %": 0.05, "10 %": 0.1, "20 %": 0.2, "50 %": 0.5}
OVERLAP_INFO = translatable(
    "Share of your pairs that another annotator has answered already, to measure how far you agree."
)
REPLY_SCRIPT = "workbench.label.replies(element)"
ALERT_SCRIPT = "workbench.label.contradictions(element, watch)"


class LabelTab:
    def __init__(self, questions: Questions) -> None:
        self.questions, self.pool = questions, questions.pool
        self.forecasts = Forecasts(self.pool)

    def build(self, page: gr.Blocks, last_answers: LastAnswers) -> None:
        images = Panel(pool_bar(self.pool.progress(), {}), elem_id="pool", script=POOL_SCRIPT)
        pair_view = build_pair_view(self.questions)
        alert = Panel(elem_id="label-alert", script=ALERT_SCRIPT)
        progress = Panel(elem_id="label-progress", script=REPLY_SCRIPT)
        overlap = gr.Radio(
            [(t(words), words) for words in OVERLAPS],
            value="nobody",
            label=t("Second opinions"),
            info=t(OVERLAP_INFO),
            elem_id="overlap",
        )
        timer = gr.Timer(WATCH_SECONDS, active=False)
        shown = [images, alert, progress, timer]
        often = {"look": self.look, "outputs": shown, "place": shown.index(alert)}
        listen_often(pair_view.saved, **often, trigger_mode="always_last")
        listen(pair_view.saved, last_answers.refresh, None, last_answers.table, trigger_mode="always_last")
        listen(images.added, self.add, None, shown, trigger_mode="multiple")
        listen_often(timer.tick, **often, queue=False)
        listen_often(page.load, **often)
        listen(page.load, self.overlap_now, None, overlap)
        listen(overlap.input, self.choose_overlap, overlap, None)

    def look(self) -> tuple[Markup, Markup, Markup, gr.Timer]:
        """Return images, contradictions, suggestions and progress, and whether to look again soon."""
        rows = self.questions.workbench.log.rows()
        labels, settled = standing_labels(rows), settled_labels(rows)
        self.forecasts.follow([row for row in settled if row.task == "queue"])
        now = self.pool.progress()
        progress = progress_panel(standing_of(labels), self.forecasts.latest, agreements(labels))
        offered = suggestions(settled, {row.pair for row in labels})
        pending = not is_complete(now) and (now.working or now.problem is None)
        watched = pending or self.forecasts.working
        advice = POOL_UNKNOWN if self.questions.nobody_knows() else None
        bar = pool_bar(now, self.questions.warnings(), advice)
        return bar, clashes(settled), offered + progress, gr.Timer(WATCH_SECONDS, active=watched)

    def add(self, event: gr.EventData) -> tuple:
        count = add_uploads(self.pool, event)
        note(self.questions.workbench.workspace, IMPORT, files=count, change="images to label")
        return self.look()

    def overlap_now(self) -> str:
        return next(
            (words for words, share in OVERLAPS.items() if share == self.questions.shares.opinions), "nobody"
        )

    def choose_overlap(self, words: str) -> None:
        self.questions.shares.opinions = OVERLAPS[words]
