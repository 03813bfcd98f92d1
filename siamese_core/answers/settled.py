"""Which answers of the log stand, which contradict each other, and which may be trained on.

Every function takes rows in the order of the log.
"""

from collections.abc import Iterable, Iterator, Sequence

from siamese_core.answers.label_row import LabelRow

SETTLES = "settles the conflict"  # the note of an answer that decides between annotators


def standing_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the label rows that stand: not undone, and the latest of their annotator on their pair.

    The latest is the last one in the log, whatever its clock said. Undoing an answer makes the one before it,
    of the same annotator on the same pair, stand again.
    """
    rows = list(rows)
    undone = {row.target_id for row in rows if row.event == "undo"}
    latest: dict[tuple, LabelRow] = {}
    for row in rows:
        if row.event == "label" and row.label_id not in undone:
            key = (row.pair, row.annotator)
            latest.pop(key, None)  # so that the result is ordered by the answers that stand
            latest[key] = row
    return list(latest.values())


def conflicting_labels(standing: Sequence[LabelRow]) -> list[tuple[LabelRow, ...]]:
    """Return, for each pair on which annotators disagree, their standing answers but for "unsure".

    An answer that settles a conflict (note `SETTLES`) overrules those before it. A later answer that
    contradicts it opens the conflict again.
    """
    sure = ([row for row in group if row.answer != "unsure"] for group in _not_overruled(standing))
    return [tuple(group) for group in sure if len({row.answer for row in group}) > 1]


def settled_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the answers that may be trained on: standing, sure, and contradicted by no annotator.

    Two annotators who agree give two rows. An image paired with itself is left out: it teaches nothing.
    """
    standing = standing_labels(rows)
    disputed = {group[0].pair for group in conflicting_labels(standing)}
    valid = {row.label_id for group in _not_overruled(standing) for row in group}
    return [
        row
        for row in standing
        if row.answer != "unsure" and row.pair not in disputed and row.left_id != row.right_id
        if row.label_id in valid
    ]


def one_a_pair(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the latest row of each pair: two annotators who agree are not two pairs."""
    return list({row.pair: row for row in rows}.values())


def _not_overruled(standing: Sequence[LabelRow]) -> Iterator[list[LabelRow]]:
    """For each pair, the standing answers from the latest one that settles a conflict on."""
    answers: dict[tuple, list[LabelRow]] = {}
    for row in standing:
        if row.note == SETTLES:
            answers[row.pair] = []
        answers.setdefault(row.pair, []).append(row)
    return iter(answers.values())
