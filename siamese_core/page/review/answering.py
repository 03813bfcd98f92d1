"""Log what is answered in the Review tab: a new answer to an old pair, and the end of a conflict."""

from functools import partial

from siamese_core.page.parts.outbox import Event, Handler, annotator, once, own_id, require_loaded, text
from siamese_core.review.reviewing import relabel, settle
from siamese_core.workspace.workbench import Workbench


def review_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs a new answer and a settled conflict."""
    handlers = {"relabel": save_relabel, "settle": save_settled}
    return {kind: once(workbench.log, partial(save, workbench)) for kind, save in handlers.items()}


def save_relabel(workbench: Workbench, event: Event) -> dict:
    """Log {label_id, answer}: a new answer to the pair of an earlier one."""
    require_loaded(workbench)
    answer = text(event, "answer")
    relabel(workbench, text(event, "label_id"), answer, annotator(event), own_id(event, "id"))
    return {}


def save_settled(workbench: Workbench, event: Event) -> dict:
    """Log {left_id, right_id, answer}: the answer overrules the annotators who disagree."""
    require_loaded(workbench)
    pair = text(event, "left_id"), text(event, "right_id")
    settle(workbench, pair, text(event, "answer"), annotator(event), own_id(event, "id"))
    return {}
