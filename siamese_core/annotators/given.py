"""Select the answers that people gave, and those that test the person: repeats and gold questions."""

from collections.abc import Mapping, Sequence

import pandas as pd

from siamese_core.answers.answer_table import PAIR
from siamese_core.answers.label_row import AGENT, GOLD, REPEAT, LabelRow


def given_answers(rows: Sequence[LabelRow]) -> list[LabelRow]:
    """Return the answers of people that are not taken back, replaced ones and those set aside among them."""
    undone = {row.target_id for row in rows if row.event == "undo"}
    return [
        row for row in rows if row.event == "label" and row.source != AGENT and row.label_id not in undone
    ]


def repeated(table: pd.DataFrame) -> pd.DataFrame:
    """Return the answers with reason `REPEAT` and whether each `agrees` with the one that it repeats.

    table: an `answer_table` in the order of the log.
    """
    before = table.groupby([*PAIR, "annotator"], sort=False)["answer"].shift()
    again = (table["reason"] == REPEAT) & before.notna()
    return table.assign(agrees=table["answer"] == before)[again]


def gold_answers(table: pd.DataFrame, gold: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return the answers to gold questions, the `known` answer and whether each `agrees` with it."""
    asked = table[table["reason"] == GOLD]
    known = [gold.get(pair) for pair in zip(*(asked[side] for side in PAIR), strict=True)]
    asked = asked.assign(known=pd.Series(known, asked.index, object))
    return asked.assign(agrees=asked["answer"] == asked["known"])[asked["known"].notna()]
