"""Thresholds by what they are to achieve, checked by hand and against a naive search."""

import numpy as np
import pytest

from siamese_core.errors import UserError
from siamese_core.metrics import verdict
from siamese_core.reporting.thresholds import (
    COST,
    EQUAL,
    FALSE_POSITIVES,
    PRECISION,
    Target,
    choose_threshold,
    halves_apart,
)

SIMILARITY = np.array([0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.1])
SAME = np.array([True, True, False, True, True, False, False, False])


def rates(threshold: float) -> tuple[float, float]:
    said = verdict(SIMILARITY, threshold)
    return float(np.mean(said[~SAME])), float(np.mean(~said[SAME]))


def test_equal_error_balances_both_mistakes():
    assert rates(choose_threshold(SIMILARITY, SAME, Target(EQUAL))) == (0.25, 0.25)


@pytest.mark.parametrize(("most", "missed"), [(0.0, 0.5), (0.25, 0.0), (1.0, 0.0)])
def test_false_positives_stay_below_their_bound_and_no_same_pair_is_missed_for_nothing(most, missed):
    fpr, fnr = rates(choose_threshold(SIMILARITY, SAME, Target(FALSE_POSITIVES, most)))
    assert fpr <= most and fnr == missed


@pytest.mark.parametrize(("value", "prior"), [(1, 0.5), (10, 0.5), (0.1, 0.5), (1, 0.05)])
def test_a_cost_is_the_least_of_all_thresholds(value, prior):
    def cost(threshold: float) -> float:
        fpr, fnr = rates(threshold)
        return value * (1 - prior) * fpr + prior * fnr

    found = choose_threshold(SIMILARITY, SAME, Target(COST, value, prior))
    assert cost(found) == pytest.approx(min(cost(each) for each in np.linspace(0, 1, 1001)))


def test_a_precision_is_kept_for_the_share_of_same_pairs_that_is_named():
    fpr, fnr = rates(choose_threshold(SIMILARITY, SAME, Target(PRECISION, 0.8, 0.5)))
    assert (1 - fnr) / (1 - fnr + fpr) >= 0.8 and fnr == 0
    fpr, _ = rates(choose_threshold(SIMILARITY, SAME, Target(PRECISION, 0.8, 0.01)))
    assert fpr == 0  # where same pairs are rare, each false one weighs


def test_what_cannot_be_met_is_told():
    with pytest.raises(UserError, match="No threshold reaches precision at least 90 %"):
        choose_threshold(1 - SIMILARITY, SAME, Target(PRECISION, 0.9))
    with pytest.raises(UserError, match="one kind"):
        choose_threshold(SIMILARITY, np.ones(8, bool), Target(EQUAL))
    for wrong in (
        {"kind": "luck"},
        {"kind": COST, "value": -1.0},
        {"kind": PRECISION, "value": 0.5, "prior": 1.0},
    ):
        with pytest.raises(UserError):
            Target(**wrong)


def test_a_threshold_lies_in_0_to_1_also_where_similarities_reach_the_ends():
    similarity = np.array([1.0, 1.0, 0.0, 0.0])
    for kind in (EQUAL, COST, FALSE_POSITIVES):
        found = choose_threshold(similarity, np.array([True, True, False, False]), Target(kind, 0.5))
        assert 0 <= found <= 1


def test_what_a_target_costs_is_told_on_pairs_that_did_not_choose_the_threshold():
    rng = np.random.default_rng(0)
    similarity, same = rng.random(4000), rng.random(4000) < 0.5  # nothing to learn
    apart = halves_apart(similarity, same, Target(FALSE_POSITIVES, 0.1))
    assert apart["fpr"]["total"] == int((~same).sum())
    assert apart["fpr"]["value"] == pytest.approx(0.1, abs=0.03)
    assert apart["accuracy"]["value"] == pytest.approx(0.5, abs=0.03)
    assert 0 < apart["threshold"] < 1
