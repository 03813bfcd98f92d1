"""Curves of verification, as pure functions of arrays: ROC, histograms, reliability; each gives plain lists.

similarity: calibrated, 0..1 (n,); scores: what ranks the pairs (n,); same: bool (n,). As in `metrics`.
"""

import numpy as np

from siamese_core.metrics import equal_error_rate, roc_curve, verdict, wilson_interval

ROC_POINTS = 300  # at most, of which half are spread over the logarithm of the false positive rate
HISTOGRAM_BINS = 25
RELIABILITY_BINS = 15  # those of `metrics.expected_calibration_error`


def roc(scores: np.ndarray, same: np.ndarray) -> dict | None:
    """Return the ROC curve, thinned without moving a point, and its EER; None for one kind of pair."""
    if same.all() or not same.any():
        return None
    curve = roc_curve(scores, same)
    kept = _thinned(curve.fpr, curve.tpr)
    return {
        "fpr": [round(float(each), 6) for each in curve.fpr[kept]],
        "tpr": [round(float(each), 6) for each in curve.tpr[kept]],
        "eer": equal_error_rate(scores, same),
    }


def _thinned(fpr: np.ndarray, tpr: np.ndarray) -> np.ndarray:
    """Return which points are kept (k,): all, or where they are more than `ROC_POINTS` an even part."""
    if len(fpr) <= ROC_POINTS:
        return np.arange(len(fpr))
    lowest = 1 / max(2, len(fpr))
    grid = np.concatenate([np.geomspace(lowest, 1, ROC_POINTS // 2), np.linspace(0, 1, ROC_POINTS // 2)])
    # the highest point at each false positive rate of the grid: none of them lies above the curve
    places = np.searchsorted(fpr, np.sort(grid), side="right") - 1
    return np.unique(np.concatenate([[0, len(fpr) - 1], places]))


def operating_point(similarity: np.ndarray, same: np.ndarray, threshold: float) -> dict:
    """Return the rates of verdicts at a threshold, each with its 95 % interval, None of no pairs."""
    said = verdict(similarity, threshold)
    return {
        "threshold": float(threshold),
        "fpr": rate(int(np.sum(said & ~same)), int(np.sum(~same))),
        "fnr": rate(int(np.sum(~said & same)), int(np.sum(same))),
        "precision": rate(int(np.sum(said & same)), int(np.sum(said))),
        "accuracy": rate(int(np.sum(said == same)), len(same)),
    }


def rate(count: int, total: int) -> dict | None:
    """Return a proportion with its 95 % interval (Wilson), as JSON; None of nothing."""
    if total == 0:
        return None
    low, high = wilson_interval(count, total)
    return {"value": count / total, "ci95": [low, high], "count": count, "total": total}


def histogram(similarity: np.ndarray, same: np.ndarray) -> dict:
    """Return how many pairs of each kind lie in each of `HISTOGRAM_BINS` bins of 0..1."""
    edges = np.linspace(0, 1, HISTOGRAM_BINS + 1)
    counts = {
        kind: np.histogram(similarity[at], edges)[0].tolist()
        for kind, at in (("same", same), ("different", ~same))
    }
    return {"edges": [round(float(each), 4) for each in edges], **counts}


def reliability(similarity: np.ndarray, same: np.ndarray) -> list[dict]:
    """Return, of each bin of similarities that has pairs, their mean and how often they are same."""
    similarity = np.asarray(similarity, np.float64)
    bin_of = np.minimum((similarity * RELIABILITY_BINS).astype(np.int64), RELIABILITY_BINS - 1)
    found = []
    for number in np.unique(bin_of):
        at = bin_of == number
        found.append({"similarity": float(similarity[at].mean()), **rate(int(same[at].sum()), int(at.sum()))})
    return found
