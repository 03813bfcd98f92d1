"""Plots of verification: ROC, similarities of same and different pairs, reliability."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from plotly.subplots import make_subplots

from siamese_core.reporting.drawing.look import (
    DIFFERENT,
    FAINT,
    INK,
    PERCENT,
    SAME,
    Plot,
    ShownModel,
    figure,
    percent,
)
from siamese_core.reporting.drawing.sentences import Sentence, sentence

ROW_HEIGHT = 120  # px, of a histogram


def roc_plot(shown: Sequence[ShownModel]) -> Plot | None:
    """Return the ROC curves with a logarithmic axis, the threshold and the equal error of each marked."""
    drawn, tables, told = figure(), [], []
    for each in shown:
        entry = each.entry["verification"]
        if entry["roc"] is None:
            continue
        floor = 0.5 / max(1, entry["trials"] - entry["same"])  # what stands for 0 on the logarithmic axis
        fpr, tpr = np.array(entry["roc"]["fpr"]), np.array(entry["roc"]["tpr"])
        tables.append(
            pd.DataFrame({"model": each.label, "false_positive_rate": fpr, "true_positive_rate": tpr})
        )
        drawn.add_scatter(
            x=np.maximum(fpr, floor),
            y=tpr,
            name=f"{each.label} {entry['roc_auc']:.3f}",
            mode="lines",
            line=each.line | {"shape": "hv"} | ({"width": 1, "dash": "dot"} if each.is_baseline else {}),
            hovertemplate="false positives %{x:.2%}, found %{y:.1%}<extra>%{fullData.name}</extra>",
        )
        told.append(_told(each, entry))
        if not each.is_baseline:
            _marks(drawn, each, entry, floor)
    if not tables:
        return None
    drawn.update_layout(
        xaxis={
            "type": "log",
            "title": {"text": "different pairs called same"},
            "tickformat": "~%",
            "dtick": 1,
        },
        yaxis={"title": {"text": "same pairs called same"}, "tickformat": PERCENT},
        height=380,
    )
    return Plot(
        "roc", "ROC, with the area under it", drawn, tuple(told), pd.concat(tables, ignore_index=True)
    )


def _marks(drawn, each: ShownModel, entry: dict, floor: float) -> None:
    """Mark the stored threshold (a ring) and the equal error (a cross)."""
    at, eer = entry["at_threshold"], entry["roc"]["eer"]
    for name, x, y, symbol in (
        (f"threshold {entry['threshold']:.2f}", at["fpr"]["value"], 1 - at["fnr"]["value"], "circle-open"),
        (f"equal error {percent(eer)}", eer, 1 - eer, "x-thin"),
    ):
        drawn.add_scatter(
            x=[max(x, floor)],
            y=[y],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": 11,
                "color": each.colour,
                "line": {"width": 2.5, "color": each.colour},
            },
            hovertemplate=f"{name}<extra>{each.label}</extra>",
            showlegend=False,
        )


def _told(each: ShownModel, entry: dict) -> Sentence:
    at = entry["at_threshold"]
    return sentence(
        "{model}: AUC {auc}, equal error {eer}; at the threshold {threshold} it calls {fpr} of different "
        "pairs same and misses {fnr} of same ones.",
        model=each.label,
        auc=f"{entry['roc_auc']:.3f}",
        eer=percent(entry["eer"]),
        threshold=f"{entry['threshold']:.2f}",
        fpr=percent(at["fpr"]["value"]),
        fnr=percent(at["fnr"]["value"]),
    )


def histogram_plot(shown: Sequence[ShownModel]) -> Plot:
    """Return how similarities of same and different pairs are spread, a row for each checkpoint."""
    rows = [each for each in shown if not each.is_baseline]
    base = figure(ROW_HEIGHT * len(rows) + 90)
    drawn = make_subplots(
        rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=0.24 / len(rows), figure=base,
        subplot_titles=[each.label for each in rows],
    )  # fmt: skip
    tables = []
    for number, each in enumerate(rows, start=1):
        entry = each.entry["verification"]
        edges = np.array(entry["histogram"]["edges"])
        middles = (edges[1:] + edges[:-1]) / 2
        table = pd.DataFrame({"model": each.label, "from": edges[:-1], "to": edges[1:]})
        for kind, colour, pattern in (("same", SAME, ""), ("different", DIFFERENT, "/")):
            counts = np.array(entry["histogram"][kind])
            table[kind] = counts
            drawn.add_bar(
                x=middles,
                y=counts / max(1, counts.sum()),
                width=edges[1] - edges[0],
                name=f"{kind} pairs",
                legendgroup=kind,
                showlegend=number == 1,
                marker={"color": colour, "opacity": 0.85, "pattern": {"shape": pattern, "solidity": 0.25}},
                hovertemplate=f"{kind}: %{{y:.1%}} at %{{x:.2f}}<extra></extra>",
                row=number,
                col=1,
            )
        drawn.add_vline(x=entry["threshold"], line={"color": INK, "width": 2}, row=number, col=1)
        drawn.update_yaxes(tickformat=PERCENT, row=number, col=1, nticks=3, fixedrange=True)
        tables.append(table)
    _as_rows(drawn, len(rows))
    bars = sentence("Bars: share of each kind of pair by similarity; the line is the threshold.")
    told = (bars, *map(_overlap, rows))
    return Plot("similarities", "Similarities", drawn, told, pd.concat(tables, ignore_index=True))


def _as_rows(drawn, count: int) -> None:
    drawn.update_layout(barmode="overlay", bargap=0, margin={"l": 56, "r": 12, "t": 56, "b": 44})
    drawn.update_layout(legend={"y": 1 + 0.28 / count, "yanchor": "bottom"})
    drawn.update_xaxes(range=[0, 1], fixedrange=True, gridcolor="#e5e1d8")
    drawn.update_yaxes(gridcolor="#e5e1d8")
    drawn.update_xaxes(title={"text": "similarity"}, row=count, col=1)
    drawn.update_annotations(font={"size": 13}, x=0, xanchor="left")


def _overlap(each: ShownModel) -> Sentence:
    entry = each.entry["verification"]
    return sentence(
        "{model}: {share} of {pairs} pairs on the right side of it.",
        model=each.label,
        share=percent(entry["accuracy"]),
        pairs=entry["trials"],
    )


def reliability_plot(shown: Sequence[ShownModel]) -> Plot:
    """Return how often pairs are same, by the similarity that was said, with the calibration error."""
    drawn, tables, told = figure(), [], []
    drawn.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        name="as it should be",
        line={"color": FAINT, "dash": "dot", "width": 1},
    )
    for each in shown:
        if each.is_baseline:
            continue
        entry = each.entry["verification"]
        table = pd.DataFrame(
            {
                "model": each.label,
                "similarity": [each_bin["similarity"] for each_bin in entry["reliability"]],
                "accuracy": [each_bin["value"] for each_bin in entry["reliability"]],
                "low": [each_bin["ci95"][0] for each_bin in entry["reliability"]],
                "high": [each_bin["ci95"][1] for each_bin in entry["reliability"]],
                "pairs": [each_bin["total"] for each_bin in entry["reliability"]],
            }
        )
        tables.append(table)
        drawn.add_scatter(
            x=table["similarity"],
            y=table["accuracy"],
            name=f"{each.label} {entry['ece']:.3f}",
            mode="lines+markers",
            line=each.line | {"width": 1.5},
            marker={"symbol": each.symbol, "size": 7, "color": each.colour},
            error_y={
                "type": "data",
                "array": table["high"] - table["accuracy"],
                "arrayminus": table["accuracy"] - table["low"],
                "thickness": 1,
                "width": 0,
            },
            customdata=table[["pairs"]],
            hovertemplate="said %{x:.2f}, same %{y:.0%} of %{customdata[0]} pairs"
            "<extra>%{fullData.name}</extra>",
        )
        told.append(_calibration(each.label, entry["ece"]))
    drawn.update_layout(
        xaxis={"title": {"text": "similarity said"}, "range": [-0.02, 1.02]},
        yaxis={"title": {"text": "share that is same"}, "range": [-0.02, 1.02], "tickformat": PERCENT},
    )
    table = pd.concat(tables, ignore_index=True).rename(columns={"accuracy": "share_same"})
    return Plot("reliability", "Reliability, with the calibration error", drawn, tuple(told), table)


def _calibration(label: str, ece: float) -> Sentence:
    return sentence("{model}: expected calibration error {ece}.", model=label, ece=f"{ece:.3f}")
