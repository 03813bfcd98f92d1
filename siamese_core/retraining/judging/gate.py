"""Decide whether a candidate may replace its parent, by pairs that neither has seen and the base protocol.

Either of two paired tests opens the gate: one of the ranking of all pairs that the answers imply, and one of
the verdicts on the answers of the holdout. The other one must not speak against it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import mannwhitneyu

from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.metrics import mcnemar_exact, verdict
from siamese_core.retraining.judging.ranking_test import RankingGain

FEWEST_JUDGES = 12  # pairs in the holdout, for the test of verdicts
LEVEL = 0.05  # significance level of the two-sided exact McNemar test (1947) of verdicts
FEWEST_IDENTITIES = 8  # with two images or more, for the test of the ranking
GAIN_LEVEL = 0.05  # significance level of the one-sided test that pairs rank better (`bench gate`)
# Right verdicts that a better ranking may cost, positive and negative pairs weighed alike.
MOST_VERDICTS_LOST = 0.02
MOST_RANKING_LOST = 0.001  # area under the ROC that better verdicts may cost: handwriting stands at 0.998
# Significance levels of the one-sided Mann-Whitney test that pairs answered "same" rank higher, for the test
# of verdicts and for that of the ranking. Of sets of random answers one in ten passes the latter: the
# identities that are clustered from them agree with the similarities.
RANKING_LEVEL, SURE_LEVEL = 0.01, 0.001
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
    ranking: the test of the ranking, None where no implied pairs could be compared
    """

    before: Measured
    after: Measured
    fixed: np.ndarray
    broken: np.ndarray
    p: float
    better: bool
    reason: str
    ranking: RankingGain | None = None


@dataclass(frozen=True)
class ImpliedPairs:
    """What the pairs that the answers imply say.

    ranking: of parent and candidate; agree_p: p of the one-sided test that the answers agree at all with what
    the parent ranks as alike, which random ones do not.
    """

    ranking: RankingGain | None
    agree_p: float


def judge(before: Measured, after: Measured, implied: ImpliedPairs | None = None) -> Judgement:
    """Compare a candidate (`after`) with its parent (`before`).

    It is better if it ranks the implied pairs significantly better or is right on significantly more of the
    holdout, the answers make sense, it has not collapsed and has forgotten nothing of the base protocol.
    """
    first, second = before.holdout.correct, after.holdout.correct
    fixed, broken = ~first & second, first & ~second
    p = mcnemar_exact(first, second)
    ranking = implied.ranking if implied else None
    no_verdicts = (
        _small(after.holdout)
        or _collapsed(after.holdout)
        or _no_gain(first, second, p)
        or _ranks_worse(ranking)
    )
    refusal = no_verdicts and _no_better_ranking(ranking, no_verdicts)
    level = SURE_LEVEL if no_verdicts else RANKING_LEVEL
    refusal = refusal or _senseless(after.holdout, implied, level) or forgotten(before.base, after.base)
    summary = (
        f"it fixed {int(fixed.sum())} and broke {int(broken.sum())} of {len(first)} pairs it never saw "
        f"(exact McNemar p = {p:.3g})"
    )
    if ranking:
        summary += f"; {_told(ranking)}"
    reason = f"Not better: {refusal}; {summary}." if refusal else f"Better: {summary}."
    return Judgement(before, after, fixed, broken, p, refusal is None, reason, ranking)


def _told(ranking: RankingGain) -> str:
    return (
        f"of two pairs, one same and one different, it ranks {100 * ranking.after:.1f} % rightly, before "
        f"{100 * ranking.before:.1f} % ({ranking.identities} identities held out, p = {ranking.p:.3g})"
    )


def _no_better_ranking(ranking: RankingGain | None, otherwise: str) -> str | None:
    """Return why the ranking does not open the gate.

    `otherwise`, why the verdicts do not, where the ranking cannot judge.
    """
    if ranking is None or ranking.identities < FEWEST_IDENTITIES:
        return otherwise
    if ranking.p >= GAIN_LEVEL:
        return f"{otherwise}; the gain in the ranking may be chance, too" if ranking.gain > 0 else otherwise
    if ranking.right_after < ranking.right_before - MOST_VERDICTS_LOST:
        return f"it ranks better, but its verdicts are worse: {_verdicts(ranking)}"
    return None


def _ranks_worse(ranking: RankingGain | None) -> str | None:
    """Return a refusal where the ranking falls.

    A queue asks where the parent errs, and on these pairs any other checkpoint is more often right.
    """
    if ranking and ranking.identities >= FEWEST_IDENTITIES and ranking.gain < -MOST_RANKING_LOST:
        return "it ranks pairs of identities it never saw worse"
    return None


def _verdicts(ranking: RankingGain) -> str:
    return f"{100 * ranking.right_after:.1f} % right after {100 * ranking.right_before:.1f} %"


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


def _senseless(holdout: VerificationResult, implied: ImpliedPairs | None, level: float) -> str | None:
    """Return a refusal where positive pairs do not rank above negative ones.

    Neither for the candidate on the holdout, nor for the parent on all answers: random answers shift all
    similarities alike, which may fit by chance.
    """
    same = holdout.same
    ranks = same.any() and not same.all()
    test = ranks and mannwhitneyu(holdout.similarity[same], holdout.similarity[~same], alternative="greater")
    if not (test and test.pvalue < level) and not (implied and implied.agree_p < SURE_LEVEL):
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
