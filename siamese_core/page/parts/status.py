"""The status line, always on screen: which checkpoint serves in each slot, how much is answered."""

from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.notices import listen_often
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.workbench import Workbench

WHILE_LOADING_SECONDS = 1.0
WHEN_READY_SECONDS = 5.0
SHOWN = ("slots", "log_problem", "labels", "corrections", "conflicts")  # of `Workbench.status()`


@dataclass(frozen=True)
class StatusLine:
    """serving: ids of the checkpoints that serve; what a tab shows is outdated when it changes."""

    line: Panel
    serving: gr.State
    timer: gr.Timer


def build_status_line(page: gr.Blocks, workbench: Workbench) -> StatusLine:
    """Show the line and keep it up to date in every open page, whoever loads or promotes a checkpoint."""
    parts = StatusLine(Panel(elem_id="status"), gr.State(""), gr.Timer(WHILE_LOADING_SECONDS))

    def look():
        workbench.matcher.follow()
        status = workbench.status()
        seconds = WHEN_READY_SECONDS if is_settled(status) else WHILE_LOADING_SECONDS
        return status_line(status, workbench.names), serving(status), gr.Timer(seconds)

    outputs = [parts.line, parts.serving, parts.timer]
    # on the queue: only there does gradio tell the browser that a State has changed
    listen_often([page.load, parts.timer.tick], look, outputs, 0, concurrency_limit=None)
    return parts


def is_settled(status: dict) -> bool:
    return all(slot["state"] in ("ready", "failed") for slot in status["slots"].values())


def serving(status: dict) -> str:
    """Return the ids of the checkpoints that can be asked at the moment."""
    slots = status["slots"]
    ready = [slots[name] for name in SLOTS if slots[name]["state"] == "ready"]
    return " ".join(str(slot[key]) for slot in ready for key in ("checkpoint", "photographs", "fixed"))


def status_line(status: dict, names: CheckpointNames) -> Markup:
    shown = {name: status[name] for name in SHOWN}
    return render("parts/status.html.jinja", names=names, sync=sync_shown(status.get("sync")), **shown)


def sync_shown(sync: dict | None) -> dict | None:
    """Return what the line says of the hub: rows that wait, how long, and a problem; None without a hub."""
    if sync is None:
        return None
    age = sync["oldest_seconds"]
    return {
        "waiting": sync["waiting"],
        "repository": sync["repository"],
        "minutes": None if age is None else age // 60,
        "problem": sync["problem"],
    }
