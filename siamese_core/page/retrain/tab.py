"""The Retrain tab: start a retraining, read its report, choose which checkpoint serves."""

import json
from functools import partial
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from siamese_core.accounts.audit import PROMOTE, ROLL_BACK, Origin
from siamese_core.answers.settled import one_a_pair
from siamese_core.checkpoints.domains import DOMAINS, HANDWRITING
from siamese_core.data.progress import Progress
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS, slot_title
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.background import Background, Run
from siamese_core.page.parts.callers import note, origin
from siamese_core.page.parts.notices import detail, listen, listen_often
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import busy, first_step, quiet, trouble
from siamese_core.page.parts.plot_places import build_plot_place, shown_in
from siamese_core.page.parts.status import StatusLine
from siamese_core.page.retrain.checkpoints import checkpoint_lists
from siamese_core.page.retrain.proposal import proposal
from siamese_core.page.retrain.report import report_section, roc_plot
from siamese_core.retraining.judging.outlook import outlook_words
from siamese_core.retraining.options import MODES, RetrainOptions
from siamese_core.workspace.workbench import Workbench

MODE_INFO = translatable(
    "head: the encoder stays as it is (seconds to a minute). full: the encoder is trained, too (minutes)."
)
WATCH_SECONDS = 1.0  # between two looks at the progress
NEVER = translatable("No retraining yet. It learns from the settled answers in the log.")
LABEL = (translatable("Label pairs"), "goto", "label")
SCRIPT = "workbench.retrain.checkpoints(element, (wish) => trigger('wished', wish))"


class RetrainTab:
    def __init__(self, workbench: Workbench) -> None:
        self.workbench = workbench
        self.background = Background("retraining", "is being retrained")

    def retrain(self, encoder: str, mode: str, who: Origin, progress: Progress) -> dict:
        """Retrain and return the report as JSON."""
        # imported here: training needs TensorFlow, which the page starts without
        from siamese_core.retraining.retrain import retrain

        report = retrain(self.workbench, RetrainOptions(encoder=encoder, mode=mode), progress).json()
        if report["promoted"]:
            details = {"slot": encoder, "checkpoint": report["candidate"], "change": "retrained"}
            note(self.workbench.workspace, PROMOTE, who, **details)
        return report

    def build(self, page: gr.Blocks, tab: gr.Tab, status: StatusLine) -> None:
        with gr.Row(equal_height=True):
            slot = gr.Radio(
                [(slot_title(slot), slot) for slot in SLOTS],
                value=SLOTS[0],
                label=t("Encoder"),
                elem_id="retrain-slot",
            )
            mode = gr.Radio(
                [(t(mode), mode) for mode in MODES],
                value=MODES[0],
                label=t("What may change"),
                info=t(MODE_INFO),
                elem_id="retrain-mode",
            )
        proposed = gr.State(SLOTS[0])
        start = gr.Button(t("Retrain"), variant="primary", elem_id="retrain-start")
        self.run = Panel(elem_id="retraining")
        curves = build_plot_place("retrained")
        self.list = Panel(elem_id="checkpoints", script=SCRIPT)
        timer = gr.Timer(WATCH_SECONDS, active=False)
        shown = [self.run, self.list, timer, *curves.outputs]
        listen(start.click, self.start, [slot, mode], shown)
        often = {"look": self.look, "outputs": shown, "place": shown.index(self.list)}
        listen_often(timer.tick, **often, queue=False)
        listen_often([page.load, status.serving.change, tab.select], **often)
        listen([page.load, tab.select], self.propose, [slot, proposed], [slot, proposed])
        listen(self.list.wished, self.change, None, shown)

    def start(self, slot: str, mode: str) -> tuple:
        self.background.start(slot_title(slot), partial(self.retrain, slot, mode, origin()))
        return self.look()

    def propose(self, slot: str, before: str) -> tuple:
        """Return the slot to retrain, unless the person chose another than was proposed before."""
        found = proposal(self.workbench, self.workbench.log.settled())
        new = found.slot if found else SLOTS[0]
        return new if slot == before else gr.skip(), new

    def look(self) -> tuple:
        run = self.background.latest
        watched = gr.Timer(WATCH_SECONDS, active=run is not None and run.running)
        lists = checkpoint_lists(self.workbench.names, self.workbench.photos_problem)
        report = self.report(run)
        return self.told(run, report), lists, watched, *shown_in(roc_plot(report) if report else None)

    def report(self, run: Run | None) -> dict | None:
        """Return the report that is shown, the latest run's or else the newest.

        None while a run is on or where it failed.
        """
        if run is not None:
            return run.result
        return latest_report(self.workbench.workspace / "reports")

    def told(self, run: Run | None, report: dict | None) -> Markup:
        if run and run.running:
            return busy(run.share, f"{run.subject}: {t(run.words)}")
        if run and run.problem:
            return trouble(t("{network} was not retrained.", network=run.subject), run.problem)
        settled = one_a_pair(self.workbench.log.settled())
        about = proposal(self.workbench, settled)
        words = (quiet(about.words) if about else Markup()) + quiet(outlook_words(settled, report), "outlook")
        if report:
            return words + report_section(report, self.workbench.names)
        return words + (quiet(NEVER) if settled else first_step(NEVER, LABEL))

    def change(self, event: gr.EventData) -> tuple:
        """Promote a checkpoint, or roll a domain of a slot back where no checkpoint is named."""
        slot, promote, domain = (detail(event, key) for key in ("slot", "promote", "domain"))
        if slot not in SLOTS:
            raise UserError(
                f"A slot is one of {', '.join(SLOTS)}. Received: {ascii(slot)[:40]}. Reload the page."
            )
        if isinstance(promote, str):
            self.workbench.checkpoints.promote(promote, slot)
            note(self.workbench.workspace, PROMOTE, slot=slot, checkpoint=promote)
        else:
            domain = domain if domain in DOMAINS else HANDWRITING
            self.workbench.checkpoints.rollback(slot, domain)
            note(self.workbench.workspace, ROLL_BACK, slot=slot, domain=domain)
        self.workbench.matcher.load_in_background()
        return self.look()


def latest_report(folder: Path) -> dict | None:
    """Return the newest report in the workspace, whoever made it, or None where none can be read."""
    files = sorted(folder.glob("*/report.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    try:
        return json.loads(files[0].read_bytes()) if files else None
    except (OSError, ValueError):
        return None
