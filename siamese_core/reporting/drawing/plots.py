"""All plots of one report, or of two side by side, and the table of what was measured."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from siamese_core.reporting.drawing.accuracy import by_shots, by_ways
from siamese_core.reporting.drawing.classes import confusion_plot, group_plot
from siamese_core.reporting.drawing.look import (
    Plot,
    ShownModel,
    percent,
    percent_with_interval,
    shown_models,
)
from siamese_core.reporting.drawing.verification import histogram_plot, reliability_plot, roc_plot

PLOTS = ("accuracy_by_n", "accuracy_by_k", "roc", "similarities", "reliability", "groups")


def all_plots(reports: Sequence[dict]) -> dict[str, Plot]:
    """Return the plots that show every model, by name; those without anything to show are left out."""
    shown = shown_models(reports)
    found = (
        by_ways(shown, reports),
        by_shots(shown, reports),
        roc_plot(shown),
        histogram_plot(shown),
        reliability_plot(shown),
        group_plot(shown),
    )
    return {plot.name: plot for plot in found if plot is not None}


def model_plot(reports: Sequence[dict], label: str) -> Plot | None:
    """Return the confusion of the model with this label, `confusion-PLACE`; None where it has none."""
    each = model_of(reports, label)
    plot = confusion_plot(each)
    return plot and replace(plot, name=f"confusion-{shown_models(reports).index(each)}")


def model_of(reports: Sequence[dict], label: str) -> ShownModel:
    """Return the model with this label; the first one where there is no such."""
    shown = shown_models(reports)
    return next((each for each in shown if each.label == label), shown[0])


def summary_table(reports: Sequence[dict]) -> pd.DataFrame:
    """Return a row for each model, in numbers: what a spreadsheet takes."""
    return pd.DataFrame([_summary(each) for each in shown_models(reports)])


def _summary(each: ShownModel) -> dict:
    entry, main = each.entry["verification"], each.report["main"]
    trials = next(
        (found for found in each.entry["one_shot"] if [found["n_way"], found["k_shot"]] == list(main or ())),
        None,
    )
    row = {
        "model": each.label,
        "checkpoint": each.entry["checkpoint"],
        "role": each.entry["role"],
        "pairs": entry["trials"],
        "accuracy": entry["accuracy"],
        "accuracy_low": entry["ci95"][0],
        "accuracy_high": entry["ci95"][1],
        **{name: entry[name] for name in ("eer", "roc_auc", "tpr_at_fpr_0.01", "ece", "threshold")},
        "unknown_images": each.entry["abstains"],
    }
    if trials:
        row |= {
            "n_way": trials["n_way"],
            "k_shot": trials["k_shot"],
            "trials": trials["trials"],
            "n_way_accuracy": trials["accuracy"],
            "n_way_low": trials["ci95"][0],
            "n_way_high": trials["ci95"][1],
        }
    return row


def readable_table(reports: Sequence[dict]) -> pd.DataFrame:
    """Return the same for people: a few columns, rounded, intervals beside what they are of."""
    return pd.DataFrame([_readable(row) for row in summary_table(reports).to_dict("records")])


def _readable(row: dict) -> dict:
    found = {
        "Model": row["model"],
        "Pairs right": percent_with_interval(row["accuracy"], (row["accuracy_low"], row["accuracy_high"])),
        "Equal error": percent(row["eer"]),
        "AUC": "–" if row["roc_auc"] is None else f"{row['roc_auc']:.3f}",
        "Found at 1 %": percent(row["tpr_at_fpr_0.01"]),
        "ECE": f"{row['ece']:.3f}",
        "Threshold": f"{row['threshold']:.2f}",
    }
    if not pd.isna(row.get("n_way", float("nan"))):
        shape = f"{int(row['n_way'])}-way {int(row['k_shot'])}-shot"
        value = percent_with_interval(row["n_way_accuracy"], (row["n_way_low"], row["n_way_high"]))
        found[f"{shape}"] = value
    return found | {"Unknown": percent(row["unknown_images"], 0)}
