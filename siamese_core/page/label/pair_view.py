"""Hand the script of the Label tab pairs from the queue, and log its answers.

Pairs go in batches. An answer comes through the `outbox` with the ids of its pair, so that it is never given
to another pair.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from siamese_core.answers.label_row import GOLD
from siamese_core.checkpoints.naming import CheckpointNames
from siamese_core.errors import UserError
from siamese_core.labelling.asked import Question, pair_of
from siamese_core.labelling.mining import REASONS
from siamese_core.labelling.pool import PoolProgress
from siamese_core.labelling.queue import MOST_AT_ONCE, WISHED, Questions
from siamese_core.page.label.pool_bar import embedding_words, expected_images, is_complete
from siamese_core.page.languages.words import t, translatable
from siamese_core.page.parts.notices import told_in_words
from siamese_core.page.parts.outbox import (
    Event,
    Handler,
    annotator,
    is_id,
    milliseconds,
    own_id,
    said_on_screen,
    text,
    verdicts_on_screen,
)
from siamese_core.page.parts.panel import Panel
from siamese_core.page.parts.templates import render
from siamese_core.workspace.recording import Annotator, Shown

WHY = {
    "disagreement": translatable("the encoders disagree"),
    "uncertain": translatable("the answers so far leave it open"),
    "hard_negative": translatable("found alike, likely different"),
    "random_audit": translatable("drawn at random, to check"),
    WISHED: translatable("somebody put it first, in Evaluate"),
}
BLIND, IMPLIED, CONTRADICTION = "blind", "implied", "contradiction"

SCRIPT = "workbench.label.pairView(element, server, () => trigger('saved'))"


def build_pair_view(questions: Questions) -> Panel:
    names = questions.workbench.names

    def ask(sent: dict) -> dict:
        """Return the next pairs for {annotator, session, count}.

        Or {"waiting": words} while the images are being prepared. UserError says why there are none.
        """
        who, count = annotator(sent), sent.get("count")
        if not isinstance(count, int) or not 1 <= count <= MOST_AT_ONCE:
            raise UserError(f"count is 1 to {MOST_AT_ONCE}. Received: {ascii(count)[:40]}. Reload the page.")
        try:
            pairs = questions.next_pairs(count, who.name)
            classes = {each.image_id: each.class_name for each in questions.pool.images()} if pairs else {}
            return {"pairs": [pair_told(each, names, classes) for each in pairs]}
        except UserError:
            if words := what_goes_on(questions.pool.progress()):
                return {"pairs": [], "waiting": words}
            raise

    return Panel(
        render("label/pair_view.html.jinja"),
        elem_id="label",
        script=SCRIPT,
        server_functions=[told_in_words(ask)],
    )


def what_goes_on(now: PoolProgress) -> str:
    """Return what the first pairs wait for: images, or the work on them; empty where it is none of these."""
    if now.problem:
        return ""
    if not now.files:
        return t("There is nothing to ask about yet. Add images to label.")
    if (expected := expected_images(now)) < 2:
        return t(
            "A pair needs two images that can be read; there is one. Add images to label."
            if expected
            else "A pair needs two images that can be read; there is none. Add images to label."
        )
    if is_complete(now):
        return ""
    if not now.working:
        return t("The encoders are being loaded. Then the images are embedded, and the first pairs come.")
    return t(
        "Preparing the images: {progress}. The first pairs come as soon as a few are ready.",
        progress=embedding_words(now),
    )


def pair_told(question: Question, names: CheckpointNames, classes: Mapping[str, str]) -> dict:
    """Return a question as the script draws it and sends it back.

    classes: of the images by id, "" where unknown; an image's class is its folder in the pool. In the result
    the networks' titles are by slot.
    """
    said = said_on_screen(question.verdicts)
    return {
        "left": question.left_id,
        "right": question.right_id,
        "reason": question.told_reason,
        "why": t(WHY[question.told_reason]),
        "classes": folder_names([classes.get(each, "") for each in (question.left_id, question.right_id)]),
        "probability": question.probability,
        "networks": {
            each.encoder: names.network(each.checkpoint, each.encoder) for each in question.verdicts
        },
        "said": {each.encoder: {"same": each.same, **said[each.encoder]} for each in question.verdicts},
    }


def folder_names(classes: Sequence[str]) -> list[str]:
    """Return the names of two classes' own folders, with those above them where both would look alike."""
    own = [each.rpartition("/")[2] for each in classes]
    return list(classes) if own[0] == own[1] and classes[0] != classes[1] else own


def question_handlers(questions: Questions) -> dict[str, Handler]:
    """Return what logs an answer to a pair of the queue, of a suggestion or of a contradiction."""
    return {"answer": partial(save_answer, questions)}


def save_answer(questions: Questions, event: Event) -> dict:
    """Log {left_id, right_id, answer, ...}, as `shown` reads it."""
    who = annotator(event)
    pair = text(event, "left_id"), text(event, "right_id")
    questions.workbench.answer(*pair, text(event, "answer"), who, shown(questions, event, who))
    return {}


def shown(questions: Questions, event: Event, who: Annotator) -> Shown:
    """Return how the pair came before the person. What the queue remembers takes precedence; after a restart
    of the server it remembers nothing, and what the page sends along counts."""
    told = {"milliseconds": milliseconds(event), "note": note(event), "label_id": own_id(event, "id")}
    if text(event, "origin") in (IMPLIED, CONTRADICTION):
        return Shown(task="queue", reason="", **told)
    asked = text(event, "asked")
    pair = text(event, "left_id"), text(event, "right_id")
    found = questions.shown(*pair, who.name) or questions.shown(*pair, asked)
    if found:
        return Shown(found.task, found.reason, found.probability, verdicts=found.verdicts, **told)
    reason, chance = text(event, "reason"), event.get("probability")
    if reason not in (*REASONS, WISHED) or not isinstance(chance, int | float) or not 0 < chance <= 1:
        raise UserError(
            "An answer of the queue is to one of its pairs. Received: one that was not asked. Reload the "
            "page."
        )
    if pair_of(*pair) in questions.gold.answers():
        reason, chance = GOLD, None
    return Shown("queue", reason, chance and float(chance), verdicts=verdicts_on_screen(event), **told)


def note(event: Event) -> str:
    """Return "blind" where the encoders' opinion was hidden, or the answers that imply a suggestion."""
    origin = text(event, "origin")
    if origin == IMPLIED:
        because = event.get("because")
        because = because if isinstance(because, list) else []
        return " ".join([IMPLIED, "by", *(each for each in because[:8] if is_id(each))])
    return origin if origin == CONTRADICTION else BLIND if event.get("blind") is True else ""
