"""Whose answers are set aside as a whole: they stay in the log, and count nowhere until brought back."""

from collections.abc import Iterable

from siamese_core.answers.label_row import SET_ASIDE, LabelRow


def set_aside_events(rows: Iterable[LabelRow]) -> dict[str, list[LabelRow]]:
    """Return the events that set an annotator's answers aside and are not undone, by the annotator's name.

    There are several for one annotator where two servers set the same person aside at once.
    """
    events = [row for row in rows if row.event != "label"]
    undone = {row.target_id for row in events if row.event == "undo"}
    found: dict[str, list[LabelRow]] = {}
    for row in events:
        if row.event == SET_ASIDE and row.label_id not in undone:
            found.setdefault(row.target_id, []).append(row)
    return found
