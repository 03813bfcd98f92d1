"""Ask what to measure on, and how; hand over the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.labelling.pool import Pool
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.notices import detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import received
from siamese_core.reporting.measuring import Wish
from siamese_core.reporting.sources import (
    ANSWERS,
    FOLDERS,
    POOL,
    SAMPLES,
    EvaluationData,
    from_answers,
    from_files,
    from_pool,
    from_zip,
    sample_drawings,
)
from siamese_core.reporting.trials import Settings
from siamese_core.workspace.workbench import Workbench

SOURCES = {
    SAMPLES: translatable("sample drawings"),
    FOLDERS: translatable("your own images"),
    POOL: translatable("the images to label"),
    ANSWERS: translatable("your answers"),
}
LIMITS = {
    "n_way": (2, 50),
    "k_shot": (1, 10),
    "episodes": (10, 5000),
    "pairs": (20, 50_000),
    "seed": (0, 2**31 - 1),
}
MOST_OTHERS = 3  # checkpoints beside those that serve
UPLOAD_SCRIPT = "workbench.evaluate.uploads(element, (d) => trigger('added', d), () => trigger('emptied'))"
OTHERS_INFO = translatable(
    "Those that serve are measured in any case. Another one of a slot shows what a retraining changed."
)


@dataclass(frozen=True)
class Form:
    """The components: what to measure on, uploads [(path, name)], and the settings in order."""

    source: gr.Radio
    start: gr.Button
    cancel: gr.Button
    uploads: gr.State
    settings: list

    @property
    def inputs(self) -> list:
        return [self.source, self.uploads, *self.settings]


def build_form(workbench: Workbench) -> Form:
    with gr.Row(equal_height=True, elem_id="evaluate-start"):
        source = gr.Radio(
            [(t(words), kind) for kind, words in SOURCES.items()],
            value=SAMPLES,
            label=t("Measure on"),
            elem_id="evaluate-source",
            scale=4,
        )
        start = gr.Button(t("Measure"), variant="primary", elem_id="evaluate-measure", scale=0)
        cancel = gr.Button(t("Cancel"), visible=False, elem_id="evaluate-cancel", scale=0)
    uploads = gr.State([])
    with gr.Column(visible=False, elem_id="evaluate-own") as own:
        place = Panel(upload_place([]), elem_id="evaluate-uploads", script=UPLOAD_SCRIPT)
    settings = _build_settings(workbench)

    def choose(chosen: str):
        return gr.Column(visible=chosen == FOLDERS)

    def add(there: list, event: gr.EventData) -> tuple[list, Markup]:
        files = there + checked_uploads(detail(event, "files"))
        return files, upload_place(files)

    def empty() -> tuple[list, Markup]:
        return [], upload_place([])

    listen(source.change, choose, source, own, queue=False)
    listen(place.added, add, uploads, [uploads, place], trigger_mode="multiple")
    listen(place.emptied, empty, None, [uploads, place])
    return Form(source, start, cancel, uploads, settings)


def _build_settings(workbench: Workbench) -> list:
    default = Settings()
    with gr.Accordion(t("How it is measured"), open=False, elem_id="evaluate-settings"):
        with gr.Row():
            n_way = gr.Slider(*LIMITS["n_way"], default.n_way, step=1, label=t("N, classes in a trial"))
            k_shot = gr.Slider(*LIMITS["k_shot"], default.k_shot, step=1, label=t("K, images of each class"))
        with gr.Row():
            episodes = gr.Number(default.episodes, precision=0, label=t("Trials of each kind"))
            pairs = gr.Number(default.pairs, precision=0, label=t("Pairs, half of them same"))
            seed = gr.Number(default.seed, precision=0, label=t("Random seed"))
        with gr.Row():
            within = gr.Checkbox(default.within_group, label=t("All classes of a trial from one group"))
            baselines = gr.Checkbox(default.baselines, label=t("Training-free baselines, too"))
        others = gr.Dropdown(
            other_checkpoints(workbench),
            value=[],
            multiselect=True,
            max_choices=MOST_OTHERS,
            label=t("Other checkpoints beside those that serve"),
            info=t(OTHERS_INFO),
            elem_id="evaluate-others",
        )
    return [n_way, k_shot, episodes, pairs, seed, within, baselines, others]


def other_checkpoints(workbench: Workbench) -> list[tuple[str, str]]:
    """Return (words, id) of the checkpoints of both slots, the newest first."""
    found = [info for info in workbench.checkpoints.list() if info.encoder in SLOTS or info.current]
    return [(f"{workbench.names.words(info.id)} ({info.id})", info.id) for info in reversed(found)]


def upload_place(files: Sequence[tuple[Path, str]]) -> Markup:
    return render("evaluate/uploads.html.jinja", files=files)


def checked_uploads(sent: object) -> list[tuple[Path, str]]:
    """Return (path, name) of what the script has uploaded. UserError where it is no list of uploads."""
    if not isinstance(sent, list) or not sent:
        raise UserError("Images to measure on must be uploaded first. Received: no files. Choose some.")
    found = [received(each) for each in sent]
    return [(each.file, each.name or each.file.name) for each in found]


def wish_of(*settings) -> Wish:
    """Return what the settings, in their order, ask for; UserError for what the form cannot send."""
    *numbers, within, baselines, others = settings
    named = dict(zip(LIMITS, numbers, strict=True))
    for name, value in named.items():
        low, high = LIMITS[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise UserError(
                f"{name} is a number from {low} to {high}. Received: {ascii(value)[:20]}. Change it."
            )
    ids = others if isinstance(others, list) else []
    if len(ids) > MOST_OTHERS or not all(isinstance(each, str) for each in ids):
        raise UserError(
            f"At most {MOST_OTHERS} other checkpoints are measured. Received: {len(ids)}. Take some off."
        )
    whole = {name: int(value) for name, value in named.items()}
    return Wish(Settings(**whole, within_group=within is True, baselines=baselines is True), tuple(ids))


def chosen_data(workbench: Workbench, pool: Pool, source: str, uploads: Sequence) -> EvaluationData:
    """Return what is to be measured on. UserError in words where there is nothing of it."""
    if source == POOL:
        return from_pool(pool.files.set_aside.without(pool.images()), workbench.images)
    if source == ANSWERS:
        return from_answers(workbench.log.rows(), workbench.images)
    if source == FOLDERS:
        return uploaded_data(uploads)
    return sample_drawings()


def uploaded_data(uploads: Sequence[tuple[Path, str]]) -> EvaluationData:
    """Return one zip, or files with their folders. UserError where it is neither."""
    gone = [name for file, name in uploads if not Path(file).is_file()]
    if not uploads or gone:
        received_words = f"{gone[0]}, which the server no longer has" if gone else "none"
        raise UserError(f"Give class folders or a zip of them. Received: {received_words}. Add them above.")
    zips = [each for each in uploads if each[1].lower().endswith(".zip")]
    if len(zips) == len(uploads) == 1:
        return from_zip(*zips[0])
    if zips:
        raise UserError(
            f"Give one zip, or the class folders themselves. Received: {len(zips)} zips among "
            f"{len(uploads)} files. Empty the list and add one of them."
        )
    top = uploads[0][1].split("/")[0]
    return from_files([(Path(file), name) for file, name in uploads], top)
