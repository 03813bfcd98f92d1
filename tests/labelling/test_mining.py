"""Which pairs are drawn, how often, and that the reported probabilities are right."""

from collections import Counter

import numpy as np
import pytest

from helpers.hand_made import by_hand, clusters, drawn_codes, knowing, l1_view, mined_pool
from siamese_core.errors import UserError
from siamese_core.labelling.candidates import Candidates, find_candidates, pair_codes
from siamese_core.labelling.mining import AUDIT, DEFAULT_MIX, REASONS, draw
from siamese_core.labelling.strategies import Knowledge, probabilities

SMALL, SMALL_CLASSES = mined_pool(8, 4)
LARGE, LARGE_CLASSES = mined_pool(60, 8)
both_sizes = pytest.mark.parametrize("candidates", [SMALL, LARGE], ids=["all pairs", "some pairs"])


def test_one_encoder_never_disagrees():
    candidates = by_hand([[3], [-3], [0]])
    assert (
        draw(candidates, Knowledge.none(candidates), 3, np.random.default_rng(0), {"disagreement": 1}) == []
    )


def test_a_strategy_finds_what_it_is_for():
    everything = Knowledge.none(LARGE)
    plain = np.abs(LARGE.verdict_log_odds).mean()
    for reason in REASONS:
        found = draw(LARGE, everything, 60, np.random.default_rng(0), {reason: 1.0})
        assert {each.reason for each in found} == {reason}
        rows = np.searchsorted(LARGE.codes, drawn_codes(LARGE, found))
        if reason == "disagreement":
            assert np.all(np.diff(LARGE.verdict_log_odds[rows] >= 0, axis=1))
        if reason == "uncertain":
            assert np.abs(LARGE.verdict_log_odds[rows]).mean() < plain / 2
    reported = knowing(LARGE, classes=LARGE_CLASSES)
    found = draw(LARGE, reported, 60, np.random.default_rng(0), {"hard_negative": 1.0})
    assert all(LARGE_CLASSES[each.left] != LARGE_CLASSES[each.right] for each in found)
    rows = np.searchsorted(LARGE.codes, drawn_codes(LARGE, found))
    assert np.median(LARGE.verdict_log_odds[rows]) > np.median(LARGE.verdict_log_odds)


@both_sizes
def test_an_image_that_is_set_aside_is_in_no_pair_not_even_of_an_audit(candidates):
    usable = np.arange(candidates.images) % 3 > 0
    found = draw(candidates, knowing(candidates, usable=usable), 40, np.random.default_rng(0), {AUDIT: 1.0})
    assert len(found) == 40
    assert all(usable[[each.left, each.right]].all() for each in found)


# What a batch is like


@both_sizes
@pytest.mark.parametrize("count", [1, 10, 30])
def test_a_batch_is_as_large_as_asked_and_has_no_pair_twice(candidates, count):
    found = draw(candidates, Knowledge.none(candidates), count, np.random.default_rng(1))
    assert len(found) == len(set(drawn_codes(candidates, found))) == count
    assert all(0 <= each.left < each.right < candidates.images for each in found)


@both_sizes
def test_no_image_comes_more_than_twice_in_a_batch(candidates):
    for seed in range(5):
        found = draw(candidates, Knowledge.none(candidates), 12, np.random.default_rng(seed))
        assert max(Counter(end for each in found for end in (each.left, each.right)).values()) <= 2


def test_a_batch_is_not_copies_of_one_question():
    """Ten images each of two identities, between which every pair is as uncertain, and forty others."""
    rng = np.random.default_rng(0)
    embeddings, _ = clusters(rng, 60, 1, dim=4)
    embeddings[40:50] = embeddings[40] + 1e-3 * rng.normal(size=(10, 4))
    embeddings[50:] = embeddings[40] + 0.3 + 1e-3 * rng.normal(size=(10, 4))
    candidates = find_candidates([l1_view(embeddings, bias=1.2)] * 2, rng)
    for seed in range(10):
        found = draw(
            candidates, Knowledge.none(candidates), 10, np.random.default_rng(seed), {"uncertain": 1.0}
        )
        assert len(found) == 10
        assert sum(40 <= each.left < 50 <= each.right for each in found) <= 1


def test_a_small_pool_is_asked_to_the_last_pair_and_then_nothing():
    candidates = by_hand(np.random.default_rng(0).normal(size=(15, 2)))
    for mix in (DEFAULT_MIX, {AUDIT: 1.0}, {"uncertain": 1.0}):
        found = draw(candidates, Knowledge.none(candidates), 40, np.random.default_rng(0), mix)
        assert sorted(drawn_codes(candidates, found)) == candidates.codes.tolist()
        assert all(0 < each.probability <= 1 for each in found) and found[-1].probability == pytest.approx(1)


def test_an_audit_of_a_large_pool_finds_the_last_pairs():
    """All pairs of 210 images but three are excluded, and most of them are no candidates."""
    embeddings, _ = clusters(np.random.default_rng(0), 210, 1)
    candidates = find_candidates([l1_view(embeddings)], np.random.default_rng(0))
    assert not candidates.complete
    codes = pair_codes(*np.triu_indices(210, 1), 210)
    left = codes[[5, 5000, 21_000]]
    known = knowing(candidates, excluded=np.setdiff1d(codes, left))
    found = draw(candidates, known, 10, np.random.default_rng(0), {AUDIT: 1.0})
    assert sorted(drawn_codes(candidates, found)) == sorted(left.tolist())


