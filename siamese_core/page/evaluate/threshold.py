"""Choose a threshold by what it is to achieve, see what it costs, and save it to the slot."""

from dataclasses import dataclass

import gradio as gr
import numpy as np
from markupsafe import Markup

from siamese_core.accounts.audit import THRESHOLD
from siamese_core.errors import UserError
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.callers import note
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import quiet, trouble
from siamese_core.page.parts.templates import render
from siamese_core.reporting.curves import operating_point
from siamese_core.reporting.drawing.look import ShownModel
from siamese_core.reporting.thresholds import (
    COST,
    EQUAL,
    FALSE_POSITIVES,
    PRECISION,
    Target,
    choose_threshold,
    halves_apart,
)
from siamese_core.workspace.choosing_thresholds import ChosenThreshold, save_threshold
from siamese_core.workspace.workbench import Workbench

KINDS = {
    EQUAL: translatable("equal error"),
    FALSE_POSITIVES: translatable("few false positives"),
    COST: translatable("a cost"),
    PRECISION: translatable("a precision"),
}
VALUES = {  # label and first value of the number beside the choice
    EQUAL: ("", 0.0),
    FALSE_POSITIVES: (translatable("At most this % of different pairs called same"), 1.0),
    COST: (translatable("A false same costs this many times a false different"), 10.0),
    PRECISION: (translatable("At least this % of what is called same is same"), 95.0),
}
NOT_SAVED = translatable("Both fused are in no slot: choose one encoder above to save a threshold.")


@dataclass(frozen=True)
class ThresholdForm:
    kind: gr.Radio
    value: gr.Number
    prior: gr.Number
    outcome: Panel
    save: gr.Button

    @property
    def inputs(self) -> list:
        return [self.kind, self.value, self.prior]


def build_threshold_form() -> ThresholdForm:
    with gr.Row(elem_id="threshold-form"):
        kind = gr.Radio(
            [(t(words), kind) for kind, words in KINDS.items()],
            value=EQUAL,
            label=t("Choose it by"),
            elem_id="threshold-kind",
        )
        value = gr.Number(0, label=" ", visible=False, elem_id="threshold-value")
        prior = gr.Number(50, label=t("% of the pairs you will compare are same"), minimum=0, maximum=100)
    outcome = Panel(elem_id="threshold-outcome")
    save = gr.Button(t("Save this threshold to the slot"), elem_id="threshold-save", interactive=False)
    return ThresholdForm(kind, value, prior, outcome, save)


def number_for(kind: str):
    """Return how the number beside the choice looks."""
    label, first = VALUES.get(kind, VALUES[EQUAL])
    return gr.Number(first, label=t(label) or " ", visible=bool(label))


def target_of(kind: str, value: object, prior: object) -> Target:
    """Return what the form asks for. UserError for what is no number."""
    chosen = kind if kind in KINDS else EQUAL
    numbers = [
        each for each in (value, prior) if isinstance(each, int | float) and not isinstance(each, bool)
    ]
    if len(numbers) < 2:
        raise UserError("A target is a number. Received: none. Type one.")
    share = chosen in (FALSE_POSITIVES, PRECISION)
    return Target(chosen, float(value) / (100 if share else 1), float(prior) / 100)


def outcome(each: ShownModel, target: Target) -> Markup:
    """Return what the threshold for a target costs, beside the one that is stored now."""
    similarity, same = pairs_of(each)
    chosen = choose_threshold(similarity, same, target)
    points = {
        "now": operating_point(similarity, same, each.entry["verification"]["threshold"]),
        "chosen": operating_point(similarity, same, chosen),
    }
    try:
        points["apart"] = halves_apart(similarity, same, target)
    except UserError:  # half of the pairs are too few for it
        points["apart"] = None
    precision = {name: _precision(point, target.prior) for name, point in points.items() if point}
    return render(
        "evaluate/threshold.html.jinja", points=points, precision=precision, target=target, label=each.label
    )


def told_outcome(each: ShownModel, target: Target) -> tuple[Markup, bool]:
    """Return the same, or why there is none; and whether it can be saved."""
    try:
        shown = outcome(each, target)
    except UserError as problem:
        return trouble(t("No such threshold."), str(problem)), False
    can_be_saved = bool(each.entry["slot"])
    return shown if can_be_saved else shown + quiet(NOT_SAVED, "note"), can_be_saved


def save(workbench: Workbench, each: ShownModel, target: Target) -> str:
    """Save the threshold to the model's slot and say so. UserError where it is of no slot."""
    slot = each.entry["slot"]
    if not slot:
        raise UserError(f"A threshold belongs to a slot. Received: {each.label}. {NOT_SAVED}")
    similarity, same = pairs_of(each)
    threshold = choose_threshold(similarity, same, target)
    at = operating_point(similarity, same, threshold)
    chosen = ChosenThreshold(
        threshold,
        each.entry["normalised"],
        target.words(),
        each.report["data"]["name"],
        len(same),
        at["fpr"]["value"],
    )
    saved = save_threshold(workbench, slot, each.entry["checkpoint"], chosen)
    details = {"slot": slot, "checkpoint": saved, "threshold": round(float(threshold), 4)}
    note(workbench.workspace, THRESHOLD, **details)
    return t(
        "Saved: {network} serves with {threshold}. Roll it back in Retrain.",
        network=t(workbench.names.words(saved)),
        threshold=f"{threshold:.3f}",
    )


def pairs_of(each: ShownModel) -> tuple[np.ndarray, np.ndarray]:
    """Return the similarities (n,) that were measured, and which pairs are same."""
    entry = each.entry["verification"]
    return np.array(entry["similarities"]), np.array([kind == "1" for kind in entry["same_pairs"]], bool)


def _precision(point: dict, prior: float) -> float | None:
    """Return the share of what is called same that is same, where that share of the pairs is same."""
    found, false = prior * (1 - point["fnr"]["value"]), (1 - prior) * point["fpr"]["value"]
    return found / (found + false) if found + false else None
