"""What makes a pair worth asking, as pure functions of what encoders say and of what is known."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from siamese_core.labelling.candidates import Candidates

# Of a reason's chance. On faces and photos at 0 one answer in ten was "same", at 0.8 three or four.
NEIGHBOUR_SHARE = 0.8
HEAD = 50  # the best candidates of a strategy, among which the rank hardly matters


@dataclass(frozen=True)
class Knowledge:
    """What is known of the pool beside the encoders' opinion.

    classes: int (images,), -1 unknown; implied: int8 (n candidates), 1 same, -1 different, 0 not implied by
    answers; seen: int (images,), in how many questions each was; excluded: int64, codes of pairs not to ask;
    expected: float (n candidates), how likely each is the same, where there are answers to tell.
    """

    classes: np.ndarray
    implied: np.ndarray
    seen: np.ndarray
    excluded: np.ndarray
    expected: np.ndarray | None = None

    @classmethod
    def none(cls, candidates: Candidates) -> "Knowledge":
        unseen = np.zeros(candidates.images, np.int64)
        return cls(unseen - 1, np.zeros(len(candidates.codes), np.int8), unseen, np.empty(0, np.int64))


def disagreement(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """How far apart the encoders are where their verdicts differ; -inf elsewhere."""
    apart = candidates.disagreement
    return np.where((apart > 0) & (knowledge.implied == 0), apart, -np.inf)


def uncertain(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """How near the encoders are to their thresholds, on the mean; or how little the answers so far tell."""
    told = knowledge.expected
    chance = expit(candidates.verdict_log_odds) if told is None else told[:, None]
    return np.where(knowledge.implied == 0, np.mean(chance * (1 - chance), axis=1), -np.inf)


def hard_negative(candidates: Candidates, knowledge: Knowledge) -> np.ndarray:
    """How alike the encoders find what is different: by class, or as answers imply.

    Where nothing says so: what they find alike and its neighbours, or the answers so far, make unlikely.
    """
    first, second = knowledge.classes[candidates.left], knowledge.classes[candidates.right]
    classed = (first >= 0) & (second >= 0)
    different = (classed & (first != second)) | (knowledge.implied < 0)
    unknown = ~classed & (knowledge.implied == 0)
    alike = expit(candidates.verdict_log_odds).mean(axis=1)
    unlikely = 1 - (candidates.shared if knowledge.expected is None else knowledge.expected)
    score = alike * np.where(different, 1.0, unlikely)
    return np.where((different | unknown) & (knowledge.implied <= 0), score, -np.inf)


STRATEGIES = {"disagreement": disagreement, "uncertain": uncertain, "hard_negative": hard_negative}


def weights(scores: np.ndarray, coverage: np.ndarray) -> np.ndarray:
    """Chances (n,) that sum to 1 (or are all 0): by the rank of the score, so that units do not matter and no
    eligible pair is without a chance, and by `coverage` 0..1, more for images not yet seen."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(-scores, kind="stable")] = np.arange(len(scores))
    found = np.where(scores > -np.inf, coverage / np.square(ranks + HEAD), 0.0)
    return found / (found.sum() or 1.0)


def chances(candidates: Candidates, knowledge: Knowledge, reason: str) -> np.ndarray:
    """The chance (n,) of each candidate under a reason, with sum 1, or 0 for all where none is eligible.

    Pairs that are different outnumber the others wherever encoders waver, and teach less: most of the chance
    goes to mutual nearest neighbours, but for hard negatives.
    """
    scores = STRATEGIES[reason](candidates, knowledge)
    coverage = 1 / (1 + knowledge.seen)
    covered = (coverage[candidates.left] + coverage[candidates.right]) / 2
    if reason == "hard_negative":
        return weights(scores, covered)
    mutual_neighbours = weights(np.where(candidates.mutual_neighbours, scores, -np.inf), covered)
    others = weights(np.where(candidates.mutual_neighbours, -np.inf, scores), covered)
    mixed = NEIGHBOUR_SHARE * mutual_neighbours + (1 - NEIGHBOUR_SHARE) * others
    return mixed / (mixed.sum() or 1.0)
