"""The Compare tab: two pictures, what both encoders say of them, a person's answer."""

import gradio as gr
import numpy as np
from markupsafe import Markup

from siamese_core.errors import UserError
from siamese_core.images.decoding import decode_image, image_id
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.compare.board import Opinion, board
from siamese_core.page.compare.endpoint import PairReasons
from siamese_core.page.compare.why import Why
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.answers import build_answer_bar, checked_thresholds
from siamese_core.page.parts.last_answers import LastAnswers
from siamese_core.page.parts.memory import recalled, recalled_image, remember
from siamese_core.page.parts.notices import ASKING, detail, listen
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.paragraphs import first_step, quiet, trouble
from siamese_core.page.parts.picture import build_picture_place, latest, refusal
from siamese_core.page.parts.retry import retry_timer, waiting_words
from siamese_core.page.parts.samples import SamplePair, sample_file, sample_pairs
from siamese_core.page.parts.status import StatusLine
from siamese_core.page.parts.templates import render
from siamese_core.page.parts.uploads import Picture, Unreadable
from siamese_core.retraining.preview import Previews

HINTS = {
    0: translatable(
        "Give two pictures: drop or choose files, paste, take a photo, or draw. They are compared at once."
    ),
    1: translatable("One more picture, and both encoders say what they think."),
}
TRY = (translatable("Compare two samples"), "try", "compare")
TWICE = translatable("This is the same picture twice: there is nothing to learn from it.")
PREVIEW_LABEL = translatable("Preview what your answers teach")
PREVIEW_INFO = translatable(
    "Refits the heads after each answer and shows what they would say. It changes no checkpoint."
)
SAMPLES_SCRIPT = "workbench.samples.strip(element, (index) => trigger('picked', {index}))"
BOARD_SCRIPT = (
    "workbench.compare.opinions(element, {moved: (d) => trigger('moved', d), "
    "linked: (d) => trigger('linked', d)}, watch)"
)