@both_sizes
def test_what_is_excluded_is_never_drawn(candidates):
    rng = np.random.default_rng(3)
    excluded = np.sort(rng.choice(candidates.codes, len(candidates.codes) // 2, replace=False))
    found = draw(candidates, knowing(candidates, excluded=excluded), 40, rng)
    assert not set(drawn_codes(candidates, found)) & set(excluded.tolist())


def test_one_pair_in_ten_is_an_audit_of_all_pairs():
    found = [
        each
        for seed in range(40)
        for each in draw(LARGE, Knowledge.none(LARGE), 20, np.random.default_rng(seed))
    ]
    counts = Counter(each.reason for each in found)
    for reason, share in DEFAULT_MIX.items():
        assert counts[reason] / len(found) == pytest.approx(share, abs=0.05)
    audits = [each for each in found if each.reason == AUDIT]
    listed = np.isin(drawn_codes(LARGE, audits), LARGE.codes).mean()
    assert listed == pytest.approx(len(LARGE.codes) / (480 * 479 / 2), abs=0.15)


def test_the_share_of_a_reason_without_pairs_goes_to_the_others_but_not_to_the_audit():
    candidates = by_hand(np.full((190, 2), 5.0) + np.linspace(0, 1, 190)[:, None])
    found = [
        each
        for seed in range(50)
        for each in draw(candidates, Knowledge.none(candidates), 10, np.random.default_rng(seed))
    ]
    counts = Counter(each.reason for each in found)
    assert counts["disagreement"] == 0
    assert counts[AUDIT] / 500 == pytest.approx(0.1, abs=0.05)


def test_an_unknown_strategy_is_told():
    with pytest.raises(UserError, match="disagreement, uncertain, hard_negative, random_audit.*guess"):
        draw(SMALL, Knowledge.none(SMALL), 1, np.random.default_rng(0), {"guess": 1.0})


# Reported probabilities


TRIES = 1200


def first_draws(candidates: Candidates, knowledge: Knowledge, tries: int, **options) -> tuple[Counter, dict]:
    counts, reported = Counter(), {}
    for seed in range(tries):
        (found,) = draw(candidates, knowledge, 1, np.random.default_rng(seed), **options)
        code = found.left * candidates.images + found.right
        counts[code] += 1
        assert reported.setdefault(code, found.probability) == pytest.approx(found.probability)
    return counts, reported


@pytest.mark.parametrize("mix", [DEFAULT_MIX, {AUDIT: 1.0}, {"uncertain": 0.5, "disagreement": 0.5}])
def test_the_chance_of_a_first_draw_is_its_frequency(mix):
    rng = np.random.default_rng(0)
    candidates = by_hand(rng.normal(size=(10, 2)) * 3)
    known = knowing(candidates, excluded=candidates.codes[[2, 7]])
    counts, reported = first_draws(candidates, known, TRIES, mix=mix)
    assert sum(reported.values()) == pytest.approx(1, abs=0.02)
    for code, probability in reported.items():
        error = np.sqrt(probability * (1 - probability) / TRIES)
        assert abs(counts[code] / TRIES - probability) < 4.5 * error


def test_the_chance_of_an_audit_of_a_large_pool_counts_all_pairs():
    excluded = LARGE.codes[::7]
    known = knowing(LARGE, excluded=excluded)
    found = draw(LARGE, known, 1, np.random.default_rng(0), {AUDIT: 1.0})
    assert found[0].probability == pytest.approx(1 / (480 * 479 / 2 - len(excluded)))


def test_the_chance_of_a_later_draw_is_that_among_what_is_left():
    """Of audits of 6 images: given the first pair, every pair but that is as likely."""
    candidates = by_hand(np.zeros((15, 2)))
    second = Counter()
    for seed in range(700):
        first, other = draw(
            candidates, Knowledge.none(candidates), 2, np.random.default_rng(seed), {AUDIT: 1.0}
        )
        assert (first.probability, other.probability) == pytest.approx((1 / 15, 1 / 14))
        second[other.left, other.right] += 1
    assert len(second) == 15 and max(second.values()) < 2.5 * min(second.values())


def test_the_probabilities_of_all_pairs_sum_to_one_at_every_draw():
    """The reported probabilities of the pairs still open sum to 1 at a later draw."""
    candidates = by_hand(np.random.default_rng(1).normal(size=(6, 2)) * 3)
    reported: dict[tuple, dict[tuple, float]] = {}
    for seed in range(800):
        found = draw(candidates, Knowledge.none(candidates), 2, np.random.default_rng(seed))
        pairs = [(each.left, each.right) for each in found]
        reported.setdefault(pairs[0], {})[pairs[1]] = found[1].probability
    likely = max(reported, key=lambda pair: len(reported[pair]))
    assert len(reported[likely]) == 5
    assert sum(reported[likely].values()) == pytest.approx(1)


def test_every_pair_has_a_chance():
    reported = sum(
        share * probabilities(SMALL, Knowledge.none(SMALL), reason)
        for reason, share in DEFAULT_MIX.items()
        if reason != AUDIT
    )
    assert np.all(reported > 0)


def test_weighting_by_the_inverse_chance_gives_the_mean_over_all_pairs():
    """What the probability is logged for: so weighted, the drawn pairs' mean is that of the pool."""
    values = (SMALL_CLASSES[:, None] == SMALL_CLASSES)[np.triu_indices(32, 1)]
    nothing, estimates, plain = Knowledge.none(SMALL), [], []
    for seed in range(500):
        (found,) = draw(SMALL, nothing, 1, np.random.default_rng(seed))
        same = SMALL_CLASSES[found.left] == SMALL_CLASSES[found.right]
        estimates.append(same / found.probability / len(values))
        plain.append(same)
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - values.mean()) < 4 * error
    assert np.mean(plain) > 2 * values.mean()
