"""When a candidate may take its parent's place, on results made by hand."""

import numpy as np
import pytest

from siamese_core.evaluation.protocols import ProtocolResult, VerificationResult
from siamese_core.retraining.judging.gate import (
    FEWEST_IDENTITIES,
    FEWEST_JUDGES,
    LEAST_SPREAD,
    MOST_RANKING_LOST,
    ImpliedPairs,
    Measured,
    judge,
)
from siamese_core.retraining.judging.ranking_test import RankingGain

PAIRS = 60
BASE_TRIALS = 400


def holdout(right: np.ndarray, same: np.ndarray, sure: float = 0.4) -> VerificationResult:
    """Verdicts at 0.5 that are right where `right` is true, each `sure` away from the threshold."""
    said_same = np.where(right, same, ~same)
    similarity = np.where(said_same, 0.5 + sure, 0.5 - sure) + np.linspace(0, 0.05, len(same))
    return VerificationResult("verification", "koch", "id", right, 1.0, similarity, same, 0.5)


def measured(wrong: range, pairs: int = PAIRS, base_wrong: int = 40, **more) -> Measured:
    """Half of the pairs are same, the even ones; those numbered in `wrong` are wrong."""
    right = ~np.isin(np.arange(pairs), wrong)
    base = ProtocolResult("one-shot", "koch", "id", np.arange(BASE_TRIALS) >= base_wrong, 1.0)
    return Measured(holdout(right, np.arange(pairs) % 2 == 0, **more), base)


def with_holdout(**cells: np.ndarray) -> Measured:
    good = measured(range(2))
    fields = vars(good.holdout) | cells
    return Measured(VerificationResult(**fields), good.base)


PARENT = measured(range(20))


def test_a_clear_gain_with_nothing_forgotten_opens_the_gate():
    found = judge(PARENT, measured(range(2)))
    assert found.better
    assert found.fixed.sum() == 18 and not found.broken.any()
    np.testing.assert_array_equal(np.flatnonzero(found.fixed), range(2, 20))
    assert found.p == pytest.approx(2 / 2**18)
    assert found.reason == (
        "Better: it fixed 18 and broke 0 of 60 pairs it never saw (exact McNemar p = 7.63e-06)."
    )


def test_fixed_and_broken_pairs_are_told_apart():
    found = judge(PARENT, measured(range(15, 25)))
    np.testing.assert_array_equal(np.flatnonzero(found.fixed), range(15))
    np.testing.assert_array_equal(np.flatnonzero(found.broken), range(20, 25))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (measured(range(6), 11), measured(range(0), 11), f"has 11 pairs and needs {FEWEST_JUDGES}"),
        (PARENT, PARENT, "not more often right"),
        (measured(range(2)), PARENT, "not more often right"),
        (PARENT, measured(range(15, 20)), None),
        (PARENT, measured(range(5, 20)), "gain of 8.3 points may be chance"),
        (PARENT, measured(range(2), base_wrong=42), None),
        (PARENT, measured(range(2), base_wrong=43), "lost 0.8 points on the base protocol, where 0.5"),
        (PARENT, measured(range(2), base_wrong=0), None),
    ],
    ids=["few", "equal", "worse", "gain", "chance", "margin", "forgotten", "base gains"],
)
def test_each_refusal_names_its_reason(before, after, why):
    found = judge(before, after)
    assert found.better == (why is None)
    if why:
        assert why in found.reason and found.reason.startswith("Not better: ")
        assert "it fixed" in found.reason and found.reason.endswith(").")


def test_a_holdout_of_one_kind_cannot_judge():
    same = np.ones(PAIRS, bool)
    before = Measured(holdout(np.arange(PAIRS) >= 30, same), PARENT.base)
    after = Measured(holdout(same, same), PARENT.base)
    found = judge(before, after)
    assert not found.better and "60 same and 0 different pairs and needs both" in found.reason


@pytest.mark.parametrize("value", [np.nan, 0.7])
def test_a_network_that_says_one_thing_has_collapsed(value):
    found = judge(PARENT, with_holdout(similarity=np.full(PAIRS, value)))
    assert not found.better and "collapsed" in found.reason


