"""Log what is decided in the Review tab: new answers to old pairs, ends of conflicts, whose answers count."""

from functools import partial

from siamese_core.accounts.audit import SET_ASIDE
from siamese_core.annotators.setting_aside import bring_back, set_aside
from siamese_core.answers.label_row import LabelRow
from siamese_core.page.parts.callers import note
from siamese_core.page.parts.outbox import Event, Handler, annotator, once, own_id, require_loaded, text
from siamese_core.review.reviewing import relabel, settle
from siamese_core.workspace.workbench import Workbench


def review_handlers(workbench: Workbench) -> dict[str, Handler]:
    """Return what logs a new answer, a settled conflict, and whose answers count."""
    handlers = {"relabel": save_relabel, "settle": save_settled}
    handlers |= {"set_aside": save_set_aside, "bring_back": save_brought_back}
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


def save_set_aside(workbench: Workbench, event: Event) -> dict:
    """Log {person}: their answers count nowhere until they are brought back."""
    set_aside(workbench.log, text(event, "person"), decision(event))
    note(workbench.workspace, SET_ASIDE, change="answers", account=text(event, "person"))
    return {}


def save_brought_back(workbench: Workbench, event: Event) -> dict:
    """Log {person}: their answers count again."""
    bring_back(workbench.log, text(event, "person"), decision(event))
    note(workbench.workspace, SET_ASIDE, change="answers brought back", account=text(event, "person"))
    return {}


def decision(event: Event) -> LabelRow:
    """Return the event of whoever decides, with the id that the script has made."""
    who = annotator(event)
    names = {"annotator": who.name, "session_id": who.session_id, "source": who.source}
    return LabelRow(label_id=own_id(event, "id"), **names)
