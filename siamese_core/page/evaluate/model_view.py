"""The part of the tab that is about one model: its confusions, its hardest pairs, its threshold."""

from collections.abc import Sequence

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.evaluate.details import cell_gallery, confused_list, hardest_gallery, queue_pairs
from siamese_core.page.evaluate.downloads import csv_of
from siamese_core.page.evaluate.threshold import (
    build_threshold_form,
    number_for,
    save,
    target_of,
    told_outcome,
)
from siamese_core.page.languages.words import t
from siamese_core.page.parts.notices import detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import quiet
from siamese_core.page.parts.plot_places import build_plot_place, shown_in
from siamese_core.page.parts.templates import render
from siamese_core.reporting.drawing.look import ShownModel, shown_models
from siamese_core.reporting.drawing.plots import model_of, model_plot
from siamese_core.reporting.kept_reports import KeptReports
from siamese_core.workspace.workbench import Workbench

PAIRS_SCRIPT = "workbench.evaluate.pairs(element, (pair) => trigger('queued', pair))"
CELLS_SCRIPT = "workbench.evaluate.cells(element, (cell) => trigger('chosen', cell))"


class ModelView:
    def __init__(self, workbench: Workbench, questions: Questions, kept: KeptReports) -> None:
        self.workbench, self.questions, self.kept = workbench, questions, kept

    def build(self, chosen: list) -> None:
        """Build it. chosen: the components that hold the ids of the reports."""
        with gr.Column(visible=False, elem_id="one-model") as self.column:
            self.model = gr.Radio([], label=t("Look at one of them"), elem_id="evaluate-model")
            with gr.Row():
                self.confusion = build_plot_place("confusion")
                with gr.Column(min_width=300):
                    self.cells = Panel(elem_id="confused", script=CELLS_SCRIPT)
                    self.cell = Panel(elem_id="confused-pairs", script=PAIRS_SCRIPT)
            self.hardest = Panel(elem_id="hardest", script=PAIRS_SCRIPT)
            self.said = Panel(elem_id="evaluate-said")
            Panel(render("evaluate/threshold_head.html.jinja"), elem_id="threshold-head")
            self.threshold = build_threshold_form()
        self.inputs = [*chosen, self.model]
        drawn = listen(self.model.input, self.chosen, self.inputs, self.outputs, trigger_mode="always_last")
        self.tell_cost_after(drawn)
        listen(self.cells.chosen, self.pick_cell, self.inputs, self.cell)
        for gallery in (self.cell, self.hardest):
            listen(gallery.queued, self.queue, None, self.said)
        form = self.threshold
        listen(form.kind.input, number_for, form.kind, form.value, queue=False)
        changed = [form.kind.change, form.value.change, form.prior.change]
        listen(changed, self.cost, *self._cost_parts(), trigger_mode="always_last")
        listen(form.save.click, self.save, [*self.inputs, *form.inputs], self.said)

    def tell_cost_after(self, drawn) -> None:
        """Tell what the threshold costs once another model or report is drawn."""
        listen(drawn.then, self.cost, *self._cost_parts())

    def _cost_parts(self) -> tuple[list, list]:
        form = self.threshold
        return [*self.inputs, *form.inputs], [form.outcome, form.save]

    @property
    def outputs(self) -> list:
        return [self.column, *self.confusion.outputs, self.cells, self.cell, self.hardest, self.said]

    def first(self, reports: Sequence[dict]) -> tuple:
        """Return what the choice of a model and `outputs` show of new reports."""
        labels = [(t(each.label), each.label) for each in shown_models(reports) if not each.is_baseline]
        if not labels:
            return gr.Radio([], value=None), gr.Column(visible=False), *(gr.skip() for _ in self.outputs[1:])
        choice = gr.Radio(labels, value=labels[0][1])
        return choice, *self.drawn(reports, labels[0][1])

    def drawn(self, reports: Sequence[dict], label: str) -> tuple:
        """Return what `outputs` show of a model."""
        each, plot = model_of(reports, label), model_plot(reports, label)
        return (
            gr.Column(visible=True),
            *shown_in(plot, csv_of(reports, plot.name) if plot else ""),
            confused_list(each),
            Markup(),
            hardest_gallery(each),
            Markup(),
        )

    def chosen(self, result: str, beside: str, label: str) -> tuple:
        return self.drawn(self._reports(result, beside), label)

    def pick_cell(self, result: str, beside: str, label: str, event: gr.EventData) -> Markup:
        return cell_gallery(self._model(result, beside, label), detail(event, "cell"))

    def queue(self, event: gr.EventData) -> Markup:
        return quiet(queue_pairs(self.questions, event), "said")

    def cost(self, result: str, beside: str, label: str, *target) -> tuple:
        if not self._ids(result, beside):
            return gr.skip(), gr.skip()
        told, can_be_saved = told_outcome(self._model(result, beside, label), target_of(*target))
        return told, gr.Button(interactive=can_be_saved)

    def save(self, result: str, beside: str, label: str, *target) -> Markup:
        return quiet(save(self.workbench, self._model(result, beside, label), target_of(*target)), "said")

    def _reports(self, result: str, beside: str) -> list[dict]:
        ids = self._ids(result, beside)
        if not ids:
            raise UserError("A result must be chosen. Received: none that is there. Choose another one.")
        return [self.kept.read(each) for each in ids]

    def _ids(self, result: str | None, beside: str | None) -> list[str]:
        there = self.kept.ids()
        return [each for each in dict.fromkeys((result, beside)) if each in there]

    def _model(self, result: str, beside: str, label: str) -> ShownModel:
        return model_of(self._reports(result, beside), label)
