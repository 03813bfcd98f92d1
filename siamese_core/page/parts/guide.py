"""Tell a newcomer what the page is for: a walk through it in five steps, and the list of its keys (`?`).

A tab that has keys adds a `Keys` to `KEYS`.
"""

from dataclasses import dataclass

import gradio as gr

from siamese_core.page.languages.words import translatable
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render

SCRIPT = "workbench.guide.start(element)"


@dataclass(frozen=True)
class Step:
    """One step of the walk. tab: the id of the tab to open; place: a selector of what is framed in it."""

    tab: str
    place: str
    title: str
    words: str


@dataclass(frozen=True)
class Keys:
    """The keys of one tab: what each does, by the words on it."""

    title: str
    keys: dict[str, str]


STEPS = (
    Step(
        "compare",
        ".place:has(#left), .place:has(#right)",
        translatable("Two pictures"),
        translatable(
            "Drop, paste, photograph or draw two pictures, or take a pair of samples. They are compared at "
            "once."
        ),
    ),
    Step(
        "compare",
        "#opinions",
        translatable("Two opinions"),
        translatable(
            "Each network says how similar they are, from 0 to 1. At or above the tick, its threshold, it "
            "says same."
        ),
    ),
    Step(
        "compare",
        "#answer-bar",
        translatable("Your answer"),
        translatable(
            "Say what is right: S for same, D for different, U for unsure. Z takes it back. Every answer is "
            "kept."
        ),
    ),
    Step(
        "label",
        "#label, #pool",
        translatable("Many pairs"),
        translatable("Add your own images. The pairs that teach most are asked first, one key an answer."),
    ),
    Step(
        "retrain",
        "#retrain-start",
        translatable("The networks learn"),
        translatable(
            "Retrain on your answers. What was learned serves only if it is measurably better than before."
        ),
    ),
)
TAKE_BACK = translatable("take the last answer back")
ANSWER = {
    "S": translatable("same"),
    "D": translatable("different"),
    "U": translatable("unsure"),
    "Z": TAKE_BACK,
}
EVERYWHERE = {
    "?": translatable("this list"),
    "Tab": translatable("to the next button"),
    "Esc": translatable("close what is open"),
}
LABEL = ANSWER | {
    "N": translatable("skip"),
    "F": translatable("flip both pictures"),
    "E": translatable("enlarge"),
    "B": translatable("answer blind"),
}
FIND = {
    "1 … 9": translatable("mark or leave out an image"),
    "D": translatable("all others on screen are different"),
    "S": translatable("save the marked"),
    "Z": translatable("take the page of answers back"),
}
REVIEW = {
    "J ↓": translatable("next answer"),
    "K ↑": translatable("previous answer"),
    "S D U": translatable("answer anew"),
    "X": translatable("take this answer back"),
    "N P": translatable("next and previous page"),
    "Z": translatable("take back what was done last"),
}
MAP = {
    "← ↑ → ↓": translatable("to the next image"),
    "Enter": translatable("select it, or let it go"),
    "Z": TAKE_BACK,
}
KEYS = (
    Keys(translatable("Everywhere"), EVERYWHERE),
    Keys(translatable("Compare"), ANSWER),
    Keys(translatable("One-shot"), {"Z": TAKE_BACK}),
    Keys(translatable("Find"), FIND),
    Keys(translatable("Label"), LABEL),
    Keys(translatable("Review"), REVIEW),
    Keys(translatable("Evaluate"), {"1–0, Q–P": translatable("Pick an image, in Play it yourself")}),
    Keys(translatable("Map"), MAP),
)


def build_guide() -> gr.HTML:
    """Return the part of the page that holds the walk and the list of keys, both closed."""
    return Panel(render("parts/guide.html.jinja", steps=STEPS, sections=KEYS), elem_id="guide", script=SCRIPT)
