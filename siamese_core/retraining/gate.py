"""Whether a candidate may take its parent's place: judged on the same holdout and the same base protocol."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import mannwhitneyu

from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.metrics import mcnemar_exact, verdict

FEWEST_JUDGES = 12
LEVEL = 0.05  # of the two-sided exact McNemar test
RANKING_LEVEL = 0.01  # of the one-sided test that same pairs rank above different ones
BASE_MARGIN = 0.005  # accuracy that the base protocol may lose
LEAST_SPREAD = 1e-3  # of the similarities on the holdout; below it a network says the same of everything


@dataclass(frozen=True)
class Measured:
    """One checkpoint on the holdout and on the base protocol."""

    holdout: VerificationResult
    base: ProtocolResult


@dataclass(frozen=True)
class Judgement:
    """fixed, broken: bool (n,), the holdout's pairs that only the candidate, or only its parent, got right;
    p: of the McNemar test; better: whether the gate opens; reason: why, a sentence."""

    before: Measured
    after: Measured
    fixed: np.ndarray
    broken: np.ndarray
    p: float
    better: bool
    reason: str


def judge(before: Measured, after: Measured) -> Judgement:
    """Better: right on more of the holdout than chance explains, not collapsed, and nothing forgotten."""
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
    """Answers given at random move what is said of all pairs alike, which may fit the holdout by chance."""
    same = holdout.same
    test = mannwhitneyu(holdout.similarity[same], holdout.similarity[~same], alternative="greater")
    if test.pvalue >= RANKING_LEVEL:
        return "it does not clearly tell same from different on the holdout: are the answers right?"
    return None


def forgotten(before: ProtocolResult, after: ProtocolResult) -> str | None:
    """What is wrong with `after` on the base protocol, in words; None if nothing is."""
    lost, trials = int(before.correct.sum()) - int(after.correct.sum()), len(before.correct)
    if lost > BASE_MARGIN * trials:
        points = 100 * lost / trials
        return f"it lost {points:.1f} points on the base protocol, where {100 * BASE_MARGIN:g} are allowed"
    return None


def named(judgement: Judgement, checkpoint: str) -> Judgement:
    """The same, of a candidate that had no id yet when it was judged."""
    after = judgement.after
    results = (replace(each, checkpoint=checkpoint) for each in (after.holdout, after.base))
    return replace(judgement, after=Measured(*results))
