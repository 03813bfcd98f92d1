"""Choose a threshold by what it is to achieve, and tell what that costs; pure functions of arrays.

similarity: 0..1 (n,); same: bool (n,). A threshold lies midway between two similarities, or at an end of
them.
"""

from dataclasses import dataclass

import numpy as np

from siamese_core.errors import UserError
from siamese_core.reporting.curves import operating_point

EQUAL, FALSE_POSITIVES, COST, PRECISION = "equal", "false_positives", "cost", "precision"
TARGETS = {
    EQUAL: "same and different mistaken equally often",
    FALSE_POSITIVES: "at most this share of different pairs called same",
    COST: "a pair wrongly called same costs this many times one wrongly called different",
    PRECISION: "at least this share of what is called same is same",
}


@dataclass(frozen=True)
class Target:
    """What a threshold is to achieve.

    kind: one of `TARGETS`; value: the share or the ratio that it names; prior: share of same pairs among
    those that will be compared, 0..1, which cost and precision depend on.
    """

    kind: str
    value: float = 0.0
    prior: float = 0.5

    def __post_init__(self):
        limits = {EQUAL: (0, np.inf), FALSE_POSITIVES: (0, 1), COST: (1e-6, 1e6), PRECISION: (0, 1)}
        if self.kind not in limits:
            raise UserError(f"A target is one of {', '.join(TARGETS)}. Received: {self.kind!r}. Choose one.")
        low, high = limits[self.kind]
        if not low <= self.value <= high:
            raise UserError(
                f"The target must be from {low:g} to {high:g}. Received: {self.value:g}. Change it."
            )
        if not 0 < self.prior < 1:
            raise UserError(
                f"The share of same pairs lies between 0 and 1. Received: {self.prior:g}. "
                "Say how many of the pairs that you will compare show the same."
            )

    def words(self) -> str:
        """Say what it is, with its number."""
        return {
            EQUAL: "equal error",
            FALSE_POSITIVES: f"false positives at most {100 * self.value:g} %",
            COST: f"a false same costs {self.value:g} times a false different",
            PRECISION: f"precision at least {100 * self.value:g} %",
        }[self.kind]


def choose_threshold(similarity: np.ndarray, same: np.ndarray, target: Target) -> float:
    """Return the threshold that meets the target and then misses the fewest same pairs.

    UserError where there is one kind of pair only, or no threshold meets the target.
    """
    similarity, same = np.asarray(similarity, np.float64), np.asarray(same, bool)
    if same.all() or not same.any():
        raise UserError(
            "A threshold is chosen by same and different pairs. Received: one kind. Add the other."
        )
    thresholds, fpr, fnr = _rates(similarity, same)
    if target.kind == EQUAL:
        return float(thresholds[np.argmin(np.abs(fpr - fnr))])
    if target.kind == COST:
        cost = target.value * (1 - target.prior) * fpr + target.prior * fnr
        return float(thresholds[np.argmin(cost)])
    good = (
        fpr <= target.value
        if target.kind == FALSE_POSITIVES
        else _precision(fpr, fnr, target) >= target.value
    )
    if not good.any():
        raise UserError(
            f"No threshold reaches {target.words()} on these pairs. Received: at best "
            f"{100 * np.nanmax(_precision(fpr, fnr, target)):.1f} % precision. Ask for less."
        )
    return float(thresholds[good][np.argmin(fnr[good])])


def _rates(similarity: np.ndarray, same: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return candidates (k,) in falling order, and the false positive and false negative rate of each."""
    levels = np.unique(similarity)
    between = (levels[1:] + levels[:-1]) / 2
    above = [(levels[-1] + 1) / 2] if levels[-1] < 1 else []  # at which no pair is called same
    thresholds = np.concatenate([above, between[::-1], levels[:1]])
    positives, negatives = np.sort(similarity[same]), np.sort(similarity[~same])
    fnr = np.searchsorted(positives, thresholds) / len(positives)
    fpr = 1 - np.searchsorted(negatives, thresholds) / len(negatives)
    return thresholds, fpr, fnr


def _precision(fpr: np.ndarray, fnr: np.ndarray, target: Target) -> np.ndarray:
    """Return the precision at each threshold for the target's prior; NaN where none is called same."""
    right, wrong = target.prior * (1 - fnr), (1 - target.prior) * fpr
    with np.errstate(invalid="ignore"):
        return right / (right + wrong)


def halves_apart(similarity: np.ndarray, same: np.ndarray, target: Target) -> dict:
    """Return the rates of `curves.operating_point` on pairs that did not choose the threshold.

    Each half of the pairs is judged by the threshold that the other half chose. `threshold` is the mean of
    both. UserError as of `choose_threshold`.
    """
    similarity, same = np.asarray(similarity, np.float64), np.asarray(same, bool)
    half = np.zeros(len(same), bool)
    for kind in (same, ~same):
        half[np.flatnonzero(kind)[::2]] = True
    margins, chosen = np.empty(len(same)), []
    for part in (half, ~half):
        threshold = choose_threshold(similarity[~part], same[~part], target)
        chosen.append(threshold)
        margins[part] = similarity[part] - threshold
    return operating_point(margins, same, 0.0) | {"threshold": float(np.mean(chosen))}