class CompareTab:
    """The handlers keep no state: what is on screen comes with each call, the answers are in the log."""

    def __init__(self, pairs: PairReasons) -> None:
        self.workbench = workbench = pairs.workbench
        self.samples = sample_pairs()
        self.previews = Previews(workbench)
        self.why = Why(pairs)

    def build(self, status: StatusLine, last_answers: LastAnswers) -> None:
        Panel(render("compare/welcome.html.jinja"), elem_id="welcome")
        with gr.Row(equal_height=True):
            self.left = build_picture_place("left", t("Left picture"))
            self.right = build_picture_place("right", t("Right picture"))
        strip = Panel(samples_strip(self.samples), elem_id="samples", script=SAMPLES_SCRIPT)
        self.thresholds = gr.State({})
        self.board = Panel(hint(0), elem_id="opinions", script=BOARD_SCRIPT)
        bar = build_answer_bar(last_answers)
        preview = gr.Checkbox(False, label=t(PREVIEW_LABEL), info=t(PREVIEW_INFO), elem_id="preview")
        self.why.build(self.thresholds)
        pictures = [self.left.image, self.right.image]
        refused = [self.left.refused, self.right.refused]
        shown = [*pictures, self.thresholds, preview]
        retry = retry_timer()
        compared = {"inputs": [*shown, *refused], "outputs": [self.board, retry, *refused], **ASKING}
        changes = [self.left.image.change, self.right.image.change, status.serving.change]
        listen([*changes, preview.change, retry.tick], self.compare, **compared)
        listen(bar.answered, self.preview, **compared)
        listen(self.board.moved, self.move, shown, [self.thresholds, self.board], **ASKING)
        listen(strip.picked, self.pick, None, pictures)
        listen(self.board.linked, self.follow, None, pictures)
        self.restored = [*pictures, self.thresholds]

    def compare(
        self, left: Picture, right: Picture, thresholds: dict, preview: bool, *refused: Unreadable | None
    ) -> tuple:
        """Return the board, whether to try again soon, and for each place the file that it refuses, or None.

        The board says why a file is refused until its place gets another picture.
        """
        given = [latest(*each) for each in zip((left, right), refused, strict=True)]
        try:
            board, waits = self.show(*given, thresholds, preview), False
        except UserError as problem:
            board, waits = waiting_words(problem), True
        return board, gr.Timer(active=waits), *map(refusal, given)

    def preview(
        self, left: Picture, right: Picture, thresholds: dict, preview: bool, *refused: Unreadable | None
    ) -> tuple | dict:
        """Draw the board anew after an answer where it shows what the answers would teach."""
        return self.compare(left, right, thresholds, preview, *refused) if preview else gr.skip()

    def show(self, left: Picture, right: Picture, thresholds: dict, preview: bool) -> Markup:
        """Return the board for the pictures that are given, with the thresholds that the person has moved."""
        given = {translatable("Left picture:"): left, translatable("Right picture:"): right}
        troubles = [
            trouble(side, picture.reason)
            for side, picture in given.items()
            if isinstance(picture, Unreadable)
        ]
        if troubles:
            return Markup().join(troubles)
        images = [picture for picture in given.values() if picture is not None]
        if len(images) < 2:
            for image in images:
                self.why.prepare(image)
            sides = zip(("left", "right"), (left, right), strict=True)
            ids = {side: self.workbench.images.add(each) for side, each in sides if each is not None}
            return remember("compare", ids) + hint(len(images))
        return self._board(left, right, thresholds, preview)

    def _board(self, left: np.ndarray, right: np.ndarray, thresholds: dict, preview: bool) -> Markup:
        slots = self.workbench.slots()
        ready = [name for name in SLOTS if slots[name]["state"] == "ready"]
        result = self.workbench.compare(left, right, ready, ask_anyway=True)  # the card shows it on demand
        prepared, domain = self.workbench.matcher.prepared, self.workbench.matcher.domain
        mixed = domain([left]) != domain([right])
        opinions = {
            said.encoder: Opinion(
                said,
                thresholds.get(said.encoder, said.threshold),
                tuple(prepared(said.encoder, image, said.domain) for image in (left, right)),
                self.previews.say(said.encoder, left, right) if preview else None,
            )
            for said in result.comparisons
        }
        left_id, right_id = result.left_id, result.right_id
        kept = remember("compare", {"left": left_id, "right": right_id, "thresholds": thresholds})
        if left_id == right_id:
            return kept + quiet(TWICE, "note") + board(("", ""), opinions, slots, self.workbench.names, mixed)
        return kept + board((left_id, right_id), opinions, slots, self.workbench.names, mixed)

    def move(
        self, left: Picture, right: Picture, thresholds: dict, preview: bool, event: gr.EventData
    ) -> tuple[dict, Markup]:
        """Set one encoder's threshold to where the person moved it, or back to the checkpoint's own."""
        encoder = detail(event, "encoder")
        moved = {name: value for name, value in thresholds.items() if name != encoder}
        if encoder in SLOTS:
            moved |= checked_thresholds({encoder: detail(event, "threshold")})
        return moved, self.show(left, right, moved, preview)

    def pick(self, event: gr.EventData) -> list[np.ndarray]:
        """Return the two images of the sample that was clicked."""
        index = detail(event, "index")
        if not isinstance(index, int) or not 0 <= index < len(self.samples):
            raise UserError(
                f"A sample is named by its place. Received: {ascii(index)[:40]}. Reload the page."
            )
        return sample_images(self.samples[index])

    def follow(self, event: gr.EventData) -> list[np.ndarray]:
        """Return both pictures of a link. UserError where the workspace lacks one."""
        return [self.workbench.images.read(detail(event, side)) for side in ("left", "right")]

    def restore(self, text: str) -> list:
        """Return the pictures and thresholds that were on screen before a reload.

        A place that was empty is left as it is: the person may have filled it meanwhile.
        """
        kept = recalled(text)
        images = [recalled_image(self.workbench.images, kept.get(side)) for side in ("left", "right")]
        shown = [gr.skip() if image is None else image for image in images]
        return [*shown, checked_thresholds(kept.get("thresholds"))]


def hint(pictures: int) -> Markup:
    return quiet(HINTS[pictures]) if pictures else first_step(HINTS[0], TRY)


def sample_images(pair: SamplePair) -> list[np.ndarray]:
    return [decode_image(sample_file(name)) for name in (pair.left, pair.right)]


def samples_strip(pairs: list[SamplePair]) -> Markup:
    return render(
        "compare/samples.html.jinja",
        pairs=[(pair, *map(image_id, sample_images(pair))) for pair in pairs],
    )
