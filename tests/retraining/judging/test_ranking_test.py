"""The paired test of two rankings, against naive loops and simulated pairs."""

import json
from dataclasses import replace

import numpy as np
import pytest

from siamese_core.metrics import roc_auc
from siamese_core.retraining.judging.ranking_test import RankedPairs, placements, ranking_gain


def pairs(seed: int, identities: int = 24, before: float = 1.0, after: float = 1.0) -> RankedPairs:
    """All pairs of three images an identity; signals of that strength under noise of images and pairs."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(identities), 3)
    images = np.stack(np.triu_indices(len(number), 1), axis=1)
    identity = number[images]
    same = identity[:, 0] == identity[:, 1]
    shared = rng.normal(size=identities)[identity].sum(axis=1)  # makes pairs of an identity alike
    told = [
        strength * same
        + 0.7 * shared
        + rng.normal(size=len(same)) * 0.5
        + rng.normal(size=identities)[identity].sum(axis=1)
        for strength in (before, after)
    ]
    return RankedPairs(same, images, identity, np.zeros(len(same), int), *told)


def test_placements_are_shares_of_the_other_kind_with_ties_counted_half():
    scores, same = np.array([3.0, 1, 1, 0]), np.array([True, True, False, False])
    np.testing.assert_allclose(placements(scores, same), [1, 0.75, 0.75, 1])


def test_the_areas_are_those_under_the_roc():
    given = pairs(0)
    found = ranking_gain(given)
    assert found.before == pytest.approx(roc_auc(given.before, given.same))
    assert found.after == pytest.approx(roc_auc(given.after, given.same))
    assert found.identities == 24 and found.pairs == len(given.same)


def test_the_variance_is_that_of_pairs_that_share_an_identity():
    given = pairs(1, identities=6)
    change = placements(given.after, given.same) - placements(given.before, given.same)
    share = np.zeros(len(change))
    for kind in (given.same, ~given.same):
        share[kind] = (change[kind] - change[kind].mean()) / kind.sum()
    naive = sum(
        one * other
        for one, first in zip(share, given.identity.tolist(), strict=True)
        for other, second in zip(share, given.identity.tolist(), strict=True)
        if set(first) & set(second)
    )
    assert ranking_gain(given).error == pytest.approx(np.sqrt(naive))


def test_of_equal_rankings_few_are_called_better_and_of_better_ones_most():
    equal = np.mean([ranking_gain(pairs(seed)).p < 0.05 for seed in range(80)])
    better = np.mean([ranking_gain(pairs(seed, after=3.5)).p < 0.05 for seed in range(20)])
    assert equal <= 0.12 and better >= 0.8


def test_each_part_is_compared_within_itself_whatever_its_scale():
    given = pairs(2)
    double = RankedPairs(*(np.concatenate([each, each]) for each in vars(given).values()))
    part = np.repeat([0, 1], len(given.same))
    shifted = double.after + 1000 * part
    found = ranking_gain(replace(double, part=part, after=shifted))
    assert found.after == pytest.approx(ranking_gain(given).after)
    assert found.error == pytest.approx(ranking_gain(given).error)  # the same pairs twice tell no more
    assert found.pairs == len(given.same)


def test_verdicts_weigh_positive_and_negative_pairs_alike():
    given = pairs(3)
    assert ranking_gain(replace(given, after=np.ones(len(given.same)))).right_after == 0.5


def test_pairs_of_one_kind_or_scores_that_are_no_numbers_cannot_be_compared():
    given = pairs(4)
    assert ranking_gain(given.chosen(given.same)) is None
    assert ranking_gain(given.chosen(np.zeros(len(given.same), bool))) is None
    assert ranking_gain(replace(given, after=np.full(len(given.same), np.nan))) is None


def test_the_report_of_the_test_is_json():
    found = ranking_gain(pairs(5)).json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["ci95"][0] < found["gain"] < found["ci95"][1]
