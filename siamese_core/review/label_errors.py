"""Find answers that are probably wrong because the checkpoints are confident of the opposite.

That a model's own probability of the given label finds label errors: Northcutt, Jiang, Chuang, "Confident
learning", JAIR 2021.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import expit

from siamese_core.answers.answer_table import PAIR, logged_numbers
from siamese_core.answers.label_row import LOGGED_ENCODERS
from siamese_core.metrics import fit_calibration, roc_auc, verdict_log_odds

FEWEST_TO_CALIBRATE = 20  # answers of the rarer kind
MOST_LOG_ODDS = 4.0  # bound on one checkpoint's log-odds, so that it cannot outvote two others
LIKELY_ERROR = 0.75  # probability from which an answer is to be looked at first
SEVERAL = 2  # checkpoints that contradict an answer to be looked at first

VerdictLogOdds = Mapping[tuple[str, str], Mapping[str, float]]  # of pairs, by checkpoint id


def log_odds_table(answers: pd.DataFrame, further: VerdictLogOdds) -> np.ndarray:
    """Return the `metrics.verdict_log_odds` of n answers by c checkpoints, float64 (n, c), NaN where unknown.

    answers: an `answer_table`; further: scores of now, which count before those of the log.
    """
    said = verdict_log_odds(*(numbers.to_numpy() for numbers in logged_numbers(answers)))
    pairs = zip(*(answers[side] for side in PAIR), strict=True)
    scores = [
        *(_scores(answers, encoder, said[:, place]) for place, encoder in enumerate(LOGGED_ENCODERS)),
        pd.DataFrame(
            [
                (row, *each)
                for row, pair in zip(answers.index, pairs, strict=True)
                for each in further.get(pair, {}).items()
            ],
            columns=["row", "checkpoint", "log_odds"],
        ).astype({"row": "int64", "log_odds": "float64"}),
    ]
    latest = pd.concat(scores).drop_duplicates(["row", "checkpoint"], keep="last")
    table = latest.pivot(index="row", columns="checkpoint", values="log_odds")
    return table.reindex(answers.index).to_numpy(np.float64)


def _scores(answers: pd.DataFrame, encoder: str, log_odds: np.ndarray) -> pd.DataFrame:
    """Return what the log holds of one encoder, named by its checkpoint where the log names one."""
    checkpoint = answers[f"{encoder}_checkpoint"]
    named = checkpoint.where(checkpoint != "", encoder)
    return pd.DataFrame({"row": answers.index, "checkpoint": named, "log_odds": log_odds}).dropna()


def error_probabilities(log_odds: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability (n,) that each answer is wrong, and whether to look at it first, bool (n,).

    log_odds: `metrics.verdict_log_odds` (n, c) by c checkpoints, NaN where one has none; same: bool (n,), the
    answers.

    Each checkpoint is calibrated on the answers, so that one out of its domain is confident of nothing, and
    weighted by 2 AUC - 1 on them: 1 for a perfect order, 0 for chance. The log-odds are averaged together
    with an undecided pseudo-checkpoint, since one alone proves little. An answer to be looked at first is
    contradicted by at least `SEVERAL`.
    """
    same = np.asarray(same, bool)
    scored = ~np.isnan(log_odds)
    against, weight = np.zeros(log_odds.shape), np.zeros(log_odds.shape)
    for column in range(log_odds.shape[1]):
        rows = scored[:, column]
        against[rows, column], weight[rows, column] = _calibrated(log_odds[rows, column], same[rows])
    against = np.where(same[:, None], -against, against).clip(-MOST_LOG_ODDS, MOST_LOG_ODDS)
    wrong = expit((weight * against).sum(axis=1) / (weight.sum(axis=1) + 1))
    contradict = ((weight > 0) & (against > 0)).sum(axis=1)
    return wrong, (wrong >= LIKELY_ERROR) & (contradict >= SEVERAL)


def _calibrated(log_odds: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, float]:
    """Return a checkpoint's calibrated log-odds (n,) of "same" and its weight, 0..1."""
    if min(same.sum(), (~same).sum()) < FEWEST_TO_CALIBRATE:
        return log_odds, 1.0
    weight = max(0.0, 2 * roc_auc(log_odds, same) - 1)
    return fit_calibration(log_odds, same).log_odds(log_odds), weight
