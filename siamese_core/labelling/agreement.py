"""Measure how far annotators agree, and list the pairs that a second one may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

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
    answers: dict[str, dict[tuple[str, str], str]] = {}
    for row in standing:
        answers.setdefault(row.annotator, {})[row.pair] = row.answer
    found = [_agreement(first, second, answers) for first, second in combinations(sorted(answers), 2)]
    return sorted((each for each in found if each), key=lambda each: -each.pairs)


def _agreement(first: str, second: str, answers: dict[str, dict]) -> Agreement | None:
    shared = sorted(answers[first].keys() & answers[second].keys())
    if not shared:
        return None
    both = [np.array([answers[name][pair] for pair in shared]) for name in (first, second)]
    return Agreement(first, second, len(shared), int(np.sum(both[0] == both[1])), cohens_kappa(*both))


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
    by_pair: dict[tuple[str, str], list[LabelRow]] = {}
    for row in standing:
        by_pair.setdefault(row.pair, []).append(row)
    return [rows[0] for rows in by_pair.values() if len(rows) == 1 and rows[0].annotator != annotator]
