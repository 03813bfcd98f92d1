"""How likely a pair is the same, as the answers so far tell, for choosing what to ask; never shown or logged.

A threshold from one domain says little in another: encoders trained on characters find all faces alike. What
they say there still orders the pairs, and images of one thing share their neighbours. A few answers tell how.
"""

import numpy as np
from scipy.special import expit

from siamese_core.labelling.candidates import Candidates
from siamese_core.metrics import fit_logistic

FEWEST_ANSWERS = 10
TARGET = 0.02  # and 1 - TARGET: an answer is not quite sure, which keeps the fit finite
PSEUDO_ANSWER_WEIGHT = 3.0  # answers that each pseudo-answer counts for
RIDGE_WEIGHT = 0.3  # answers that keep each coefficient near 0


def expected_same(candidates: Candidates, answered: np.ndarray, same: np.ndarray) -> np.ndarray | None:
    """Probability of "same" (n,) of every candidate; None from fewer than `FEWEST_ANSWERS` answers.

    answered: int (k,), rows of candidates; same: bool (k,). A logistic regression on each encoder's log-odds
    and on the share of neighbours in common, with two pseudo-answers that hold in every pool: the least
    similar pairs are different, and the most similar mutual neighbours are the same.
    """
    if len(answered) < FEWEST_ANSWERS:
        return None
    low = np.quantile(candidates.log_odds, 0.05, axis=0)
    high = np.quantile(candidates.log_odds[candidates.mutual_neighbours], 0.9, axis=0)
    said = (candidates.log_odds - low) / np.maximum(high - low, 1e-6)
    features = np.column_stack([said, candidates.shared, np.ones(len(said))])
    encoders, count = said.shape[1], features.shape[1]
    pseudo_answers = np.array([[0.0] * encoders + [0.0, 1.0], [1.0] * encoders + [0.5, 1.0]])
    ridge = np.eye(count)[:-1]
    coefficients = fit_logistic(
        np.concatenate([features[answered], pseudo_answers, ridge]),
        np.concatenate([np.where(same, 1 - TARGET, TARGET), [TARGET, 1 - TARGET], np.full(count - 1, 0.5)]),
        np.concatenate([np.ones(len(answered)), [PSEUDO_ANSWER_WEIGHT] * 2, [RIDGE_WEIGHT] * (count - 1)]),
    )
    return expit(features @ coefficients)
