"""Log which class of a support set is right for a query."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from siamese_core.answers.label_row import LabelRow
from siamese_core.errors import UserError
from siamese_core.networks.encoders import SLOTS
from siamese_core.page.one_shot.support import recalled_support
from siamese_core.page.parts.outbox import (
    Event,
    Handler,
    annotator,
    milliseconds,
    own_id,
    require_loaded,
    text,
)
from siamese_core.workspace.choosing import StoredImage
from siamese_core.workspace.results import OneShotResult
from siamese_core.workspace.workbench import Workbench


def correction_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs a click on a class."""
    return {"one_shot": partial(save_correction, workbench, threading.Lock())}


def save_correction(workbench: Workbench, one_at_a_time: threading.Lock, event: Event) -> dict:
    """Log {query, support, picks, class}: the right class, null where it is none of the set's.

    Another click on the same query and set is a change of mind, since a query is of one class: it takes the
    session's earlier answers back.
    """
    require_loaded(workbench)
    who, own, right = annotator(event), own_id(event, "id"), event.get("class")
    if right is not None and not isinstance(right, str):
        raise UserError(f"A class is a name. Received: {ascii(right)[:80]}. Reload the page.")
    with one_at_a_time:
        result = seen(workbench, event)
        if not workbench.log.holds(own):
            workbench.answer_one_shot(result, right, who, milliseconds(event), own)
        answers = given(workbench.log.of_session(who.session_id), result)
        for row in answers:
            if row.group_id != own:
                workbench.undo(row.label_id, who)
    return {"pairs": sum(row.group_id == own for row in answers)}


def seen(workbench: Workbench, event: Event) -> OneShotResult:
    """Return the rankings that the person saw. They are made again from the images, since the event may come
    after a restart; what each encoder picked is as it was on screen."""
    support = recalled_support(workbench.images, event.get("support"))
    read = workbench.images.read
    named = [(image.class_name, StoredImage(image.image_id, read)) for image in support]
    if not named:
        raise UserError("A correction needs its support set. Received: none. Click again.")
    ready = [slot for slot in SLOTS if workbench.matcher.state(slot) == "ready"]
    result = workbench.one_shot(read(text(event, "query")), named, ready)
    picks, classes = event.get("picks"), {name for name, _ in named}
    picks = {slot: pick for slot, pick in picks.items() if pick in classes} if isinstance(picks, dict) else {}
    rankings = tuple(replace(each, pick=picks.get(each.encoder, each.pick)) for each in result.rankings)
    return replace(result, rankings=rankings)


def given(own: Sequence[LabelRow], result: OneShotResult) -> list[LabelRow]:
    """Return those of a session's answers that are for this query and set.

    Replaced ones are among them: they would count again if what replaced them were taken back.
    """
    shown = {image_id for _, image_id in result.support}
    return [
        row
        for row in own
        if row.task == "one_shot" and row.left_id == result.query_id and row.right_id in shown
    ]
