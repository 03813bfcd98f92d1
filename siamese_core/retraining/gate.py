"""Decide whether a candidate may replace its parent, by the same holdout and the same base protocol."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import mannwhitneyu

from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.metrics import mcnemar_exact, verdict

FEWEST_JUDGES = 12  # pairs in the holdout
LEVEL = 0.05  # significance level of the two-sided exact McNemar test (1947)
RANKING_LEVEL = 0.01  # significance level of the one-sided Mann-Whitney test that same pairs rank higher
MOST_FORGOTTEN = 0.005  # accuracy that may be lost on the base protocol
LEAST_SPREAD = 1e-3  # range of the similarities on the holdout, below which a network has collapsed


@dataclass(frozen=True)
class Measured:
    """The results of one checkpoint on the holdout and on the base protocol."""

    holdout: VerificationResult
    base: ProtocolResult


@dataclass(frozen=True)
class Judgement:
    """The comparison of a candidate with its parent.

    fixed, broken: bool (n,), pairs of the holdout that only the candidate, or only its parent, got right
    p: of the McNemar test; better: whether the candidate may be promoted; reason: why, in one sentence
    """

    before: Measured
    after: Measured
    fixed: np.ndarray
    broken: np.ndarray
    p: float
    better: bool
    reason: str


def judge(before: Measured, after: Measured) -> Judgement:
    """Compare a candidate (`after`) with its parent (`before`).

    It is better if it is right on significantly more of the holdout, ranks its pairs, has not collapsed and
    has forgotten nothing of the base protocol.
    """
    first, second = before.holdout.correct, after.holdout.correct
    fixed, broken = ~first & second, first & ~second
    p = mcnemar_exact(first, second)
    refusal = _small(after.holdout) or _collapsed(after.holdout) or _no_gain(first, second, p)
    refusal = refusal or _no_ranking(after.holdout) or forgotten(before.base, after.base)
    summary = (
        f"it fixed {int(fixed.sum())} and broke {int(broken.sum())} of {len(first)} pairs it never saw "
        f"(exact McNemar p = {p:.3g})"
    )
    reason = f"Not better: {refusal}; {summary}." if refusal else f"Better: {summary}."
    return Judgement(before, after, fixed, broken, p, refusal is None, reason)


def _small(holdout: VerificationResult) -> str | None:
    same = int(holdout.same.sum())
    different = len(holdout.same) - same
    if same + different < FEWEST_JUDGES:
        return f"the holdout has {same + different} pairs and needs {FEWEST_JUDGES}: answer more"
    if not same or not different:
        return f"the holdout has {same} same and {different} different pairs and needs both: answer more"
    return None


def _collapsed(holdout: VerificationResult) -> str | None:
    similarity = holdout.similarity
    if not np.isfinite(similarity).all() or np.ptp(similarity) < LEAST_SPREAD:
        return "its similarities are all alike or not numbers: the network has collapsed"
    same = verdict(similarity, holdout.threshold)
    if same.all() or not same.any():
        return f"it calls every pair of the holdout {'same' if same.all() else 'different'}"
    return None


def _no_gain(first: np.ndarray, second: np.ndarray, p: float) -> str | None:
    gain = int(second.sum()) - int(first.sum())
    if gain <= 0:
        return "it is not more often right on the holdout"
    if p >= LEVEL:
        return f"the gain of {100 * gain / len(first):.1f} points may be chance: answer more"
    return None


def _no_ranking(holdout: VerificationResult) -> str | None:
    """Return a refusal where positive pairs do not rank above negative ones: random answers shift all
    similarities alike, which may fit the holdout by chance."""
    same = holdout.same
    test = mannwhitneyu(holdout.similarity[same], holdout.similarity[~same], alternative="greater")
    if test.pvalue >= RANKING_LEVEL:
        return "it does not clearly tell same from different on the holdout: are the answers right?"
    return None


def forgotten(before: ProtocolResult, after: ProtocolResult) -> str | None:
    """Say in words what was lost on the base protocol; None if no more than allowed."""
    lost, trials = int(before.correct.sum()) - int(after.correct.sum()), len(before.correct)
    if lost > MOST_FORGOTTEN * trials:
        points = 100 * lost / trials
        return f"it lost {points:.1f} points on the base protocol, where {100 * MOST_FORGOTTEN:g} are allowed"
    return None


def named(judgement: Judgement, checkpoint: str) -> Judgement:
    """Return the judgement with the id of the candidate, which had none when it was judged."""
    after = judgement.after
    results = (replace(each, checkpoint=checkpoint) for each in (after.holdout, after.base))
    return replace(judgement, after=Measured(*results))
