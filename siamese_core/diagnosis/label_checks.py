"""Check labels, splits and thresholds. Needs NumPy only."""

from collections.abc import Callable, Set

import numpy as np

from siamese_core.diagnosis.findings import Check, Finding
from siamese_core.metrics import best_threshold, mcnemar_exact, roc_auc, verdict

SURE = 3.0  # standard errors
LEAST_LOSS = 0.05  # of accuracy that a threshold must cost to be reported
SURE_P = 0.01  # of McNemar's exact test


def check_label_convention(scores: np.ndarray, same: np.ndarray) -> Finding:
    """Check that positive pairs are the more alike ones: scores (n,) that grow with likeness, same bool (n,).

    The standard error of the area by chance is that of Mann and Whitney (1947). UserError unless both kinds
    of pairs are there.
    """
    check = Check("label-convention", "an area under the ROC curve of 0.5 or more")
    area, same = roc_auc(scores, same), np.asarray(same, bool)
    positives, negatives = int(same.sum()), int((~same).sum())
    error = ((positives + negatives + 1) / (12 * positives * negatives)) ** 0.5
    if area >= 0.5 - SURE * error:
        return check.ok(area)
    return check.found(
        "error",
        area,
        "Pairs labelled same are less alike than pairs labelled different: the labels are inverted (0 for "
        "same), or the score is a distance.",
        "Give 1 to pairs that are the same, and scores that grow with likeness.",
    )


def check_loss_convention(loss: Callable[[np.ndarray, np.ndarray], float]) -> Finding:
    """Check that `loss(same, distance)`, both float32 (n,), pulls pairs with same = 1 together."""
    check = Check("loss-convention", "below 0: what a distance of 0 costs if same, less what if different")
    label, distance = np.ones(1, np.float32), np.zeros(1, np.float32)
    gain = float(loss(label, distance)) - float(loss(1 - label, distance))
    if gain < 0:
        return check.ok(gain)
    return check.found(
        "error",
        gain,
        "The loss pushes same pairs apart and pulls different ones together: it takes 1 for different.",
        "Give the loss 1 for same where it pulls what is 1, or turn the labels round, not both.",
    )


def check_identical_pairs(left: np.ndarray, right: np.ndarray, same: np.ndarray) -> Finding:
    """Check that no pair of an image with itself is labelled different. left, right: image ids (n,)."""
    check = Check("identical-pairs", "no pair of an image with itself that is labelled different")
    identical = np.asarray(left) == np.asarray(right)
    wrong = int(np.sum(identical & ~np.asarray(same, bool)))
    if wrong == 0:
        return check.ok(0)
    return check.found(
        "error",
        wrong,
        f"{wrong} of {int(identical.sum())} pairs of an image with itself are labelled different: the labels "
        "are inverted (0 for same), or in another order than the pairs.",
        "Give 1 to pairs that are the same, and check the order.",
    )


def check_split_classes(training: Set[str], held_out: Set[str]) -> Finding:
    """Check that no class name is on both sides of a split."""
    check = Check("split-classes", "no class on both sides of the split")
    shared = sorted(set(training) & set(held_out))
    if not shared:
        return check.ok(0)
    named = ", ".join(shared[:3]) + (" and more" if len(shared) > 3 else "")
    return check.found(
        "error",
        len(shared),
        f"{len(shared)} of {len(held_out)} held-out classes are trained on ({named}): what is measured with "
        "them does not hold for new classes.",
        "Split by class: all images of a class on one side.",
    )


def check_threshold(similarity: np.ndarray, same: np.ndarray, threshold: float) -> Finding:
    """Check that the stored threshold suits pairs with similarities 0..1 (n,) and labels (n,).

    Measured: the accuracy lost to thresholds fitted on one half of these pairs and judged on the other.
    """
    check = Check("threshold", f"less than {LEAST_LOSS} of accuracy lost to a threshold fitted on such pairs")
    similarity, same = np.asarray(similarity, np.float64), np.asarray(same, bool)
    stored = verdict(similarity, threshold) == same
    fitted = np.empty_like(stored)
    half = np.arange(len(same)) // 2 % 2 == 0  # kinds of pairs often alternate
    for judged, fitted_on in ((half, ~half), (~half, half)):
        own = best_threshold(similarity[fitted_on], same[fitted_on])
        fitted[judged] = verdict(similarity[judged], own) == same[judged]
    loss = float(fitted.mean() - stored.mean())
    if loss < LEAST_LOSS or mcnemar_exact(fitted, stored) > SURE_P:
        return check.ok(max(0.0, loss))
    own = best_threshold(similarity, same)
    return check.found(
        "warning",
        loss,
        f"The threshold {threshold:.2f} was fitted on another distribution: {100 * stored.mean():.0f} % of "
        f"its verdicts on these pairs are right, {100 * fitted.mean():.0f} % of those at about {own:.2f}.",
        "Fit calibration and threshold on pairs like these: answer some, and retrain in mode head.",
    )
