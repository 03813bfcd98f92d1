"""Accuracy against N and K, with visitors, baselines, and published results where the protocol is theirs."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from siamese_core.reporting.drawing.look import (
    INK,
    PERCENT,
    Plot,
    ShownModel,
    figure,
    percent_with_interval,
)
from siamese_core.reporting.drawing.sentences import Sentence, sentence
from siamese_core.reporting.sources import LAKE

# On Lake's 20 runs, 20-way 1-shot: Koch, Zemel and Salakhutdinov 2015; Lake, Salakhutdinov and Tenenbaum 2015
PUBLISHED = {"Koch et al. 2015": 0.920, "people (Lake et al. 2015)": 0.955}


def by_ways(shown: Sequence[ShownModel], reports: Sequence[dict]) -> Plot | None:
    """Return accuracy against N at the K that was asked for; None where there are no such trials."""
    found = _table(shown, lambda each, main: each["k_shot"] == main[1])
    if found.empty:
        return None
    drawn = _lines(shown, found, "n_way", "N, classes to choose from")
    people = _people(drawn, reports)
    if any(report["data"]["kind"] == LAKE for report in reports):
        _published(drawn)
    drawn.update_xaxes(type="log", tickvals=sorted(found["n_way"].unique()), tickformat="d")
    k_shot = int(found["k_shot"].iloc[0])
    title = f"Accuracy against N ({k_shot}-shot)"
    table = pd.concat([found, people], ignore_index=True)
    return Plot("accuracy_by_n", title, drawn, _told(table, "n_way", "-way") + _chance(reports), table)


def by_shots(shown: Sequence[ShownModel], reports: Sequence[dict]) -> Plot | None:
    """Return accuracy against K at the N that was asked for; None where there is one K only."""
    found = _table(shown, lambda each, main: each["n_way"] == main[0])
    if found.empty or found["k_shot"].nunique() < 2:
        return None
    drawn = _lines(shown, found, "k_shot", "K, images of each class")
    drawn.update_xaxes(tickvals=sorted(found["k_shot"].unique()), tickformat="d")
    title = f"Accuracy against K ({int(found['n_way'].iloc[0])}-way)"
    return Plot("accuracy_by_k", title, drawn, _told(found, "k_shot", "-shot"), found)


def _table(shown: Sequence[ShownModel], takes) -> pd.DataFrame:
    rows = [
        {
            "model": each.label,
            **{key: trials[key] for key in ("n_way", "k_shot", "accuracy")},
            "low": trials["ci95"][0],
            "high": trials["ci95"][1],
            **{key: trials[key] for key in ("correct", "trials")},
        }
        for each in shown
        for trials in each.entry["one_shot"]
        if takes(trials, each.report["main"])
    ]
    return pd.DataFrame(rows)


def _lines(shown: Sequence[ShownModel], table: pd.DataFrame, by: str, axis: str) -> go.Figure:
    """Draw a line with its 95 % band for each model, a mark with its interval for one with a single point."""
    drawn = figure()
    for each in shown:
        rows = table[table["model"] == each.label]
        if len(rows) > 1:
            drawn.add_scatter(
                x=[*rows[by], *rows[by][::-1]],
                y=[*rows["high"], *rows["low"][::-1]],
                fill="toself",
                fillcolor=each.band,
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
            )
        spread = None if len(rows) > 1 else error_bars(rows)
        drawn.add_scatter(
            x=rows[by],
            y=rows["accuracy"],
            name=each.label,
            mode="lines+markers" if len(rows) > 1 else "markers",
            line=each.line,
            marker={"symbol": each.symbol, "size": 7, "color": each.colour},
            error_y=spread,
            customdata=rows[["low", "high", "trials"]],
            hovertemplate="%{fullData.name}: %{y:.1%} (%{customdata[0]:.1%} to %{customdata[1]:.1%}), "
            "%{customdata[2]} trials<extra></extra>",
        )
    drawn.update_layout(
        xaxis={"title": {"text": axis}}, yaxis={"title": {"text": "right"}, "tickformat": PERCENT}
    )
    return drawn


def error_bars(rows: pd.DataFrame) -> dict:
    """Return the 95 % intervals of rows as bars."""
    return {
        "type": "data",
        "array": rows["high"] - rows["accuracy"],
        "arrayminus": rows["accuracy"] - rows["low"],
        "thickness": 1.2,
        "width": 3,
    }


def _chance(reports: Sequence[dict]) -> tuple[Sentence, ...]:
    ways = sorted({report["main"][0] for report in reports if report["main"]})
    return tuple(
        sentence("By chance {share} of {n}-way trials are right.", share=f"{1 / each:.1%}", n=each)
        for each in ways
    )


def _people(drawn: go.Figure, reports: Sequence[dict]) -> pd.DataFrame:
    """Draw what visitors scored on the first of the trials; return it."""
    rows = [
        {
            "model": person["name"] or "a visitor",
            "n_way": report["main"][0],
            "k_shot": report["main"][1],
            "accuracy": person["value"],
            "low": person["ci95"][0],
            "high": person["ci95"][1],
            "correct": person["count"],
            "trials": person["total"],
        }
        for report in reports
        for person in report["people"]
    ]
    table = pd.DataFrame(rows)
    if rows:
        drawn.add_scatter(
            x=table["n_way"],
            y=table["accuracy"],
            name="people",
            mode="markers",
            marker={"symbol": "star", "size": 12, "color": INK},
            error_y=error_bars(table),
            customdata=table[["model", "trials"]],
            hovertemplate="%{customdata[0]}: %{y:.0%} of %{customdata[1]}<extra></extra>",
        )
    return table


def _published(drawn: go.Figure) -> None:
    """Mark results on the same trials: lines of their own, since they hold at 20 ways only."""
    for name, value in PUBLISHED.items():
        drawn.add_hline(
            y=value,
            line={"color": INK, "dash": "dash", "width": 1},
            annotation={
                "text": f"{name}: {value:.1%}",
                "font": {"size": 12},
                "bgcolor": "rgba(255,255,255,0.7)",
            },
            annotation_position="bottom left",
        )


def _told(table: pd.DataFrame, by: str, suffix: str) -> tuple[Sentence, ...]:
    parts = []
    for model, rows in table.groupby("model", sort=False):
        told = [
            f"{int(row[by])}{suffix} {percent_with_interval(row['accuracy'], (row['low'], row['high']))}"
            for _, row in rows.iterrows()
        ]
        parts.append(sentence("{model}: {figures}.", model=model, figures=", ".join(told)))
    return tuple(parts)
