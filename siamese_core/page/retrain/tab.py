"""The Retrain tab: start a retraining, see what it did, choose which checkpoint serves."""

import json
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.checkpoints.store import CheckpointInfo, CheckpointStore
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.parts.notices import detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import busy
from siamese_core.page.parts.status import StatusLine
from siamese_core.page.retrain.background import BackgroundRetraining, Run
from siamese_core.page.retrain.report import report_section
from siamese_core.retraining.options import MODES, RetrainOptions
from siamese_core.workspace.workbench import Workbench

MODE_INFO = "head: the encoder stays, seconds to a minute. full: the encoder, too, minutes."
WATCH_SECONDS = 1.0
NEVER = Markup('<p class="quiet">No retraining yet. It learns from the settled answers in the log.</p>')
TROUBLE = Markup('<p class="trouble" role="alert"><b>{encoder} was not retrained.</b> {problem}</p>')
SLOT = Markup(
    '<section class="checkpoints" data-slot="{slot}"><header><h3>{slot}</h3>{rollbacks}</header>'
    '<div class="table-frame"><table>'
    "<thead><tr><th>Checkpoint</th><th>Learnt from</th><th>Made</th><th>One-shot</th><th></th></tr></thead>"
    "<tbody>{rows}</tbody></table></div></section>"
)
ROLLBACK = Markup(
    '<button type="button" data-rollback="{slot}" data-domain="{domain}" title="{title}"{disabled}>'
    "↶ Roll back to the one before{of}</button>"
)
PHOTOS = Markup('<p class="quiet note">There is no checkpoint for photographs. {problem}</p>')
ROW = Markup(
    '<tr class="{kind}"><td class="checkpoint">{id}</td><td>{lessons}</td><td><time>{made}</time></td>'
    '<td title="{setting}">{accuracy}</td><td>{action}</td></tr>'
)
CURRENT = Markup('<b class="serves">● serves{what}</b>')
PROMOTE = Markup('<button type="button" data-promote="{id}" data-slot="{slot}">Promote</button>')
SCRIPT = "workbench.retrain.checkpoints(element, (wish) => trigger('wished', wish))"


class RetrainTab:
    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.background = BackgroundRetraining(self.retrain)

    def retrain(self, encoder: str, mode: str, progress: Callable[[float, str], None]) -> dict:
        """The report as JSON. Imported here: training needs TensorFlow, which the page starts without."""
        from siamese_core.retraining.retrain import retrain

        return retrain(self.workbench, RetrainOptions(encoder=encoder, mode=mode), progress).json()

    def build(self, page: gr.Blocks, status: StatusLine) -> None:
        with gr.Row(equal_height=True):
            slot = gr.Radio(list(SLOTS), value=SLOTS[0], label="Encoder", elem_id="retrain-slot")
            mode = gr.Radio(
                list(MODES), value=MODES[0], label="What may change", info=MODE_INFO, elem_id="retrain-mode"
            )
        start = gr.Button("Retrain", variant="primary", elem_id="retrain-start")
        self.run = Panel(elem_id="retraining")
        self.list = Panel(elem_id="checkpoints", script=SCRIPT)
        timer = gr.Timer(WATCH_SECONDS, active=False)
        shown = [self.run, self.list, timer]
        listen(start.click, self.start, [slot, mode], shown)
        listen(timer.tick, self.look, None, shown, queue=False)
        listen(page.load, self.look, None, shown)
        listen(status.serving.change, self.look, None, shown)
        listen(self.list.wished, self.change, None, shown)

    def start(self, slot: str, mode: str) -> tuple:
        self.background.start(slot, mode)
        return self.look()

    def look(self) -> tuple[Markup, Markup, gr.Timer]:
        run = self.background.latest
        watched = gr.Timer(WATCH_SECONDS, active=run is not None and run.running)
        problem = self.workbench.photos_problem
        photos = PHOTOS.format(problem=problem) if problem else ""
        return self.told(run), checkpoint_lists(self.workbench.checkpoints) + photos, watched

    def told(self, run: Run | None) -> Markup:
        if run is None:
            kept = latest_report(self.workbench.workspace / "reports")
            return report_section(kept) if kept else NEVER
        if run.running:
            return busy(run.share, f"{run.encoder}: {run.words}")
        return report_section(run.report) if run.report else TROUBLE.format(**vars(run))

    def change(self, event: gr.EventData) -> tuple:
        """Promotes a checkpoint, or rolls a domain of a slot back where none is named."""
        slot, promote, domain = (detail(event, key) for key in ("slot", "promote", "domain"))
        if slot not in SLOTS:
            raise UserError(
                f"A slot is one of {', '.join(SLOTS)}. Received: {ascii(slot)[:40]}. Reload the page."
            )
        if isinstance(promote, str):
            self.workbench.checkpoints.promote(promote, slot)
        else:
            self.workbench.checkpoints.rollback(slot, domain if domain in DOMAINS else HANDWRITING)
        self.workbench.matcher.load_in_background()
        return self.look()


