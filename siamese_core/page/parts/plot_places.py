"""Places for plots: a heading with downloads, the figure, and what it shows in words."""

import json
from dataclasses import dataclass

import gradio as gr
from gradio.components.plot import PlotData

from siamese_core.page.languages.words import t
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.reporting.drawing.look import Plot

HEAD_SCRIPT = "workbench.plots.head(element)"
# No bar of buttons over the figure, no zoom by the wheel that scrolls the page.
CONFIG = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}


@dataclass(frozen=True)
class PlotPlace:
    """The components of one plot, in the order in which `shown_in` fills them."""

    column: gr.Column
    head: Panel
    plot: gr.Plot

    @property
    def outputs(self) -> list:
        return [self.column, self.head, self.plot]


def build_plot_place(name: str) -> PlotPlace:
    """Build a place whose figure has the elem_id `plot-NAME`; it is hidden until it shows something."""
    with gr.Column(visible=False, min_width=300, elem_classes="plot-place") as column:
        head = Panel(elem_id=f"plot-head-{name}", script=HEAD_SCRIPT)
        plot = gr.Plot(show_label=False, container=False, elem_id=f"plot-{name}")
    return PlotPlace(column, head, plot)


def shown_in(plot: Plot | None, csv: str = "") -> tuple:
    """Return what the components of a place show; None hides it. csv: address of the table behind it."""
    if plot is None:
        return gr.Column(visible=False), gr.skip(), gr.skip()
    return gr.Column(visible=True), render("parts/plot_head.html.jinja", plot=plot, csv=csv), plot_data(plot)


def plot_data(plot: Plot) -> PlotData:
    """Return the figure for gr.Plot, with a configuration, which gradio takes only in the figure's JSON."""
    drawn = told_figure(json.loads(plot.figure.to_json())) | {"config": CONFIG}
    return PlotData(type="plotly", plot=json.dumps(drawn))


def told_figure(drawn: dict) -> dict:
    """Return a figure's JSON with the titles of its axes and its legend in the reader's language."""
    layout = dict(drawn["layout"])
    for name, part in layout.items():
        if name.startswith(("xaxis", "yaxis")) and "text" in part.get("title", {}):
            layout[name] = part | {"title": part["title"] | {"text": t(part["title"]["text"])}}
    named = [each | {"text": t(each["text"])} for each in layout.get("annotations", [])]
    data = [each | ({"name": told_name(each["name"])} if "name" in each else {}) for each in drawn["data"]]
    return {"data": data, "layout": layout | ({"annotations": named} if named else {})}


def told_name(name: str) -> str:
    """Return a name of the legend, such as "Both fused 0.998", in the reader's language."""
    words, _, number = name.rpartition(" ")
    return f"{t(words)} {number}" if number.replace(".", "").isdecimal() else t(name)
