"""Draw the report of a retraining: the decision first, then before and after, then the pairs."""

from collections.abc import Mapping

import pandas as pd
from markupsafe import Markup

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.page.languages.words import t
from siamese_core.page.parts.links import link_to
from siamese_core.page.parts.templates import render
from siamese_core.reporting.drawing.look import FAINT, INK, PERCENT, Plot, figure
from siamese_core.reporting.drawing.sentences import sentence

SHOWN_PAIRS = 24  # of those fixed and of those broken


def report_section(report: Mapping, names: CheckpointNames) -> Markup:
    """Return the report as markup. report: what `RetrainReport.json()` gives."""
    return render(
        "retrain/report.html.jinja",
        report=report,
        names=names,
        answers=answers_used(report),
        ranking=report.get("ranking"),  # reports of earlier versions have neither
        changed=report.get("changed", []),
        shown_pairs=SHOWN_PAIRS,
        link_to=link_to,
    )


def answers_used(report: Mapping) -> str:
    """Return how many answers were learned from, judged by and left out, and how long it took."""
    counts = ("labels", "training", "holdout", "holdout_same")
    words = t(
        "{labels} answers: {training} to learn from, {holdout} to judge by ({holdout_same} of them same); no "
        "image is in both parts.",
        **{name: report[name] for name in counts},
    )
    if count := report["answers_dropped"]:
        words += " " + t("{count} left out, because their images would be in both parts.", count=count)
    if count := report["images_gone"]:
        words += " " + t("{count} left out, because their images are gone.", count=count)
    return f"{words} {t('{count} s', count=round(report['seconds']))}."


def roc_plot(report: Mapping) -> Plot | None:
    """Return both ROC curves; None where the holdout has one kind of pair only."""
    curves = report["roc"]
    if not curves["before"] or not curves["after"]:
        return None
    drawn, tables = figure(260), []
    for name, line in (("before", {"color": FAINT, "dash": "dash"}), ("after", {"color": INK, "width": 2.5})):
        fpr, tpr = curves[name]["fpr"], curves[name]["tpr"]
        tables.append(pd.DataFrame({"when": name, "false_positive_rate": fpr, "true_positive_rate": tpr}))
        drawn.add_scatter(x=fpr, y=tpr, name=name, mode="lines", line=line | {"shape": "hv"})
    drawn.update_layout(
        xaxis={"title": {"text": "different pairs called same"}, "tickformat": PERCENT},
        yaxis={"title": {"text": "same pairs called same"}, "tickformat": PERCENT},
        legend={"y": 0.02, "x": 0.98, "xanchor": "right", "yanchor": "bottom", "orientation": "v"},
    )
    areas = {name: f"{report[name]['roc_auc']:.3f}" for name in ("before", "after")}
    told = sentence("The area under the curve on the holdout is {before} before and {after} after.", **areas)
    return Plot("retrained", "ROC on the holdout", drawn, (told,), pd.concat(tables, ignore_index=True))
