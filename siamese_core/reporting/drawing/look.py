"""What all figures share: which models they show, in which colour, on which ground.

A figure is drawn on white, for the PNG and the report that is sent away; on the page styles/evaluate.css puts
it on the page's own ground, light or dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from siamese_core.reporting.drawing.sentences import Sentence
from siamese_core.reporting.measured_models import BASELINE, FUSED, OTHER
from siamese_core.reporting.measuring import titles

SAME, DIFFERENT = "#0072b2", "#d55e00"  # as on the page
INK, FAINT, RULE = "#1e1c19", "#5c564c", "#e5e1d8"
COLOURS = {"koch": "#00896a", "resnet50": "#b4639a"}  # by slot, apart from same and different
FUSED_COLOUR, OTHER_COLOUR = "#b57d13", "#7a7367"
SYMBOLS = {"koch": "circle", "resnet50": "square"}
BASELINE_SYMBOLS = ("x", "cross", "triangle-up")
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
HEIGHT = 340  # px
PERCENT = ".0%"


@dataclass(frozen=True)
class ShownModel:
    """A model of a report, and how it is drawn: told apart by colour, dash and symbol."""

    label: str
    entry: dict
    report: dict
    colour: str
    dash: str
    symbol: str

    @property
    def is_baseline(self) -> bool:
        return self.entry["role"] == BASELINE

    @property
    def line(self) -> dict:
        return {"color": self.colour, "dash": self.dash, "width": 2}

    @property
    def band(self) -> str:
        """The colour of its 95 % band."""
        return _translucent(self.colour, 0.14)


@dataclass(frozen=True)
class Plot:
    """A plot, for everybody: the figure, in sentences what it shows, and the table that it was drawn from."""

    name: str
    title: str
    figure: go.Figure
    sentences: tuple[Sentence, ...]
    table: pd.DataFrame

    @property
    def words(self) -> str:
        """The sentences in English."""
        return " ".join(map(str, self.sentences))


def shown_models(reports: Sequence[dict]) -> list[ShownModel]:
    """Return the models of one report, or of two, whose labels then say which report each is of."""
    found = []
    for number, report in enumerate(reports):
        baselines = iter(BASELINE_SYMBOLS)
        for entry, title in zip(report["models"], titles(report["models"]), strict=True):
            label = f"{title}, {report_title(report)}" if len(reports) > 1 else title
            symbol = next(baselines) if entry["role"] == BASELINE else _symbol(entry, number)
            dash = "dash" if entry["role"] == OTHER else ("solid", "dot")[number > 0]
            found.append(ShownModel(label, entry, report, _colour(entry), dash, symbol))
    return found


def report_title(report: dict) -> str:
    """Return what to call a report among others: its data, and when it was made."""
    return f"{report['data']['name']}, {report['created_at'][:10]} {report['created_at'][11:16]}"


def figure(height: int = HEIGHT) -> go.Figure:
    """Return an empty figure in the house's style."""
    axis = {"gridcolor": RULE, "linecolor": RULE, "zerolinecolor": RULE, "title": {"standoff": 8}}
    return go.Figure(
        layout={
            "template": go.layout.Template(),
            "font": {"family": FONT, "size": 13, "color": INK},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "height": height,
            "margin": {"l": 56, "r": 12, "t": 12, "b": 48},
            "legend": {"orientation": "h", "y": -0.24, "x": 0, "yanchor": "top"},
            "hovermode": "closest",
            "hoverlabel": {"font": {"family": FONT, "size": 13}},
            "xaxis": {**axis, "automargin": True, "fixedrange": True},
            "yaxis": {**axis, "automargin": True, "fixedrange": True},
            "dragmode": False,
        }
    )


def percent(value: float | None, decimals: int = 1) -> str:
    """Return a share for people: "93.8 %"; a dash for none."""
    return "–" if value is None else f"{100 * value:.{decimals}f} %"


def percent_with_interval(value: float, interval: Sequence[float], decimals: int = 1) -> str:
    """Return a share with its 95 % interval: "93.8 % (91.0–95.7)"."""
    low, high = interval
    return f"{percent(value, decimals)} ({100 * low:.{decimals}f}–{100 * high:.{decimals}f})"


def _colour(entry: dict) -> str:
    if entry["role"] == FUSED:
        return FUSED_COLOUR
    return OTHER_COLOUR if entry["role"] == BASELINE else COLOURS.get(entry["slot"], OTHER_COLOUR)


def _symbol(entry: dict, number: int) -> str:
    symbol = SYMBOLS.get(entry["slot"], "diamond")
    return f"{symbol}-open" if number or entry["role"] == OTHER else symbol


def _translucent(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"
