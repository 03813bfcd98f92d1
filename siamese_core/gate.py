"""Whether a candidate may take its parent's place: judged on the same holdout and the same base protocol."""

from dataclasses import dataclass

import numpy as np

from siamese_core.evaluation import ProtocolResult, VerificationResult
from siamese_core.metrics import mcnemar_exact

FEWEST_JUDGES = 12
LEVEL = 0.05  # of the two-sided exact McNemar test
BASE_MARGIN = 0.005  # accuracy that the base protocol may lose
LEAST_SPREAD = 1e-3  # of the similarities on the holdout; below it a network says the same of everything


@dataclass(frozen=True)
class Measured:
    """One checkpoint on the holdout and on the base protocol."""

    holdout: VerificationResult
    base: ProtocolResult


@dataclass(frozen=True)
class Judgement:
    """fixed, broken: bool (n,) over the holdout's pairs; better: whether the gate opens; reason: why, in
    words."""

    before: Measured
    after: Measured
    fixed: np.ndarray
    broken: np.ndarray
    p: float
    better: bool
    reason: str


def judge(before: Measured, after: Measured) -> Judgement:
    """Better: more right on the holdout than chance explains, not worse on the base protocol, not
    collapsed."""
    first, second = before.holdout.correct, after.holdout.correct
    fixed, broken = ~first & second, first & ~second
    p = mcnemar_exact(first, second)
    refusal = _refusal(before, after, p)
    summary = (
        f"it fixed {int(fixed.sum())} and broke {int(broken.sum())} of {len(first)} pairs it never saw "
        f"(exact McNemar p = {p:.3g})"
    )
    reason = f"Not better: {refusal}; {summary}." if refusal else f"Better: {summary}."
    return Judgement(before, after, fixed, broken, p, refusal is None, reason)


def _refusal(before: Measured, after: Measured, p: float) -> str | None:
    count = len(before.holdout.correct)
    gain = after.holdout.correct.mean() - before.holdout.correct.mean()
    base_loss = before.base.correct.mean() - after.base.correct.mean()
    if not np.all(np.isfinite(after.holdout.similarity)) or np.ptp(after.holdout.similarity) < LEAST_SPREAD:
        return "its similarities are all alike or not numbers: the network has collapsed"
    if count < FEWEST_JUDGES:
        return f"the holdout has {count} pairs and needs {FEWEST_JUDGES}: answer more"
    if gain <= 0:
        return "it is not more often right on the holdout"
    if p >= LEVEL:
        return f"the gain of {100 * gain:.1f} points may be chance: answer more"
    if base_loss > BASE_MARGIN:
        return f"it lost {100 * base_loss:.1f} points on the base protocol, more than {100 * BASE_MARGIN:g}"
    return None
