"""Answers as a pandas table, for whoever filters, groups or exports many of them."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

import numpy as np
import pandas as pd

from siamese_core.answers.label_row import COLUMNS, LOGGED_ENCODERS, LabelRow
from siamese_core.answers.log_csv import escape_formula, require_writable
from siamese_core.metrics import verdict

PAIR = ["first_id", "second_id"]


def answer_table(rows: Iterable[LabelRow], columns: Sequence[str] = COLUMNS) -> pd.DataFrame:
    """Return the rows in their order, numbered from 0: these columns of the log as text, and `PAIR`.

    `PAIR` holds the image ids in sorted order, so that both orders of a pair are equal.
    """
    columns = [*dict.fromkeys(("left_id", "right_id", *columns))]
    table = pd.DataFrame(list(map(attrgetter(*columns), rows)), columns=columns, dtype=object)
    in_order = table["left_id"] <= table["right_id"]
    first = table["left_id"].where(in_order, table["right_id"])
    second = table["right_id"].where(in_order, table["left_id"])
    return table.assign(**dict(zip(PAIR, (first, second), strict=True)))


def log_text(rows: Iterable[LabelRow]) -> str:
    """Return the text of a log of these rows, to the byte as `log_csv.csv_text` writes it.

    UserError for a cell that could not be read back as it is.
    """
    table = answer_table(rows)[list(COLUMNS)]
    for cells in table.itertuples(index=False, name=None):
        require_writable(cells)
    return table.map(lambda cell: cell and escape_formula(cell)).to_csv(index=False, lineterminator="\r\n")


def logged_numbers(answers: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the similarities and the thresholds of the log, 0..1, a column for each encoder.

    Both are NaN where the encoder abstained.
    """
    similarity, threshold = (_numbers(answers, part) for part in ("similarity", "threshold"))
    judged = similarity.notna() & threshold.notna()
    return similarity.where(judged), threshold.where(judged)


def right_verdicts(answers: pd.DataFrame) -> pd.DataFrame:
    """Return 1 where the verdict of an encoder agrees with the answer, 0 where it contradicts it, else NaN.

    NaN: the encoder abstained, or the person was unsure.
    """
    similarity, threshold = logged_numbers(answers)
    same, unsure = ((answers["answer"] == name).to_numpy()[:, None] for name in ("same", "unsure"))
    agrees = verdict(similarity, threshold.to_numpy()) == same
    judged = similarity.notna() & ~unsure
    return pd.DataFrame(agrees, similarity.index, similarity.columns).astype("float64").where(judged)


def _numbers(answers: pd.DataFrame, part: str) -> pd.DataFrame:
    """Read the cells as Python reads them, to the last digit: a verdict may hang on it."""
    columns = {name: answers[f"{name}_{part}"].replace("", np.nan) for name in LOGGED_ENCODERS}
    return pd.DataFrame(columns).astype("float64")