def test_a_verdict_that_is_always_the_same_is_refused_however_often_it_is_right():
    same = np.arange(PAIRS) % 6 != 0
    before = Measured(holdout(np.arange(PAIRS) >= 40, same), PARENT.base)
    after = Measured(holdout(same, same), PARENT.base)
    assert (
        after.holdout.correct.mean() > before.holdout.correct.mean()
        and np.ptp(after.holdout.similarity) > LEAST_SPREAD
    )
    found = judge(before, after)
    assert not found.better and "calls every pair of the holdout same" in found.reason


def test_a_gain_without_telling_same_from_different_is_refused():
    """Mostly same answers, and a candidate that says "same" more often, whatever the pair."""
    rng = np.random.default_rng(0)
    same = rng.random(200) < 0.8
    similarity = rng.uniform(0.45, 1.0, 200)
    before = Measured(holdout(rng.random(200) < 0.5, same), PARENT.base)
    right = (similarity >= 0.5) == same
    result = VerificationResult("verification", "koch", "id", right, 1.0, similarity, same, 0.5)
    found = judge(before, Measured(result, PARENT.base))
    assert found.p < 0.001 and found.fixed.sum() > found.broken.sum()
    assert not found.better and "does not clearly tell same from different" in found.reason


@pytest.mark.parametrize("pairs", [FEWEST_JUDGES, 30])
def test_a_small_holdout_that_is_clear_opens_the_gate(pairs):
    assert judge(measured(range(pairs // 2), pairs), measured(range(0), pairs)).better


# the ranking of all pairs that the answers imply


def implied(gain: float, agree_p: float = 1e-6, **more) -> ImpliedPairs:
    """A gain in standard errors of 0.01."""
    found = {"identities": 30, "pairs": 900, "right_before": 0.9, "right_after": 0.9} | more
    return ImpliedPairs(RankingGain(0.95, 0.95 + 0.01 * gain, 0.01, **found), agree_p)


def test_a_better_ranking_opens_the_gate_where_verdicts_cannot_tell():
    found = judge(PARENT, PARENT, implied(3))
    assert found.better and "ranks 98.0 % rightly, before 95.0 % (30 identities held out" in found.reason
    assert found.ranking.gain == pytest.approx(0.03)
    assert judge(measured(range(2), 8), measured(range(2), 8), implied(3)).better  # of a small holdout, too


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (implied(1), "the gain in the ranking may be chance, too"),
        (implied(0), "not more often right"),
        (implied(-3), "not more often right"),
        (implied(9, identities=FEWEST_IDENTITIES - 1), "not more often right"),
        (implied(3, right_after=0.8), "its verdicts are worse: 80.0 % right after 90.0 %"),
    ],
    ids=["chance", "none", "worse", "few", "verdicts"],
)
def test_a_ranking_that_is_not_clearly_better_leaves_it_shut(given, why):
    found = judge(PARENT, PARENT, given)
    assert not found.better and why in found.reason


def test_verdicts_that_improve_while_the_ranking_falls_do_not_open_it():
    good = measured(range(2))
    assert judge(PARENT, good, implied(-50 * MOST_RANKING_LOST)).better
    assert judge(PARENT, good, implied(-0.5, identities=FEWEST_IDENTITIES - 1)).better
    found = judge(PARENT, good, implied(-0.5))
    assert not found.better and "ranks pairs of identities it never saw worse" in found.reason


def test_answers_that_agree_with_nothing_do_not_open_it():
    rng = np.random.default_rng(0)
    after = with_holdout(similarity=rng.random(PAIRS))
    assert judge(PARENT, after, implied(3)).better
    found = judge(PARENT, after, implied(3, agree_p=0.3))
    assert not found.better and "are the answers right?" in found.reason


def test_a_better_ranking_that_forgets_the_base_protocol_is_refused():
    found = judge(PARENT, measured(range(20), base_wrong=60), implied(3))
    assert not found.better and "base protocol" in found.reason
