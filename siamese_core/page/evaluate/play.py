"""Play it yourself: the visitor takes the first trials that the encoders took, a key each."""

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.page.parts.callers import named
from siamese_core.page.parts.notices import detail
from siamese_core.page.parts.templates import render
from siamese_core.reporting.kept_reports import KeptReports
from siamese_core.reporting.measured_models import BASELINE

KEYS = "1234567890QWERTYUIOP"  # two rows of a keyboard, as many as a trial has images at most
SCRIPT = "workbench.evaluate.play(element, (picks) => trigger('played', picks))"


def play_panel(report: dict | None) -> Markup:
    """Return the trials of a report, hidden until they are begun; empty where there are none."""
    if not report or not report["play"]:
        return Markup()
    trials = report["play"]
    scores = [
        {"title": entry["title"], "correct": sum(entry["played"]), "total": len(entry["played"])}
        for entry in report["models"]
        if entry["role"] != BASELINE
    ]
    n_way, k_shot = report["main"]
    return render(
        "evaluate/play.html.jinja",
        report=report,
        trials=[{"query": each["query"], "support": each["support"]} for each in trials],
        shape=f"{n_way}-way {k_shot}-shot",
        scores=scores,
        keys=KEYS[:n_way],
    )


def save_play(kept: KeptReports, event: gr.EventData) -> dict:
    """Keep what a visitor picked, {report, name, picks}, and return the report with it."""
    report_id, name, picks = (detail(event, key) for key in ("report", "name", "picks"))
    if not isinstance(report_id, str) or not isinstance(name, str) or not isinstance(picks, list):
        raise UserError("What was played has a report and picks. Received: others. Begin again.")
    return kept.add_person(report_id, named(name), picks)
