"""Draw the report of a retraining: the decision first, then before and after, then the pairs."""

from collections.abc import Mapping

from markupsafe import Markup

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.page.languages.words import t
from siamese_core.page.parts.templates import render

SHOWN_PAIRS = 24  # of those fixed and of those broken
ROC_SIDE = 120  # in units of the SVG


def report_section(report: Mapping, names: CheckpointNames) -> Markup:
    """Return the report as markup. report: what `RetrainReport.json()` gives."""
    return render(
        "retrain/report.html.jinja",
        report=report,
        names=names,
        answers=answers_used(report),
        curves=roc_paths(report["roc"]),
        ranking=report.get("ranking"),  # reports of earlier versions have neither
        changed=report.get("changed", []),
        shown_pairs=SHOWN_PAIRS,
        roc_side=ROC_SIDE,
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


def roc_paths(curves: Mapping) -> dict[str, str]:
    """Return both ROC curves as SVG paths; nothing where the holdout has one kind of pair only."""
    if not curves["before"] or not curves["after"]:
        return {}
    return {name: curve_path(curves[name]) for name in ("before", "after")}


def curve_path(curve: Mapping) -> str:
    points = zip(curve["fpr"], curve["tpr"], strict=True)
    drawn = [f"{ROC_SIDE * fpr:.1f},{ROC_SIDE * (1 - tpr):.1f}" for fpr, tpr in points]
    return "M" + " L".join(drawn)
