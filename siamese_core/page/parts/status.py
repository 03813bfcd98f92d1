"""The status line that is always on screen: what serves in each slot, what has been answered."""

from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.notices import listen
from siamese_core.page.parts.panel import Panel
from siamese_core.workspace.workbench import Workbench

WHILE_LOADING_SECONDS = 1.0
WHEN_READY_SECONDS = 5.0
STATES = {"waiting": "waiting", "loading": "loading", "ready": "ready", "failed": "cannot serve"}
LINE = Markup('<div class="status">{slots}<span class="counts">{counts}</span></div>')
SLOT = Markup(
    '<span class="slot {state}"><span class="lamp" aria-hidden="true"></span><b>{slot}</b> '
    '<span class="checkpoint">{checkpoint}</span> <span class="state">{words}</span></span>'
)


@dataclass(frozen=True)
class StatusLine:
    """`serving` changes its value when another checkpoint starts to serve: what is shown is then outdated."""

    line: Panel
    serving: gr.State
    timer: gr.Timer


def build_status_line(page: gr.Blocks, workbench: Workbench) -> StatusLine:
    """Renders the line and keeps it up to date, in every open page, whoever loads or promotes."""
    parts = StatusLine(Panel(elem_id="status"), gr.State(""), gr.Timer(WHILE_LOADING_SECONDS))

    def look():
        workbench.matcher.follow()
        status = workbench.status()
        seconds = WHEN_READY_SECONDS if is_settled(status) else WHILE_LOADING_SECONDS
        return status_line(status), serving(status), gr.Timer(seconds)

    outputs = [parts.line, parts.serving, parts.timer]
    # on the queue, because only there gradio tells the browser that a State has changed
    listen([page.load, parts.timer.tick], look, None, outputs, concurrency_limit=None)
    return parts


def is_settled(status: dict) -> bool:
    return all(slot["state"] in ("ready", "failed") for slot in status["slots"].values())


def serving(status: dict) -> str:
    """The ids of the checkpoints that can be asked at the moment."""
    slots = status["slots"]
    ready = [slots[name] for name in SLOTS if slots[name]["state"] == "ready"]
    return " ".join(str(slot[key]) for slot in ready for key in ("checkpoint", "photographs", "fixed"))


def status_line(status: dict) -> Markup:
    counts = [counted(status["labels"], "answer"), counted(status["corrections"], "correction")]
    if status["conflicts"]:
        counts.append(counted(status["conflicts"], "conflict"))
    slots = Markup().join(slot_status(name, status["slots"][name]) for name in SLOTS)
    return LINE.format(slots=slots, counts=" · ".join(counts))


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def slot_status(name: str, slot: dict) -> Markup:
    problem = f": {slot['problem']}" if slot["problem"] else ""
    photographs = f"; photographs: {slot['photographs']}" if slot["photographs"] else ""
    return SLOT.format(
        state=slot["state"],
        slot=name,
        checkpoint=f"{slot['checkpoint'] or ''}{photographs}",
        words=STATES[slot["state"]] + problem,
    )
