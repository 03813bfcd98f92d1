"""Curves of a few pairs, checked by hand."""

import numpy as np
import pytest

from siamese_core.metrics import expected_calibration_error
from siamese_core.reporting.curves import ROC_POINTS, histogram, operating_point, rate, reliability, roc

SIMILARITY = np.array([0.9, 0.8, 0.7, 0.6, 0.4, 0.2])
SAME = np.array([True, True, False, True, False, False])


def test_a_roc_curve_and_its_equal_error_rate_by_hand():
    found = roc(SIMILARITY, SAME)
    assert found["fpr"] == pytest.approx([0, 0, 0, 1 / 3, 1 / 3, 2 / 3, 1], abs=1e-6)
    assert found["tpr"] == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1, 1], abs=1e-6)
    assert found["eer"] == pytest.approx(1 / 3)
    assert roc(SIMILARITY, np.ones(6, bool)) is None


def test_a_long_curve_is_thinned_to_points_of_its_own():
    rng = np.random.default_rng(0)
    scores, same = rng.normal(size=20_000), rng.random(20_000) < 0.5
    scores += same
    found, every = roc(scores, same), set()
    order = np.argsort(-scores)
    tpr, fpr = np.cumsum(same[order]) / same.sum(), np.cumsum(~same[order]) / (~same).sum()
    every = {(round(float(x), 6), round(float(y), 6)) for x, y in zip(fpr, tpr, strict=True)} | {(0.0, 0.0)}
    assert len(found["fpr"]) <= ROC_POINTS + 2
    assert set(zip(found["fpr"], found["tpr"], strict=True)) <= every
    assert (found["fpr"][-1], found["tpr"][-1]) == (1.0, 1.0)


def test_rates_at_a_threshold_with_their_intervals():
    found = operating_point(SIMILARITY, SAME, 0.65)
    assert (found["fpr"]["count"], found["fpr"]["total"]) == (1, 3)
    assert found["fnr"]["value"] == pytest.approx(1 / 3)
    assert found["precision"]["value"] == pytest.approx(2 / 3)
    assert found["accuracy"]["count"] == 4
    low, high = found["accuracy"]["ci95"]
    assert low < 4 / 6 < high
    assert operating_point(SIMILARITY, SAME, 0.95)["precision"] is None
    assert rate(0, 0) is None


def test_every_pair_is_in_one_bin_of_the_histogram():
    found = histogram(np.array([0.0, 0.039, 0.04, 1.0]), np.array([True, False, True, True]))
    assert (found["same"][0], found["different"][0], found["same"][1], found["same"][-1]) == (1, 1, 1, 1)
    assert sum(found["same"]) + sum(found["different"]) == 4


def test_the_gaps_of_the_reliability_diagram_add_up_to_the_calibration_error():
    rng = np.random.default_rng(1)
    similarity = rng.random(500)
    same = rng.random(500) < similarity**2
    found = reliability(similarity, same)
    gap = sum(abs(each["similarity"] - each["value"]) * each["total"] for each in found) / 500
    assert gap == pytest.approx(expected_calibration_error(similarity, same))
