"""The Evaluate tab: measure in the background, show what was found, choose a threshold, play."""

import gradio as gr
from markupsafe import Markup

from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.evaluate.downloads import evaluations
from siamese_core.page.evaluate.form import Form, build_form, chosen_data, other_checkpoints, wish_of
from siamese_core.page.evaluate.model_view import ModelView
from siamese_core.page.evaluate.play import SCRIPT as PLAY_SCRIPT
from siamese_core.page.evaluate.play import play_panel, save_play
from siamese_core.page.evaluate.report_view import ReportView
from siamese_core.page.evaluate.shown_report import report_head, result_choices, results_table
from siamese_core.page.languages.words import t
from siamese_core.page.parts.background import Background
from siamese_core.page.parts.memory import recalled
from siamese_core.page.parts.notices import detail, listen, listen_often
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import busy, trouble
from siamese_core.reporting.measuring import measure
from siamese_core.workspace.workbench import Workbench

WATCH_SECONDS = 1.0  # between two looks at the progress
NOTHING = "nothing"  # in place of a second result
HEAD_SCRIPT = "workbench.evaluate.head(element, (wish) => trigger('deleted', wish), watch)"


class EvaluateTab:
    def __init__(self, workbench: Workbench, questions: Questions) -> None:
        self.workbench, self.questions = workbench, questions
        self.kept = evaluations(workbench)
        self.background = Background("evaluation", "is being measured on")
        self.report_view, self.model_view = ReportView(), ModelView(workbench, questions, self.kept)

    def build(self, page: gr.Blocks, tab: gr.Tab) -> None:
        form = build_form(self.workbench)
        self.run = Panel(elem_id="evaluating")
        with gr.Row(elem_id="evaluate-chosen"):
            result = gr.Dropdown([], label=t("Result"), elem_id="evaluate-result")
            beside = gr.Dropdown([(t("nothing"), NOTHING)], label=t("Beside it"), elem_id="evaluate-beside")
        head = Panel(report_head([]), elem_id="evaluated", script=HEAD_SCRIPT)
        self.report_view.build()
        self.model_view.build([result, beside])
        play = Panel(elem_id="play", script=PLAY_SCRIPT)
        with gr.Accordion(t("All results"), open=False, elem_id="evaluate-results"):
            table = gr.Dataframe(
                interactive=False,
                show_search="filter",
                buttons=[],
                label=t("All results"),
                show_label=False,
                elem_id="evaluate-table",
            )
        chosen, seen, timer = [result, beside], gr.State(""), gr.Timer(WATCH_SECONDS, active=False)
        self.restored = [*chosen, form.settings[-1], table, seen]
        self._listen_to_runs(page, tab, form, timer)
        offer = {"handler": self.offer, "inputs": [*chosen, seen], "outputs": self.restored}
        listen([self.run.change, tab.select], **offer, trigger_mode="always_last")
        listen(head.deleted, self.delete, [*chosen, seen], self.restored)
        shown = [head, *self.report_view.outputs, self.model_view.model, *self.model_view.outputs, play]
        drawn = listen([result.change, beside.change], self.show, chosen, shown, trigger_mode="always_last")
        self.model_view.tell_cost_after(drawn)
        listen(play.played, self.played, chosen, shown)

    def _listen_to_runs(self, page: gr.Blocks, tab: gr.Tab, form: Form, timer: gr.Timer) -> None:
        shown = [self.run, form.cancel, timer]
        look = {"look": self.look, "outputs": shown, "place": 0}
        listen_often(timer.tick, **look, queue=False)
        listen_often([page.load, tab.select], **look)
        listen(form.start.click, self.start, form.inputs, shown)
        listen(form.cancel.click, self.cancel, None, shown)

    def restore(self, kept: str) -> tuple:
        """Return what is shown when the page loads: the report of the link, or of before, else the latest."""
        link = recalled(kept)
        ids = [link.get(name) if isinstance(link.get(name), str) else "" for name in ("result", "beside")]
        return self.offer(*ids, "")

    def start(self, source: str, uploads: list, *settings) -> tuple:
        """Read the data, so that what is wrong with it is told at once, and measure in the background."""
        wish = wish_of(*settings)
        data = chosen_data(self.workbench, self.questions.pool, source, uploads)

        def work(progress: Progress) -> str:
            return self.kept.add(measure(self.workbench, data, wish, progress))["id"]

        self.background.start(data.name, work)
        return self.look()

    def cancel(self) -> tuple:
        self.background.cancel()
        return self.look()

    def look(self) -> tuple:
        """Return how far the evaluation is, whether it can be cancelled, and whether to look again."""
        run = self.background.latest
        going = run is not None and run.running
        if run is None or run.result is not None:
            told = Markup()
        elif going:
            told = busy(run.share, f"{t(run.subject)}: {t(run.words)}")
        else:
            told = trouble(t("Nothing was measured."), run.problem)
        stop = gr.Button(visible=going, interactive=going and not run.stopping)
        return told, stop, gr.Timer(WATCH_SECONDS, active=going)

    def offer(self, result: str | None, beside: str | None, seen: str) -> tuple:
        """Return the results to choose from; one that was just made is chosen, with nothing beside it."""
        run = self.background.latest
        made = run.result if run is not None and isinstance(run.result, str) else ""
        if made and made == seen and result:
            return (gr.skip(),) * 4 + (seen,)
        choices = result_choices(self.kept)
        ids = [each for _, each in choices]
        if made and made != seen and made in ids:
            result, beside = made, NOTHING
        result = result if result in ids else (ids[0] if ids else None)
        beside = beside if beside in ids and beside != result else NOTHING
        return (
            gr.Dropdown(choices=choices, value=result),
            gr.Dropdown(choices=[(t("nothing"), NOTHING), *choices], value=beside),
            gr.Dropdown(choices=other_checkpoints(self.workbench)),
            results_table(self.kept),
            made,
        )

    def delete(self, result: str | None, beside: str | None, seen: str, event: gr.EventData) -> tuple:
        """Delete the report that the person named."""
        named = detail(event, "result")
        if isinstance(named, str):
            self.kept.delete(named)
        return self.offer(None if named == result else result, beside, "")

    def reports(self, result: str | None, beside: str | None) -> list[dict]:
        """Return the reports that are chosen, none where there is none."""
        wished = [each for each in dict.fromkeys((result, beside)) if each and each != NOTHING]
        found = []
        for each in wished:
            try:
                found.append(self.kept.read(each))
            except UserError:  # deleted by another visitor
                continue
        return found

    def show(self, result: str | None, beside: str | None) -> tuple:
        """Return the whole report, or both beside each other."""
        reports = self.reports(result, beside)
        drawn, about_one = self.report_view.shown(reports), self.model_view.first(reports)
        return report_head(reports), *drawn, *about_one, play_panel(reports[0] if reports else None)

    def played(self, result: str | None, beside: str | None, event: gr.EventData) -> tuple:
        save_play(self.kept, event)
        return self.show(result, beside)
