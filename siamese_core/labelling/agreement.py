"""Measure how far annotators agree, and list the pairs that a second one may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from siamese_core.answers.answer_table import PAIR, answer_table
from siamese_core.answers.label_row import LabelRow


@dataclass(frozen=True)
class Agreement:
    """Two annotators on the pairs that both answered.

    kappa: Cohen 1960, over all three answers; 1 is full agreement, 0 that of chance.
    """

    first: str
    second: str
    pairs: int
    agreed: int
    kappa: float


def agreements(standing: Sequence[LabelRow]) -> list[Agreement]:
    """Return the agreement of every two annotators with a pair in common, most pairs first.

    standing: what `settled.standing_labels` gives.
    """
    found = []
    # a row for each pair and a column for each annotator, NaN where one gave no answer
    table = answer_table(standing, ("annotator", "answer")).pivot(
        index=PAIR, columns="annotator", values="answer"
    )
    for first, second in combinations(table.columns, 2):
        both = table[[first, second]].dropna()
        if len(both):
            answers = both[first].to_numpy(), both[second].to_numpy()
            agreed = int(np.sum(answers[0] == answers[1]))
            found.append(Agreement(first, second, len(both), agreed, cohens_kappa(*answers)))
    return sorted(found, key=lambda each: -each.pairs)


def cohens_kappa(first: np.ndarray, second: np.ndarray) -> float:
    """Return the agreement of two annotators beyond chance (Cohen 1960): 1 full, 0 as by chance.

    first, second: their answers (n,) to the same questions, n >= 1.
    """
    answers = np.unique(np.concatenate([first, second]))
    observed = float(np.mean(first == second))
    by_chance = sum(float(np.mean(first == answer) * np.mean(second == answer)) for answer in answers)
    return 1.0 if len(answers) == 1 else (observed - by_chance) / (1 - by_chance)


def second_opinions(standing: Sequence[LabelRow], annotator: str) -> list[LabelRow]:
    """Return the answers to pairs that one other annotator alone has answered, and `annotator` has not."""
    table = answer_table(standing, ("annotator",))
    open_to = ~table.duplicated(PAIR, keep=False) & (table["annotator"] != annotator)
    return [standing[place] for place in table.index[open_to]]
