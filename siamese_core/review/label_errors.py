"""Which answers are likely wrong: checkpoints are sure of the opposite. NumPy only.

That a model's own probability of the given label finds wrong labels: Northcutt, Jiang, Chuang, "Confident
learning", JAIR 2021.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit

from siamese_core.metrics import fit_calibration, roc_auc

FEWEST_TO_REFIT = 20  # answers of the rarer kind
MOST_SURE = 4.0  # log-odds: no single checkpoint outvotes two others
LIKELY = 0.75
SEVERAL = 2  # checkpoints that contradict
_EPS = 1e-6


def verdict_log_odds(similarity: float, threshold: float) -> float:
    """Log-odds of "same" above those of the threshold: what is 0 or more is the verdict "same"."""
    return _log_odds(similarity) - _log_odds(threshold)


def _log_odds(share: float) -> float:
    share = min(max(share, _EPS), 1 - _EPS)  # plain arithmetic: an array for each of thousands is slow
    return math.log(share / (1 - share))


def log_odds_table(said: Sequence[Mapping[str, float]]) -> np.ndarray:
    """float64 (n answers, n checkpoints): by checkpoint id each, NaN where one said nothing."""
    names = list(dict.fromkeys(name for each in said for name in each))
    table = [[each.get(name, np.nan) for name in names] for each in said]
    return np.array(table, np.float64).reshape(len(said), len(names))


def doubts(log_odds: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How likely each answer is wrong, float64 (n,) in 0..1, and which to look at first, bool (n,).

    log_odds: (n, c), NaN where a checkpoint said nothing; same: bool (n,), the answers. Each checkpoint is
    refitted to the answers first, so that one which knows nothing of such images is sure of nothing. The
    mean of their log-odds counts, with one more checkpoint that is undecided: one alone proves little. To be
    looked at first, at least `SEVERAL` must contradict. Each has the weight 2 AUC - 1 on these answers: 1 for
    a perfect order, 0 for one no better than chance.
    """
    same = np.asarray(same, bool)
    said = ~np.isnan(log_odds)
    against, weight = np.zeros(log_odds.shape), np.zeros(log_odds.shape)
    for column in range(log_odds.shape[1]):
        rows = said[:, column]
        against[rows, column], weight[rows, column] = _refitted(log_odds[rows, column], same[rows])
    against = np.where(same[:, None], -against, against).clip(-MOST_SURE, MOST_SURE)
    doubt = expit((weight * against).sum(axis=1) / (weight.sum(axis=1) + 1))
    contradict = ((weight > 0) & (against > 0)).sum(axis=1)
    return doubt, (doubt >= LIKELY) & (contradict >= SEVERAL)


def _refitted(log_odds: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, float]:
    """Log-odds of "same" (n,), and the checkpoint's weight, 0..1."""
    if min(same.sum(), (~same).sum()) < FEWEST_TO_REFIT:
        return log_odds, 1.0
    weight = max(0.0, 2 * roc_auc(log_odds, same) - 1)
    return fit_calibration(log_odds, same).log_odds(log_odds), weight
