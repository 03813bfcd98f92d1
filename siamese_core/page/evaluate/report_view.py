"""The part of the tab that shows every model of a report: the table of figures and the plots."""

from collections.abc import Sequence

import gradio as gr
import pandas as pd

from siamese_core.page.evaluate.downloads import csv_of
from siamese_core.page.languages.words import t
from siamese_core.page.parts.plot_places import PlotPlace, build_plot_place, shown_in, told_value
from siamese_core.reporting.drawing.plots import PLOTS, all_plots, readable_table

ROWS = (PLOTS[:2], PLOTS[2:4], PLOTS[4:])  # two plots beside each other


class ReportView:
    def __init__(self) -> None:
        self.places: dict[str, PlotPlace] = {}

    def build(self) -> None:
        self.table = gr.Dataframe(
            interactive=False,
            visible=False,
            wrap=True,
            buttons=[],
            label=t("Results"),
            show_label=False,
            elem_id="evaluate-figures",
        )
        for names in ROWS:
            with gr.Row():
                self.places |= {name: build_plot_place(name) for name in names}

    @property
    def outputs(self) -> list:
        return [self.table, *(each for place in self.places.values() for each in place.outputs)]

    def shown(self, reports: Sequence[dict]) -> tuple:
        """Return what `outputs` show."""
        if not reports:
            hidden = [each for _ in self.places for each in shown_in(None)]
            return gr.Dataframe(pd.DataFrame(), visible=False), *hidden
        plots = all_plots(reports)
        filled = [each for name in self.places for each in shown_in(plots.get(name), csv_of(reports, name))]
        return gr.Dataframe(told_table(readable_table(reports)), visible=True), *filled


def told_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of figures with its heads, its models and its shares in the reader's language."""
    return table.map(told_value).rename(columns=t)
