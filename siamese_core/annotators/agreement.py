"""Measure how far annotators agree beyond chance, with bootstrap intervals over the pairs that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from siamese_core.answers.answer_table import PAIR, answer_table
from siamese_core.answers.label_row import ANSWERS, LabelRow

FEWEST_PAIRS = 10  # shared pairs, below which no kappa is told
RESAMPLES = 1000  # of the bootstrap
LEVELS = (2.5, 97.5)  # percentiles of a 95 % interval


@dataclass(frozen=True)
class Kappa:
    """Agreement beyond chance on `pairs` pairs: 1 is full agreement, 0 that of chance.

    value: None where fewer than `FEWEST_PAIRS` pairs are shared, or all answers are equal, so that chance
    alone would agree; interval: 95 %, percentile bootstrap (Efron 1979) over pairs.
    """

    pairs: int
    value: float | None = None
    interval: tuple[float, float] | None = None

    @property
    def too_few(self) -> bool:
        return self.pairs < FEWEST_PAIRS

    def json(self) -> dict:
        return {"pairs": self.pairs, "kappa": self.value, "ci95": self.interval and list(self.interval)}


@dataclass(frozen=True)
class Agreement:
    """Two annotators on the pairs that both answered, by Cohen's kappa (1960) over all three answers."""

    first: str
    second: str
    agreed: int
    kappa: Kappa

    @property
    def pairs(self) -> int:
        return self.kappa.pairs


def answers_by_annotator(standing: Sequence[LabelRow]) -> pd.DataFrame:
    """Return the answers as numbers of `ANSWERS`, a row a pair and a column an annotator, NaN for none.

    standing: what `settled.standing_labels` gives.
    """
    table = answer_table(standing, ("annotator", "answer"))
    numbers = table["answer"].map({answer: float(place) for place, answer in enumerate(ANSWERS)})
    return table.assign(number=numbers.astype("float64")).pivot(
        index=PAIR, columns="annotator", values="number"
    )


def agreements(standing: Sequence[LabelRow]) -> list[Agreement]:
    """Return the agreement of every two annotators with a pair in common, most pairs first."""
    found = []
    table = answers_by_annotator(standing)
    for first, second in combinations(table.columns, 2):
        both = table[[first, second]].dropna().to_numpy(np.int64)
        if len(both):
            agreed = int(np.sum(both[:, 0] == both[:, 1]))
            found.append(Agreement(first, second, agreed, cohens_kappa(*both.T)))
    return sorted(found, key=lambda each: -each.pairs)


def cohens_kappa(first: np.ndarray, second: np.ndarray) -> Kappa:
    """Return Cohen's kappa (1960) of two annotators: their answers (n,), numbers of `ANSWERS`."""
    cells = np.bincount(np.asarray(first) * len(ANSWERS) + second, minlength=len(ANSWERS) ** 2)
    return _with_interval(cells, len(first), _cohen)


def fleiss_kappa(standing: Sequence[LabelRow]) -> Kappa:
    """Return Fleiss' kappa (1971) of all annotators on the pairs that at least two answered.

    Pairs may have different numbers of answers: their agreements are averaged, a pair counting once.
    """
    table = answers_by_annotator(standing).to_numpy()
    counts = np.stack([(table == place).sum(axis=1) for place in range(len(ANSWERS))], axis=1)
    counts = counts[counts.sum(axis=1) >= 2]
    if not len(counts):
        return Kappa(0)
    kinds, times = np.unique(counts, axis=0, return_counts=True)

    def fleiss(tables: np.ndarray) -> np.ndarray:
        raters = kinds.sum(axis=1)
        agreed = (kinds * (kinds - 1)).sum(axis=1) / (raters * (raters - 1))
        shares = tables @ kinds
        shares = shares / shares.sum(axis=1, keepdims=True)
        return _beyond_chance(tables @ agreed / tables.sum(axis=1), (shares**2).sum(axis=1))

    return _with_interval(times, len(counts), fleiss)


def _cohen(tables: np.ndarray) -> np.ndarray:
    """Return the kappas (r,) of contingency tables (r, 9)."""
    square = tables.reshape(-1, len(ANSWERS), len(ANSWERS)) / tables.sum(axis=1)[:, None, None]
    by_chance = (square.sum(axis=1) * square.sum(axis=2)).sum(axis=1)
    return _beyond_chance(np.trace(square, axis1=1, axis2=2), by_chance)


def _beyond_chance(observed: np.ndarray, by_chance: np.ndarray) -> np.ndarray:
    """Return the kappas; NaN where chance alone agrees always."""
    room = 1 - by_chance
    return np.divide(observed - by_chance, room, out=np.full(len(room), np.nan), where=room > 1e-12)


def _with_interval(cells: np.ndarray, pairs: int, kappas) -> Kappa:
    """Resample n pairs of k kinds, cells (k,), and return the kappa with its percentile interval.

    kappas: from tables (r, k) to values (r,). Seeded, so that a page that is drawn again shows the same.
    """
    if pairs < FEWEST_PAIRS or np.isnan(value := kappas(cells[None].astype(float))[0]):
        return Kappa(pairs)
    drawn = np.random.default_rng(0).multinomial(pairs, cells / pairs, RESAMPLES)
    found = kappas(drawn.astype(float))
    low, high = np.percentile(found[~np.isnan(found)], LEVELS)
    return Kappa(pairs, float(value), (float(low), float(high)))
