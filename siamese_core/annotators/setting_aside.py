"""Set an annotator's answers aside as a whole, and bring them back: an event of the log each."""

from dataclasses import replace

from siamese_core.answers.label_row import SET_ASIDE, LabelRow, completed
from siamese_core.answers.pair_log import PairLog
from siamese_core.answers.set_aside import set_aside_events
from siamese_core.errors import UserError


def set_aside(log: PairLog, name: str, event: LabelRow) -> str:
    """Append that the answers of `name` count nowhere, earlier and later ones; return the event's id.

    event: who decides, from where. UserError where nobody of that name has answered, or it is so already.
    """
    rows = log.rows()
    known = {row.annotator for row in rows if row.event == "label"}
    if name not in known:
        names = ", ".join(sorted(each or "(no name)" for each in known)[:20]) or "nobody"
        raise UserError(
            f"Answers of somebody who has given some can be set aside. Received: {ascii(name)[:80]}; "
            f"answered have: {names}. Correct the name."
        )
    if name in set_aside_events(rows):
        raise UserError(
            f"Answers are set aside once. Received: {ascii(name)[:80]}, whose answers are set aside already."
        )
    return log.append_once(completed(replace(event, event=SET_ASIDE, target_id=name)))


def bring_back(log: PairLog, name: str, event: LabelRow) -> list[str]:
    """Append that the answers of `name` count again; return the ids of the events.

    event: who decides, from where; its label_id is that of the first row. UserError where they are not set
    aside.
    """
    aside = set_aside_events(log.rows()).get(name)
    if not aside:
        raise UserError(
            f"Answers that are set aside can be brought back. Received: {ascii(name)[:80]}, whose answers "
            "count. Correct the name."
        )
    undone = [replace(event, event="undo", target_id=each.label_id) for each in aside]
    return log.append_many([undone[0], *(replace(each, label_id="") for each in undone[1:])])
