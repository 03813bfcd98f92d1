"""Answers as a table whose columns have types."""

from collections.abc import Iterable

import pandas as pd

from siamese_core.answers.answer_table import answer_table, logged_numbers
from siamese_core.answers.label_row import COLUMNS, LabelRow

NUMBERS = ("probability", "milliseconds")


def typed_answers(rows: Iterable[LabelRow]) -> pd.DataFrame:
    """Return the rows with the columns of the log: times in UTC, numbers, and `correction` as bool."""
    table = answer_table(rows)[list(COLUMNS)]
    similarity, threshold = logged_numbers(table)
    numbers = {f"{name}_similarity": similarity[name] for name in similarity}
    numbers |= {f"{name}_threshold": threshold[name] for name in threshold}
    numbers |= {name: pd.to_numeric(table[name], errors="coerce") for name in NUMBERS}
    times = pd.to_datetime(table["created_at"], utc=True, format="ISO8601")
    return table.assign(**numbers, created_at=times, correction=table["correction"] == "1")