def latest_report(folder: Path) -> dict | None:
    """The newest report in the workspace, whoever made it; None where there is none that can be read."""
    files = sorted(folder.glob("*/report.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    try:
        return json.loads(files[0].read_bytes()) if files else None
    except (OSError, ValueError):
        return None


def checkpoint_lists(store: CheckpointStore) -> Markup:
    """A table for each slot, newest first."""
    found = store.list()
    return Markup().join(
        slot_table(slot, found, serving_ids(store, slot), rollback_buttons(store, slot)) for slot in SLOTS
    )


def serving_ids(store: CheckpointStore, slot: str) -> dict[str, str]:
    """Which checkpoints answer in the slot, and for what where it is not for both domains."""
    try:
        by_domain = {domain: store.current_id(slot, domain) for domain in DOMAINS}
    except UserError:  # none yet: the status line says so
        return {}
    shared = len(set(by_domain.values())) == 1
    return {id_: "" if shared else f" {domain}" for domain, id_ in by_domain.items()}


def rollback_buttons(store: CheckpointStore, slot: str) -> Markup:
    """One for each domain that has a way back; a disabled one where none has."""
    ways = {domain: way for domain in DOMAINS if (way := store.way_back(slot, domain))}
    if not ways:
        title = "Nothing was promoted here yet"
        return ROLLBACK.format(slot=slot, domain=HANDWRITING, title=title, disabled=" disabled", of="")
    return Markup().join(
        ROLLBACK.format(
            slot=slot,
            domain=domain,
            title=f"to {way[-1]}",
            disabled="",
            of="" if domain == HANDWRITING else f" for {domain}",
        )
        for domain, way in ways.items()
    )


def slot_table(slot: str, found: list[CheckpointInfo], serving: dict[str, str], rollbacks: Markup) -> Markup:
    """The checkpoints of the slot's own encoder, and of those that serve in it, which may be others."""
    encoders = {slot} | {info.encoder for info in found if info.id in serving}
    rows = [checkpoint_row(slot, info, serving.get(info.id)) for info in found if info.encoder in encoders]
    return SLOT.format(slot=slot, rollbacks=rollbacks, rows=Markup().join(reversed(rows)))


def checkpoint_row(slot: str, info: CheckpointInfo, serves: str | None) -> Markup:
    """serves: for what, if it does."""
    measured = (info.card.get("metrics") or {}).get("one_shot") or {}
    return ROW.format(
        kind="" if serves is None else "current",
        id=info.id,
        lessons=lessons(info),
        made=str(info.card["created_at"])[:16].replace("T", " "),
        setting=measured.get("setting", "not measured"),
        accuracy=f"{100 * measured['accuracy']:.1f} %" if "accuracy" in measured else "–",
        action=PROMOTE.format(id=info.id, slot=slot) if serves is None else CURRENT.format(what=serves),
    )


def lessons(info: CheckpointInfo) -> str:
    """What a checkpoint learnt from, as its card tells."""
    card = info.card
    answers, data = card.get("answers"), card.get("data")
    if isinstance(answers, dict):
        learnt = card.get("learning", answers).get("answers", answers.get("training", 0))
        return f"{learnt} answers, on top of {card.get('parent')}"
    if isinstance(data, dict) and data.get("name"):
        return str(data["name"])
    return "ImageNet weights" if "network" in card else info.origin
