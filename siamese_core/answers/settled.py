"""Which answers of the log stand, which contradict each other, and which may be trained on.

Every function takes rows in the order of the log. They are filtered and grouped as a pandas table.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import TYPE_CHECKING

from siamese_core.answers.label_row import AGENT, GOLD, LabelRow
from siamese_core.answers.set_aside import set_aside_events

if TYPE_CHECKING:
    import pandas as pd

SETTLES = "settles the conflict"  # the note of an answer that decides between annotators


def standing_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the label rows that stand: not undone, and the latest of their annotator on their pair.

    Those of an annotator whose answers are set aside do not stand. The latest is the last one in the log,
    whatever its clock said. Undoing an answer makes the one before it, of the same annotator on the same
    pair, stand again.
    """
    events = list(rows)
    table = _table(events, "event", "label_id", "target_id", "annotator")
    is_label = table["event"] == "label"
    undone = table["label_id"].isin(table.loc[table["event"] == "undo", "target_id"])
    aside = table["annotator"].isin(set_aside_events(events).keys())
    standing = table[is_label & ~undone & ~aside].drop_duplicates(["pair", "annotator"], keep="last")
    return [events[place] for place in standing.index]


def by_people(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the rows that no agent wrote: what one answered counts once a person has answered it, too."""
    return [row for row in rows if row.source != AGENT]


def conflicting_labels(standing: Sequence[LabelRow]) -> list[tuple[LabelRow, ...]]:
    """Return, for each pair on which people disagree, their standing answers but for "unsure".

    An answer that settles a conflict (note `SETTLES`) overrules those before it. A later answer that
    contradicts it opens the conflict again.
    """
    standing = by_people(standing)
    table = _judged(standing)
    disputed = table[table["disputed"] & table["counts"]]
    groups = disputed.groupby("pair").groups.values()  # pairs are numbered in the order of the log
    return [tuple(standing[place] for place in places) for places in groups]


def settled_labels(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the answers that may be trained on: standing, sure, and contradicted by no annotator.

    Two annotators who agree give two rows. An image paired with itself is left out: it teaches nothing. Only
    people count: an agent can neither train nor veto, nor replace a person's answer under the same name. The
    answer to a gold question tests the person and teaches nothing of the pair.
    """
    standing = standing_labels(row for row in by_people(rows) if row.reason != GOLD)
    table = _judged(standing)
    settled = table["counts"] & ~table["disputed"] & (table["left_id"] != table["right_id"])
    return list(compress(standing, settled))


def one_a_pair(rows: Iterable[LabelRow]) -> list[LabelRow]:
    """Return the latest row of each pair: two annotators who agree are not two pairs."""
    return list({row.pair: row for row in rows}.values())


def _table(rows: Sequence[LabelRow], *columns: str) -> "pd.DataFrame":
    """Return the rows with these columns and `pair`, a number of each pair in the order of the log."""
    from siamese_core.answers.answer_table import PAIR, answer_table  # imports pandas, which takes long

    table = answer_table(rows, columns)
    return table.assign(pair=table.groupby(PAIR, sort=False).ngroup())


def _judged(standing: Sequence[LabelRow]) -> "pd.DataFrame":
    """Return standing answers with `counts`, sure and not overruled, and `disputed`, of such a pair.

    The answer to a gold question does not count. An answer is overruled by a later one to its pair that
    settles a conflict.
    """
    table = _table(standing, "answer", "note", "reason")
    places = table.index.to_series()
    settling = places.where(table["note"] == SETTLES).groupby(table["pair"]).transform("max")
    counts = (table["answer"] != "unsure") & (table["reason"] != GOLD) & ~(places < settling)
    answers = table[counts].groupby("pair")["answer"].nunique()
    return table.assign(counts=counts, disputed=table["pair"].isin(answers[answers > 1].index))
