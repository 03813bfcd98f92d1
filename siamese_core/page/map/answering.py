"""Log that images which a person has selected on the map are one class."""

from collections.abc import Mapping
from functools import partial

from siamese_core.errors import UserError
from siamese_core.page.parts.outbox import (
    Event,
    Handler,
    annotator,
    milliseconds,
    once,
    own_id,
    require_loaded,
)
from siamese_core.workspace.recording import Shown
from siamese_core.workspace.workbench import Workbench

MOST_AT_ONCE = 60  # images: as many as are drawn of a selection
REASON = "search"
# A person chose the images, which has no probability: such an answer stands for its own pair and no other.
PROBABILITY = 1.0
NOTE = "one class, on the map"


def map_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs that images are one class."""
    return {"one_class": once(workbench.log, partial(save_class, workbench))}


def save_class(workbench: Workbench, event: Event) -> dict:
    """Log {ids, milliseconds}: the first image is the same as each of the others, which connects them all.

    The rows are taken back together; the time is divided among them.
    """
    require_loaded(workbench)
    first, *others = _checked(event)
    taken, group = milliseconds(event), own_id(event, "id")
    each = None if taken is None else round(taken / len(others))
    shown = Shown("compare", REASON, PROBABILITY, each, NOTE, group)
    given = [((first, other), "same", shown) for other in others]
    return {"pairs": len(workbench.answer_many(given, annotator(event), group))}


def _checked(event: Mapping) -> list[str]:
    ids = event.get("ids")
    known = isinstance(ids, list) and all(isinstance(each, str) for each in ids)
    if not known or not 2 <= len(set(ids)) == len(ids) <= MOST_AT_ONCE:
        raise UserError(
            f"A class is made of 2 to {MOST_AT_ONCE} images at once. Received: "
            f"{len(ids) if known else 'others'}. Select fewer or more."
        )
    return ids
