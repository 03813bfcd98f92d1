"""Places for plots: a heading with downloads, the figure, and what it shows in words."""

import json
from dataclasses import dataclass

import gradio as gr
from gradio.components.plot import PlotData
from markupsafe import Markup

from siamese_core.page.languages.chosen import spoken
from siamese_core.page.languages.words import t
from siamese_core.page.parts.formatting import PERCENT
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.reporting.drawing.look import Plot
from siamese_core.reporting.drawing.sentences import Sentence

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
    return gr.Column(visible=True), head_of(plot, csv), plot_data(plot)


def head_of(plot: Plot, csv: str) -> Markup:
    """Return the title, the links and the sentences of a plot."""
    return render("parts/plot_head.html.jinja", plot=plot, csv=csv, words=told_sentences(plot))


def told_sentences(plot: Plot) -> str:
    """Return in the reader's language what a plot shows."""
    return " ".join(map(told, plot.sentences))


def told(each: Sentence) -> str:
    return t(each.text, **{name: told_value(value) for name, value in each.values.items()})


def told_value(value: object) -> object:
    """Return a value of a sentence: words, such as a model's name; shares with their percent sign; a list."""
    if isinstance(value, tuple):
        return "; ".join(map(told, value))
    return t(value).replace(" %", PERCENT.get(spoken(), " %")) if isinstance(value, str) else value


def plot_data(plot: Plot) -> PlotData:
    """Return the figure for gr.Plot, with a configuration, which gradio takes only in the figure's JSON."""
    drawn = told_figure(json.loads(plot.figure.to_json())) | {"config": CONFIG}
    return PlotData(type="plotly", plot=json.dumps(drawn))


def told_figure(drawn: dict) -> dict:
    """Return a figure's JSON in the reader's language: axes, legend, and what is said of a point."""
    layout = dict(drawn["layout"])
    for name, part in layout.items():
        if name.startswith(("xaxis", "yaxis")) and "text" in part.get("title", {}):
            layout[name] = part | {"title": part["title"] | {"text": t(part["title"]["text"])}}
    named = [each | {"text": t(each["text"])} for each in layout.get("annotations", [])]
    data = [told_trace(each) for each in drawn["data"]]
    return {"data": data, "layout": layout | ({"annotations": named} if named else {})}


def told_trace(trace: dict) -> dict:
    shown = {}
    if "name" in trace:
        shown["name"] = told_name(trace["name"])
    if "hovertemplate" in trace:  # the words, then in <extra> what stands beside them
        words, tag, aside = trace["hovertemplate"].partition("<extra>")
        name, end, _ = aside.partition("</extra>")
        shown["hovertemplate"] = t(words) + tag + (t(name) if name else "") + end
    if isinstance(rows := trace.get("customdata"), list):
        shown["customdata"] = [told_row(row) for row in rows]
    return trace | shown


def told_row(row: object) -> object:
    """Return what belongs to a point, with the name of a model in the reader's language."""
    return [t(each) if isinstance(each, str) else each for each in row] if isinstance(row, list) else row


def told_name(name: str) -> str:
    """Return a name of the legend, such as "Both fused 0.998", in the reader's language."""
    words, _, number = name.rpartition(" ")
    return f"{t(words)} {number}" if number.replace(".", "").isdecimal() else t(name)
