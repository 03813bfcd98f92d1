"""Score how much is learned from asking about a pair (active learning), as functions of arrays."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siamese_core.labelling.candidates import Candidates
from siamese_core.metrics import fit_logistic

# Share of a strategy's probability that goes to mutual nearest neighbours. On faces and photographs, at 0 one
# answer in ten was "same", at 0.8 three or four (`bench loop`).
NEIGHBOUR_SHARE = 0.8
RANK_OFFSET = 50  # ranks below it have nearly the same probability

FEWEST_ANSWERS = 10  # from which answers are expected
TARGET = 0.02  # and 1 - TARGET: label smoothing, which keeps the fit finite
PSEUDO_ANSWER_WEIGHT = 3.0  # answers that each pseudo-answer counts for
RIDGE_WEIGHT = 0.3  # answers that the ridge on each coefficient counts for


@dataclass(frozen=True)
class Knowledge:
    """What is known of the images of a pool from class folders and answers.

    classes: int (images,), -1 unknown
    implied: int8 (n candidates), 1 same, -1 different, 0 not implied by answers
    seen: int (images,), number of questions that each was part of
    excluded: int64, sorted codes of pairs not to be asked
    expected: float (n candidates), probability of "same" by `expected_same`; None before there are answers
    usable: bool (images,), which may be asked about; None for all
    """

    classes: np.ndarray
    implied: np.ndarray
    seen: np.ndarray
    excluded: np.ndarray
    expected: np.ndarray | None = None
    usable: np.ndarray | None = None

    @classmethod
    def none(cls, candidates: Candidates) -> "Knowledge":
        unseen = np.zeros(candidates.images, np.int64)
        return cls(unseen - 1, np.zeros(len(candidates.codes), np.int8), unseen, np.empty(0, np.int64))


def expected_same(candidates: Candidates, answered: np.ndarray, same: np.ndarray) -> np.ndarray | None:
    """Predict the answers: the probability (n,) of "same" of every candidate, which is never shown or logged.

    answered: int (k,), rows of candidates; same: bool (k,), the answers. None below `FEWEST_ANSWERS`.

    A threshold fitted to one domain says little in another, but log-odds still order the pairs there, and
    images of one identity share neighbours. So this is a logistic regression on each encoder's log-odds and
    on the share of neighbours in common, with two pseudo-answers that hold in every pool: the least similar
    pairs are different, and the most similar mutual neighbours are the same.
    """
    if len(answered) < FEWEST_ANSWERS:
        return None
    low = np.quantile(candidates.log_odds, 0.05, axis=0)
    high = np.quantile(candidates.log_odds[candidates.mutual_neighbours], 0.9, axis=0)
    scaled = (candidates.log_odds - low) / np.maximum(high - low, 1e-6)
    features = np.column_stack([scaled, candidates.shared, np.ones(len(scaled))])
    encoders, count = scaled.shape[1], features.shape[1]
    pseudo_answers = np.array([[0.0] * encoders + [0.0, 1.0], [1.0] * encoders + [0.5, 1.0]])
    ridge = np.eye(count)[:-1]
    coefficients = fit_logistic(
        np.concatenate([features[answered], pseudo_answers, ridge]),
        np.concatenate([np.where(same, 1 - TARGET, TARGET), [TARGET, 1 - TARGET], np.full(count - 1, 0.5)]),
        np.concatenate([np.ones(len(answered)), [PSEUDO_ANSWER_WEIGHT] * 2, [RIDGE_WEIGHT] * (count - 1)]),
    )
    return expit(features @ coefficients)


def disagreement(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """Score by query by committee (Seung 1992): how far the encoders' log-odds are apart.

    -inf where their verdicts agree.
    """
    apart = candidates.disagreement
    return np.where((apart > 0) & (knowledge.implied == 0), apart, -np.inf)


def uncertain(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """Score by uncertainty sampling (Lewis, Gale 1994): the variance p (1 - p) of the answer.

    p is the expected answer where there is one, else the mean over the encoders.
    """
    expected = knowledge.expected
    chance = expit(candidates.verdict_log_odds) if expected is None else expected[:, None]
    return np.where(knowledge.implied == 0, np.mean(chance * (1 - chance), axis=1), -np.inf)


def hard_negative(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """Score different pairs, by class or by implication, by how similar the encoders find them.

    A pair of unknown class is weighted by the probability that it is different: by the expected answers, or
    by the share of nearest neighbours that the two images do not have in common.
    """
    first, second = knowledge.classes[candidates.left], knowledge.classes[candidates.right]
    classed = (first >= 0) & (second >= 0)
    different = (classed & (first != second)) | (knowledge.implied < 0)
    unknown = ~classed & (knowledge.implied == 0)
    similar = expit(candidates.verdict_log_odds).mean(axis=1)
    unlikely = 1 - (candidates.shared if knowledge.expected is None else knowledge.expected)
    score = similar * np.where(different, 1.0, unlikely)
    return np.where((different | unknown) & (knowledge.implied <= 0), score, -np.inf)


STRATEGIES = {"disagreement": disagreement, "uncertain": uncertain, "hard_negative": hard_negative}


def weights(scores: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Return probabilities (n,) with sum 1, or all 0 where no score is above -inf.

    They fall with the rank of the score, so that units do not matter and every eligible pair can be drawn,
    and grow with `coverage` 0..1 (n,), which favours images not yet seen.
    """
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    found = np.where(scores > -np.inf, coverage / np.square(ranks + RANK_OFFSET), 0.0)
    return found / (found.sum() or 1.0)


def probabilities(candidates: Candidates, knowledge: Knowledge, reason: str) -> np.ndarray:
    """Return the probability (n,) of each candidate under a strategy.

    The sum is 1, or 0 where none is eligible.

    Negative pairs outnumber positive ones wherever encoders are uncertain, and teach less: except for hard
    negatives, `NEIGHBOUR_SHARE` of the probability goes to mutual nearest neighbours.
    """
    scores = STRATEGIES[reason](candidates, knowledge)
    coverage = 1 / (1 + knowledge.seen)
    covered = (coverage[candidates.left] + coverage[candidates.right]) / 2
    if reason == "hard_negative":
        return weights(scores, covered)
    neighbours = weights(np.where(candidates.mutual_neighbours, scores, -np.inf), covered)
    others = weights(np.where(candidates.mutual_neighbours, -np.inf, scores), covered)
    mixed = NEIGHBOUR_SHARE * neighbours + (1 - NEIGHBOUR_SHARE) * others
    return mixed / (mixed.sum() or 1.0)
