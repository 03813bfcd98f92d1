"""Show where one model fails: pairs of a confused cell, hardest pairs, each a click from Compare."""

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.labelling.queue import Questions
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.links import link_to
from siamese_core.page.parts.notices import detail
from siamese_core.page.parts.paragraphs import quiet
from siamese_core.page.parts.templates import render
from siamese_core.reporting.drawing.classes import class_names
from siamese_core.reporting.drawing.look import ShownModel

NO_ERRORS = translatable("No wrong verdict among these pairs.")


def hardest_gallery(each: ShownModel) -> Markup:
    """Return the pairs on which the model is most wrong."""
    pairs = each.entry["hardest"]
    if not pairs:
        return quiet(NO_ERRORS)
    kinds = [
        (t("Same, called different"), [pair for pair in pairs if pair["same"]]),
        (t("Different, called same"), [pair for pair in pairs if not pair["same"]]),
    ]
    return render("evaluate/pairs.html.jinja", kinds=[kind for kind in kinds if kind[1]], link_to=link_to)


def cell_gallery(each: ShownModel, number: object) -> Markup:
    """Return the pairs of a confused cell. UserError where there is no such cell."""
    confusion = each.entry["confusion"] or {"cells": []}
    cells = confusion["cells"]
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(cells):
        raise UserError(f"A cell is one of {len(cells)}. Received: {ascii(number)[:20]}. Click another one.")
    cell, names = cells[number], class_names(each.report, confusion)
    title = t(
        "{name}, taken for {other}: {times}×",
        name=names[cell["true"]],
        other=names[cell["picked"]],
        times=cell["count"],
    )
    return render("evaluate/pairs.html.jinja", kinds=[(title, cell["pairs"])], link_to=link_to)


def confused_list(each: ShownModel) -> Markup:
    """Return the cells as buttons, for whoever does not click in a figure; empty without errors."""
    confusion = each.entry["confusion"]
    if not confusion or not confusion["cells"]:
        return Markup()
    names = class_names(each.report, confusion)
    cells = [
        (number, names[cell["true"]], names[cell["picked"]], cell["count"])
        for number, cell in enumerate(confusion["cells"])
    ]
    return render("evaluate/confused.html.jinja", cells=cells)


def queue_pairs(questions: Questions, event: gr.EventData) -> str:
    """Ask the pair {left, right} next in Label, and say so; UserError where it is of other images."""
    pair = [detail(event, side) for side in ("left", "right")]
    if not all(isinstance(each, str) for each in pair):
        raise UserError("A pair is two images. Received: something else. Reload the page.")
    questions.ask_first([tuple(pair)])
    return translatable("Asked next in Label.")
